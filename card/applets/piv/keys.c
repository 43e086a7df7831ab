// SPDX-License-Identifier: Apache-2.0
// Asymmetric keys: born on the card (GENERATE ASYMMETRIC KEY PAIR, SP 800-73-4 part 2, 3.3.3), kept
// in two buffers like data objects, never readable.
#include "card/applets/piv/piv.h"

#include "card/os/context.h"

#include <string.h>

static const uint8_t references[PIV_KEYS] = {PIV_KEY_AUTHENTICATION, PIV_KEY_SIGNATURE,
                                             PIV_KEY_KEY_MANAGEMENT, PIV_KEY_CARD_AUTHENTICATION};

static size_t slot_of(uint8_t reference) {
    size_t slot = 0;
    while (slot < PIV_KEYS && references[slot] != reference)
        slot++;
    return slot;
}

static uint32_t head_of(size_t slot) {
    return (uint32_t)(PIV_AT_KEY_HEADS + slot * PIV_HEAD_SIZE);
}

static uint32_t buffer_of(size_t slot, uint8_t which) {
    return (uint32_t)(PIV_AT_KEYS + (2 * slot + which) * PIV_KEY_SIZE);
}

static size_t size_of(uint8_t algorithm) {
    return algorithm == PIV_P256 ? P256_SCALAR_SIZE : algorithm == PIV_RSA_2048 ? RSA_KEY_SIZE : 0;
}

bool piv_read_key(const struct card_call *call, uint8_t reference, struct piv_key *key) {
    size_t slot = slot_of(reference);
    if (slot == PIV_KEYS)
        return false;
    struct piv_head head = piv_read_head(call, head_of(slot));
    if (head.size == 0 || head.size != size_of(head.kind)) // none, or none of ours
        return false;
    key->algorithm = head.kind;
    card_read(call, buffer_of(slot, head.live), key->secret, head.size);
    return true;
}

bool piv_has_keys(const struct card_call *call) {
    bool any = false;
    for (size_t slot = 0; slot < PIV_KEYS; slot++)
        any = any || piv_read_head(call, head_of(slot)).size != 0;
    return any;
}

// Draws the pair; the secret goes to key, the public half as 7F49 to the answer.
static uint16_t draw(struct card_call *call, struct piv_key *key, uint16_t *size) {
    static const uint8_t exponent[] = {0x01, 0x00, 0x01};
    uint8_t compressed[P256_COMPRESSED_SIZE], point[P256_POINT_SIZE], modulus[RSA_2048_SIZE];
    const struct crypto *crypto = call->crypto;
    size_t mark = tlv_begin(&call->answer, 0x7F49);
    if (key->algorithm == PIV_P256) {
        if (!crypto->ops->p256_generate(crypto, key->secret, compressed) ||
            !crypto->ops->p256_expand(crypto, compressed, point))
            return SW_EXECUTION_ERROR;
        tlv_put(&call->answer, 0x86, BYTES_OF(point));
        *size = P256_SCALAR_SIZE;
    } else {
        if (!crypto->ops->rsa_generate(crypto, key->secret, modulus))
            return SW_EXECUTION_ERROR;
        tlv_put(&call->answer, 0x81, BYTES_OF(modulus));
        tlv_put(&call->answer, 0x82, BYTES_OF(exponent));
        *size = RSA_KEY_SIZE;
    }
    tlv_end(&call->answer, mark);
    return SW_OK;
}

// The idle buffer of a slot becomes zeros.
static bool erase_idle(struct card_call *call, size_t slot, uint8_t live) {
    static const uint8_t zeros[64];
    struct nvm_area idle = {call->instance->base + buffer_of(slot, live ^ 1), PIV_KEY_SIZE};
    for (uint32_t done = 0; done < PIV_KEY_SIZE; done += sizeof zeros) {
        size_t size = PIV_KEY_SIZE - done < sizeof zeros ? PIV_KEY_SIZE - done : sizeof zeros;
        if (!nvm_fill(&call->card->nvm, idle, idle.offset + done, zeros, size))
            return false;
    }
    return true;
}

bool piv_erase_stale_keys(struct card_call *call) {
    for (size_t slot = 0; slot < PIV_KEYS; slot++) {
        struct piv_head head = piv_read_head(call, head_of(slot));
        if (!head.stale)
            continue;
        if (!erase_idle(call, slot, head.live))
            return false;
        head.stale = false;
        piv_stage_head(call, head_of(slot), head);
    }
    return true;
}

static void forget(const struct card_call *call, uint8_t reference) {
    struct piv_key key;
    if (piv_read_key(call, reference, &key) && key.algorithm == PIV_P256)
        call->crypto->ops->forget(call->crypto, key.secret);
    bytes_erase(&key, sizeof key);
}

void piv_forget_keys(struct card_call *call) {
    for (size_t slot = 0; slot < PIV_KEYS; slot++)
        forget(call, references[slot]);
}

// The new key lives from its commit on, and the old one is erased after it.
static uint16_t store(struct card_call *call, size_t slot, const struct piv_key *key,
                      uint16_t size) {
    struct piv_head head = piv_read_head(call, head_of(slot));
    forget(call, references[slot]);
    head = (struct piv_head){(uint8_t)key->algorithm, head.live ^ 1, head.kind != 0, size};
    struct nvm_area buffer = {call->instance->base + buffer_of(slot, head.live), size};
    if (!nvm_fill(&call->card->nvm, buffer, buffer.offset, key->secret, size))
        return SW_MEMORY_FAILURE;
    piv_stage_head(call, head_of(slot), head);
    return card_commit(call) && piv_erase_stale_keys(call) ? SW_OK : SW_MEMORY_FAILURE;
}

// AC { 80 algorithm }
static uint8_t asked_algorithm(struct bytes data) {
    struct tlv template, algorithm;
    if (!tlv_next(&data, &template) || template.tag != 0xAC || data.size > 0 ||
        !tlv_find(template.value, 0x80, &algorithm) || algorithm.value.size != 1)
        return 0;
    return algorithm.value.data[0];
}

uint16_t piv_generate(struct card_call *call) {
    struct piv_key key = {.algorithm = asked_algorithm(call->command.data)};
    size_t slot = slot_of(call->command.p2);
    uint16_t size = 0;
    if (!piv_session(call)->manager)
        return SW_SECURITY_STATUS;
    if (slot == PIV_KEYS)
        return SW_WRONG_P1P2;
    if (key.algorithm != PIV_P256 && key.algorithm != PIV_RSA_2048)
        return SW_WRONG_DATA;
    uint16_t sw = draw(call, &key, &size);
    if (sw == SW_OK)
        sw = store(call, slot, &key, size);
    bytes_erase(&key, sizeof key);
    return sw;
}
