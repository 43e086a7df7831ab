// SPDX-License-Identifier: Apache-2.0
#include "apdu/crypto/crypto_run.h"

struct crypto *crypto_for_run(const struct program_run *run, struct failure *failure) {
    struct crypto *crypto =
        run->seeded ? crypto_openssl_new_seeded(run->seed) : crypto_openssl_new();
    if (crypto == NULL)
        fail(failure, EXIT_REFUSED, "OpenSSL cannot start, or its random generator fails its test");
    return crypto;
}
