// SPDX-License-Identifier: Apache-2.0
#include "apdu/crypto/hpke.h"

#include "apdu/crypto/ecdsa_form.h"
#include "apdu/crypto/hkdf.h"

#include <string.h>

enum {
    SUITE_MAX = 10,
    LABEL_MAX = 16,
    IKM_MAX = HPKE_INFO_MAX, // the longest of what labeled_extract takes
    VERSION_SIZE = 7,
    EXPAND_INFO_MAX = 2 * P256_POINT_SIZE,
};

static const uint8_t VERSION[VERSION_SIZE] = {'H', 'P', 'K', 'E', '-', 'v', '1'};
static const uint8_t KEM_SUITE[] = {'K', 'E', 'M', 0x00, 0x10};

/// One of the two names under which keys are derived: the KEM's or the whole suite's.
struct suite {
    uint8_t octets[SUITE_MAX];
    size_t size;
};

/// What a context of one message needs.
struct schedule {
    uint8_t key[32];
    size_t key_size;
    uint8_t nonce[GCM_NONCE_SIZE];
};

static struct suite kem_suite(void) {
    struct suite suite = {.size = sizeof KEM_SUITE};
    memcpy(suite.octets, KEM_SUITE, sizeof KEM_SUITE);
    return suite;
}

static struct suite hpke_suite(enum hpke_algorithm algorithm) {
    return (struct suite){{'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, (uint8_t)algorithm},
                          10};
}

static uint8_t *put(uint8_t *at, const void *data, size_t size) {
    if (size > 0)
        memcpy(at, data, size);
    return at + size;
}

// RFC 9180 clause 4
static bool labeled_extract(const struct crypto *crypto, const struct suite *suite,
                            struct bytes salt, const char *label, struct bytes ikm,
                            uint8_t prk[SHA256_SIZE]) {
    uint8_t labeled[VERSION_SIZE + SUITE_MAX + LABEL_MAX + IKM_MAX], *end = labeled;
    if (ikm.size > IKM_MAX)
        return false;
    end = put(end, VERSION, sizeof VERSION);
    end = put(end, suite->octets, suite->size);
    end = put(end, label, strlen(label));
    end = put(end, ikm.data, ikm.size);
    bool done = hkdf_extract(crypto, salt, bytes_of(labeled, (size_t)(end - labeled)), prk);
    bytes_erase(labeled, sizeof labeled);
    return done;
}

static bool labeled_expand(const struct crypto *crypto, const struct suite *suite,
                           const uint8_t prk[SHA256_SIZE], const char *label, struct bytes info,
                           uint8_t *out, size_t size) {
    uint8_t labeled[2 + VERSION_SIZE + SUITE_MAX + LABEL_MAX + EXPAND_INFO_MAX], *end = labeled + 2;
    if (info.size > EXPAND_INFO_MAX)
        return false;
    bytes_put_be(labeled, 2, size);
    end = put(end, VERSION, sizeof VERSION);
    end = put(end, suite->octets, suite->size);
    end = put(end, label, strlen(label));
    end = put(end, info.data, info.size);
    return hkdf_expand(crypto, prk, bytes_of(labeled, (size_t)(end - labeled)), out, size);
}

// RFC 9180 4.1: the shared secret of ephemeral and recipient, from either side's scalar.
static bool kem_secret(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                       const uint8_t peer[P256_COMPRESSED_SIZE],
                       const uint8_t ephemeral[P256_COMPRESSED_SIZE],
                       const uint8_t recipient[P256_COMPRESSED_SIZE], uint8_t secret[SHA256_SIZE]) {
    uint8_t shared[32], prk[SHA256_SIZE], context[2 * P256_POINT_SIZE];
    struct suite suite = kem_suite();
    bool done =
        crypto->ops->ecdh(crypto, scalar, peer, shared) &&
        crypto->ops->p256_expand(crypto, ephemeral, context) &&
        crypto->ops->p256_expand(crypto, recipient, context + P256_POINT_SIZE) &&
        labeled_extract(crypto, &suite, bytes_of(NULL, 0), "eae_prk", BYTES_OF(shared), prk) &&
        labeled_expand(crypto, &suite, prk, "shared_secret", BYTES_OF(context), secret,
                       SHA256_SIZE);
    bytes_erase(shared, sizeof shared);
    bytes_erase(prk, sizeof prk);
    return done;
}

// RFC 9180 5.1, mode base
static bool make_schedule(const struct crypto *crypto, enum hpke_algorithm algorithm,
                          const uint8_t shared[SHA256_SIZE], struct bytes info,
                          struct schedule *schedule) {
    uint8_t context[1 + 2 * SHA256_SIZE] = {0x00}, secret[SHA256_SIZE];
    const struct bytes nothing = bytes_of(NULL, 0);
    struct suite suite = hpke_suite(algorithm);
    schedule->key_size = algorithm == HPKE_AES_128 ? 16 : 32;
    bool done =
        (algorithm == HPKE_AES_128 || algorithm == HPKE_AES_256) && info.size <= HPKE_INFO_MAX &&
        labeled_extract(crypto, &suite, nothing, "psk_id_hash", nothing, context + 1) &&
        labeled_extract(crypto, &suite, nothing, "info_hash", info, context + 1 + SHA256_SIZE) &&
        labeled_extract(crypto, &suite, bytes_of(shared, SHA256_SIZE), "secret", nothing, secret) &&
        labeled_expand(crypto, &suite, secret, "key", BYTES_OF(context), schedule->key,
                       schedule->key_size) &&
        labeled_expand(crypto, &suite, secret, "base_nonce", BYTES_OF(context), schedule->nonce,
                       GCM_NONCE_SIZE);
    bytes_erase(secret, sizeof secret);
    return done;
}

bool hpke_seal(const struct crypto *crypto, enum hpke_algorithm algorithm,
               const uint8_t recipient[P256_COMPRESSED_SIZE], struct bytes info, struct bytes aad,
               struct bytes plain, uint8_t *out) {
    uint8_t scalar[P256_SCALAR_SIZE], shared[SHA256_SIZE];
    struct schedule schedule;
    bool done = crypto->ops->p256_generate(crypto, scalar, out) &&
                kem_secret(crypto, scalar, recipient, out, recipient, shared) &&
                make_schedule(crypto, algorithm, shared, info, &schedule) &&
                crypto->ops->aes_gcm_seal(crypto, bytes_of(schedule.key, schedule.key_size),
                                          schedule.nonce, aad, plain, out + P256_COMPRESSED_SIZE,
                                          out + P256_COMPRESSED_SIZE + plain.size);
    crypto->ops->forget(crypto, scalar);
    bytes_erase(scalar, sizeof scalar);
    bytes_erase(shared, sizeof shared);
    bytes_erase(&schedule, sizeof schedule);
    return done;
}

bool hpke_open(const struct crypto *crypto, enum hpke_algorithm algorithm,
               const uint8_t scalar[P256_SCALAR_SIZE], const uint8_t point[P256_COMPRESSED_SIZE],
               struct bytes info, struct bytes aad, struct bytes sealed, uint8_t *out) {
    uint8_t shared[SHA256_SIZE];
    struct schedule schedule;
    if (sealed.size < HPKE_OVERHEAD)
        return false;
    size_t size = sealed.size - HPKE_OVERHEAD;
    struct bytes cipher = bytes_of(sealed.data + P256_COMPRESSED_SIZE, size);
    bool done = kem_secret(crypto, scalar, sealed.data, sealed.data, point, shared) &&
                make_schedule(crypto, algorithm, shared, info, &schedule) &&
                crypto->ops->aes_gcm_open(crypto, bytes_of(schedule.key, schedule.key_size),
                                          schedule.nonce, aad, cipher, out, cipher.data + size);
    bytes_erase(shared, sizeof shared);
    bytes_erase(&schedule, sizeof schedule);
    if (!done)
        bytes_erase(out, size);
    return done;
}

bool hpke_derive_key_pair(const struct crypto *crypto, struct bytes material,
                          uint8_t scalar[P256_SCALAR_SIZE], uint8_t point[P256_COMPRESSED_SIZE]) {
    uint8_t prk[SHA256_SIZE];
    struct suite suite = kem_suite();
    bool done = material.size <= HPKE_KEY_MATERIAL_MAX &&
                labeled_extract(crypto, &suite, bytes_of(NULL, 0), "dkp_prk", material, prk);
    bool found = false;
    for (unsigned counter = 0; done && !found && counter <= 0xFF; counter++) {
        uint8_t octet = (uint8_t)counter;
        done = labeled_expand(crypto, &suite, prk, "candidate", bytes_of(&octet, 1), scalar,
                              P256_SCALAR_SIZE);
        found = done && p256_scalar_is_valid(scalar); // all but one in 2^32 are
    }
    done = found && crypto->ops->p256_point(crypto, scalar, point);
    bytes_erase(prk, sizeof prk);
    if (!done)
        bytes_erase(scalar, P256_SCALAR_SIZE);
    return done;
}
