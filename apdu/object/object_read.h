// SPDX-License-Identifier: Apache-2.0
// A decoded signed object and what stands in its fields; how it is decoded and made: object.h.
// Freestanding.
#ifndef APDU_OBJECT_OBJECT_READ_H
#define APDU_OBJECT_OBJECT_READ_H

#include "apdu/object/object_schema.h"

/// A decoded object; every span points into the decoded octets.
struct object {
    enum object_type type;
    struct bytes fields[FIELD_COUNT]; // data NULL: absent
    struct bytes body;                // E1 with its header: what is signed and hashed
    struct bytes signature;           // ECDSA_SIZE octets
    struct bytes whole;               // E1 and 9E together
};

/// Is the field there?
bool object_has(const struct object *object, enum field field);
/// Integer of a KIND_UINT field; 0 when absent.
uint64_t object_uint(const struct object *object, enum field field);
/// YYYYMMDD as a decimal number (20261231) of a KIND_DATE field; 0 when absent.
uint32_t object_date(const struct object *object, enum field field);
/// Unit of FIELD_UNIT; 0 when absent.
uint16_t object_unit(const struct object *object);

#endif
