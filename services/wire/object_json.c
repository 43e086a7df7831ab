// SPDX-License-Identifier: Apache-2.0
#include "services/wire/object_json.h"

#include "apdu/octets/unit.h"
#include "base/base64url.h"
#include "base/must.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_TEXT_MAX = 2 * 1024 + 1 };

const char *reference_kind_word(uint8_t kind) {
    static const char *const words[] = {
        [REFERENCE_TICKET] = "ticket",   [REFERENCE_GOODS] = "goods",
        [REFERENCE_CONTENT] = "content", [REFERENCE_DEPOSIT] = "deposit",
        [REFERENCE_REFUND] = "refund",
    };
    must_cover(words, REFERENCE_REFUND + 1);
    if (kind >= sizeof words / sizeof words[0] || words[kind] == NULL)
        return "other";
    return words[kind];
}

static void write_hex(struct bytes octets, char *text, size_t capacity) {
    static const char digits[] = "0123456789ABCDEF";
    size_t count = octets.size < (capacity - 1) / 2 ? octets.size : (capacity - 1) / 2;
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[octets.data[i] >> 4];
        text[2 * i + 1] = digits[octets.data[i] & 0x0F];
    }
    text[2 * count] = '\0';
}

static bool is_printable(struct bytes octets) {
    for (size_t i = 0; i < octets.size; i++)
        if (octets.data[i] < 0x20 || octets.data[i] > 0x7E)
            return false;
    return true;
}

/// Characters where they are printable, hexadecimal otherwise.
static void write_characters(struct bytes octets, char *text, size_t capacity) {
    if (!is_printable(octets))
        write_hex(octets, text, capacity);
    else
        snprintf(text, capacity, "%.*s", (int)octets.size, (const char *)octets.data);
}

static void write_date(const struct object *object, enum field field, char *text, size_t capacity) {
    uint32_t date = object_date(object, field);
    snprintf(text, capacity, "%04" PRIu32 "-%02" PRIu32 "-%02" PRIu32, date / 10000,
             date / 100 % 100, date % 100);
}

/// The value of any field but integers and the reference.
static void write_value(const struct object *object, enum field field, char *text,
                        size_t capacity) {
    struct bytes value = object->fields[field];
    switch (field_specs[field].kind) {
    case KIND_ID:
        write_characters(value, text, capacity);
        return;
    case KIND_DATE:
        write_date(object, field, text, capacity);
        return;
    case KIND_UNIT:
        unit_name(object_unit(object), text);
        return;
    case KIND_UINT:
        snprintf(text, capacity, "%" PRIu64, object_uint(object, field));
        return;
    case KIND_OCTETS:
        break;
    }
    write_hex(value, text, capacity);
}

static json_t *reference_to_json(struct bytes reference) {
    char text[64];
    write_characters(bytes_of(reference.data + 1, reference.size - 1), text, sizeof text);
    return json_pack("{s:s, s:s}", "kind", reference_kind_word(reference.data[0]), "value", text);
}

static json_t *value_to_json(const struct object *object, enum field field) {
    char text[VALUE_TEXT_MAX];
    if (field == FIELD_REFERENCE)
        return reference_to_json(object->fields[field]);
    if (field_specs[field].kind == KIND_UINT && object_uint(object, field) <= INT64_MAX)
        return json_integer((json_int_t)object_uint(object, field));
    write_value(object, field, text, sizeof text);
    return json_string(text);
}

static json_t *signed_to_json(struct bytes whole) {
    size_t capacity = BASE64URL_SIZE(whole.size);
    char *text = malloc(capacity);
    json_t *json =
        text != NULL && base64url_encode(whole, text, capacity) ? json_string(text) : NULL;
    free(text);
    return json;
}

json_t *object_to_json(const struct object *object) {
    const struct object_schema *schema = object_schema(object->type);
    json_t *json = json_object();
    bool ok = json != NULL && schema != NULL &&
              json_object_set_new(json, "type", json_string(schema->word)) == 0;
    for (size_t i = 0; ok && i < schema->field_count; i++) {
        enum field field = schema->fields[i].field;
        if (object_has(object, field))
            ok = json_object_set_new(json, field_specs[field].word, value_to_json(object, field)) ==
                 0;
    }
    if (ok && json_object_set_new(json, "signed", signed_to_json(object->whole)) == 0)
        return json;
    json_decref(json);
    return NULL;
}

static void print_row(FILE *out, unsigned indent, const char *name, const char *value) {
    fprintf(out, "%*s%-14s %s\n", (int)indent, "", name, value);
}

static void print_reference(FILE *out, unsigned indent, struct bytes reference) {
    char text[64], line[96];
    write_characters(bytes_of(reference.data + 1, reference.size - 1), text, sizeof text);
    snprintf(line, sizeof line, "%s %s", reference_kind_word(reference.data[0]), text);
    print_row(out, indent, "reference", line);
}

void object_print(FILE *out, const struct object *object, unsigned indent) {
    char text[VALUE_TEXT_MAX];
    const struct object_schema *schema = object_schema(object->type);
    if (schema == NULL)
        return;
    fprintf(out, "%*s%s\n", (int)indent, "", schema->word);
    for (size_t i = 0; i < schema->field_count; i++) {
        enum field field = schema->fields[i].field;
        if (!object_has(object, field))
            continue;
        if (field == FIELD_REFERENCE) {
            print_reference(out, indent + 2, object->fields[field]);
            continue;
        }
        write_value(object, field, text, sizeof text);
        print_row(out, indent + 2, field_specs[field].word, text);
    }
    write_hex(bytes_of(object->signature.data, 12), text, sizeof text);
    size_t end = strlen(text);
    snprintf(text + end, sizeof text - end, "..");
    print_row(out, indent + 2, "signature", text);
}
