// SPDX-License-Identifier: Apache-2.0
#include "apdu/crypto/scp03.h"

#include "apdu/octets/status.h"

#include <string.h>

// Derivation constants, Amendment D table 4-1.
enum derivation {
    DERIVE_CARD_CRYPTOGRAM = 0x00,
    DERIVE_HOST_CRYPTOGRAM = 0x01,
    DERIVE_CARD_CHALLENGE = 0x02,
    DERIVE_S_ENC = 0x04,
    DERIVE_S_MAC = 0x06,
    DERIVE_S_RMAC = 0x07,
};

enum { LABEL_SIZE = 12, KDF_HEADER = LABEL_SIZE + 4, CONTEXT_MAX = 2 * SCP03_SIZE_MAX };

static uint8_t size_of_mode(uint8_t i) {
    return (i & SCP03_S16) != 0 ? SCP03_SIZE_S16 : SCP03_SIZE_S8;
}

// SP 800-108 in counter mode over CMAC: label (11 zeros, constant), 00, L in bits, i, context.
static bool derive(const struct crypto *crypto, struct bytes key, enum derivation constant,
                   struct bytes context, uint8_t *out, size_t size) {
    uint8_t input[KDF_HEADER + CONTEXT_MAX] = {0};
    if (context.size > CONTEXT_MAX)
        return false;
    input[LABEL_SIZE - 1] = (uint8_t)constant;
    bytes_put_be(input + LABEL_SIZE + 1, 2, size * 8);
    memcpy(input + KDF_HEADER, context.data, context.size);
    for (size_t done = 0; done < size; done += AES_BLOCK_SIZE) {
        uint8_t block[AES_BLOCK_SIZE];
        size_t part = size - done < AES_BLOCK_SIZE ? size - done : AES_BLOCK_SIZE;
        input[KDF_HEADER - 1]++;
        if (!crypto->ops->aes_cmac(crypto, key, bytes_of(input, KDF_HEADER + context.size), block))
            return false;
        memcpy(out + done, block, part);
        bytes_erase(block, sizeof block);
    }
    return true;
}

static struct bytes session_context(const struct scp03 *session, uint8_t buffer[CONTEXT_MAX]) {
    memcpy(buffer, session->host_challenge, session->mac_size);
    memcpy(buffer + session->mac_size, session->card_challenge, session->mac_size);
    return bytes_of(buffer, 2U * session->mac_size);
}

bool scp03_level_is_valid(uint8_t i, uint8_t level) {
    uint8_t known = SCP03_LEVEL_CMAC | SCP03_LEVEL_CENC | SCP03_LEVEL_RMAC | SCP03_LEVEL_RENC;
    if ((level & ~known) != 0 || (level != 0 && (level & SCP03_LEVEL_CMAC) == 0))
        return false;
    if ((level & SCP03_LEVEL_RMAC) != 0 && (i & SCP03_RMAC) == 0)
        return false;
    if ((level & SCP03_LEVEL_RENC) == 0)
        return true;
    uint8_t needed = SCP03_LEVEL_RMAC | SCP03_LEVEL_CENC;
    return (i & SCP03_RENC) != 0 && (level & needed) == needed;
}

bool scp03_derive(struct scp03 *session, const struct crypto *crypto, const struct scp03_keys *keys,
                  uint8_t i, const uint8_t *host_challenge, const uint8_t *card_challenge) {
    uint8_t buffer[CONTEXT_MAX];
    if (keys->size != 16 && keys->size != 24 && keys->size != 32)
        return false;
    *session = (struct scp03){.key_size = keys->size, .mac_size = size_of_mode(i), .i = i};
    memcpy(session->host_challenge, host_challenge, session->mac_size);
    memcpy(session->card_challenge, card_challenge, session->mac_size);
    struct bytes context = session_context(session, buffer);
    struct bytes enc = bytes_of(keys->enc, keys->size);
    struct bytes mac = bytes_of(keys->mac, keys->size);
    return derive(crypto, enc, DERIVE_S_ENC, context, session->enc, keys->size) &&
           derive(crypto, mac, DERIVE_S_MAC, context, session->mac, keys->size) &&
           derive(crypto, mac, DERIVE_S_RMAC, context, session->rmac, keys->size);
}

bool scp03_card_challenge(const struct crypto *crypto, const struct scp03_keys *keys, uint8_t i,
                          uint32_t sequence, struct bytes aid, uint8_t challenge[SCP03_SIZE_MAX]) {
    uint8_t context[CONTEXT_MAX];
    size_t counter = sequence > 0xFFFFFF ? 4 : 3;
    if (aid.size > sizeof context - counter)
        return false;
    bytes_put_be(context, counter, sequence);
    memcpy(context + counter, aid.data, aid.size);
    return derive(crypto, bytes_of(keys->enc, keys->size), DERIVE_CARD_CHALLENGE,
                  bytes_of(context, counter + aid.size), challenge, size_of_mode(i));
}

static bool cryptogram(const struct scp03 *session, const struct crypto *crypto,
                       enum derivation constant, uint8_t *out) {
    uint8_t buffer[CONTEXT_MAX];
    return derive(crypto, bytes_of(session->mac, session->key_size), constant,
                  session_context(session, buffer), out, session->mac_size);
}

bool scp03_card_cryptogram(const struct scp03 *session, const struct crypto *crypto,
                           uint8_t out[SCP03_SIZE_MAX]) {
    return cryptogram(session, crypto, DERIVE_CARD_CRYPTOGRAM, out);
}

bool scp03_host_cryptogram(const struct scp03 *session, const struct crypto *crypto,
                           uint8_t out[SCP03_SIZE_MAX]) {
    return cryptogram(session, crypto, DERIVE_HOST_CRYPTOGRAM, out);
}

// ICV of a command (first octet 00) or of its answer (80): the encrypted counter block
// (6.2.6/6.2.7).
static bool counter_icv(const struct scp03 *session, const struct crypto *crypto, uint8_t side,
                        uint8_t icv[AES_BLOCK_SIZE]) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    uint8_t block[AES_BLOCK_SIZE] = {side};
    bytes_put_be(block + AES_BLOCK_SIZE - 4, 4, session->counter);
    return crypto->ops->aes_cbc(crypto, true, bytes_of(session->enc, session->key_size), zero,
                                block, icv, sizeof block);
}

enum { SIDE_COMMAND = 0x00, SIDE_RESPONSE = 0x80 };

// Pads with 80 00.. and encrypts in place; returns the new size, 0 without room.
static size_t encrypt(const struct scp03 *session, const struct crypto *crypto, uint8_t side,
                      uint8_t *data, size_t size, size_t capacity) {
    uint8_t icv[AES_BLOCK_SIZE];
    size_t padded = (size / AES_BLOCK_SIZE + 1) * AES_BLOCK_SIZE;
    if (padded > capacity || !counter_icv(session, crypto, side, icv))
        return 0;
    data[size] = 0x80;
    memset(data + size + 1, 0, padded - size - 1);
    return crypto->ops->aes_cbc(crypto, true, bytes_of(session->enc, session->key_size), icv, data,
                                data, padded)
               ? padded
               : 0;
}

static bool decrypt(const struct scp03 *session, const struct crypto *crypto, uint8_t side,
                    uint8_t *data, size_t *size) {
    uint8_t icv[AES_BLOCK_SIZE];
    size_t end = *size;
    if (end == 0 || end % AES_BLOCK_SIZE != 0 || !counter_icv(session, crypto, side, icv) ||
        !crypto->ops->aes_cbc(crypto, false, bytes_of(session->enc, session->key_size), icv, data,
                              data, end))
        return false;
    while (end > 0 && data[end - 1] == 0)
        end--;
    if (end == 0 || data[end - 1] != 0x80 || *size - end >= AES_BLOCK_SIZE)
        return false;
    *size = end - 1;
    return true;
}

// CMAC over pieces laid one behind the other in scratch: the MAC chaining value comes first.
static bool chained_mac(const struct scp03 *session, const struct crypto *crypto,
                        const uint8_t *key, struct bytes head, struct bytes data, struct bytes tail,
                        uint8_t mac[AES_BLOCK_SIZE]) {
    uint8_t input[AES_BLOCK_SIZE + 7 + SCP03_DATA_MAX + 2];
    size_t size = AES_BLOCK_SIZE + head.size + data.size + tail.size;
    if (size > sizeof input)
        return false;
    memcpy(input, session->chaining, AES_BLOCK_SIZE);
    if (head.size > 0)
        memcpy(input + AES_BLOCK_SIZE, head.data, head.size);
    if (data.size > 0)
        memcpy(input + AES_BLOCK_SIZE + head.size, data.data, data.size);
    if (tail.size > 0)
        memcpy(input + size - tail.size, tail.data, tail.size);
    return crypto->ops->aes_cmac(crypto, bytes_of(key, session->key_size), bytes_of(input, size),
                                 mac);
}

// Header and Lc as they travel, secure messaging bit set, channel bits as they are.
static struct bytes command_head(const struct apdu_command *command, size_t lc, uint8_t head[7]) {
    head[0] = command->cla | 0x04;
    head[1] = command->ins;
    head[2] = command->p1;
    head[3] = command->p2;
    if (lc <= APDU_SHORT_LC_MAX) {
        head[4] = (uint8_t)lc;
        return bytes_of(head, 5);
    }
    head[4] = 0;
    bytes_put_be(head + 5, 2, lc);
    return bytes_of(head, 7);
}

static bool command_mac(const struct scp03 *session, const struct crypto *crypto,
                        const struct apdu_command *command, struct bytes data,
                        uint8_t mac[AES_BLOCK_SIZE]) {
    uint8_t head[7];
    return chained_mac(session, crypto, session->mac,
                       command_head(command, data.size + session->mac_size, head), data,
                       (struct bytes){0}, mac);
}

bool scp03_wrap_command(struct scp03 *session, const struct crypto *crypto,
                        const struct apdu_command *plain, uint8_t *buffer, size_t capacity,
                        struct apdu_command *wrapped) {
    uint8_t mac[AES_BLOCK_SIZE];
    size_t size = plain->data.size;
    if (size + AES_BLOCK_SIZE + session->mac_size > capacity || size > SCP03_DATA_MAX)
        return false;
    if (size > 0)
        memcpy(buffer, plain->data.data, size);
    if (session->level != 0)
        session->counter++;
    if ((session->level & SCP03_LEVEL_CENC) != 0 && size > 0) {
        size = encrypt(session, crypto, SIDE_COMMAND, buffer, size, capacity - session->mac_size);
        if (size == 0)
            return false;
    }
    if (!command_mac(session, crypto, plain, bytes_of(buffer, size), mac))
        return false;
    memcpy(session->chaining, mac, sizeof mac);
    memcpy(buffer + size, mac, session->mac_size);
    *wrapped = *plain;
    wrapped->cla |= 0x04;
    wrapped->data = bytes_of(buffer, size + session->mac_size);
    return true;
}

uint16_t scp03_unwrap_command(struct scp03 *session, const struct crypto *crypto,
                              struct apdu_command *command, uint8_t *data) {
    uint8_t mac[AES_BLOCK_SIZE];
    if (command->data.size < session->mac_size)
        return SW_SM_OBJECT_MISSING;
    size_t size = command->data.size - session->mac_size;
    if (!command_mac(session, crypto, command, bytes_of(data, size), mac) ||
        !bytes_equal_secret(mac, data + size, session->mac_size))
        return SW_SM_OBJECT_WRONG;
    memcpy(session->chaining, mac, sizeof mac);
    if (session->level != 0)
        session->counter++;
    if ((session->level & SCP03_LEVEL_CENC) != 0 && size > 0 &&
        !decrypt(session, crypto, SIDE_COMMAND, data, &size))
        return SW_SM_OBJECT_WRONG;
    command->cla &= (uint8_t)~0x04U;
    command->data = bytes_of(data, size);
    return SW_OK;
}

// Errors carry no protection, warnings do (6.2.5).
static bool response_is_protected(const struct scp03 *session, uint16_t sw) {
    bool fine = sw == SW_OK || sw >> 8 == 0x62 || sw >> 8 == 0x63;
    return fine && (session->level & SCP03_LEVEL_RMAC) != 0;
}

static bool response_mac(const struct scp03 *session, const struct crypto *crypto,
                         struct bytes data, uint16_t sw, uint8_t mac[AES_BLOCK_SIZE]) {
    uint8_t tail[2];
    bytes_put_be(tail, 2, sw);
    return chained_mac(session, crypto, session->rmac, (struct bytes){0}, data,
                       bytes_of(tail, sizeof tail), mac);
}

size_t scp03_wrap_response(const struct scp03 *session, const struct crypto *crypto, uint8_t *data,
                           size_t size, size_t capacity, uint16_t sw, bool *ok) {
    uint8_t mac[AES_BLOCK_SIZE];
    *ok = true;
    if (!response_is_protected(session, sw))
        return size;
    *ok = size + AES_BLOCK_SIZE + session->mac_size <= capacity;
    if (*ok && (session->level & SCP03_LEVEL_RENC) != 0 && size > 0) {
        size = encrypt(session, crypto, SIDE_RESPONSE, data, size, capacity - session->mac_size);
        *ok = size > 0;
    }
    *ok = *ok && response_mac(session, crypto, bytes_of(data, size), sw, mac);
    if (!*ok)
        return 0;
    memcpy(data + size, mac, session->mac_size);
    return size + session->mac_size;
}

bool scp03_unwrap_response(const struct scp03 *session, const struct crypto *crypto, uint8_t *data,
                           size_t *size, uint16_t sw) {
    uint8_t mac[AES_BLOCK_SIZE];
    if (!response_is_protected(session, sw))
        return true;
    if (*size < session->mac_size)
        return false;
    size_t body = *size - session->mac_size;
    if (!response_mac(session, crypto, bytes_of(data, body), sw, mac) ||
        !bytes_equal_secret(mac, data + body, session->mac_size))
        return false;
    *size = body;
    return (session->level & SCP03_LEVEL_RENC) == 0 || body == 0 ||
           decrypt(session, crypto, SIDE_RESPONSE, data, size);
}

bool scp03_kcv(const struct crypto *crypto, struct bytes key, uint8_t kcv[3]) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    uint8_t block[AES_BLOCK_SIZE];
    memset(block, 0x01, sizeof block);
    if (!crypto->ops->aes_cbc(crypto, true, key, zero, block, block, sizeof block))
        return false;
    memcpy(kcv, block, 3);
    return true;
}

void scp03_close(struct scp03 *session) {
    bytes_erase(session, sizeof *session);
}
