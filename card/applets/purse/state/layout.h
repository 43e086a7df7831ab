// SPDX-License-Identifier: Apache-2.0
// Where everything stands in a purse's persistent memory: numbers, texts, then the tables
// whose length the role decides. Every module reads and stages its own part through these offsets.
// docs/purse.md, "Memory".
#ifndef CARD_APPLETS_PURSE_STATE_LAYOUT_H
#define CARD_APPLETS_PURSE_STATE_LAYOUT_H

#include "apdu/command/perso.h"
#include "apdu/object/certificate.h"
#include "card/identity/block.h"
#include "card/os/pin.h"

/// Single numbers, 8 octets each.
enum number {
    NUMBER_OPTIONS,
    NUMBER_STAGES,  // enum perso_stage bits done
    NUMBER_COUNTER, // of the next debit
    NUMBER_STATE,   // state number: rises with every change of a balance
    NUMBER_UNRATIFIED,
    NUMBER_LAST_SLOT, // ring slot of the last debit, plus one; 0 before the first
    NUMBER_BATCH,     // of the till's last batch
    NUMBER_BATCHED,   // first payee counter that no batch lists
    NUMBER_SERIAL,    // of the present issue log; 0 before the first
    NUMBER_REVISION,
    NUMBER_ISSUE_EXPIRY,
    // limits in force; UNLIMITED where none was given
    NUMBER_LIMIT_BALANCE,
    NUMBER_LIMIT_SINGLE,
    NUMBER_NO_PIN_SINGLE,
    NUMBER_NO_PIN_SUM,
    NUMBER_NO_PIN_COUNT,
    NUMBER_OFFLINE_COUNT,
    NUMBER_OFFLINE_SUM,
    // what was used of them
    NUMBER_NO_PIN_USED_SUM,
    NUMBER_NO_PIN_USED_COUNT,
    NUMBER_OFFLINE_USED_COUNT,
    NUMBER_OFFLINE_USED_SUM,
    NUMBER_OPEN_COUNT, // own open requests: they are going to use the budget
    NUMBER_OPEN_SUM,
    NUMBER_ACK_VERSION, // behind the number of the center
    NUMBER_COUNT
};

#define UNLIMITED    UINT64_MAX
#define COUNTER_LAST UINT32_MAX

/// Texts: a size octet and up to HOLDER_MAX octets.
enum text { TEXT_DEVICE, TEXT_USER, TEXT_COUNT };
enum { TEXT_SIZE = 1 + HOLDER_MAX };

/// Bodies of the center's last objects of each kind, as digests: an identical one is a repetition.
enum taken { TAKEN_ISSUE, TAKEN_SETTLE, TAKEN_RELEASE, TAKEN_REFUND, TAKEN_ACK, TAKEN_COUNT };

enum {
    RING_SMALL = 16,
    RING_LARGE = 256,
    WINDOW_SMALL = 32,
    WINDOW_LARGE = 1024, // a till's day
};

/// Sizes of table rows, octets.
enum {
    POCKET_SIZE = 88,
    WINDOW_RECORD_SIZE = 116,
    RING_INDEX_SIZE = 24,
    RING_SLOT_SIZE = 360,
    BATCH_SIZE = 904, // a till's last batch
};

/// Offsets that every role shares.
enum {
    NUMBERS_AT = 0,
    TEXTS_AT = NUMBERS_AT + NUMBER_COUNT * 8,
    TAKEN_AT = TEXTS_AT + TEXT_COUNT * TEXT_SIZE,
    PIN_AT = TAKEN_AT + TAKEN_COUNT * SHA256_SIZE,
    POCKETS_AT = PIN_AT + PIN_RECORD_SIZE,
    TABLES_AT = POCKETS_AT + PERSO_UNITS_MAX * POCKET_SIZE,
};

/// Tables whose length depends on the role.
struct geometry {
    uint16_t window, ring; // rows
    uint32_t window_at, ring_index_at, ring_at, batch_at, size;
};

/// Sizes and offsets of a purse with these roles: floats and tills have larger tables.
struct geometry geometry_of(uint16_t roles);

#endif
