// SPDX-License-Identifier: Apache-2.0
// What the ticket application shows to the outside besides signed objects: its AID, how it is
// installed and personalized, the data objects of its answers and the numbers of its GET DATA. Tags
// of object.h keep their meaning here; the 0xCx and 0xEx tags below exist only in these answers.
// Rules and flows: docs/tickets.md.
#ifndef APDU_COMMAND_TICKETS_H
#define APDU_COMMAND_TICKETS_H

#include "apdu/command/perso.h"

#define AID_TICKETS AID_TESSERA(0x02)

/// Install parameters: 2 octets of roles (store, or wallet and store), then, where the usual number
/// is not wanted, how many tickets it has room for (2 octets, 1..1024).
enum {
    TICKETS_INSTALL_SIZE = 2,
    TICKETS_INSTALL_SIZED = 4,
    TICKETS_OF_PHONE = 64,
    TICKETS_OF_HOME = 1024,
    TICKETS_MAX = 1024,
};

/// Data groupings besides those of the identity (perso.h): PERSO_TICKETS_PROFILE, then PERSO_PIN
/// and PERSO_PUK, PERSO_FINISH at the end.
enum tickets_dgi {
    /// Optional: [C4 options].
    PERSO_TICKETS_PROFILE = 0x010E,
};

/// SELECT answers 6F { 84 AID, A5 { 83 own id, C0 certificate digest (16), 85 challenge (16),
/// C1 tickets in transit, [CB ticket on offer (16)] } }: the transmission request of a store. It
/// holds no ticket. Before personalization A5 is empty.
enum tickets_tag {
    TICKETS_TAG_FCI = 0x6F,
    TICKETS_TAG_AID = 0x84,
    TICKETS_TAG_PROPRIETARY = 0xA5,
    TICKETS_TAG_CERTIFICATE_DIGEST = 0xC0,
    TICKETS_TAG_IN_TRANSIT = 0xC1,
    TICKETS_TAG_OPTIONS = 0xC4, // 1 octet: TICKETS_FREE_READING
    TICKETS_TAG_SLOT = 0xC6,
    TICKETS_TAG_CAPACITY = 0xC7,
    TICKETS_TAG_USED = 0xC8, // tickets here, those in transit among them
    TICKETS_TAG_OPEN_COUNT = 0xC9,
    TICKETS_TAG_OFFERED = 0xCB,
    TICKETS_TAG_OPEN = 0xE3,    // 82 n, 9F50 source
    TICKETS_TAG_ROW = 0xE4,     // of LIST: C6 slot, 9F40 ticket, 9F41 number, 9F46 content or
                                // 9F47 key id, 9F53 left, [9F51 destination that it is going to]
    TICKETS_TAG_TRANSIT = 0xE5, // 82 n, 9F40 ticket, 9F51 destination
};

/// Bits of TICKETS_TAG_OPTIONS.
enum { TICKETS_FREE_READING = 0x01 };

/// P1 P2 of GET DATA. Lists need free reading or a verified PIN where LIST does.
enum tickets_data {
    TICKETS_DATA_TIME = 0x0104,        // 94 center, 9A latest date, 9C version of the hotlist
    TICKETS_DATA_IDENTITY = 0x0106,    // 9F32 holder, 9F33 roles, C4 options
    TICKETS_DATA_DEVICES = 0x0110,     // 9F32 of each listed device
    TICKETS_DATA_TRANSIT = 0x0111,     // E5..
    TICKETS_DATA_OPEN = 0x0112,        // E3..
    TICKETS_DATA_ROOM = 0x0113,        // C7 capacity, C8 tickets here, C9 open numbers
    TICKETS_DATA_CERTIFICATE = 0x7F21, // own certificate
};

/// P1 of SET DEVICE and FORGET.
enum { TICKETS_DEVICE_ADD = 0x00, TICKETS_DEVICE_REMOVE = 0x01 };
enum tickets_forget {
    TICKETS_FORGET_TICKET = 0x00,
    TICKETS_FORGET_TRANSIT = 0x01,
    TICKETS_FORGET_LANE = 0x02,
    TICKETS_FORGET_SALE = 0x03,
};

#endif
