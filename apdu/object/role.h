// SPDX-License-Identifier: Apache-2.0
// Who may do what: the roles of the authorization field of a certificate (docs/protocol.md,
// Certificates) and the names of their holders. Freestanding.
#ifndef APDU_OBJECT_ROLE_H
#define APDU_OBJECT_ROLE_H

#include "base/bytes.h"

#include <stdint.h>

/// Bits of the authorization field (7F4C). The two highest mark authorities: with one of them the
/// other bits say which roles the authority may give, not what it is. An end entity has neither.
enum role {
    ROLE_WALLET = 0x0001,
    ROLE_TILL = 0x0002,
    ROLE_FLOAT = 0x0004,
    ROLE_STORE = 0x0008,
    ROLE_SELLER = 0x0010,
    ROLE_CENTER = 0x0020,
    ROLE_PROVIDER = 0x0040,
    ROLE_TELCO = 0x0080,
    ROLE_BANK = 0x0100,
    ROLE_PLAYER = 0x0200,
    ROLE_CONVERTER = 0x0400,
    ROLE_RECORDER = 0x0800, // a player that makes copies
    ROLE_GAME = 0x1000,     // a player that is a game machine
    ROLE_REGISTRY = 0x2000,
    ROLE_ISSUING = 0x4000,
    ROLE_ROOT = 0x8000,
    ROLE_PURSES = ROLE_WALLET | ROLE_TILL | ROLE_FLOAT,
    ROLE_PLAYER_KINDS = ROLE_RECORDER | ROLE_GAME,
    ROLE_ENTITIES = 0x3FFF,
    // Beyond the field: names of TLS certificates alone, whose holders sign nothing that cards or
    // services take.
    ROLE_OPERATOR = 0x020000,
    ROLE_AUDITOR = 0x040000,
    ROLE_GATEWAY = 0x080000,
    ROLE_NETWORK = ROLE_OPERATOR | ROLE_AUDITOR | ROLE_GATEWAY,
    ROLE_IDENTITY = 0x200000, // of a card's PIV keys: people log in with them
};

enum {
    HOLDER_MAX = 16,       // printable holder reference, 1..16 octets
    HOLDER_PURSE_MAX = 12, // purse roles: every purse answer fits one short APDU
};

/// Are these roles one authority's or one end entity's? A purse is one purse and nothing else, but
/// for the wallet that may be a ticket store too.
bool roles_are_lawful(uint16_t roles);

/// Is this a holder reference of these roles: printable, without blanks, 1..HOLDER_MAX octets,
/// HOLDER_PURSE_MAX for a purse?
bool holder_is_valid(struct bytes holder, uint32_t roles);

/// A holder reference is a local name behind a name space, which ends in a colon: "shop:" of
/// "shop:till-1", none of "till-1". What stands before the last colon is the name space.
struct bytes holder_space(struct bytes holder);

/// Is this a name space that an authority can have: printable, at its end a colon, room for a local
/// name after it?
bool holder_space_is_valid(struct bytes space);

/// "wallet" -> ROLE_WALLET; 0 if unknown.
uint32_t role_from_name(const char *name);

/// The word of a role, "none" for none; of combined roles the first, authorities before entities.
const char *role_name(uint32_t roles);

#endif
