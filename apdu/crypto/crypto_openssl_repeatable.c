// SPDX-License-Identifier: Apache-2.0
// ECDSA with the deterministic nonce of RFC 6979, so that two laboratory runs of one seed are equal
// to the last octet. Big-number arithmetic here is not constant time: real keys never come this
// way.
#include "apdu/crypto/crypto_openssl.h"

#include <openssl/bn.h>
#include <openssl/ec.h>

struct working {
    BN_CTX *pool;
    const BIGNUM *order;
    BIGNUM *d, *h, *k, *r, *s;
    EC_POINT *point;
};

static bool open_working(struct working *work, const struct crypto_openssl *self,
                         const uint8_t *scalar, const uint8_t *digest) {
    *work = (struct working){.pool = BN_CTX_new(), .order = EC_GROUP_get0_order(self->group)};
    if (work->pool == NULL)
        return false;
    BN_CTX_start(work->pool);
    work->d = BN_CTX_get(work->pool);
    work->h = BN_CTX_get(work->pool);
    work->k = BN_CTX_get(work->pool);
    work->r = BN_CTX_get(work->pool);
    work->s = BN_CTX_get(work->pool); // NULL as soon as one of them failed
    work->point = EC_POINT_new(self->group);
    return work->s != NULL && work->point != NULL &&
           BN_bin2bn(scalar, P256_SCALAR_SIZE, work->d) != NULL &&
           BN_bin2bn(digest, SHA256_SIZE, work->h) != NULL &&
           BN_mod(work->h, work->h, work->order, work->pool) == 1;
}

static void close_working(struct working *work) {
    EC_POINT_free(work->point);
    if (work->s != NULL) {
        BN_clear(work->d);
        BN_clear(work->k);
    }
    if (work->pool != NULL)
        BN_CTX_end(work->pool);
    BN_CTX_free(work->pool);
}

// r = x(kG), s = (h + r d) / k; false also for the r or s of 0 that never comes.
static bool sign_once(struct working *work, const EC_GROUP *group) {
    return EC_POINT_mul(group, work->point, work->k, NULL, NULL, work->pool) == 1 &&
           EC_POINT_get_affine_coordinates(group, work->point, work->r, NULL, work->pool) == 1 &&
           BN_mod(work->r, work->r, work->order, work->pool) == 1 && !BN_is_zero(work->r) &&
           BN_mod_mul(work->s, work->r, work->d, work->order, work->pool) == 1 &&
           BN_mod_add(work->s, work->s, work->h, work->order, work->pool) == 1 &&
           BN_mod_inverse(work->k, work->k, work->order, work->pool) != NULL &&
           BN_mod_mul(work->s, work->s, work->k, work->order, work->pool) == 1 &&
           !BN_is_zero(work->s);
}

// RFC 6979 3.2: the generator is seeded with the scalar and the digest reduced by the order.
static bool draw_nonce(struct crypto_openssl *self, struct working *work, const uint8_t *scalar) {
    uint8_t seed[P256_SCALAR_SIZE + SHA256_SIZE], nonce[P256_SCALAR_SIZE];
    struct drbg drbg;
    for (size_t i = 0; i < P256_SCALAR_SIZE; i++)
        seed[i] = scalar[i];
    bool good = BN_bn2binpad(work->h, seed + P256_SCALAR_SIZE, SHA256_SIZE) == SHA256_SIZE &&
                drbg_seed(&self->crypto, &drbg, BYTES_OF(seed));
    do
        good = good && drbg_draw(&self->crypto, &drbg, nonce, sizeof nonce);
    while (good && !p256_scalar_is_valid(nonce));
    good = good && BN_bin2bn(nonce, sizeof nonce, work->k) != NULL;
    bytes_erase(seed, sizeof seed);
    bytes_erase(nonce, sizeof nonce);
    bytes_erase(&drbg, sizeof drbg);
    return good;
}

bool openssl_sign_repeatable(struct crypto_openssl *self, const uint8_t scalar[P256_SCALAR_SIZE],
                             const uint8_t digest[SHA256_SIZE], uint8_t signature[ECDSA_SIZE]) {
    struct working work;
    if (!p256_scalar_is_valid(scalar))
        return false;
    bool done =
        open_working(&work, self, scalar, digest) && draw_nonce(self, &work, scalar) &&
        sign_once(&work, self->group) &&
        BN_bn2binpad(work.r, signature, P256_SCALAR_SIZE) == P256_SCALAR_SIZE &&
        BN_bn2binpad(work.s, signature + P256_SCALAR_SIZE, P256_SCALAR_SIZE) == P256_SCALAR_SIZE;
    close_working(&work);
    if (done)
        ecdsa_make_low(signature);
    return done;
}
