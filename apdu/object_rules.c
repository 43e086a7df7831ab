// SPDX-License-Identifier: Apache-2.0
#include "apdu/object_rules.h"

#include "apdu/certificate.h"

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
    {FIELD_SUMS, 10, 2},          {FIELD_COUNTERS, 4, 4},  {FIELD_POCKETS, 50, 2},
    {FIELD_CERTIFICATES, 16, 16}, {FIELD_DEVICES, 16, 16},
};

static bool list_is_valid(const struct list_form *form, struct bytes value) {
    if (value.size % form->row != 0)
        return false;
    for (size_t at = form->row; at < value.size; at += form->row)
        if (memcmp(value.data + at - form->row, value.data + at, form->key) >= 0)
            return false;
    return true;
}

static bool device_is_padded(const uint8_t *id) {
    size_t size = HOLDER_MAX;
    while (size > 0 && id[size - 1] == 0)
        size--;
    return size > 0 && is_printable(bytes_of(id, size));
}

static bool devices_are_padded(struct bytes value) {
    for (size_t at = 0; at < value.size; at += HOLDER_MAX)
        if (!device_is_padded(value.data + at))
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
    if (field == FIELD_DEVICES)
        return devices_are_padded(value);
    if (field == FIELD_SIGNING_KEY || field == FIELD_KEM_KEY)
        return is_point_form(value);
    return true;
}

// ---- between fields ------------------------------------------------------------------------

// claim 9: an issue log is for a device, a user or both
static bool issue_log_rule(const struct object *log) {
    return object_has(log, FIELD_DEVICE) || object_has(log, FIELD_USER);
}

static bool range_is_valid(const struct object *object) {
    return object_uint(object, FIELD_FIRST_N) <= object_uint(object, FIELD_LAST_N);
}

// one bit for each n of the range, first n in the highest bit, unused bits 0
static bool batch_rule(const struct object *batch) {
    if (!range_is_valid(batch))
        return false;
    uint64_t bits = object_uint(batch, FIELD_LAST_N) - object_uint(batch, FIELD_FIRST_N) + 1;
    struct bytes outcomes = batch->fields[FIELD_OUTCOMES];
    if (outcomes.size != (bits + 7) / 8)
        return false;
    uint8_t unused = (uint8_t)(0xFF >> ((bits - 1) % 8 + 1));
    return (outcomes.data[outcomes.size - 1] & unused) == 0;
}

static const struct {
    enum object_type type;
    bool (*holds)(const struct object *object);
} RULES[] = {
    {OBJECT_ISSUE_LOG, issue_log_rule},
    {OBJECT_BATCH, batch_rule},
    {OBJECT_SETTLEMENT_RECEIPT, range_is_valid},
};

bool object_rules_hold(const struct object *object) {
    if (object_has(object, FIELD_SERIAL) != object_has(object, FIELD_REVISION))
        return false;
    if (object_has(object, FIELD_REDEEMED) && object_uint(object, FIELD_REDEEMED) == 0)
        return false;
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++)
        if (RULES[i].type == object->type && !RULES[i].holds(object))
            return false;
    return true;
}
