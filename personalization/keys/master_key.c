// SPDX-License-Identifier: Apache-2.0
// Derivation of card keys. Where master keys are kept stands in master_key_file.c and
// master_key_token.c.
#include "personalization/keys/master_key.h"
#include "base/must.h"

#include <string.h>

enum key_number { KEY_ENC = 1, KEY_MAC = 2, KEY_DEK = 3, KEY_COUNT = 3 };

static const char *const method_names[] = {[DERIVE_NONE] = "none",
                                           [DERIVE_KDF3] = "kdf3",
                                           [DERIVE_VISA2] = "visa2-aes",
                                           [DERIVE_EMV] = "emv-aes",
                                           [DERIVE_SP800] = "sp800-108"};
must_cover(method_names, DERIVATION_METHOD_COUNT);

bool derivation_from_name(const char *name, enum derivation_method *method) {
    for (size_t i = 0; i < sizeof method_names / sizeof method_names[0]; i++)
        if (strcmp(method_names[i], name) == 0) {
            *method = (enum derivation_method)i;
            return true;
        }
    return false;
}

const char *derivation_mistake(const char *name) {
    bool older = strcmp(name, "visa2") == 0 || strcmp(name, "emv") == 0;
    return older ? "visa2 and emv are laid down for 3DES keys only, and tools differ in what they "
                   "make "
                   "of them for AES; write visa2-aes or emv-aes (docs/profiles.md), or kdf3, which "
                   "all know"
                 : "methods are kdf3, visa2-aes, emv-aes, sp800-108 and none";
}

const char *derivation_name(enum derivation_method method) {
    return method_names[method];
}

// Counter, label 00 00 00 number 00, diversification data.
static bool derive_kdf3(const struct master_key *key, const uint8_t *data, uint8_t number,
                        uint8_t *out) {
    uint8_t input[6 + SCP03_DIVERSIFICATION_SIZE] = {0, 0, 0, 0, number, 0}, block[AES_BLOCK_SIZE];
    memcpy(input + 6, data, SCP03_DIVERSIFICATION_SIZE);
    for (size_t done = 0; done < key->size; done += AES_BLOCK_SIZE) {
        size_t part = key->size - done < AES_BLOCK_SIZE ? key->size - done : AES_BLOCK_SIZE;
        input[0]++;
        if (!key->cmac(key, BYTES_OF(input), block))
            return false;
        memcpy(out + done, block, part);
    }
    bytes_erase(block, sizeof block);
    return true;
}

// Label (eleven times 00, the key's number), 00, length in bits, counter, diversification data.
static bool derive_sp800(const struct master_key *key, const uint8_t *data, uint8_t number,
                         uint8_t *out) {
    enum { NUMBER = 11, LENGTH = 13, COUNTER = 15, DATA = 16 };
    uint8_t input[DATA + SCP03_DIVERSIFICATION_SIZE] = {[NUMBER] = number}, block[AES_BLOCK_SIZE];
    bytes_put_be(input + LENGTH, 2, (uint64_t)key->size * 8);
    memcpy(input + DATA, data, SCP03_DIVERSIFICATION_SIZE);
    for (size_t done = 0; done < key->size; done += AES_BLOCK_SIZE) {
        size_t part = key->size - done < AES_BLOCK_SIZE ? key->size - done : AES_BLOCK_SIZE;
        input[COUNTER]++;
        if (!key->cmac(key, BYTES_OF(input), block))
            return false;
        memcpy(out + done, block, part);
    }
    bytes_erase(block, sizeof block);
    return true;
}

// Half blocks of six octets of the data, a mark and the key's number; for AES-256 two blocks, told
// apart by the marks' lower bits.
static bool derive_block(const struct master_key *key, const uint8_t part[6], uint8_t number,
                         uint8_t *out) {
    for (uint8_t done = 0, turn = 0; done < key->size; done += AES_BLOCK_SIZE, turn++) {
        uint8_t input[AES_BLOCK_SIZE], block[AES_BLOCK_SIZE];
        size_t size = (size_t)(key->size - done) < AES_BLOCK_SIZE ? (size_t)(key->size - done)
                                                                  : AES_BLOCK_SIZE;
        memcpy(input, part, 6);
        input[6] = (uint8_t)(0xF0 + turn);
        input[7] = number;
        memcpy(input + 8, part, 6);
        input[14] = (uint8_t)(0x0F + (turn << 4));
        input[15] = number;
        if (!key->block(key, input, block))
            return false;
        memcpy(out + done, block, size);
        bytes_erase(block, sizeof block);
    }
    return true;
}

static bool derive_one(const struct master_key *key, const uint8_t *data, uint8_t number,
                       uint8_t *out) {
    const uint8_t visa2[6] = {data[0], data[1], data[4], data[5], data[6], data[7]};
    switch (key->method) {
    case DERIVE_KDF3:
        return derive_kdf3(key, data, number, out);
    case DERIVE_VISA2:
        return derive_block(key, visa2, number, out);
    case DERIVE_EMV:
        return derive_block(key, data + 4, number, out);
    case DERIVE_SP800:
        return derive_sp800(key, data, number, out);
    case DERIVE_NONE:
        return key->export != NULL && key->export(key, out);
    case DERIVATION_METHOD_COUNT:
        break;
    }
    return false;
}

bool master_key_derive_one(const struct master_key *key,
                           const uint8_t diversification[SCP03_DIVERSIFICATION_SIZE],
                           uint8_t number, uint8_t out[SCP03_KEY_MAX], struct failure *failure) {
    if (derive_one(key, diversification, number, out))
        return true;
    if (key->method == DERIVE_NONE && key->export == NULL)
        return fail(failure, EXIT_USAGE,
                    "%s: method 'none' would take the master key out of its token; choose kdf3, "
                    "visa2-aes, emv-aes or sp800-108",
                    key->name);
    return fail(failure, EXIT_ABSENT, "%s: the master key does not answer", key->name);
}

bool master_key_derive(const struct master_key *key,
                       const uint8_t diversification[SCP03_DIVERSIFICATION_SIZE],
                       struct scp03_keys *keys, struct failure *failure) {
    keys->size = key->size;
    if (master_key_derive_one(key, diversification, KEY_ENC, keys->enc, failure) &&
        master_key_derive_one(key, diversification, KEY_MAC, keys->mac, failure) &&
        master_key_derive_one(key, diversification, KEY_DEK, keys->dek, failure))
        return true;
    bytes_erase(keys, sizeof *keys);
    return false;
}

bool master_key_kcv(const struct master_key *key, uint8_t kcv[3]) {
    uint8_t block[AES_BLOCK_SIZE];
    memset(block, 0x01, sizeof block);
    if (!key->block(key, block, block))
        return false;
    memcpy(kcv, block, 3);
    return true;
}

bool master_key_open(struct master_key *key, const char *source, const struct crypto *crypto,
                     const struct key_access *access, struct failure *failure) {
    static const struct key_access none = {0};
    static const char scheme[] = "pkcs11:";
    *key = (struct master_key){0};
    if (access == NULL)
        access = &none;
    if (strncmp(source, scheme, sizeof scheme - 1) == 0)
        return master_key_open_token(key, source, &access->pin, failure);
    return master_key_open_file(key, source, crypto, access->passphrase, failure);
}

void master_key_close(struct master_key *key) {
    if (key->close != NULL)
        key->close(key);
    *key = (struct master_key){0};
}
