// SPDX-License-Identifier: Apache-2.0
#include "services/core/run/places.h"

#include "services/wire/http/http_listen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_address(const char *option, const char *address, struct failure *failure) {
    struct failure why = {0};
    return address == NULL || http_listen_check(address, &why) ||
           fail(failure, why.code, "--%s %s", option, why.text);
}

static bool check_state(const struct instance_options *options, const char *role,
                        struct failure *failure) {
    struct stat there;
    bool found = stat(options->state, &there) == 0;
    if (found && !S_ISDIR(there.st_mode))
        return fail(failure, EXIT_USAGE, "--state %s is no directory", options->state);
    if (role == NULL || access(options->tls, F_OK) == 0)
        return true;
    return fail(failure, EXIT_USAGE,
                "--state %s: %s; 'tessera ca issue --ca CA --role %s --id ID --host HOST --out %s' "
                "makes the certificates%s",
                options->state, found ? "it has no directory tls" : "there is no such directory",
                role, options->tls, found ? "" : " in a state made with mkdir");
}

bool places_check(const struct instance_options *options, const char *role,
                  struct failure *failure) {
    return check_state(options, role, failure) &&
           check_address("listen", options->listen, failure) &&
           check_address("metrics", options->metrics, failure);
}

static bool check_key(const char *option, const char *uri, struct failure *failure) {
    if (uri == NULL)
        return true;
    if (strncmp(uri, "pkcs11:", 7) != 0)
        return fail(failure, EXIT_USAGE,
                    "--%s '%s' is no pkcs11: URI; a key in a file is key.pem beside its "
                    "certificate",
                    option, uri);
    return strstr(uri, "pin-value=") == NULL ||
           fail(failure, EXIT_USAGE,
                "no PIN is seen in arguments: use pin-source=FILE instead of pin-value= in --%s",
                option);
}

bool places_keys(const char *tls_key, const char *sign_key, struct failure *failure) {
    return check_key("tls-key", tls_key, failure) && check_key("sign-key", sign_key, failure);
}

static bool is_same(const char *a, const char *b) {
    const char *port = a != NULL && b != NULL ? strrchr(a, ':') : NULL;
    return port != NULL && strtoul(port + 1, NULL, 10) != 0 && strcmp(a, b) == 0;
}

bool places_differ(const struct instance_options *const *all, size_t count,
                   struct failure *failure) {
    for (size_t i = 0; i < 2 * count; i++)
        for (size_t j = i + 1; j < 2 * count; j++) {
            const char *a = i % 2 == 0 ? all[i / 2]->listen : all[i / 2]->metrics;
            const char *b = j % 2 == 0 ? all[j / 2]->listen : all[j / 2]->metrics;
            if (is_same(a, b))
                return fail(failure, EXIT_USAGE,
                            "%s is wanted twice; give each its own port in sections of --config, "
                            "or 0 for any",
                            a);
        }
    return true;
}
