// SPDX-License-Identifier: Apache-2.0
// The tickets themselves, one a slot, found by an index of their names' first octets. A slot holds
// the header as its seller signed it, the key, and what is left; it is either here to be used or on
// its way to another store. docs/tickets.md, "Memory".
#ifndef CARD_APPLETS_TICKETS_STATE_SLOT_H
#define CARD_APPLETS_TICKETS_STATE_SLOT_H

#include "card/applets/tickets/state/tickets.h"

enum slot_state { SLOT_FREE = 0, SLOT_LIVE = 1, SLOT_TRANSIT = 2 };

enum { SLOT_GRANT_SIZE = 16 };

/// A slot without its key. header points into octets: do not copy the struct.
struct slot {
    uint16_t number;
    enum slot_state state;
    uint8_t name[TICKET_NAME_SIZE];
    struct ticket_id source; // whom it came from
    struct ticket_left left;
    uint8_t algorithm;              // enum hpke_algorithm, that its key came with
    uint8_t grant[SLOT_GRANT_SIZE]; // digest of what was granted last; zeros: nothing yet
    uint8_t octets[TICKET_OBJECT_MAX];
    struct object header;
};

/// The key of a ticket: erase it.
struct slot_key {
    uint8_t octets[TICKET_KEY_MAX];
    uint8_t size;
};

/// The ticket of this name. False: it is not here.
bool slot_find(const struct tickets *tickets, const uint8_t name[TICKET_NAME_SIZE],
               struct slot *slot);
/// Reads a slot; false when it is free or its header is not what it was.
bool slot_read(const struct tickets *tickets, uint16_t number, struct slot *slot);
/// First slot in use from this one on; tables.slots when there is none.
uint16_t slot_next(const struct tickets *tickets, uint16_t from);
/// A free slot; tables.slots when there is none.
uint16_t slot_room(const struct tickets *tickets);

/// Stages a ticket in a free slot, number and all but the key filled in; header->whole is what is
/// kept of it.
void slot_fill(struct tickets *tickets, const struct slot *slot, const struct slot_key *key);
void slot_key(const struct tickets *tickets, const struct slot *slot, struct slot_key *key);
/// Stage one thing of it.
void slot_set_state(struct tickets *tickets, struct slot *slot, enum slot_state state);
void slot_set_left(struct tickets *tickets, const struct slot *slot);
void slot_set_grant(struct tickets *tickets, const struct slot *slot);
/// Stages zeros over all of it, key first.
void slot_erase(struct tickets *tickets, const struct slot *slot);

#endif
