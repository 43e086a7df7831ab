// SPDX-License-Identifier: Apache-2.0
// Tickets on their way: one row for each, with the state that left, so that whoever asks again gets
// the very same octets, and with the destination's key as it was verified then. docs/tickets.md,
// "A move".
#ifndef CARD_APPLETS_TICKETS_STATE_OUT_H
#define CARD_APPLETS_TICKETS_STATE_OUT_H

#include "card/applets/tickets/state/tickets.h"

struct out {
    uint16_t row;
    uint16_t slot;
    uint32_t n;
    struct ticket_id destination;
    uint8_t key[P256_COMPRESSED_SIZE];
    uint8_t state[TICKET_OBJECT_MAX]; // the state object
    uint8_t state_size;
};

/// The row to this destination: there is at most one. False: none.
bool out_find(const struct tickets *tickets, struct bytes destination, struct out *out);
/// The row of this slot. False: none.
bool out_of_slot(const struct tickets *tickets, uint16_t slot, struct out *out);
/// The row itself; false when it is free.
bool out_at(const struct tickets *tickets, uint16_t row, struct out *out);
/// Fills in a free row's number. False: all are in use.
bool out_room(const struct tickets *tickets, struct out *out);
/// Stages a row in use, or as free.
void out_store(struct tickets *tickets, const struct out *out);
void out_clear(struct tickets *tickets, const struct out *out);

#endif
