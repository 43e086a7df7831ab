// SPDX-License-Identifier: Apache-2.0
#include "card/identity/block.h"

#include "apdu/object/marks.h"

#include <string.h>

uint64_t identity_get(const struct card_call *call, enum identity_number number) {
    return card_shared_read_uint(call, IDENTITY_NUMBERS_AT + (uint32_t)number * 8, 8);
}

void identity_set(struct card_call *call, enum identity_number number, uint64_t value) {
    card_shared_stage_uint(call, IDENTITY_NUMBERS_AT + (uint32_t)number * 8, 8, value);
}

static uint32_t text_offset(enum identity_text text) {
    return IDENTITY_TEXTS_AT + (uint32_t)text * IDENTITY_TEXT_SIZE;
}

struct bytes identity_text(const struct card_call *call, enum identity_text text, uint8_t *buffer) {
    uint8_t field[IDENTITY_TEXT_SIZE];
    card_shared_read(call, text_offset(text), field, sizeof field);
    size_t size = field[0] <= HOLDER_MAX ? field[0] : 0;
    memcpy(buffer, field + 1, HOLDER_MAX);
    return bytes_of(buffer, size);
}

void identity_text_set(struct card_call *call, enum identity_text text, struct bytes value) {
    uint8_t field[IDENTITY_TEXT_SIZE] = {(uint8_t)value.size};
    if (value.size > 0)
        memcpy(field + 1, value.data, value.size);
    card_shared_stage(call, text_offset(text), field, sizeof field);
}

bool identity_text_is(const struct card_call *call, enum identity_text text, struct bytes value) {
    uint8_t buffer[HOLDER_MAX];
    return bytes_equal(identity_text(call, text, buffer), value);
}

uint16_t identity_roles(const struct card_call *call) {
    return (uint16_t)identity_get(call, IDENTITY_ROLES);
}

bool identity_is(const struct card_call *call, struct bytes holder) {
    return identity_text_is(call, IDENTITY_HOLDER, holder);
}

void identity_taken(const struct card_call *call, enum identity_taken taken,
                    uint8_t digest[SHA256_SIZE]) {
    card_shared_read(call, IDENTITY_TAKEN_AT + (uint32_t)taken * SHA256_SIZE, digest, SHA256_SIZE);
}

void identity_take(struct card_call *call, enum identity_taken taken,
                   const uint8_t digest[SHA256_SIZE]) {
    card_shared_stage(call, IDENTITY_TAKEN_AT + (uint32_t)taken * SHA256_SIZE, digest, SHA256_SIZE);
}

uint16_t identity_peers(uint16_t roles) {
    return (roles & ROLE_WALLET) != 0 ? PEERS_SMALL : PEERS_LARGE;
}

uint32_t clock_today(const struct card_call *call) {
    return (uint32_t)identity_get(call, IDENTITY_DATE);
}

void clock_raise(struct card_call *call, uint32_t date) {
    if (date > clock_today(call))
        identity_set(call, IDENTITY_DATE, date);
}

uint16_t identity_marks(uint16_t roles) {
    return (roles & (ROLE_TILL | ROLE_FLOAT)) != 0 ? MARKS_OF_MACHINE : MARKS_OF_WALLET;
}

uint32_t identity_lists_at(uint16_t roles) {
    return PEERS_AT + (uint32_t)identity_peers(roles) * PEER_SIZE;
}

uint16_t identity_claims(uint16_t roles) {
    return roles == (ROLE_WALLET | ROLE_STORE) ? CLAIMS_OF_PHONE : 0;
}

uint32_t identity_claims_at(uint16_t roles) {
    return identity_lists_at(roles) + 2U * identity_marks(roles) * MARK_SIZE;
}

uint32_t identity_size(uint16_t roles) {
    return identity_claims_at(roles) + (uint32_t)identity_claims(roles) * CLAIM_SIZE;
}
