// SPDX-License-Identifier: Apache-2.0
// The kinds of fields: what their values look like as text, and how they are told apart.
#include "apdu/octets/date.h"
#include "apdu/octets/unit.h"
#include "base/base64url.h"
#include "base/must.h"
#include "services/wire/form/form.h"
#include "services/wire/form/form_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool within(const struct shape_row *row, size_t size) {
    return size >= row->min && (row->max == 0 || size <= row->max);
}

/// Copies the text, terminated.
static bool keep(struct arena *arena, struct bytes text, struct form_value *value) {
    uint8_t *copy = arena_take(arena, text.size + 1);
    if (copy == NULL)
        return false;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    value->octets = bytes_of(copy, text.size);
    return true;
}

static bool parse_text(struct arena *arena, const struct shape_row *row, struct bytes text,
                       struct form_value *value) {
    for (size_t i = 0; i < text.size; i++)
        if ((text.data[i] < 0x20 && text.data[i] != '\n') || text.data[i] == 0x7F)
            return false;
    return within(row, text.size) && keep(arena, text, value);
}

static bool parse_id(struct arena *arena, const struct shape_row *row, struct bytes text,
                     struct form_value *value) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= 0x20 || text.data[i] > 0x7E)
            return false;
    return text.size > 0 && within(row, text.size) && keep(arena, text, value);
}

static bool parse_number(struct bytes text, uint64_t *number) {
    uint64_t value = 0;
    if (text.size == 0 || text.size > 19 || (text.size > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *number = value;
    return value <= INT64_MAX;
}

static bool parse_uint(struct arena *arena, const struct shape_row *row, struct bytes text,
                       struct form_value *value) {
    (void)arena;
    return parse_number(text, &value->number) && value->number >= row->min &&
           (row->max == 0 || value->number <= row->max);
}

static bool parse_amount(struct arena *arena, const struct shape_row *row, struct bytes text,
                         struct form_value *value) {
    (void)arena, (void)row;
    return parse_number(text, &value->number) && value->number > 0;
}

static bool parse_unit(struct arena *arena, const struct shape_row *row, struct bytes text,
                       struct form_value *value) {
    (void)row;
    struct form_value copy;
    if (text.size >= UNIT_NAME_MAX || !keep(arena, text, &copy))
        return false;
    value->number = unit_from_name((const char *)copy.octets.data);
    return value->number != 0;
}

static bool parse_date(struct arena *arena, const struct shape_row *row, struct bytes text,
                       struct form_value *value) {
    (void)arena, (void)row;
    uint32_t date = 0;
    if (text.size != 10)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? text.data[i] != '-' : text.data[i] < '0' || text.data[i] > '9')
            return false;
        date = dash ? date : date * 10 + (text.data[i] - '0');
    }
    value->number = date;
    return date_is_valid(date);
}

static bool parse_octets(struct arena *arena, const struct shape_row *row, struct bytes text,
                         struct form_value *value) {
    struct form_value copy;
    size_t capacity = text.size * 3 / 4 + 1, size;
    uint8_t *octets = arena_take(arena, capacity);
    if (octets == NULL || !keep(arena, text, &copy) ||
        !base64url_decode((const char *)copy.octets.data, octets, capacity, &size))
        return false;
    value->octets = bytes_of(octets, size);
    return within(row, size);
}

static bool parse_object(struct arena *arena, const struct shape_row *row, struct bytes text,
                         struct form_value *value) {
    static const struct shape_row whole = {.min = 1};
    struct object *object = arena_take(arena, sizeof *object);
    if (object == NULL || !parse_octets(arena, &whole, text, value) ||
        !object_decode(value->octets, object) || object->whole.size != value->octets.size)
        return false;
    value->object = object;
    return row->min == 0 || object->type == (enum object_type)row->min;
}

static bool parse_certificate(struct arena *arena, const struct shape_row *row, struct bytes text,
                              struct form_value *value) {
    static const struct shape_row whole = {.min = 1, .max = CERTIFICATE_MAX};
    (void)row;
    struct certificate *certificate = arena_take(arena, sizeof *certificate);
    if (certificate == NULL || !parse_octets(arena, &whole, text, value) ||
        certificate_parse(value->octets, certificate) != CERTIFICATE_OK ||
        certificate->whole.size != value->octets.size)
        return false;
    value->certificate = certificate;
    return true;
}

// ---- the other way ---------------------------------------------------------------------------

static const char *print_text(struct arena *arena, const struct form_value *value) {
    (void)arena;
    return (const char *)value->octets.data;
}

static const char *print_number(struct arena *arena, const struct form_value *value) {
    char *text = arena_take(arena, 24);
    if (text != NULL)
        snprintf(text, 24, "%" PRIu64, value->number);
    return text;
}

static const char *print_unit(struct arena *arena, const struct form_value *value) {
    char *text = arena_take(arena, UNIT_NAME_MAX);
    return text == NULL ? NULL : unit_name((uint16_t)value->number, text);
}

static const char *print_date(struct arena *arena, const struct form_value *value) {
    char *text = arena_take(arena, 32);
    unsigned date = (unsigned)value->number;
    if (text != NULL)
        snprintf(text, 32, "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
    return text;
}

static const char *print_octets(struct arena *arena, const struct form_value *value) {
    size_t capacity = BASE64URL_SIZE(value->octets.size);
    char *text = arena_take(arena, capacity);
    return text != NULL && base64url_encode(value->octets, text, capacity) ? text : NULL;
}

const struct form_kind_row form_kinds[] = {
    [FORM_TEXT] = {"TEXT", "a text", parse_text, print_text, false},
    [FORM_ID] = {"ID", "an id: printable ASCII without spaces", parse_id, print_text, false},
    [FORM_UINT] = {"UINT", "an integer", parse_uint, print_number, true},
    [FORM_AMOUNT] = {"AMOUNT", "an integer from 1 to 9223372036854775807", parse_amount,
                     print_number, true},
    [FORM_UNIT] = {"UNIT", "a unit such as JPY, 392 or F001", parse_unit, print_unit, false},
    [FORM_DATE] = {"DATE", "a day such as 2026-12-31", parse_date, print_date, false},
    [FORM_FLAG] = {"FLAG", "true or false", NULL, NULL, false},
    [FORM_OCTETS] = {"OCTETS", "octets in base64url without padding", parse_octets, print_octets,
                     false},
    [FORM_OBJECT] = {"OBJECT", "a signed object in base64url", parse_object, print_octets, false},
    [FORM_CERTIFICATE] = {"CERTIFICATE", "a certificate in base64url", parse_certificate,
                          print_octets, false},
    [FORM_LIST] = {"LIST", "a list", NULL, NULL, false},
    [FORM_SHAPE] = {"SHAPE", "an object", NULL, NULL, false},
};
must_cover(form_kinds, FORM_KIND_COUNT);

const char *form_kind_name(enum form_kind kind) {
    return form_kinds[kind].name;
}

/// "of 1 to 12 octets", "from 0 to 9", or nothing.
static void limits_of(const struct shape_row *row, char *text, size_t capacity) {
    text[0] = '\0';
    if (row->kind == FORM_AMOUNT || row->kind == FORM_OBJECT || (row->min == 0 && row->max == 0))
        return;
    const char *what = row->kind == FORM_UINT   ? ""
                       : row->kind == FORM_LIST ? " entries"
                                                : " octets";
    const char *from = row->kind == FORM_UINT ? "from" : "of";
    if (row->max == 0)
        snprintf(text, capacity, " %s %" PRIu64 "%s up", from, row->min, what);
    else
        snprintf(text, capacity, " %s %" PRIu64 " to %" PRIu64 "%s", from, row->min, row->max,
                 what);
}

bool form_blame(struct problem *problem, const char *path, const struct shape_row *row,
                const char *shown) {
    char limits[64];
    bool decoded = row->kind == FORM_OBJECT || row->kind == FORM_CERTIFICATE;
    limits_of(row, limits, sizeof limits);
    if ((row->marks & FORM_SECRET) != 0 || shown == NULL)
        shown = "of another form";
    problem_set(problem, decoded ? &problem_object : &problem_shape, "%s is %.80s; it must be %s%s",
                form_names[row->name], shown, form_kinds[row->kind].looks, limits);
    snprintf(problem->field, sizeof problem->field, "%s", path);
    return false;
}
