// SPDX-License-Identifier: Apache-2.0
// What the purse application shows to the outside besides signed objects: its AID, the data objects
// of its SELECT answer and the numbers of its GET DATA. Tags of object.h keep their meaning here;
// the 0xCx tags below exist only in these answers. Rules and flows: docs/purse.md.
#ifndef APDU_COMMAND_PURSE_H
#define APDU_COMMAND_PURSE_H

#include "apdu/object/object.h"

/// Proprietary application identifiers (ISO/IEC 7816-4 8.2.1.2: category F): "TESSERA" and a
/// number.
#define AID_TESSERA(number)                                                                        \
    { 0xF0, 'T', 'E', 'S', 'S', 'E', 'R', 'A', (number) }
#define AID_IDENTITY AID_TESSERA(0x00) // no application: the memory that the others share
#define AID_PURSE    AID_TESSERA(0x01)
enum { AID_TESSERA_SIZE = 9 };

/// SELECT answers 6F { 84 AID, A5 { 83 own id, C0 certificate digest (16), 85 challenge (16),
/// 84 next payer counter, C1 unratified entries (1..2), C2 last transaction (9: entry_state, then
/// the first 8 octets of the usage log's digest; absent before the first), C3 balances (10 each:
/// unit, 8 octets; only under free reading), 9F33 roles } }: all that a partner must know before it
/// asks. Before personalization A5 is empty.
enum purse_tag {
    PURSE_TAG_FCI = 0x6F,
    PURSE_TAG_AID = 0x84,
    PURSE_TAG_PROPRIETARY = 0xA5,
    PURSE_TAG_CERTIFICATE_DIGEST = 0xC0,
    PURSE_TAG_UNRATIFIED = 0xC1,
    PURSE_TAG_LAST = 0xC2,
    PURSE_TAG_BALANCES = 0xC3,
    PURSE_TAG_OPTIONS = 0xC4, // 1 octet: PURSE_FREE_READING
    PURSE_TAG_ENTRY = 0xE2,   // one ring entry: C5 state, C6 slot, 84 counter, 81 payee, 82 n
    PURSE_TAG_STATE = 0xC5,
    PURSE_TAG_SLOT = 0xC6,
    PURSE_TAG_PEERS = 0xC8,    // digests of known certificates, 16 octets each
    PURSE_TAG_OPEN = 0xE3,     // one request: 82 n, 83 payer, 86 amount, 87 unit, 88 reference
    PURSE_TAG_REFUNDED = 0xC9, // what was paid back of a sale
    PURSE_TAG_REFUNDS = 0xCA,  // how often
};

/// Bits of PURSE_TAG_OPTIONS.
enum { PURSE_FREE_READING = 0x01 };

/// State of an entry in the payer's ring.
enum purse_entry_state {
    PURSE_ENTRY_FREE = 0,
    PURSE_ENTRY_UNRATIFIED = 1,
    PURSE_ENTRY_RATIFIED = 2,
    PURSE_ENTRY_VOIDED = 3,
};

/// P1 P2 of GET DATA. Pockets and closed logs need free reading or a verified PIN.
enum purse_data {
    PURSE_DATA_POCKETS = 0x0101,     // 9F2F: 66 octets a pocket, as in a statement
    PURSE_DATA_COUNTERS = 0x0102,    // 84 next counter, 82 next n, 8C state number, 8A serial,
                                     // 8B revision
    PURSE_DATA_WINDOW = 0x0103,      // 9F2D base, 82 next n, 9F28 a till's first n that no
                                     // batch lists, E3 open..
    PURSE_DATA_TIME = 0x0104,        // 94 center that it obeys, 9A latest date, 9C version of the
                                     // hotlist
    PURSE_DATA_LIMITS = 0x0105,      // 9F21..9F27 in force, 9B expiry of the issue log
    PURSE_DATA_IDENTITY = 0x0106,    // 9F32 holder, 9F33 roles, 96 device, 97 user, C4 options
    PURSE_DATA_UNRATIFIED = 0x0108,  // E2..: unratified ring entries
    PURSE_DATA_PEERS = 0x0109,       // C8: whom it has met. Never over contactless; a wallet's
                                     // only under free reading or after the PIN
    PURSE_DATA_CERTIFICATE = 0x7F21, // own certificate
};

#endif
