// SPDX-License-Identifier: Apache-2.0
// The order is: take the try off, commit, compare, give the tries back, commit. PIN and PUK share
// it. Both are kept padded with FF to the longest length, so that comparing always reads the same
// octets.
#include "card/os/pin.h"

#include <string.h>

enum {
    SECRET_SIZE = 1 + PIN_MAX, // length, then digits padded with FF
    PIN_AT = 0,
    PUK_AT = SECRET_SIZE,
    PIN_TRIES_AT = 2 * SECRET_SIZE,
    PIN_TRIES_MAX_AT,
    PUK_TRIES_AT,
    PUK_TRIES_MAX_AT,
    TRIES_MAX = 15, // what 63Cx can tell
};

/// Where one of the two secrets and its counters stand within the record.
struct secret {
    uint32_t value, tries, tries_max;
};

static const struct secret the_pin = {PIN_AT, PIN_TRIES_AT, PIN_TRIES_MAX_AT};
static const struct secret the_puk = {PUK_AT, PUK_TRIES_AT, PUK_TRIES_MAX_AT};

static bool good_length(struct bytes value) {
    return value.size >= PIN_MIN && value.size <= PIN_MAX;
}

static void pad(struct bytes value, uint8_t out[SECRET_SIZE]) {
    memset(out, 0xFF, SECRET_SIZE);
    out[0] = (uint8_t)value.size;
    memcpy(out + 1, value.data, value.size);
}

static uint8_t read_octet(const struct card_call *call, struct pin pin, uint32_t at) {
    return (uint8_t)card_read_uint(call, pin.offset + at, 1);
}

static bool is_set(const struct card_call *call, struct pin pin, struct secret secret) {
    uint8_t length = read_octet(call, pin, secret.value);
    return length >= PIN_MIN && length <= PIN_MAX;
}

static void stage_value(struct card_call *call, struct pin pin, struct secret secret,
                        struct bytes value) {
    uint8_t padded[SECRET_SIZE];
    pad(value, padded);
    card_stage(call, pin.offset + secret.value, padded, sizeof padded);
    bytes_erase(padded, sizeof padded);
}

static void stage_all_tries(struct card_call *call, struct pin pin, struct secret secret) {
    card_stage_uint(call, pin.offset + secret.tries, 1, read_octet(call, pin, secret.tries_max));
}

static uint16_t set(struct card_call *call, struct pin pin, struct secret secret,
                    struct bytes value, uint8_t tries) {
    if (!good_length(value) || tries == 0 || tries > TRIES_MAX)
        return SW_WRONG_DATA;
    stage_value(call, pin, secret, value);
    card_stage_uint(call, pin.offset + secret.tries, 1, tries);
    card_stage_uint(call, pin.offset + secret.tries_max, 1, tries);
    return SW_OK;
}

static bool equals_stored(const struct card_call *call, struct pin pin, struct secret secret,
                          struct bytes value) {
    uint8_t stored[SECRET_SIZE], given[SECRET_SIZE];
    card_read(call, pin.offset + secret.value, stored, sizeof stored);
    pad(value, given);
    bool equal = bytes_equal_secret(stored, given, sizeof stored);
    bytes_erase(stored, sizeof stored);
    bytes_erase(given, sizeof given);
    return equal;
}

/// Takes a try off durably, then compares. SW_OK leaves giving the tries back to the caller.
static uint16_t attempt(struct card_call *call, struct pin pin, struct secret secret,
                        struct bytes value) {
    if (!is_set(call, pin, secret))
        return SW_CONDITIONS;
    if (!good_length(value))
        return SW_WRONG_DATA;
    uint8_t tries = read_octet(call, pin, secret.tries);
    if (tries == 0)
        return SW_PIN_BLOCKED;
    tries--;
    card_stage_uint(call, pin.offset + secret.tries, 1, tries);
    if (!card_commit(call))
        return SW_MEMORY_FAILURE;
    if (equals_stored(call, pin, secret, value))
        return SW_OK;
    return tries == 0 ? SW_PIN_BLOCKED : (uint16_t)(SW_TRIES_LEFT | tries);
}

uint16_t pin_set(struct card_call *call, struct pin pin, struct bytes value, uint8_t tries) {
    return set(call, pin, the_pin, value, tries);
}

uint16_t pin_set_puk(struct card_call *call, struct pin pin, struct bytes value, uint8_t tries) {
    return set(call, pin, the_puk, value, tries);
}

uint16_t pin_verify(struct card_call *call, struct pin pin, struct bytes value) {
    uint16_t sw = attempt(call, pin, the_pin, value);
    if (sw != SW_OK)
        return sw;
    stage_all_tries(call, pin, the_pin);
    return card_commit(call) ? SW_OK : SW_MEMORY_FAILURE;
}

uint16_t pin_status(const struct card_call *call, struct pin pin) {
    if (!pin_is_set(call, pin))
        return SW_CONDITIONS;
    uint8_t tries = pin_tries(call, pin);
    return tries == 0 ? SW_PIN_BLOCKED : (uint16_t)(SW_TRIES_LEFT | tries);
}

static uint16_t change(struct card_call *call, struct pin pin, struct secret secret,
                       struct bytes old_value, struct bytes new_value) {
    if (!good_length(new_value))
        return SW_WRONG_DATA;
    uint16_t sw = attempt(call, pin, secret, old_value);
    if (sw != SW_OK)
        return sw;
    stage_value(call, pin, secret, new_value);
    stage_all_tries(call, pin, secret);
    return card_commit(call) ? SW_OK : SW_MEMORY_FAILURE;
}

uint16_t pin_change(struct card_call *call, struct pin pin, struct bytes old_value,
                    struct bytes new_value) {
    return change(call, pin, the_pin, old_value, new_value);
}

uint16_t pin_change_puk(struct card_call *call, struct pin pin, struct bytes old_value,
                        struct bytes new_value) {
    return change(call, pin, the_puk, old_value, new_value);
}

uint16_t pin_unblock(struct card_call *call, struct pin pin, struct bytes puk,
                     struct bytes new_value) {
    if (!good_length(new_value))
        return SW_WRONG_DATA;
    if (!pin_is_set(call, pin))
        return SW_CONDITIONS;
    uint16_t sw = attempt(call, pin, the_puk, puk);
    if (sw != SW_OK)
        return sw;
    stage_value(call, pin, the_pin, new_value);
    stage_all_tries(call, pin, the_pin);
    stage_all_tries(call, pin, the_puk);
    return card_commit(call) ? SW_OK : SW_MEMORY_FAILURE;
}

uint8_t pin_tries(const struct card_call *call, struct pin pin) {
    return read_octet(call, pin, the_pin.tries);
}

bool pin_is_set(const struct card_call *call, struct pin pin) {
    return is_set(call, pin, the_pin);
}

bool pin_two_values(struct bytes data, struct bytes *first, struct bytes *second) {
    struct tlv a, b;
    if (!tlv_next_strict(&data, &a) || a.tag != 0x80 || !tlv_next_strict(&data, &b) ||
        b.tag != 0x81 || data.size != 0)
        return false;
    *first = a.value;
    *second = b.value;
    return true;
}
