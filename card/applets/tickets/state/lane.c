// SPDX-License-Identifier: Apache-2.0
#include "card/applets/tickets/state/lane.h"

#include <string.h>

// Row: used 1, partner size 1, partner 12, flags 1, done 4, open 4, key 33, enterprise size 1,
// enterprise 16.
enum {
    LANE_USED = 0,
    LANE_PARTNER_SIZE = 1,
    LANE_PARTNER = 2,
    LANE_FLAGS = LANE_PARTNER + TICKET_ID_MAX,
    LANE_DONE_AT = LANE_FLAGS + 1,
    LANE_OPEN_AT = LANE_DONE_AT + 4,
    LANE_KEY = LANE_OPEN_AT + 4,
    LANE_ENTERPRISE_SIZE = LANE_KEY + P256_COMPRESSED_SIZE,
    LANE_ENTERPRISE = LANE_ENTERPRISE_SIZE + 1,
    LANE_ROW_END = LANE_ENTERPRISE + HOLDER_MAX,
};
_Static_assert((int)LANE_ROW_END <= (int)LANE_SIZE, "a lane outgrew its row");

enum lane_flag { FLAG_LISTED = 0x01, FLAG_VOID_SINCE = 0x02, FLAG_SELLER = 0x04 };

static uint32_t row_at(uint16_t row) {
    return TICKET_LANES_AT + (uint32_t)row * LANE_SIZE;
}

bool lane_at(const struct tickets *tickets, uint16_t row, struct lane *lane) {
    uint8_t octets[LANE_ROW_END];
    card_read(tickets->call, row_at(row), octets, sizeof octets);
    uint8_t flags = octets[LANE_FLAGS];
    *lane = (struct lane){
        .row = row,
        .partner = ticket_id_of(bytes_of(octets + LANE_PARTNER, octets[LANE_PARTNER_SIZE])),
        .listed = (flags & FLAG_LISTED) != 0,
        .void_since = (flags & FLAG_VOID_SINCE) != 0,
        .seller = (flags & FLAG_SELLER) != 0,
        .done = (uint32_t)bytes_get_be(octets + LANE_DONE_AT, 4),
        .open = (uint32_t)bytes_get_be(octets + LANE_OPEN_AT, 4),
        .enterprise_size = octets[LANE_ENTERPRISE_SIZE]};
    memcpy(lane->key, octets + LANE_KEY, sizeof lane->key);
    memcpy(lane->enterprise, octets + LANE_ENTERPRISE, sizeof lane->enterprise);
    return octets[LANE_USED] != 0;
}

bool lane_find(const struct tickets *tickets, struct bytes partner, struct lane *lane) {
    for (uint16_t row = 0; row < tickets->tables.lanes; row++)
        if (lane_at(tickets, row, lane) && ticket_id_is(&lane->partner, partner))
            return true;
    return false;
}

/// A lane that its owner did not list, and on which no object under way depends.
static bool may_go(const struct lane *lane) {
    return !lane->listed && lane->open == 0 && !lane->void_since;
}

bool lane_make(const struct tickets *tickets, struct bytes partner, struct lane *lane) {
    uint16_t best = tickets->tables.lanes;
    for (uint16_t row = 0; row < tickets->tables.lanes; row++) {
        bool used = lane_at(tickets, row, lane);
        if (used && (best < tickets->tables.lanes || !may_go(lane)))
            continue;
        best = row;
        if (!used)
            break;
    }
    uint32_t next = (uint32_t)tickets_get(tickets, TICKET_NUMBER_NEXT);
    *lane = (struct lane){.row = best, .partner = ticket_id_of(partner), .done = next - 1};
    return best < tickets->tables.lanes;
}

void lane_store(struct tickets *tickets, const struct lane *lane) {
    uint8_t octets[LANE_ROW_END] = {1, lane->partner.size};
    memcpy(octets + LANE_PARTNER, lane->partner.octets, TICKET_ID_MAX);
    octets[LANE_FLAGS] =
        (uint8_t)((lane->listed ? FLAG_LISTED : 0) | (lane->void_since ? FLAG_VOID_SINCE : 0) |
                  (lane->seller ? FLAG_SELLER : 0));
    bytes_put_be(octets + LANE_DONE_AT, 4, lane->done);
    bytes_put_be(octets + LANE_OPEN_AT, 4, lane->open);
    memcpy(octets + LANE_KEY, lane->key, sizeof lane->key);
    octets[LANE_ENTERPRISE_SIZE] = lane->enterprise_size;
    memcpy(octets + LANE_ENTERPRISE, lane->enterprise, sizeof lane->enterprise);
    card_stage(tickets->call, row_at(lane->row), octets, sizeof octets);
}

void lane_clear(struct tickets *tickets, const struct lane *lane) {
    const uint8_t none[LANE_ROW_END] = {0};
    card_stage(tickets->call, row_at(lane->row), none, sizeof none);
}

enum lane_end lane_look(const struct tickets *tickets, const struct lane *lane, uint32_t n) {
    if (n == 0 || n >= tickets_get(tickets, TICKET_NUMBER_NEXT))
        return LANE_NEVER;
    if (lane == NULL || n <= lane->done)
        return LANE_DONE;
    return n == lane->open ? LANE_OPEN : LANE_VOID;
}

void lane_open(struct tickets *tickets, struct lane *lane) {
    uint32_t next = (uint32_t)tickets_get(tickets, TICKET_NUMBER_NEXT);
    lane->open = next;
    lane_store(tickets, lane);
    tickets_set(tickets, TICKET_NUMBER_NEXT, next + 1ULL);
    identity_set(tickets->call, IDENTITY_LAST_N, next);
    tickets_count(tickets, TICKET_NUMBER_OPEN, true);
}

void lane_close(struct tickets *tickets, struct lane *lane, enum lane_end end) {
    lane->void_since = end == LANE_VOID;
    if (end == LANE_DONE)
        lane->done = lane->open;
    lane->open = 0;
    lane_store(tickets, lane);
    tickets_count(tickets, TICKET_NUMBER_OPEN, false);
}
