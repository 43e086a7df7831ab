// SPDX-License-Identifier: Apache-2.0
#include "apdu/crypto/scp02.h"

#include <string.h>

enum { CLA_SECURE = 0x04, LEVEL_MAC = 0x01, LEVEL_ENC = 0x02, MESSAGE_MAX = 5 + 255 + 8 };

// Derivation constants, table E-3.
enum derivation { DERIVE_MAC = 0x0101, DERIVE_DEK = 0x0181, DERIVE_ENC = 0x0182 };

static const uint8_t zero[DES_BLOCK_SIZE];

bool scp02_is_known(uint8_t i) {
    return (i & (SCP02_EXPLICIT | SCP02_UNMODIFIED | SCP02_MAC_OVER_AID)) == SCP02_EXPLICIT;
}

static bool derive(const struct scp02 *session, const struct crypto *crypto, const uint8_t *key,
                   enum derivation constant, uint8_t out[SCP02_KEY_SIZE]) {
    uint8_t data[SCP02_KEY_SIZE] = {(uint8_t)(constant >> 8), (uint8_t)constant, session->card[0],
                                    session->card[1]};
    return crypto->ops->des_cbc(crypto, true, bytes_of(key, SCP02_KEY_SIZE), zero, data, out,
                                sizeof data);
}

bool scp02_derive(struct scp02 *session, const struct crypto *crypto, const struct scp03_keys *keys,
                  uint8_t i, const uint8_t host[SCP02_CHALLENGE_SIZE],
                  const uint8_t card[SCP02_CARD_SIZE]) {
    if (keys->size != SCP02_KEY_SIZE || !scp02_is_known(i))
        return false;
    *session = (struct scp02){.i = i};
    memcpy(session->host, host, SCP02_CHALLENGE_SIZE);
    memcpy(session->card, card, SCP02_CARD_SIZE);
    bool three = (i & SCP02_THREE_KEYS) != 0;
    return derive(session, crypto, keys->enc, DERIVE_ENC, session->enc) &&
           derive(session, crypto, three ? keys->mac : keys->enc, DERIVE_MAC, session->mac) &&
           derive(session, crypto, three ? keys->dek : keys->enc, DERIVE_DEK, session->dek);
}

// ---- padding and MACs ---------------------------------------------------------------------------

/// 80, then zeros up to a whole block, always something.
static size_t pad(uint8_t *data, size_t size) {
    data[size++] = 0x80;
    while (size % DES_BLOCK_SIZE != 0)
        data[size++] = 0x00;
    return size;
}

/// Last block of CBC under the whole key (B.1.2.1).
static bool full_mac(const struct crypto *crypto, const uint8_t *key, const uint8_t *data,
                     size_t size, uint8_t mac[DES_BLOCK_SIZE]) {
    uint8_t blocks[3 * DES_BLOCK_SIZE];
    bool done =
        size <= sizeof blocks &&
        crypto->ops->des_cbc(crypto, true, bytes_of(key, SCP02_KEY_SIZE), zero, data, blocks, size);
    if (done)
        memcpy(mac, blocks + size - DES_BLOCK_SIZE, DES_BLOCK_SIZE);
    return done;
}

/// Single DES with the key's first half: triple DES with three times the same.
static bool single(const struct crypto *crypto, const uint8_t *key, const uint8_t *iv,
                   const uint8_t *in, uint8_t *out, size_t size) {
    uint8_t thrice[2 * DES_BLOCK_SIZE];
    memcpy(thrice, key, DES_BLOCK_SIZE);
    memcpy(thrice + DES_BLOCK_SIZE, key, DES_BLOCK_SIZE);
    bool done = crypto->ops->des_cbc(crypto, true, BYTES_OF(thrice), iv, in, out, size);
    bytes_erase(thrice, sizeof thrice);
    return done;
}

/// Single DES but for the last block (B.1.2.2), behind the C-MAC before it.
static bool retail_mac(struct scp02 *session, const struct crypto *crypto, const uint8_t *data,
                       size_t size) {
    uint8_t vector[DES_BLOCK_SIZE] = {0}, work[MESSAGE_MAX];
    size_t before = size - DES_BLOCK_SIZE;
    if (session->begun)
        memcpy(vector, session->chaining, sizeof vector);
    if (session->begun && (session->i & SCP02_ENCRYPTED_VECTOR) != 0 &&
        !single(crypto, session->mac, zero, session->chaining, vector, sizeof vector))
        return false;
    if (before > 0) {
        if (!single(crypto, session->mac, vector, data, work, before))
            return false;
        memcpy(vector, work + before - DES_BLOCK_SIZE, sizeof vector);
    }
    session->begun = true;
    return crypto->ops->des_cbc(crypto, true, BYTES_OF(session->mac), vector, data + before,
                                session->chaining, DES_BLOCK_SIZE);
}

static bool cryptogram_over(const struct scp02 *session, const struct crypto *crypto,
                            const uint8_t first[8], const uint8_t second[8], uint8_t out[8]) {
    uint8_t data[3 * DES_BLOCK_SIZE];
    memcpy(data, first, 8);
    memcpy(data + 8, second, 8);
    return full_mac(crypto, session->enc, data, pad(data, 16), out);
}

bool scp02_card_cryptogram(const struct scp02 *session, const struct crypto *crypto,
                           uint8_t cryptogram[SCP02_CRYPTOGRAM_SIZE]) {
    return cryptogram_over(session, crypto, session->host, session->card, cryptogram);
}

bool scp02_host_cryptogram(const struct scp02 *session, const struct crypto *crypto,
                           uint8_t cryptogram[SCP02_CRYPTOGRAM_SIZE]) {
    return cryptogram_over(session, crypto, session->card, session->host, cryptogram);
}

// ---- commands -----------------------------------------------------------------------------------

/// The MAC is over the plain data, with the length that a plain command with a MAC would have.
static bool make_mac(struct scp02 *session, const struct crypto *crypto,
                     const struct apdu_command *plain) {
    uint8_t message[MESSAGE_MAX] = {(uint8_t)(plain->cla | CLA_SECURE), plain->ins, plain->p1,
                                    plain->p2, (uint8_t)(plain->data.size + SCP02_CRYPTOGRAM_SIZE)};
    if (plain->data.size > 0)
        memcpy(message + 5, plain->data.data, plain->data.size);
    bool done = retail_mac(session, crypto, message, pad(message, 5 + plain->data.size));
    bytes_erase(message, sizeof message);
    return done;
}

static bool put_data(const struct scp02 *session, const struct crypto *crypto, struct bytes plain,
                     uint8_t *buffer, size_t *size) {
    *size = plain.size;
    if (plain.size == 0)
        return true;
    memcpy(buffer, plain.data, plain.size);
    if ((session->level & LEVEL_ENC) == 0)
        return true;
    *size = pad(buffer, plain.size);
    return crypto->ops->des_cbc(crypto, true, BYTES_OF(session->enc), zero, buffer, buffer, *size);
}

bool scp02_wrap_command(struct scp02 *session, const struct crypto *crypto,
                        const struct apdu_command *plain, uint8_t *buffer, size_t capacity,
                        struct apdu_command *wrapped) {
    enum { EXTERNAL_AUTHENTICATE = 0x82 };
    size_t size = 0;
    *wrapped = *plain;
    if (session->level == 0 && plain->ins != EXTERNAL_AUTHENTICATE)
        return true;
    if (plain->data.size > SCP02_DATA_MAX || capacity < MESSAGE_MAX ||
        !make_mac(session, crypto, plain) || !put_data(session, crypto, plain->data, buffer, &size))
        return false;
    memcpy(buffer + size, session->chaining, SCP02_CRYPTOGRAM_SIZE);
    wrapped->cla |= CLA_SECURE;
    wrapped->data = bytes_of(buffer, size + SCP02_CRYPTOGRAM_SIZE);
    return true;
}

bool scp02_kcv(const struct crypto *crypto, const uint8_t key[SCP02_KEY_SIZE], uint8_t kcv[3]) {
    uint8_t block[DES_BLOCK_SIZE];
    bool done = crypto->ops->des_cbc(crypto, true, bytes_of(key, SCP02_KEY_SIZE), zero, zero, block,
                                     sizeof block);
    memcpy(kcv, block, 3);
    return done;
}

void scp02_close(struct scp02 *session) {
    bytes_erase(session, sizeof *session);
}
