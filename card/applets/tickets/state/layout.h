// SPDX-License-Identifier: Apache-2.0
// Where everything stands in a ticket store's persistent memory: numbers and PIN, then tables whose
// length role and install parameters decide. docs/tickets.md, "Memory".
#ifndef CARD_APPLETS_TICKETS_STATE_LAYOUT_H
#define CARD_APPLETS_TICKETS_STATE_LAYOUT_H

#include "apdu/command/tickets.h"
#include "apdu/object/ticket.h"
#include "card/identity/block.h"
#include "card/os/pin.h"

/// Single numbers, 8 octets each.
enum ticket_number {
    TICKET_NUMBER_OPTIONS,
    TICKET_NUMBER_PERSONALIZED,
    TICKET_NUMBER_CAPACITY, // slots
    TICKET_NUMBER_NEXT,     // n of the next reception
    TICKET_NUMBER_OPEN,     // open n
    TICKET_NUMBER_USED,     // slots that hold a ticket
    TICKET_NUMBER_TRANSIT,  // out rows in use
    TICKET_NUMBER_SEEN,     // row of the seen list that is written next
    TICKET_NUMBERS = 16
};

/// Sizes of table rows, octets, and rows.
enum {
    LANE_SIZE = 80,
    LANES_OF_PHONE = 32,
    LANES_OF_HOME = 64,
    OUT_SIZE = 312,
    OUT_ROWS = 8,
    SEEN_SIZE = 12,
    SEEN_OF_PHONE = 64,
    INDEX_SIZE = 8, // leading octets of a ticket's name
    SLOT_SIZE = 376,
};

#define TICKET_N_LAST UINT32_MAX

/// Offsets that every store shares.
enum {
    TICKET_NUMBERS_AT = 0,
    TICKET_PIN_AT = TICKET_NUMBERS_AT + TICKET_NUMBERS * 8,
    TICKET_OUT_AT = TICKET_PIN_AT + PIN_RECORD_SIZE,
    TICKET_LANES_AT = TICKET_OUT_AT + OUT_ROWS * OUT_SIZE,
};

/// Tables whose length depends on role and capacity.
struct ticket_tables {
    uint16_t lanes, seen, slots; // rows
    uint32_t seen_at, index_at, slots_at, size;
};

/// Rows and offsets of a store, in octets from the start of its memory. ROLE_WALLET makes it a
/// phone's, with few lanes and a short seen list; a home's seen list is as long as its slots, of
/// which capacity says how many.
struct ticket_tables ticket_tables_of(uint16_t roles, uint16_t capacity);

/// Names fill at most so many octets in the tables.
struct ticket_id {
    uint8_t octets[TICKET_ID_MAX];
    uint8_t size;
};

/// A copy; one of more than TICKET_ID_MAX octets becomes the empty id.
struct ticket_id ticket_id_of(struct bytes id);
/// A span into id, as long as id lives.
struct bytes ticket_id_bytes(const struct ticket_id *id);
/// Octet by octet, and of one length.
bool ticket_id_is(const struct ticket_id *id, struct bytes other);

#endif
