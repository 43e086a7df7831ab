// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/layout.h"

#include "card/applets/once.h"

#include <string.h>

struct geometry geometry_of(uint16_t roles) {
    bool small = (roles & ROLE_WALLET) != 0;
    struct geometry g = {.peers = small ? PEERS_SMALL : PEERS_LARGE,
                         .window = small ? WINDOW_SMALL : WINDOW_LARGE,
                         .ring = small ? RING_SMALL : RING_LARGE};
    g.peers_at = TABLES_AT;
    g.window_at = g.peers_at + (uint32_t)g.peers * PEER_SIZE;
    g.ring_index_at = g.window_at + once_size(g.window, WINDOW_RECORD_SIZE);
    g.ring_at = g.ring_index_at + (uint32_t)g.ring * RING_INDEX_SIZE;
    g.size = g.ring_at + (uint32_t)g.ring * RING_SLOT_SIZE;
    return g;
}

struct geometry geometry(const struct card_call *call) {
    return geometry_of(purse_roles(call));
}

uint64_t number_get(const struct card_call *call, enum number number) {
    return card_read_uint(call, NUMBERS_AT + (uint32_t)number * 8, 8);
}

void number_set(struct card_call *call, enum number number, uint64_t value) {
    card_stage_uint(call, NUMBERS_AT + (uint32_t)number * 8, 8, value);
}

struct bytes text_get(const struct card_call *call, enum text text, uint8_t *buffer) {
    uint8_t field[TEXT_SIZE];
    card_read(call, TEXTS_AT + (uint32_t)text * TEXT_SIZE, field, sizeof field);
    size_t size = field[0] <= HOLDER_MAX ? field[0] : 0;
    memcpy(buffer, field + 1, HOLDER_MAX);
    return bytes_of(buffer, size);
}

void text_set(struct card_call *call, enum text text, struct bytes value) {
    uint8_t field[TEXT_SIZE] = {(uint8_t)value.size};
    if (value.size > 0)
        memcpy(field + 1, value.data, value.size);
    card_stage(call, TEXTS_AT + (uint32_t)text * TEXT_SIZE, field, sizeof field);
}

bool text_equals(const struct card_call *call, enum text text, struct bytes value) {
    uint8_t buffer[HOLDER_MAX];
    return bytes_equal(text_get(call, text, buffer), value);
}

bool taken_is(const struct card_call *call, enum taken taken, const uint8_t digest[SHA256_SIZE]) {
    uint8_t stored[SHA256_SIZE];
    card_read(call, TAKEN_AT + (uint32_t)taken * SHA256_SIZE, stored, sizeof stored);
    return memcmp(stored, digest, sizeof stored) == 0;
}

void taken_set(struct card_call *call, enum taken taken, const uint8_t digest[SHA256_SIZE]) {
    card_stage(call, TAKEN_AT + (uint32_t)taken * SHA256_SIZE, digest, SHA256_SIZE);
}
