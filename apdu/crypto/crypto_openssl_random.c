// SPDX-License-Identifier: Apache-2.0
// Random sources of the OpenSSL implementation: the library's own generator in normal use, an
// HMAC_DRBG (NIST SP 800-90A 10.1.2) over a given seed in laboratories, and the start test.
#include "apdu/crypto/crypto_openssl.h"

#include <openssl/rand.h>
#include <string.h>

// K = HMAC(K, V || mark || seed), V = HMAC(K, V)
static bool drbg_step(const struct crypto *crypto, struct drbg *drbg, uint8_t mark,
                      struct bytes seed) {
    uint8_t message[SHA256_SIZE + 1 + DRBG_SEED_MAX];
    if (seed.size > DRBG_SEED_MAX)
        return false;
    memcpy(message, drbg->value, SHA256_SIZE);
    message[SHA256_SIZE] = mark;
    if (seed.size > 0)
        memcpy(message + SHA256_SIZE + 1, seed.data, seed.size);
    bool done = openssl_hmac(crypto, BYTES_OF(drbg->key),
                             bytes_of(message, SHA256_SIZE + 1 + seed.size), drbg->key) &&
                openssl_hmac(crypto, BYTES_OF(drbg->key), BYTES_OF(drbg->value), drbg->value);
    bytes_erase(message, sizeof message);
    return done;
}

bool drbg_seed(const struct crypto *crypto, struct drbg *drbg, struct bytes seed) {
    memset(drbg->key, 0x00, sizeof drbg->key);
    memset(drbg->value, 0x01, sizeof drbg->value);
    return drbg_step(crypto, drbg, 0x00, seed) && drbg_step(crypto, drbg, 0x01, seed);
}

bool drbg_draw(const struct crypto *crypto, struct drbg *drbg, uint8_t *out, size_t size) {
    while (size > 0) {
        size_t part = size < SHA256_SIZE ? size : SHA256_SIZE;
        if (!openssl_hmac(crypto, BYTES_OF(drbg->key), BYTES_OF(drbg->value), drbg->value))
            return false;
        memcpy(out, drbg->value, part);
        out += part;
        size -= part;
    }
    return drbg_step(crypto, drbg, 0x00, bytes_of(NULL, 0));
}

bool openssl_random(const struct crypto *crypto, uint8_t *out, size_t size) {
    struct crypto_openssl *self = crypto_openssl_of(crypto);
    if (self->seeded)
        return drbg_draw(crypto, &self->drbg, out, size);
    return RAND_priv_bytes_ex(NULL, out, size, 0) == 1;
}

static bool is_one_octet_repeated(const uint8_t *octets, size_t size) {
    return memcmp(octets, octets + 1, size - 1) == 0;
}

bool random_start_test(const struct crypto *crypto,
                       bool (*draw)(const struct crypto *crypto, uint8_t *out, size_t size)) {
    uint8_t first[RANDOM_TEST_SIZE], second[RANDOM_TEST_SIZE];
    if (!draw(crypto, first, sizeof first) || !draw(crypto, second, sizeof second))
        return false;
    bool good = !is_one_octet_repeated(first, sizeof first) &&
                !is_one_octet_repeated(second, sizeof second) &&
                memcmp(first, second, sizeof first) != 0;
    bytes_erase(first, sizeof first);
    bytes_erase(second, sizeof second);
    return good;
}
