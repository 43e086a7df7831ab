// SPDX-License-Identifier: Apache-2.0
// What makes a field's octets and a whole object lawful beyond tag and order: shortest integers,
// real dates, ascending lists, fields that need or exclude each other. Private to object.c and its
// tests.
#ifndef APDU_OBJECT_OBJECT_RULES_H
#define APDU_OBJECT_OBJECT_RULES_H

#include "apdu/object/object_read.h"

/// Are these octets a value of this field, in its only form?
bool field_is_valid(enum field field, struct bytes value);

/// Rules between the fields of one object: the type's own and those that hold wherever the fields
/// occur (serial with revision, redeemed never 0).
bool object_rules_hold(const struct object *object);

#endif
