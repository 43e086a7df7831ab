// SPDX-License-Identifier: Apache-2.0
// An office for one rehearsal: an authority that nobody trusts and a master key that nobody keeps.
#include "personalization/rehearsal_parts.h"

#include <stdlib.h>
#include <string.h>

/// Behind the master key.
struct drawn_key {
    const struct crypto *crypto;
    uint8_t octets[SCP03_KEY_MAX];
};

static struct bytes octets_of(const struct master_key *key) {
    return bytes_of(((const struct drawn_key *)key->context)->octets, key->size);
}

static bool drawn_cmac(const struct master_key *key, struct bytes message,
                       uint8_t mac[AES_BLOCK_SIZE]) {
    const struct crypto *crypto = ((const struct drawn_key *)key->context)->crypto;
    return crypto->ops->aes_cmac(crypto, octets_of(key), message, mac);
}

static bool drawn_block(const struct master_key *key, const uint8_t in[AES_BLOCK_SIZE],
                        uint8_t out[AES_BLOCK_SIZE]) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    const struct crypto *crypto = ((const struct drawn_key *)key->context)->crypto;
    return crypto->ops->aes_cbc(crypto, true, octets_of(key), zero, in, out, AES_BLOCK_SIZE);
}

static bool drawn_export(const struct master_key *key, uint8_t out[SCP03_KEY_MAX]) {
    memcpy(out, octets_of(key).data, key->size);
    return true;
}

static void drawn_close(struct master_key *key) {
    bytes_erase(key->context, sizeof(struct drawn_key));
    free(key->context);
}

static bool draw_key(struct master_key *key, const struct crypto *crypto, uint8_t size) {
    struct drawn_key *drawn = calloc(1, sizeof *drawn);
    if (drawn == NULL)
        return false;
    drawn->crypto = crypto;
    *key = (struct master_key){.cmac = drawn_cmac,
                               .block = drawn_block,
                               .export = drawn_export,
                               .close = drawn_close,
                               .context = drawn,
                               .size = size,
                               .method = DERIVE_KDF3,
                               .version = 0x30,
                               .name = "rehearsal"};
    return crypto->ops->random(crypto, drawn->octets, size);
}

static bool draw_x509(struct ca *ca, const struct crypto *crypto) {
    uint8_t point[P256_COMPRESSED_SIZE];
    ca->x509.key.crypto = crypto;
    if (!crypto->ops->p256_generate(crypto, ca->x509.key.scalar, point))
        return false;
    signer_from_scalar(&ca->x509.signer, &ca->x509.key, point);
    return true;
}

bool rehearsal_office_open(struct job_office *office, struct job *job, const struct crypto *crypto,
                           uint8_t key_size, uint32_t today, struct failure *failure) {
    *office = (struct job_office){.job = job, .crypto = crypto, .ca = {.lock = -1, .today = today}};
    pthread_mutex_init(&office->mutex, NULL);
    if (hierarchy_make(&office->ca.hierarchy, crypto, WORLD_LAB, "", today) &&
        draw_x509(&office->ca, crypto) && draw_key(&office->master, crypto, key_size)) {
        if (job->profile.has_method)
            office->master.method = job->profile.method;
        return true;
    }
    rehearsal_office_close(office);
    return fail(failure, EXIT_REFUSED, "no authority for the rehearsal");
}

void rehearsal_office_close(struct job_office *office) {
    hierarchy_erase(&office->ca.hierarchy);
    bytes_erase(&office->ca.x509.key, sizeof office->ca.x509.key);
    master_key_close(&office->master);
    pthread_mutex_destroy(&office->mutex);
}
