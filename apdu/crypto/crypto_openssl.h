// SPDX-License-Identifier: Apache-2.0
// What the files of the OpenSSL implementation share; nobody else includes it. crypto_openssl.c
// holds context, digests and ciphers, crypto_openssl_ec.c keys and ECDSA, crypto_openssl_rsa.c RSA,
// crypto_openssl_random.c the random sources, ecdsa_form.c the two spellings of a
// signature.
#ifndef APDU_CRYPTO_CRYPTO_OPENSSL_H
#define APDU_CRYPTO_CRYPTO_OPENSSL_H

#include "apdu/crypto/crypto.h"
#include "apdu/crypto/ecdsa_form.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

enum {
    KEY_CACHE_SIZE = 64,   // parsed keys kept, public and private together
    DRBG_SEED_MAX = 64,    // seed octets of the deterministic generator
    RANDOM_TEST_SIZE = 32, // octets of one draw of the start test
};

/// HMAC_DRBG of NIST SP 800-90A 10.1.2 with SHA-256, without reseeding; also the nonce generator of
/// RFC 6979 3.2.
struct drbg {
    uint8_t key[SHA256_SIZE];
    uint8_t value[SHA256_SIZE];
};

/// One parsed key, with the operation it is used for already initialised. pkey NULL: free.
struct cached_key {
    bool secret;                        // name is 00 and a scalar, else a compressed point
    uint8_t name[P256_COMPRESSED_SIZE]; // erased on eviction
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *operation; // signs or verifies a digest
    uint64_t used;           // of crypto_openssl.uses
};

struct crypto_openssl {
    struct crypto crypto;
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_MAC *hmac, *cmac;
    EC_GROUP *group;
    EVP_CIPHER_CTX *gcm;
    struct cached_key keys[KEY_CACHE_SIZE];
    uint64_t uses;
    bool seeded; // laboratories: drbg instead of the system's random generator
    struct drbg drbg;
};

static inline struct crypto_openssl *crypto_openssl_of(const struct crypto *crypto) {
    return crypto->context;
}

/// The operations of crypto_ops, as that says, each in the file of its subject.
bool openssl_sha256(const struct crypto *crypto, struct bytes in, uint8_t out[SHA256_SIZE]);
bool openssl_hmac(const struct crypto *crypto, struct bytes key, struct bytes message,
                  uint8_t mac[SHA256_SIZE]);
bool openssl_random(const struct crypto *crypto, uint8_t *out, size_t size);
bool openssl_generate(const struct crypto *crypto, uint8_t scalar[P256_SCALAR_SIZE],
                      uint8_t point[P256_COMPRESSED_SIZE]);
bool openssl_point(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                   uint8_t point[P256_COMPRESSED_SIZE]);
bool openssl_sign(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                  struct bytes message, uint8_t signature[ECDSA_SIZE]);
bool openssl_sign_digest(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                         const uint8_t digest[SHA256_SIZE], uint8_t signature[ECDSA_SIZE]);
bool openssl_verify(const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
                    struct bytes message, const uint8_t signature[ECDSA_SIZE]);
bool openssl_ecdh(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                  const uint8_t point[P256_COMPRESSED_SIZE], uint8_t shared[32]);
bool openssl_expand(const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
                    uint8_t expanded[P256_POINT_SIZE]);
bool openssl_rsa_generate(const struct crypto *crypto, uint8_t key[RSA_KEY_SIZE],
                          uint8_t modulus[RSA_2048_SIZE]);
bool openssl_rsa_private(const struct crypto *crypto, const uint8_t key[RSA_KEY_SIZE],
                         const uint8_t in[RSA_2048_SIZE], uint8_t out[RSA_2048_SIZE]);
bool openssl_gcm_seal(const struct crypto *crypto, struct bytes key,
                      const uint8_t nonce[GCM_NONCE_SIZE], struct bytes aad, struct bytes in,
                      uint8_t *out, uint8_t tag[GCM_TAG_SIZE]);
bool openssl_gcm_open(const struct crypto *crypto, struct bytes key,
                      const uint8_t nonce[GCM_NONCE_SIZE], struct bytes aad, struct bytes in,
                      uint8_t *out, const uint8_t tag[GCM_TAG_SIZE]);
void openssl_forget(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE]);

/// Frees and erases every cached key.
void openssl_forget_all(struct crypto_openssl *self);

/// ECDSA with the nonce of RFC 6979 over a finished digest, low s. Not constant time: for the
/// seeded variant only.
bool openssl_sign_repeatable(struct crypto_openssl *self, const uint8_t scalar[P256_SCALAR_SIZE],
                             const uint8_t digest[SHA256_SIZE], uint8_t signature[ECDSA_SIZE]);

/// Begins the generator anew from a seed.
bool drbg_seed(const struct crypto *crypto, struct drbg *drbg, struct bytes seed);
/// The next octets of the generator. False: a primitive failed.
bool drbg_draw(const struct crypto *crypto, struct drbg *drbg, uint8_t *out, size_t size);

/// Start test: draws do not fail, are not one repeated octet, and differ.
bool random_start_test(const struct crypto *crypto,
                       bool (*draw)(const struct crypto *crypto, uint8_t *out, size_t size));

#endif
