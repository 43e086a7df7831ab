// SPDX-License-Identifier: Apache-2.0
#include "services/core/vouched.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/// A digest has one place; whoever comes later takes it.
enum { PLACES = 8192, SIGNED_MAX = CERTIFICATE_MAX };

struct vouched {
    pthread_mutex_t lock;
    uint8_t digests[PLACES][SHA256_SIZE]; // of what was good; zeros: free
};

struct vouched *vouched_new(void) {
    struct vouched *vouched = calloc(1, sizeof *vouched);
    if (vouched != NULL)
        pthread_mutex_init(&vouched->lock, NULL);
    return vouched;
}

void vouched_free(struct vouched *vouched) {
    if (vouched == NULL)
        return;
    pthread_mutex_destroy(&vouched->lock);
    free(vouched);
}

static uint8_t *place_of(struct vouched *vouched, const uint8_t digest[SHA256_SIZE]) {
    return vouched->digests[bytes_get_be(digest, 2) % PLACES];
}

static bool is_known(struct vouched *vouched, const uint8_t digest[SHA256_SIZE]) {
    pthread_mutex_lock(&vouched->lock);
    bool known = memcmp(place_of(vouched, digest), digest, SHA256_SIZE) == 0;
    pthread_mutex_unlock(&vouched->lock);
    return known;
}

static void remember(struct vouched *vouched, const uint8_t digest[SHA256_SIZE]) {
    pthread_mutex_lock(&vouched->lock);
    memcpy(place_of(vouched, digest), digest, SHA256_SIZE);
    pthread_mutex_unlock(&vouched->lock);
}

// ---- verifying ---------------------------------------------------------------------------------

/// A thread's cryptography that asks the memory first. It verifies, nothing else.
struct asking {
    struct vouched *vouched;
    const struct crypto *crypto;
};

/// Of everything that a verification depends on: key, signature, both of fixed sizes, and message.
static bool digest_of(const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
                      struct bytes message, const uint8_t signature[ECDSA_SIZE],
                      uint8_t digest[SHA256_SIZE]) {
    uint8_t all[P256_COMPRESSED_SIZE + ECDSA_SIZE + SIGNED_MAX];
    if (message.size > SIGNED_MAX)
        return false;
    memcpy(all, point, P256_COMPRESSED_SIZE);
    memcpy(all + P256_COMPRESSED_SIZE, signature, ECDSA_SIZE);
    memcpy(all + P256_COMPRESSED_SIZE + ECDSA_SIZE, message.data, message.size);
    struct bytes whole = bytes_of(all, P256_COMPRESSED_SIZE + ECDSA_SIZE + message.size);
    return crypto->ops->sha256(crypto, whole, digest);
}

static bool verify(const struct crypto *self, const uint8_t point[P256_COMPRESSED_SIZE],
                   struct bytes message, const uint8_t signature[ECDSA_SIZE]) {
    const struct asking *asking = self->context;
    const struct crypto *crypto = asking->crypto;
    uint8_t digest[SHA256_SIZE];
    if (!digest_of(crypto, point, message, signature, digest))
        return crypto->ops->ecdsa_verify(crypto, point, message, signature);
    if (is_known(asking->vouched, digest))
        return true;
    if (!crypto->ops->ecdsa_verify(crypto, point, message, signature))
        return false;
    remember(asking->vouched, digest);
    return true;
}

enum certificate_fault vouched_verify_chain(struct vouched *vouched, const struct bytes *chain,
                                            size_t count,
                                            const uint8_t root_point[P256_COMPRESSED_SIZE],
                                            uint32_t today, const struct crypto *crypto,
                                            struct certificate *leaf) {
    static const struct crypto_ops ops = {.ecdsa_verify = verify};
    struct asking asking = {vouched, crypto};
    const struct crypto asks = {&ops, &asking};
    return certificate_verify_chain(chain, count, root_point, today, &asks, leaf);
}
