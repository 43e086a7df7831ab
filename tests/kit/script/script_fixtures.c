// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/script/script_fixtures.h"

#include "apdu/crypto/crypto_openssl.h"
#include "base/files.h"
#include "personalization/authority/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TODAY = 20260601 }; // of the certificates that the scripts make

static char fixtures[] = "/tmp/tessera-fixtures-XXXXXX";

static char directory[64];

static bool make_directory(void) {
    if (mkdtemp(fixtures) == NULL)
        return false;
    snprintf(directory, sizeof directory, "%s/ca", fixtures);
    setenv("FIXTURES", directory, 1);
    setenv("PURSE_PIN", "1234", 1);
    setenv("PURSE_PUK", "12345678", 1);
    setenv("PIV_PIN", "123456", 1);
    setenv("PIV_PUK", "12345678", 1);
    return true;
}

static bool add_key(struct host_keys *keys, const char *name) {
    static char arguments[HOST_KEYS_MAX][128];
    char *argument = arguments[keys->count];
    snprintf(argument, sizeof arguments[0], "%s=%s/%s.key", name, directory, name);
    return host_keys_add(keys, argument);
}

bool script_fixtures_make(struct host_keys *keys) {
    static const char *const names[] = {"root",     "purse",     "trade",
                                        "clearing", "apparatus", "center"};
    struct failure failure = {0};
    struct crypto *crypto = crypto_openssl_new_seeded(7);
    bool made = make_directory() && ca_init(directory, NULL, crypto, TODAY, &failure);
    if (!made)
        fprintf(stderr, "%s\n", failure.text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        made = made && add_key(keys, names[i]);
    crypto_openssl_free(crypto);
    return made;
}

static bool write_in(const char *name, const char *suffix, struct bytes content) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s.%s", directory, name, suffix);
    return files_write(path, content, FILES_SECRET, FILES_NEW);
}

bool script_fixtures_of(struct host_keys *keys, const struct script_fixture *members,
                        size_t count) {
    bool made = make_directory() && mkdir(directory, 0700) == 0;
    for (size_t i = 0; i < count && made; i++) {
        char key[2 * P256_SCALAR_SIZE + 1];
        for (size_t j = 0; j < P256_SCALAR_SIZE; j++)
            snprintf(key + 2 * j, 3, "%02X", members[i].scalar[j]);
        made = write_in(members[i].name, "cvc", members[i].certificate) &&
               write_in(members[i].name, "key", bytes_of_string(key)) &&
               add_key(keys, members[i].name);
    }
    return made;
}

bool script_fixtures_remove(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", fixtures);
    return system(command) == 0;
}
