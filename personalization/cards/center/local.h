// SPDX-License-Identifier: Apache-2.0
// The local center's ground: its key, its books, and who stands before it.
#ifndef PERSONALIZATION_CARDS_CENTER_LOCAL_H
#define PERSONALIZATION_CARDS_CENTER_LOCAL_H

#include "personalization/cards/center/local_books.h"
#include "services/wire/center.h"

struct factory_limits;

struct local_center {
    struct ca *ca;
    uint64_t amount; // of an issue
    uint16_t unit;
    const struct factory_limits *limits; // that issue logs state; FACTORY_NO_LIMIT leaves one out
    uint8_t challenge[16];               // of the statement asked for last
};

/// A purse whose certificate and statement were checked.
struct local_visitor {
    struct certificate certificate;
    struct object statement;
    struct book_owner owner;
};

/// Checks both, the statement against the challenge that was asked for last.
bool local_meet(const struct local_center *center, const struct center_question *question,
                struct local_visitor *out, struct failure *failure);

/// The center's key and name.
const struct hierarchy_member *local_key(const struct local_center *center);

/// A row of FIELD_POCKETS in one unit; NULL: no such pocket.
const uint8_t *local_pocket(struct bytes pockets, uint16_t unit);
/// The numbers of such a row, in the order of apdu/object/object_schema.h.
enum local_column { POCKET_BALANCE, POCKET_ISSUED, POCKET_RESERVED = 6, POCKET_ROW = 66 };
uint64_t local_number(const uint8_t *row, enum local_column column);

#endif
