// SPDX-License-Identifier: Apache-2.0
// Signed objects for people and programs: JSON with every field by name and the signed octets
// beside them, and a column of text. Names are those of object.h and docs/objects.md. What counts
// is always the octets; the rest is a reading of them.
#ifndef SERVICES_WIRE_OBJECT_JSON_H
#define SERVICES_WIRE_OBJECT_JSON_H

#include "apdu/object/object.h"

#include <jansson.h>
#include <stdio.h>

/// {"type": "usage-log", "payee": .., .., "signed": base64url of the whole object}. Integers as
/// numbers (as decimal text above 2^63-1), dates as "2026-12-31", units by name, octets as
/// hexadecimal, the reference as {"kind": "goods", "value": ".."}. New reference; NULL out of
/// memory.
json_t *object_to_json(const struct object *object);

/// One line a field: indent, name, value. No secrets stand in signed objects.
void object_print(FILE *out, const struct object *object, unsigned indent);

/// "ticket", "goods", "content", "deposit", "refund"; "other" for an unknown kind.
const char *reference_kind_word(uint8_t kind);

#endif
