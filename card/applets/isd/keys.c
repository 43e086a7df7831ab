// SPDX-License-Identifier: Apache-2.0
// Key sets of the secure channel and PUT KEY (GlobalPlatform 11.8, Amendment D 7.2). All three keys
// of a set change in one transaction: there is always an old or a new set, never half of one.
#include "card/applets/isd/isd.h"

#include <string.h>

enum {
    SET_VERSION = 0,
    SET_KEY_SIZE = 1,
    SET_WRITTEN = 2, // 0 in the first slot: the published key is still in force
    SET_BLOCK = 3,
    SET_SEQUENCE = 4,
    SET_KEYS = 8,
    KEYS_IN_SET = 3,
    KCV_SIZE = 3,
    PUBLISHED_SIZE = 16,
};

static uint32_t set_at(size_t slot) {
    return (uint32_t)(ISD_AT_KEY_SETS + slot * ISD_KEY_SET_SIZE);
}

static void put_published(uint8_t key[PUBLISHED_SIZE]) {
    for (uint8_t i = 0; i < PUBLISHED_SIZE; i++)
        key[i] = (uint8_t)(0x40 + i);
}

static void use_initial(struct isd_key_set *set) {
    set->version = ISD_INITIAL_VERSION;
    set->keys.size = PUBLISHED_SIZE;
    put_published(set->keys.enc);
    put_published(set->keys.mac);
    put_published(set->keys.dek);
}

void isd_read_key_set(const struct card_call *call, size_t slot, struct isd_key_set *set) {
    uint8_t octets[ISD_KEY_SET_SIZE];
    card_read(call, set_at(slot), octets, sizeof octets);
    set->version = octets[SET_VERSION];
    set->initial = slot == 0 && octets[SET_WRITTEN] == 0;
    set->block = octets[SET_BLOCK];
    set->sequence = (uint32_t)bytes_get_be(octets + SET_SEQUENCE, 4);
    set->keys.size = octets[SET_KEY_SIZE];
    memcpy(set->keys.enc, octets + SET_KEYS, SCP03_KEY_MAX);
    memcpy(set->keys.mac, octets + SET_KEYS + SCP03_KEY_MAX, SCP03_KEY_MAX);
    memcpy(set->keys.dek, octets + SET_KEYS + 2 * SCP03_KEY_MAX, SCP03_KEY_MAX);
    if (set->initial)
        use_initial(set);
    bytes_erase(octets, sizeof octets);
}

void isd_stage_key_set(struct card_call *call, size_t slot, const struct isd_key_set *set) {
    uint8_t octets[ISD_KEY_SET_SIZE] = {set->version, set->keys.size, !set->initial, set->block};
    bytes_put_be(octets + SET_SEQUENCE, 4, set->sequence);
    memcpy(octets + SET_KEYS, set->keys.enc, SCP03_KEY_MAX);
    memcpy(octets + SET_KEYS + SCP03_KEY_MAX, set->keys.mac, SCP03_KEY_MAX);
    memcpy(octets + SET_KEYS + 2 * SCP03_KEY_MAX, set->keys.dek, SCP03_KEY_MAX);
    card_stage(call, set_at(slot), octets, sizeof octets);
    bytes_erase(octets, sizeof octets);
}

static uint8_t version_of(const struct card_call *call, size_t slot) {
    if (slot == 0 && card_read_uint(call, set_at(slot) + SET_WRITTEN, 1) == 0)
        return ISD_INITIAL_VERSION;
    return (uint8_t)card_read_uint(call, set_at(slot) + SET_VERSION, 1);
}

size_t isd_find_key_set(const struct card_call *call, uint8_t version) {
    for (size_t slot = 0; slot < ISD_KEY_SETS; slot++) {
        uint8_t there = version_of(call, slot);
        if (there != 0 && (version == 0 || there == version))
            return slot;
    }
    return ISD_KEY_SETS;
}

bool isd_has_published_keys(const struct card_call *call) {
    uint8_t published[PUBLISHED_SIZE];
    bool found = false;
    put_published(published);
    for (size_t slot = 0; slot < ISD_KEY_SETS; slot++) {
        struct isd_key_set set;
        isd_read_key_set(call, slot, &set);
        const uint8_t *const keys[KEYS_IN_SET] = {set.keys.enc, set.keys.mac, set.keys.dek};
        for (size_t i = 0; set.version != 0 && i < KEYS_IN_SET; i++)
            found = found || (set.keys.size == PUBLISHED_SIZE &&
                              bytes_equal_secret(keys[i], published, PUBLISHED_SIZE));
        bytes_erase(&set, sizeof set);
    }
    return found;
}

static size_t find_free(const struct card_call *call) {
    size_t slot = 0;
    while (slot < ISD_KEY_SETS && version_of(call, slot) != 0)
        slot++;
    return slot;
}

// Where the new set goes: replaced version, the initial set's place, or a free one.
static uint16_t choose_slot(const struct card_call *call, uint8_t old, uint8_t new, size_t *slot) {
    size_t same = isd_find_key_set(call, new);
    if (new == 0 || new > 0x7F)
        return SW_WRONG_DATA;
    if (old != 0) {
        *slot = isd_find_key_set(call, old);
        if (*slot == ISD_KEY_SETS)
            return SW_REFERENCE_NOT_FOUND;
        return same < ISD_KEY_SETS && same != *slot ? SW_WRONG_DATA : SW_OK;
    }
    if (same < ISD_KEY_SETS)
        return SW_WRONG_DATA;
    *slot = version_of(call, 0) == ISD_INITIAL_VERSION ? 0 : find_free(call);
    return *slot < ISD_KEY_SETS ? SW_OK : SW_NO_SPACE;
}

// How long key and ciphertext are that a key block's field announces. A key that fills whole blocks
// may stand alone; one with padding, or any other, has its length before it (GlobalPlatform Card
// Specification 2.3.1, table 11-71).
static bool read_lengths(const uint8_t *field, size_t field_size, uint8_t *size, size_t *cipher) {
    bool alone = field_size % AES_BLOCK_SIZE == 0;
    *size = alone ? (uint8_t)field_size : field[0];
    *cipher = alone ? field_size : field_size - 1;
    return (*size == 16 || *size == 24 || *size == 32) &&
           *cipher == (size_t)((*size + AES_BLOCK_SIZE - 1) & ~(AES_BLOCK_SIZE - 1));
}

// One key: type, length, [length of the key,] ciphertext under the DEK, length and value of KCV.
static uint16_t read_key(struct card_call *call, const struct scp03_keys *current,
                         struct bytes *rest, uint8_t key[SCP03_KEY_MAX], uint8_t *size) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    uint8_t kcv[KCV_SIZE];
    if (rest->size < 3 || rest->data[0] != ISD_KEY_TYPE_AES)
        return rest->size < 3 ? SW_WRONG_DATA : SW_ALGORITHM;
    size_t field = rest->data[1], cipher;
    if (!read_lengths(rest->data + 2, field, size, &cipher) ||
        rest->size < 2 + field + 1 + KCV_SIZE || rest->data[2 + field] != KCV_SIZE)
        return SW_WRONG_DATA;
    if (!call->crypto->ops->aes_cbc(call->crypto, false, bytes_of(current->dek, current->size),
                                    zero, rest->data + 2 + field - cipher, key, cipher) ||
        !scp03_kcv(call->crypto, bytes_of(key, *size), kcv))
        return SW_EXECUTION_ERROR;
    memset(key + *size, 0, SCP03_KEY_MAX - *size);
    if (memcmp(kcv, rest->data + 2 + field + 1, KCV_SIZE) != 0)
        return SW_BAD_KCV;
    tlv_put_raw(&call->answer, BYTES_OF(kcv));
    size_t used = 2 + field + 1 + KCV_SIZE;
    *rest = bytes_of(rest->data + used, rest->size - used);
    return SW_OK;
}

static uint16_t read_set(struct card_call *call, const struct scp03_keys *current,
                         struct bytes rest, struct scp03_keys *keys) {
    uint8_t *key[KEYS_IN_SET] = {keys->enc, keys->mac, keys->dek};
    uint8_t size[KEYS_IN_SET];
    for (size_t i = 0; i < KEYS_IN_SET; i++) {
        uint16_t sw = read_key(call, current, &rest, key[i], &size[i]);
        if (sw != SW_OK)
            return sw;
        if (size[i] != size[0])
            return SW_WRONG_DATA;
    }
    keys->size = size[0];
    return rest.size == 0 ? SW_OK : SW_WRONG_DATA;
}

// One more commit, so that the journal no longer has the set that was replaced either.
static uint16_t replace_set(struct card_call *call, size_t slot, const struct isd_key_set *fresh) {
    isd_stage_key_set(call, slot, fresh);
    if (!card_commit(call))
        return SW_MEMORY_FAILURE;
    card_stage_uint(call, set_at(slot) + SET_VERSION, 1, fresh->version);
    return SW_OK;
}

// Where a new set begins. No number comes twice on a card: under the same keys it would answer a
// recorded challenge with the recorded cryptogram. But half a block of them at least is quick
// again.
static void begin_sequence(const struct card_call *call, struct isd_key_set *set) {
    uint32_t last = 0;
    for (size_t slot = 0; slot < ISD_KEY_SETS; slot++) {
        uint32_t there = (uint32_t)card_read_uint(call, set_at(slot) + SET_SEQUENCE, 4);
        last = there > last ? there : last;
    }
    uint32_t half = (uint32_t)1 << (ISD_SEQUENCES_A_BLOCK - 1);
    set->sequence = last;
    set->block = (uint8_t)((last + half) >> ISD_SEQUENCES_A_BLOCK);
}

uint16_t isd_put_key(struct card_call *call) {
    struct bytes data = call->command.data;
    struct isd_key_set fresh = {0}, current;
    size_t slot = 0;
    uint16_t sw = isd_require_content(call, SCP03_LEVEL_CMAC);
    if (sw != SW_OK)
        return sw;
    const struct isd_session *session = isd_session(call);
    isd_read_key_set(call, session->open ? session->slot : 0, &current);
    begin_sequence(call, &fresh);
    fresh.version = data.data[0];
    sw = choose_slot(call, call->command.p1, fresh.version, &slot);
    tlv_put_raw(&call->answer, bytes_of(data.data, 1));
    if (sw == SW_OK)
        sw = read_set(call, &current.keys, bytes_of(data.data + 1, data.size - 1), &fresh.keys);
    if (sw == SW_OK)
        sw = replace_set(call, slot, &fresh);
    bytes_erase(&fresh, sizeof fresh);
    bytes_erase(&current, sizeof current);
    return sw;
}
