// SPDX-License-Identifier: Apache-2.0
#include "card/applets/tickets/state/seen.h"

#include <string.h>

// Row: leading octets of the ticket's name 8, generation 2, plays 2.
enum { SEEN_GENERATION = INDEX_SIZE, SEEN_PLAYS = SEEN_GENERATION + 2, ROWS_A_READ = 42 };

static uint32_t row_at(const struct tickets *tickets, uint16_t row) {
    return tickets->tables.seen_at + (uint32_t)row * SEEN_SIZE;
}

/// Row of this ticket; tables.seen when it has none.
static uint16_t find(const struct tickets *tickets, const uint8_t *name) {
    uint8_t rows[ROWS_A_READ * SEEN_SIZE];
    uint16_t all = tickets->tables.seen, from = 0;
    while (from < all) {
        uint16_t count = all - from < ROWS_A_READ ? (uint16_t)(all - from) : ROWS_A_READ;
        card_read(tickets->call, row_at(tickets, from), rows, (size_t)count * SEEN_SIZE);
        for (uint16_t i = 0; i < count; i++)
            if (memcmp(rows + (size_t)i * SEEN_SIZE, name, INDEX_SIZE) == 0)
                return from + i;
        from += count;
    }
    return all;
}

uint16_t seen_generation(const struct tickets *tickets, const uint8_t name[TICKET_NAME_SIZE]) {
    uint16_t row = find(tickets, name);
    if (row == tickets->tables.seen)
        return 0;
    return (uint16_t)card_read_uint(tickets->call, row_at(tickets, row) + SEEN_GENERATION, 2);
}

void seen_note(struct tickets *tickets, const uint8_t name[TICKET_NAME_SIZE],
               const struct ticket_left *left) {
    uint8_t octets[SEEN_SIZE];
    uint16_t row = find(tickets, name);
    if (row == tickets->tables.seen) {
        row = (uint16_t)tickets_get(tickets, TICKET_NUMBER_SEEN);
        if (!card_must(tickets->call, row < tickets->tables.seen))
            return;
        tickets_set(tickets, TICKET_NUMBER_SEEN, (row + 1U) % tickets->tables.seen);
    }
    memcpy(octets, name, INDEX_SIZE);
    bytes_put_be(octets + SEEN_GENERATION, 2, left->generation);
    bytes_put_be(octets + SEEN_PLAYS, 2, left->plays);
    card_stage(tickets->call, row_at(tickets, row), octets, sizeof octets);
}
