// SPDX-License-Identifier: Apache-2.0
// Every field of a world's databases, and random changes to them: what a forger might touch, one
// value of one row at a time. The same seed makes the same changes.
#ifndef TESTS_KIT_AUDIT_FIELDS_H
#define TESTS_KIT_AUDIT_FIELDS_H

#include "tests/kit/audit/audit_world.h"

#include <sqlite3.h>

enum { FIELD_NAME_SIZE = 40 };

/// A column of a table.
struct column {
    char service[16], table[FIELD_NAME_SIZE], name[FIELD_NAME_SIZE];
    int64_t rows; // of its table
    int at;       // 0: its table's first
};

/// Each column of every table in the healthy databases, in their order; they last until see
/// returns.
void fields_each(const struct audit_world *world, void (*see)(const struct column *column));

/// Changes this column of a random row of the copy: a number by one, to 0 or to any other, a sign
/// of a text, an octet, a value to nothing or nothing to a value. What it did, for people, until
/// the next call.
const char *fields_spoil(const struct audit_world *world, const struct column *column,
                         uint64_t *seed);

/// Removes a random row of the copy's table.
const char *fields_drop(const struct audit_world *world, const struct column *table,
                        uint64_t *seed);

/// Adds a row of any values to the copy's table: 1, "x", 32 octets of zero.
const char *fields_add(const struct audit_world *world, const struct column *table, uint64_t *seed);

#endif
