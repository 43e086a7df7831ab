// SPDX-License-Identifier: Apache-2.0
#include "card/applets/tickets/state/slot.h"

#include <string.h>

// Slot: key size 1, key 64, state 1, name 16, source size 1, source 12, left 6, algorithm 1, last
// grant 16, header size 1, header 255.
enum {
    SLOT_KEY_AT = 0,
    SLOT_STATE_AT = SLOT_KEY_AT + 1 + TICKET_KEY_MAX,
    SLOT_NAME_AT = SLOT_STATE_AT + 1,
    SLOT_SOURCE_AT = SLOT_NAME_AT + TICKET_NAME_SIZE,
    SLOT_LEFT_AT = SLOT_SOURCE_AT + 1 + TICKET_ID_MAX,
    SLOT_ALGORITHM_AT = SLOT_LEFT_AT + TICKET_LEFT_SIZE,
    SLOT_GRANT_AT = SLOT_ALGORITHM_AT + 1,
    SLOT_HEADER_AT = SLOT_GRANT_AT + SLOT_GRANT_SIZE,
    SLOT_END = SLOT_HEADER_AT + 1 + TICKET_OBJECT_MAX,
};
_Static_assert((int)SLOT_END <= (int)SLOT_SIZE, "a ticket outgrew its slot");

enum { NAMES_A_READ = 512 / INDEX_SIZE };

static uint32_t slot_at(const struct tickets *tickets, uint16_t number) {
    return tickets->tables.slots_at + (uint32_t)number * SLOT_SIZE;
}

// ---- the index ---------------------------------------------------------------------------------

/// What is looked for in the index: a name's first octets, or any slot in use.
struct wanted {
    uint8_t octets[INDEX_SIZE];
    bool any;
};

static bool is_wanted(const uint8_t *entry, const struct wanted *wanted) {
    static const uint8_t none[INDEX_SIZE];
    if (wanted->any)
        return memcmp(entry, none, sizeof none) != 0;
    return memcmp(entry, wanted->octets, INDEX_SIZE) == 0;
}

static uint16_t look(const struct tickets *tickets, uint16_t from, const struct wanted *wanted) {
    uint8_t names[NAMES_A_READ * INDEX_SIZE];
    uint16_t slots = tickets->tables.slots;
    while (from < slots) {
        uint16_t count = slots - from < NAMES_A_READ ? (uint16_t)(slots - from) : NAMES_A_READ;
        card_read(tickets->call, tickets->tables.index_at + (uint32_t)from * INDEX_SIZE, names,
                  (size_t)count * INDEX_SIZE);
        for (uint16_t i = 0; i < count; i++)
            if (is_wanted(names + (size_t)i * INDEX_SIZE, wanted))
                return from + i;
        from += count;
    }
    return slots;
}

uint16_t slot_next(const struct tickets *tickets, uint16_t from) {
    const struct wanted used = {.any = true};
    return look(tickets, from, &used);
}

uint16_t slot_room(const struct tickets *tickets) {
    const struct wanted none = {.any = false};
    return look(tickets, 0, &none);
}

bool slot_find(const struct tickets *tickets, const uint8_t name[TICKET_NAME_SIZE],
               struct slot *slot) {
    struct wanted wanted = {.any = false};
    memcpy(wanted.octets, name, INDEX_SIZE);
    uint16_t number = look(tickets, 0, &wanted);
    while (number < tickets->tables.slots) {
        if (slot_read(tickets, number, slot) && memcmp(slot->name, name, TICKET_NAME_SIZE) == 0)
            return true;
        number = look(tickets, number + 1, &wanted);
    }
    return false;
}

// ---- one slot ----------------------------------------------------------------------------------

bool slot_read(const struct tickets *tickets, uint16_t number, struct slot *slot) {
    enum { FROM = SLOT_STATE_AT };
    uint8_t octets[SLOT_END - FROM];
    card_read(tickets->call, slot_at(tickets, number) + FROM, octets, sizeof octets);
    const uint8_t *source = octets + (SLOT_SOURCE_AT - FROM);
    const uint8_t *header = octets + (SLOT_HEADER_AT - FROM);
    slot->number = number;
    slot->state = (enum slot_state)octets[0];
    memcpy(slot->name, octets + (SLOT_NAME_AT - FROM), TICKET_NAME_SIZE);
    slot->source = ticket_id_of(bytes_of(source + 1, source[0]));
    slot->left = ticket_left_read(octets + (SLOT_LEFT_AT - FROM));
    slot->algorithm = octets[SLOT_ALGORITHM_AT - FROM];
    memcpy(slot->grant, octets + (SLOT_GRANT_AT - FROM), SLOT_GRANT_SIZE);
    memcpy(slot->octets, header + 1, TICKET_OBJECT_MAX);
    return slot->state != SLOT_FREE &&
           object_decode_as(OBJECT_TICKET_HEADER, bytes_of(slot->octets, header[0]), &slot->header);
}

void slot_key(const struct tickets *tickets, const struct slot *slot, struct slot_key *key) {
    uint32_t at = slot_at(tickets, slot->number) + SLOT_KEY_AT;
    uint8_t size = (uint8_t)card_read_uint(tickets->call, at, 1);
    key->size = size <= TICKET_KEY_MAX ? size : 0;
    card_read(tickets->call, at + 1, key->octets, sizeof key->octets);
}

void slot_fill(struct tickets *tickets, const struct slot *slot, const struct slot_key *key) {
    uint8_t octets[SLOT_END] = {key->size};
    struct bytes header = slot->header.whole;
    memcpy(octets + SLOT_KEY_AT + 1, key->octets, key->size);
    octets[SLOT_STATE_AT] = SLOT_LIVE;
    memcpy(octets + SLOT_NAME_AT, slot->name, TICKET_NAME_SIZE);
    octets[SLOT_SOURCE_AT] = slot->source.size;
    memcpy(octets + SLOT_SOURCE_AT + 1, slot->source.octets, TICKET_ID_MAX);
    ticket_left_write(&slot->left, octets + SLOT_LEFT_AT);
    octets[SLOT_ALGORITHM_AT] = slot->algorithm;
    octets[SLOT_HEADER_AT] = (uint8_t)header.size;
    memcpy(octets + SLOT_HEADER_AT + 1, header.data, header.size);
    card_stage(tickets->call, slot_at(tickets, slot->number), octets, sizeof octets);
    card_stage(tickets->call, tickets->tables.index_at + (uint32_t)slot->number * INDEX_SIZE,
               slot->name, INDEX_SIZE);
    tickets_count(tickets, TICKET_NUMBER_USED, true);
    bytes_erase(octets, 1 + TICKET_KEY_MAX);
}

void slot_set_state(struct tickets *tickets, struct slot *slot, enum slot_state state) {
    slot->state = state;
    card_stage_uint(tickets->call, slot_at(tickets, slot->number) + SLOT_STATE_AT, 1, state);
}

void slot_set_left(struct tickets *tickets, const struct slot *slot) {
    uint8_t octets[TICKET_LEFT_SIZE];
    ticket_left_write(&slot->left, octets);
    card_stage(tickets->call, slot_at(tickets, slot->number) + SLOT_LEFT_AT, octets, sizeof octets);
}

void slot_set_grant(struct tickets *tickets, const struct slot *slot) {
    card_stage(tickets->call, slot_at(tickets, slot->number) + SLOT_GRANT_AT, slot->grant,
               sizeof slot->grant);
}

void slot_erase(struct tickets *tickets, const struct slot *slot) {
    const uint8_t none[SLOT_END] = {0};
    card_stage(tickets->call, slot_at(tickets, slot->number), none, sizeof none);
    card_stage(tickets->call, tickets->tables.index_at + (uint32_t)slot->number * INDEX_SIZE, none,
               INDEX_SIZE);
    tickets_count(tickets, TICKET_NUMBER_USED, false);
}
