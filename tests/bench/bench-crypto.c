// SPDX-License-Identifier: Apache-2.0
// What the key cache costs on top of the bare primitives: sign and verify with three keys in turn
// through the crypto interface, against prepared EVP operations and a digest, in alternating
// batches; the same cold, with more keys than the cache holds.
#include "apdu/crypto/crypto_openssl.h"
#include "tests/bench/bench.h"

#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 3, BATCH = 20, BATCHES = 200 };

static const double GOAL_RATIO = 1.05;

struct party {
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    uint8_t signature[ECDSA_SIZE], der[ECDSA_DER_MAX];
    size_t der_size;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *sign, *verify;
};

static struct crypto *crypto;
static struct party parties[KEYS];
static uint8_t message[200];

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-crypto: %s failed\n", what);
    exit(1);
}

// A second key of the same curve for the bare side: what it signs costs the same.
static void prepare(struct party *party) {
    must(crypto->ops->p256_generate(crypto, party->scalar, party->point) &&
             crypto->ops->ecdsa_sign(crypto, party->scalar, BYTES_OF(message), party->signature),
         "key of the interface");
    party->pkey = EVP_EC_gen("P-256");
    must(party->pkey != NULL, "bare key");
    party->sign = EVP_PKEY_CTX_new(party->pkey, NULL);
    party->verify = EVP_PKEY_CTX_new(party->pkey, NULL);
    must(EVP_PKEY_sign_init(party->sign) == 1 && EVP_PKEY_verify_init(party->verify) == 1,
         "bare operation");
}

static void bare_digest(uint8_t digest[SHA256_SIZE]) {
    static EVP_MD *sha256;
    static EVP_MD_CTX *context;
    if (sha256 == NULL) {
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        context = EVP_MD_CTX_new();
    }
    must(EVP_DigestInit_ex2(context, sha256, NULL) == 1 &&
             EVP_DigestUpdate(context, message, sizeof message) == 1 &&
             EVP_DigestFinal_ex(context, digest, NULL) == 1,
         "digest");
}

static void bare_sign(struct party *party) {
    uint8_t digest[SHA256_SIZE];
    bare_digest(digest);
    party->der_size = sizeof party->der;
    must(EVP_PKEY_sign(party->sign, party->der, &party->der_size, digest, sizeof digest) == 1,
         "bare sign");
}

static void bare_verify(struct party *party) {
    uint8_t digest[SHA256_SIZE];
    bare_digest(digest);
    must(EVP_PKEY_verify(party->verify, party->der, party->der_size, digest, sizeof digest) == 1,
         "bare verify");
}

static void own_sign(struct party *party) {
    must(crypto->ops->ecdsa_sign(crypto, party->scalar, BYTES_OF(message), party->signature),
         "sign");
}

static void own_verify(struct party *party) {
    must(crypto->ops->ecdsa_verify(crypto, party->point, BYTES_OF(message), party->signature),
         "verify");
}

static double batch_us(void (*operation)(struct party *party)) {
    double begin = bench_now_us();
    for (size_t i = 0; i < BATCH; i++)
        operation(&parties[i % KEYS]);
    return (bench_now_us() - begin) / BATCH;
}

static void compare(const char *name, void (*own)(struct party *party),
                    void (*bare)(struct party *party)) {
    static double own_us[BATCHES], bare_us[BATCHES];
    char label[64];
    for (size_t i = 0; i < BATCHES; i++) {
        bare_us[i] = batch_us(bare);
        own_us[i] = batch_us(own);
    }
    double own_median = bench_median(own_us, BATCHES), bare_median = bench_median(bare_us, BATCHES);
    snprintf(label, sizeof label, "%s, interface", name);
    bench_print(label, own_median, "us", -1);
    snprintf(label, sizeof label, "%s, interface / bare primitive", name);
    bench_print(label, own_median / bare_median, "ratio", GOAL_RATIO);
}

// Keys in a circle longer than the cache: every verification parses its key.
static void measure_cold(void) {
    enum { CIRCLE = KEY_CACHE_SIZE + 1 };
    static uint8_t points[CIRCLE][P256_COMPRESSED_SIZE], signatures[CIRCLE][ECDSA_SIZE];
    uint8_t scalar[P256_SCALAR_SIZE];
    for (size_t i = 0; i < CIRCLE; i++) {
        must(crypto->ops->p256_generate(crypto, scalar, points[i]) &&
                 crypto->ops->ecdsa_sign(crypto, scalar, BYTES_OF(message), signatures[i]),
             "circle");
        crypto->ops->forget(crypto, scalar);
    }
    double begin = bench_now_us();
    for (size_t i = 0; i < 4 * CIRCLE; i++)
        must(crypto->ops->ecdsa_verify(crypto, points[i % CIRCLE], BYTES_OF(message),
                                       signatures[i % CIRCLE]),
             "cold verify");
    bench_print("ecdsa verify, key not cached", (bench_now_us() - begin) / (4 * CIRCLE), "us", -1);
}

int main(void) {
    memset(message, 0x5A, sizeof message);
    crypto = crypto_openssl_new();
    must(crypto != NULL, "crypto");
    for (size_t i = 0; i < KEYS; i++)
        prepare(&parties[i]);
    compare("ecdsa sign", own_sign, bare_sign);
    compare("ecdsa verify", own_verify, bare_verify);
    measure_cold();
    for (size_t i = 0; i < KEYS; i++) {
        EVP_PKEY_CTX_free(parties[i].sign);
        EVP_PKEY_CTX_free(parties[i].verify);
        EVP_PKEY_free(parties[i].pkey);
    }
    crypto_openssl_free(crypto);
    return 0;
}
