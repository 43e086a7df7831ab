// SPDX-License-Identifier: Apache-2.0
#include "tests/script_fixtures.h"

#include "apdu/crypto_openssl.h"
#include "personalization/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TODAY = 20260601 }; // of the certificates that the scripts make

static char fixtures[] = "/tmp/tessera-fixtures-XXXXXX";

bool script_fixtures_make(struct host_keys *keys) {
    static const char *const names[] = {"root",     "purse",     "trade",
                                        "clearing", "apparatus", "center"};
    static char arguments[sizeof names / sizeof names[0]][128];
    struct failure failure = {0};
    struct crypto *crypto = crypto_openssl_new_seeded(7);
    char path[64];
    if (mkdtemp(fixtures) == NULL)
        return false;
    snprintf(path, sizeof path, "%s/ca", fixtures);
    bool made = ca_init(path, NULL, crypto, TODAY, &failure);
    if (!made)
        fprintf(stderr, "%s\n", failure.text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(arguments[i], sizeof arguments[i], "%s=%s/%s.key", names[i], path, names[i]);
        made = made && host_keys_add(keys, arguments[i]);
    }
    crypto_openssl_free(crypto);
    setenv("FIXTURES", path, 1);
    setenv("PURSE_PIN", "1234", 1);
    setenv("PURSE_PUK", "12345678", 1);
    setenv("PIV_PIN", "123456", 1);
    setenv("PIV_PUK", "12345678", 1);
    return made;
}

bool script_fixtures_remove(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", fixtures);
    return system(command) == 0;
}
