// SPDX-License-Identifier: Apache-2.0
// The crypto interface over OpenSSL 3: context, digest, MACs and ciphers. Keys and ECDSA stand in
// crypto_openssl_ec.c, AES-GCM in crypto_openssl_gcm.c, random sources in crypto_openssl_random.c.
#include "apdu/crypto/crypto_openssl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

bool openssl_sha256(const struct crypto *crypto, struct bytes in, uint8_t out[SHA256_SIZE]) {
    struct crypto_openssl *self = crypto_openssl_of(crypto);
    return EVP_DigestInit_ex2(self->digest, self->sha256, NULL) == 1 &&
           EVP_DigestUpdate(self->digest, in.data, in.size) == 1 &&
           EVP_DigestFinal_ex(self->digest, out, NULL) == 1;
}

static bool mac_of(EVP_MAC *kind, const OSSL_PARAM params[], struct bytes key, struct bytes message,
                   uint8_t *mac, size_t mac_size) {
    size_t size = 0;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(kind);
    bool done = context != NULL && EVP_MAC_init(context, key.data, key.size, params) == 1 &&
                EVP_MAC_update(context, message.data, message.size) == 1 &&
                EVP_MAC_final(context, mac, &size, mac_size) == 1 && size == mac_size;
    EVP_MAC_CTX_free(context);
    if (!done)
        ERR_clear_error();
    return done;
}

bool openssl_hmac(const struct crypto *crypto, struct bytes key, struct bytes message,
                  uint8_t mac[SHA256_SIZE]) {
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    // a key of no octets is lawful for HMAC but OpenSSL takes NULL as "keep the old one"
    if (key.size == 0)
        key = bytes_of("", 0);
    return mac_of(crypto_openssl_of(crypto)->hmac, params, key, message, mac, SHA256_SIZE);
}

static bool openssl_cmac(const struct crypto *crypto, struct bytes key, struct bytes message,
                         uint8_t mac[AES_BLOCK_SIZE]) {
    char cipher[] = "AES-000-CBC";
    if (key.size != 16 && key.size != 24 && key.size != 32)
        return false;
    size_t bits = key.size * 8;
    cipher[4] = (char)('0' + bits / 100);
    cipher[5] = (char)('0' + bits / 10 % 10);
    cipher[6] = (char)('0' + bits % 10);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
                           OSSL_PARAM_construct_end()};
    return mac_of(crypto_openssl_of(crypto)->cmac, params, key, message, mac, AES_BLOCK_SIZE);
}

static const EVP_CIPHER *cbc_for(size_t key_size) {
    switch (key_size) {
    case 16:
        return EVP_aes_128_cbc();
    case 24:
        return EVP_aes_192_cbc();
    case 32:
        return EVP_aes_256_cbc();
    default:
        return NULL;
    }
}

static bool cbc(const EVP_CIPHER *cipher, bool encrypt, const uint8_t *key, const uint8_t *iv,
                const uint8_t *in, uint8_t *out, size_t size) {
    int written = 0;
    if (cipher == NULL || size % (size_t)EVP_CIPHER_get_block_size(cipher) != 0 || size > 1 << 24)
        return false;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done =
        context != NULL && EVP_CipherInit_ex2(context, cipher, key, iv, encrypt, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
        EVP_CipherUpdate(context, out, &written, in, (int)size) == 1 && (size_t)written == size;
    EVP_CIPHER_CTX_free(context);
    if (!done)
        ERR_clear_error();
    return done;
}

static bool openssl_cbc(const struct crypto *crypto, bool encrypt, struct bytes key,
                        const uint8_t iv[AES_BLOCK_SIZE], const uint8_t *in, uint8_t *out,
                        size_t size) {
    (void)crypto;
    return cbc(cbc_for(key.size), encrypt, key.data, iv, in, out, size);
}

static bool openssl_des(const struct crypto *crypto, bool encrypt, struct bytes key,
                        const uint8_t iv[DES_BLOCK_SIZE], const uint8_t *in, uint8_t *out,
                        size_t size) {
    uint8_t three[DES_KEY_MAX];
    (void)crypto;
    if (key.size != 16 && key.size != DES_KEY_MAX)
        return false;
    memcpy(three, key.data, key.size);
    memcpy(three + key.size, key.data, sizeof three - key.size);
    bool done = cbc(EVP_des_ede3_cbc(), encrypt, three, iv, in, out, size);
    bytes_erase(three, sizeof three);
    return done;
}

static const struct crypto_ops OPENSSL_OPS = {
    .random = openssl_random,
    .sha256 = openssl_sha256,
    .p256_generate = openssl_generate,
    .p256_point = openssl_point,
    .ecdsa_sign = openssl_sign,
    .ecdsa_sign_digest = openssl_sign_digest,
    .ecdsa_verify = openssl_verify,
    .ecdh = openssl_ecdh,
    .p256_expand = openssl_expand,
    .rsa_generate = openssl_rsa_generate,
    .rsa_private = openssl_rsa_private,
    .aes_cmac = openssl_cmac,
    .aes_cbc = openssl_cbc,
    .des_cbc = openssl_des,
    .aes_gcm_seal = openssl_gcm_seal,
    .aes_gcm_open = openssl_gcm_open,
    .hmac_sha256 = openssl_hmac,
    .forget = openssl_forget,
};

static struct crypto_openssl *context_new(void) {
    struct crypto_openssl *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->crypto = (struct crypto){&OPENSSL_OPS, self};
    self->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    self->digest = EVP_MD_CTX_new();
    self->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    self->cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    self->gcm = EVP_CIPHER_CTX_new();
    self->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (self->sha256 != NULL && self->digest != NULL && self->hmac != NULL && self->cmac != NULL &&
        self->gcm != NULL && self->group != NULL)
        return self;
    crypto_openssl_free(&self->crypto);
    return NULL;
}

struct crypto *crypto_openssl_new(void) {
    struct crypto_openssl *self = context_new();
    if (self == NULL)
        return NULL;
    if (random_start_test(&self->crypto, openssl_random))
        return &self->crypto;
    crypto_openssl_free(&self->crypto);
    return NULL;
}

struct crypto *crypto_openssl_new_seeded(uint64_t seed) {
    struct crypto_openssl *self = context_new();
    if (self == NULL)
        return NULL;
    self->seeded = true;
    if (crypto_openssl_reseed(&self->crypto, seed))
        return &self->crypto;
    crypto_openssl_free(&self->crypto);
    return NULL;
}

bool crypto_openssl_reseed(struct crypto *crypto, uint64_t seed) {
    uint8_t octets[8];
    struct crypto_openssl *self = crypto_openssl_of(crypto);
    bytes_put_be(octets, sizeof octets, seed);
    return self->seeded && drbg_seed(crypto, &self->drbg, BYTES_OF(octets));
}

void crypto_openssl_free(struct crypto *crypto) {
    if (crypto == NULL)
        return;
    struct crypto_openssl *self = crypto_openssl_of(crypto);
    openssl_forget_all(self);
    EVP_MD_free(self->sha256);
    EVP_MD_CTX_free(self->digest);
    EVP_MAC_free(self->hmac);
    EVP_MAC_free(self->cmac);
    EVP_CIPHER_CTX_free(self->gcm);
    EC_GROUP_free(self->group);
    bytes_erase(self, sizeof *self);
    free(self);
}
