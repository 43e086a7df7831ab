// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/object_rules.h"

#include "apdu/object/object_rules_ticket.h"
#include "apdu/object/role.h"
#include "apdu/octets/date.h"

#include <string.h>

// ---- one field -----------------------------------------------------------------------------

static bool is_shortest_uint(struct bytes value) {
    return value.size == 1 || value.data[0] != 0;
}

static bool is_printable(struct bytes value) {
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] <= 0x20 || value.data[i] > 0x7E)
            return false;
    return true;
}

static bool is_packed_date(struct bytes value) {
    uint32_t date = 0;
    for (size_t i = 0; i < value.size; i++) {
        uint8_t high = value.data[i] >> 4, low = value.data[i] & 0x0F;
        if (high > 9 || low > 9)
            return false;
        date = date * 100 + high * 10u + low;
    }
    return date_is_valid(date);
}

static bool kind_is_valid(enum field_kind kind, struct bytes value) {
    switch (kind) {
    case KIND_UINT:
        return is_shortest_uint(value);
    case KIND_ID:
        return is_printable(value);
    case KIND_DATE:
        return is_packed_date(value);
    case KIND_OCTETS:
    case KIND_UNIT:
        return true;
    }
    return false;
}

// Lists are rows of one size whose leading key octets rise from row to row.
struct list_form {
    enum field field;
    uint8_t row, key;
};

static const struct list_form LISTS[] = {
    {FIELD_SUMS, 10, 2},
    {FIELD_COUNTERS, 4, 4},
    {FIELD_POCKETS, 66, 2},
    {FIELD_OFFERS, POLICY_OFFER_SIZE, POLICY_OFFER_SIZE},
    {FIELD_REFUSED, REFUSED_SIZE, REFUSED_SIZE},
};

static bool list_is_valid(const struct list_form *form, struct bytes value) {
    if (value.size % form->row != 0)
        return false;
    for (size_t at = form->row; at < value.size; at += form->row)
        if (memcmp(value.data + at - form->row, value.data + at, form->key) >= 0)
            return false;
    return true;
}

static bool is_point_form(struct bytes value) {
    return value.data[0] == 0x02 || value.data[0] == 0x03;
}

bool field_is_valid(enum field field, struct bytes value) {
    const struct field_spec *spec = &field_specs[field];
    if (value.size < spec->min || value.size > spec->max || !kind_is_valid(spec->kind, value))
        return false;
    for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0]; i++)
        if (LISTS[i].field == field && !list_is_valid(&LISTS[i], value))
            return false;
    if (field == FIELD_SIGNING_KEY || field == FIELD_KEM_KEY)
        return is_point_form(value);
    return ticket_field_is_valid(field, value);
}

// ---- between fields ------------------------------------------------------------------------

// claim 9: an issue log is for a device, a user or both
static bool issue_log_rule(const struct object *log) {
    return object_has(log, FIELD_DEVICE) || object_has(log, FIELD_USER);
}

// one bit for each n of the range, first n in the highest bit, unused bits 0; last n is the one
// before first n where only what is carried is listed
static bool batch_rule(const struct object *batch) {
    uint64_t first = object_uint(batch, FIELD_FIRST_N), end = object_uint(batch, FIELD_LAST_N) + 1;
    struct bytes outcomes = batch->fields[FIELD_OUTCOMES];
    if (first == 0 || first > end || outcomes.size != (end - first + 7) / 8)
        return false;
    if (first == end)
        return true;
    uint8_t unused = (uint8_t)(0xFF >> ((end - first - 1) % 8 + 1));
    return (outcomes.data[outcomes.size - 1] & unused) == 0;
}

static const struct {
    enum object_type type;
    bool (*holds)(const struct object *object);
} RULES[] = {
    {OBJECT_ISSUE_LOG, issue_log_rule},         {OBJECT_BATCH, batch_rule},
    {OBJECT_TICKET_HEADER, ticket_header_rule}, {OBJECT_TICKET_STATE, ticket_state_rule},
    {OBJECT_CONTAINER, container_rule},
};

bool object_rules_hold(const struct object *object) {
    // of issue logs; a convert grant's serial number has no revisions
    if (object_has(object, FIELD_SERIAL) != object_has(object, FIELD_REVISION) &&
        object->type != OBJECT_CONVERT_GRANT)
        return false;
    if (object_has(object, FIELD_REDEEMED) && object_uint(object, FIELD_REDEEMED) == 0)
        return false;
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++)
        if (RULES[i].type == object->type && !RULES[i].holds(object))
            return false;
    return true;
}
