// SPDX-License-Identifier: Apache-2.0
// P-256 over OpenSSL 3: the cache of parsed keys, key generation, ECDSA and ECDH. A repeated signer
// or verifier costs a lookup, one digest and the primitive.
#include "apdu/crypto/crypto_openssl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

// ---- points and parsed keys ----------------------------------------------------------------

static bool point_of_scalar(const struct crypto_openssl *self,
                            const uint8_t scalar[P256_SCALAR_SIZE],
                            uint8_t point[P256_COMPRESSED_SIZE]) {
    BIGNUM *number = BN_bin2bn(scalar, P256_SCALAR_SIZE, NULL);
    EC_POINT *product = EC_POINT_new(self->group);
    bool done = number != NULL && product != NULL;
    if (done)
        BN_set_flags(number, BN_FLG_CONSTTIME);
    done = done && EC_POINT_mul(self->group, product, number, NULL, NULL, NULL) == 1 &&
           EC_POINT_point2oct(self->group, product, POINT_CONVERSION_COMPRESSED, point,
                              P256_COMPRESSED_SIZE, NULL) == P256_COMPRESSED_SIZE;
    EC_POINT_free(product);
    BN_clear_free(number);
    return done;
}

static OSSL_PARAM *key_params(const uint8_t *point, const BIGNUM *scalar) {
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         P256_COMPRESSED_SIZE) == 1 &&
        (scalar == NULL || OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar,
                                                      P256_SCALAR_SIZE) == 1))
        params = OSSL_PARAM_BLD_to_param(build);
    OSSL_PARAM_BLD_free(build);
    return params;
}

// scalar NULL: the public half only.
static EVP_PKEY *parse_key(const uint8_t *point, const uint8_t *scalar) {
    EVP_PKEY *pkey = NULL;
    // in secure memory where the library has it, so that OSSL_PARAM_free clears the copy
    BIGNUM *number = scalar != NULL ? BN_secure_new() : NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;
    int selection = scalar != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (scalar == NULL || BN_bin2bn(scalar, P256_SCALAR_SIZE, number) != NULL)
        params = key_params(point, number);
    if (context == NULL || params == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, selection, params) != 1)
        pkey = NULL;
    if (params != NULL && scalar != NULL) {
        OSSL_PARAM *secret = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PRIV_KEY);
        if (secret != NULL)
            bytes_erase(secret->data, secret->data_size);
    }
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    BN_clear_free(number);
    return pkey;
}

// ---- cache ---------------------------------------------------------------------------------

static void drop(struct cached_key *key) {
    EVP_PKEY_CTX_free(key->operation);
    EVP_PKEY_free(key->pkey);
    bytes_erase(key, sizeof *key);
}

static bool is_named(const struct cached_key *key, bool secret,
                     const uint8_t name[P256_COMPRESSED_SIZE]) {
    if (key->pkey == NULL || key->secret != secret)
        return false;
    if (secret)
        return bytes_equal_secret(key->name, name, P256_COMPRESSED_SIZE);
    return memcmp(key->name, name, P256_COMPRESSED_SIZE) == 0;
}

// The entry of this name, or the one to fill: a free one, else the least recently used.
static struct cached_key *place_of(struct crypto_openssl *self, bool secret,
                                   const uint8_t name[P256_COMPRESSED_SIZE]) {
    struct cached_key *oldest = &self->keys[0];
    for (size_t i = 0; i < KEY_CACHE_SIZE; i++) {
        struct cached_key *key = &self->keys[i];
        if (is_named(key, secret, name))
            return key;
        if (key->used < oldest->used)
            oldest = key;
    }
    drop(oldest);
    return oldest;
}

static bool prepare(struct cached_key *key) {
    key->operation = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    return key->operation != NULL && (key->secret ? EVP_PKEY_sign_init(key->operation)
                                                  : EVP_PKEY_verify_init(key->operation)) == 1;
}

static struct cached_key *finish(struct crypto_openssl *self, struct cached_key *key) {
    if (key->pkey != NULL && (key->operation != NULL || prepare(key))) {
        key->used = ++self->uses;
        return key;
    }
    drop(key);
    ERR_clear_error();
    return NULL;
}

static struct cached_key *public_key(struct crypto_openssl *self,
                                     const uint8_t point[P256_COMPRESSED_SIZE]) {
    if (point[0] != 0x02 && point[0] != 0x03)
        return NULL;
    struct cached_key *key = place_of(self, false, point);
    if (key->pkey == NULL) {
        memcpy(key->name, point, P256_COMPRESSED_SIZE);
        key->pkey = parse_key(point, NULL);
    }
    return finish(self, key);
}

static struct cached_key *private_key(struct crypto_openssl *self,
                                      const uint8_t scalar[P256_SCALAR_SIZE]) {
    uint8_t name[P256_COMPRESSED_SIZE] = {0}, point[P256_COMPRESSED_SIZE];
    if (!p256_scalar_is_valid(scalar))
        return NULL;
    memcpy(name + 1, scalar, P256_SCALAR_SIZE);
    struct cached_key *key = place_of(self, true, name);
    if (key->pkey == NULL && point_of_scalar(self, scalar, point)) {
        key->secret = true;
        memcpy(key->name, name, sizeof name);
        key->pkey = parse_key(point, scalar);
    }
    bytes_erase(name, sizeof name);
    return finish(self, key);
}

void openssl_forget(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE]) {
    struct crypto_openssl *self = crypto_openssl_of(crypto);
    for (size_t i = 0; i < KEY_CACHE_SIZE; i++) {
        struct cached_key *key = &self->keys[i];
        if (key->pkey != NULL && key->secret &&
            bytes_equal_secret(key->name + 1, scalar, P256_SCALAR_SIZE))
            drop(key);
    }
}

void openssl_forget_all(struct crypto_openssl *self) {
    for (size_t i = 0; i < KEY_CACHE_SIZE; i++)
        drop(&self->keys[i]);
}

// ---- operations ----------------------------------------------------------------------------

bool openssl_generate(const struct crypto *crypto, uint8_t scalar[P256_SCALAR_SIZE],
                      uint8_t point[P256_COMPRESSED_SIZE]) {
    do {
        if (!openssl_random(crypto, scalar, P256_SCALAR_SIZE))
            return false;
    } while (!p256_scalar_is_valid(scalar)); // one draw in 2^32 is out of range
    if (point_of_scalar(crypto_openssl_of(crypto), scalar, point))
        return true;
    bytes_erase(scalar, P256_SCALAR_SIZE);
    return false;
}

bool openssl_point(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                   uint8_t point[P256_COMPRESSED_SIZE]) {
    return p256_scalar_is_valid(scalar) &&
           point_of_scalar(crypto_openssl_of(crypto), scalar, point);
}

bool openssl_sign_digest(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                         const uint8_t digest[SHA256_SIZE], uint8_t signature[ECDSA_SIZE]) {
    struct crypto_openssl *self = crypto_openssl_of(crypto);
    uint8_t der[ECDSA_DER_MAX];
    size_t size = sizeof der;
    if (self->seeded)
        return openssl_sign_repeatable(self, scalar, digest, signature);
    struct cached_key *key = private_key(self, scalar);
    if (key == NULL || EVP_PKEY_sign(key->operation, der, &size, digest, SHA256_SIZE) != 1 ||
        !ecdsa_from_der(bytes_of(der, size), signature)) {
        ERR_clear_error();
        return false;
    }
    ecdsa_make_low(signature);
    return true;
}

bool openssl_sign(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                  struct bytes message, uint8_t signature[ECDSA_SIZE]) {
    uint8_t digest[SHA256_SIZE];
    return openssl_sha256(crypto, message, digest) &&
           openssl_sign_digest(crypto, scalar, digest, signature);
}

bool openssl_verify(const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
                    struct bytes message, const uint8_t signature[ECDSA_SIZE]) {
    uint8_t digest[SHA256_SIZE], der[ECDSA_DER_MAX];
    if (!ecdsa_is_low(signature) || !openssl_sha256(crypto, message, digest))
        return false;
    struct cached_key *key = public_key(crypto_openssl_of(crypto), point);
    size_t size = ecdsa_to_der(signature, der);
    if (key != NULL && EVP_PKEY_verify(key->operation, der, size, digest, sizeof digest) == 1)
        return true;
    ERR_clear_error();
    return false;
}

bool openssl_ecdh(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                  const uint8_t point[P256_COMPRESSED_SIZE], uint8_t shared[32]) {
    struct crypto_openssl *self = crypto_openssl_of(crypto);
    size_t size = 32;
    struct cached_key *own = private_key(self, scalar);
    // the second lookup cannot evict the first: it is the most recently used
    struct cached_key *peer = own != NULL ? public_key(self, point) : NULL;
    if (peer == NULL)
        return false;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own->pkey, NULL);
    bool done = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                EVP_PKEY_derive_set_peer(context, peer->pkey) == 1 &&
                EVP_PKEY_derive(context, shared, &size) == 1 && size == 32;
    EVP_PKEY_CTX_free(context);
    if (!done)
        ERR_clear_error();
    return done;
}

bool openssl_expand(const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
                    uint8_t expanded[P256_POINT_SIZE]) {
    const struct crypto_openssl *self = crypto_openssl_of(crypto);
    EC_POINT *parsed = EC_POINT_new(self->group);
    bool done = parsed != NULL &&
                EC_POINT_oct2point(self->group, parsed, point, P256_COMPRESSED_SIZE, NULL) == 1 &&
                EC_POINT_point2oct(self->group, parsed, POINT_CONVERSION_UNCOMPRESSED, expanded,
                                   P256_POINT_SIZE, NULL) == P256_POINT_SIZE;
    EC_POINT_free(parsed);
    if (!done)
        ERR_clear_error();
    return done;
}
