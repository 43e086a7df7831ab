// SPDX-License-Identifier: Apache-2.0
#include "card/applets/tickets/state/out.h"

#include <string.h>

// Row: used 1, slot 2, n 4, destination size 1, destination 12, key 33, state size 1, state 255.
enum {
    OUT_USED = 0,
    OUT_SLOT = 1,
    OUT_N = 3,
    OUT_DESTINATION = 7,
    OUT_KEY = OUT_DESTINATION + 1 + TICKET_ID_MAX,
    OUT_STATE = OUT_KEY + P256_COMPRESSED_SIZE,
    OUT_END = OUT_STATE + 1 + TICKET_OBJECT_MAX,
};
_Static_assert((int)OUT_END <= (int)OUT_SIZE, "a ticket in transit outgrew its row");

static uint32_t row_at(uint16_t row) {
    return TICKET_OUT_AT + (uint32_t)row * OUT_SIZE;
}

bool out_at(const struct tickets *tickets, uint16_t row, struct out *out) {
    uint8_t octets[OUT_END];
    card_read(tickets->call, row_at(row), octets, sizeof octets);
    out->row = row;
    out->slot = (uint16_t)bytes_get_be(octets + OUT_SLOT, 2);
    out->n = (uint32_t)bytes_get_be(octets + OUT_N, 4);
    out->destination =
        ticket_id_of(bytes_of(octets + OUT_DESTINATION + 1, octets[OUT_DESTINATION]));
    memcpy(out->key, octets + OUT_KEY, sizeof out->key);
    out->state_size = octets[OUT_STATE];
    memcpy(out->state, octets + OUT_STATE + 1, sizeof out->state);
    return octets[OUT_USED] != 0;
}

bool out_find(const struct tickets *tickets, struct bytes destination, struct out *out) {
    for (uint16_t row = 0; row < OUT_ROWS; row++)
        if (out_at(tickets, row, out) && ticket_id_is(&out->destination, destination))
            return true;
    return false;
}

bool out_of_slot(const struct tickets *tickets, uint16_t slot, struct out *out) {
    for (uint16_t row = 0; row < OUT_ROWS; row++)
        if (out_at(tickets, row, out) && out->slot == slot)
            return true;
    return false;
}

bool out_room(const struct tickets *tickets, struct out *out) {
    for (uint16_t row = 0; row < OUT_ROWS; row++)
        if (!out_at(tickets, row, out))
            return true;
    return false;
}

void out_store(struct tickets *tickets, const struct out *out) {
    uint8_t octets[OUT_END] = {1};
    bytes_put_be(octets + OUT_SLOT, 2, out->slot);
    bytes_put_be(octets + OUT_N, 4, out->n);
    octets[OUT_DESTINATION] = out->destination.size;
    memcpy(octets + OUT_DESTINATION + 1, out->destination.octets, TICKET_ID_MAX);
    memcpy(octets + OUT_KEY, out->key, sizeof out->key);
    octets[OUT_STATE] = out->state_size;
    memcpy(octets + OUT_STATE + 1, out->state, out->state_size);
    card_stage(tickets->call, row_at(out->row), octets, sizeof octets);
    tickets_count(tickets, TICKET_NUMBER_TRANSIT, true);
}

void out_clear(struct tickets *tickets, const struct out *out) {
    const uint8_t none[OUT_END] = {0};
    card_stage(tickets->call, row_at(out->row), none, sizeof none);
    tickets_count(tickets, TICKET_NUMBER_TRANSIT, false);
}
