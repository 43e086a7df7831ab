// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/objects.h"

#include "apdu/object/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *reserve(struct sample_body *body, size_t size) {
    if (body->used + size > sizeof body->store || body->count == SAMPLE_ITEMS_MAX)
        abort();
    uint8_t *at = body->store + body->used;
    body->used += size;
    return at;
}

// rows whose leading octets rise: 0001, 0002, ..
static void fill_rows(uint8_t *at, size_t size, size_t row, size_t key) {
    for (size_t i = 0; i < size / row; i++)
        bytes_put_be(at + i * row, key > 4 ? 4 : key, i + 1);
}

static bool fill_special(enum field field, uint8_t *at, size_t size);
static bool fill_policy(enum field field, uint8_t *at, size_t size);
static void fill_named(uint8_t *at, size_t size);

static void fill_octets(enum field field, uint8_t *at, size_t size) {
    static const struct {
        enum field field;
        size_t row, key;
    } LISTS[] = {{FIELD_SUMS, 10, 2},
                 {FIELD_COUNTERS, 4, 4},
                 {FIELD_POCKETS, 66, 2},
                 {FIELD_REFUSED, 16, 4}};
    memset(at, field == FIELD_OUTCOMES ? 0xFF : field == FIELD_SIGNING_KEY ? 0x02 : 0xA5, size);
    if (field == FIELD_KEM_KEY)
        at[0] = 0x03;
    if (fill_special(field, at, size))
        return;
    if (field == FIELD_NAMED)
        fill_named(at, size);
    for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0]; i++)
        if (LISTS[i].field == field)
            fill_rows(at, size, LISTS[i].row, LISTS[i].key);
}

// Fields of tickets and containers that only some octets are lawful for.
static bool fill_special(enum field field, uint8_t *at, size_t size) {
    static const struct {
        enum field field;
        uint8_t octets[6];
    } VALUES[] = {
        {FIELD_ACTIONS, {ACTION_PLAY | ACTION_COPY, 0}},
        {FIELD_ACTION, {ACTION_PLAY}},
        {FIELD_RESULT, {1}},
        {FIELD_LEFT, {0, 1, 0, 3, 0, LEFT_SEALED}},
        {FIELD_CHUNK, {16}},
    };
    if (field == FIELD_OFFERS || field == FIELD_SHARES)
        return fill_policy(field, at, size);
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++)
        if (VALUES[i].field == field) {
            memcpy(at, VALUES[i].octets, size);
            return true;
        }
    return false;
}

// Offers by rising amounts; eight parties of 16 letters, or one of whatever size.
static bool fill_policy(enum field field, uint8_t *at, size_t size) {
    if (field == FIELD_OFFERS) {
        memset(at, 0, size);
        for (size_t row = 0; row < size; row += POLICY_OFFER_SIZE) {
            at[row + 1] = (uint8_t)(row / POLICY_OFFER_SIZE);
            at[row + POLICY_OFFER_SIZE - 1] = ACTION_PLAY;
        }
        return true;
    }
    size_t whole = size > 3 + POLICY_PARTY_MAX ? 3 + POLICY_PARTY_MAX : size;
    for (size_t row = 0; row < size; row += whole) {
        memset(at + row, 'A' + (int)(row / whole), whole);
        bytes_put_be(at + row, 3, 0x100 + whole - 3);
    }
    return true;
}

// Two rows of length and id, or one of a single octet.
static void fill_named(uint8_t *at, size_t size) {
    size_t first = size > 3 ? (size - 2) / 2 : size - 1;
    memset(at, 'A', size);
    at[0] = (uint8_t)first;
    if (size > 3) {
        at[1 + first] = (uint8_t)(size - 2 - first);
        at[size - 1] = 'B';
    }
}

// A header has room for short ids where it has every option: at its largest it fills a slot.
static size_t header_size(enum field field, size_t size) {
    if (field == FIELD_NAMED)
        return 20;
    return field_specs[field].kind == KIND_ID && size > 8 ? 8 : size;
}

static size_t sample_size(enum field field, enum sample sample) {
    const struct field_spec *spec = &field_specs[field];
    if (field == FIELD_WRAPPED_CEK)
        return sample == SAMPLE_LARGEST ? spec->max : spec->min;
    if (sample == SAMPLE_SMALLEST)
        return field == FIELD_OUTCOMES ? 1 : spec->min;
    if (sample == SAMPLE_LARGEST)
        return spec->max;
    switch (spec->kind) {
    case KIND_UINT:
        return spec->max < 3 ? spec->max : 3;
    case KIND_ID:
        return 8;
    default:
        return field == FIELD_OUTCOMES   ? 2
               : field == FIELD_SUMS     ? 10
               : field == FIELD_COUNTERS ? 8
               : field == FIELD_POCKETS  ? 66
               : spec->min == 0          ? 32
                                         : spec->max;
    }
}

static void fill_value(enum field field, uint8_t *at, size_t size) {
    static const uint8_t DAY[] = {0x20, 0x26, 0x12, 0x31}, JPY[] = {0x03, 0x92};
    switch (field_specs[field].kind) {
    case KIND_UINT:
        memset(at, 0x81 + (int)field % 100, size);
        break;
    case KIND_ID:
        memset(at, 'A' + (int)field % 23, size);
        break;
    case KIND_UNIT:
        memcpy(at, JPY, sizeof JPY);
        break;
    case KIND_DATE:
        memcpy(at, DAY, sizeof DAY);
        break;
    case KIND_OCTETS:
        fill_octets(field, at, size);
        break;
    }
}

// a range of n that has exactly the outcome bits the sample gives
static void fill_range(enum field field, uint8_t *at, size_t size, enum sample sample) {
    memset(at, 0, size);
    at[0] = 1;
    if (field == FIELD_LAST_N)
        bytes_put_be(at, size,
                     bytes_get_be(at, size) + (sample == SAMPLE_LARGEST   ? 1023
                                               : sample == SAMPLE_TYPICAL ? 15
                                                                          : 7));
}

// The key of a container at its smallest is derived, else wrapped or sealed.
static void add(struct sample_body *body, enum object_type type, enum field field,
                enum sample sample) {
    size_t size = sample_size(field, sample);
    if (type == OBJECT_TICKET_HEADER)
        size = header_size(field, size);
    uint8_t *at = reserve(body, size);
    if (field == FIELD_FIRST_N || field == FIELD_LAST_N)
        fill_range(field, at, size, sample);
    else
        fill_value(field, at, size);
    if (field == FIELD_ALGORITHM)
        at[0] = sample == SAMPLE_SMALLEST ? 1 : sample == SAMPLE_TYPICAL ? 2 : 3;
    body->items[body->count++] = (struct sample_item){field_specs[field].tag, bytes_of(at, size)};
}

static bool is_wanted(enum object_type type, const struct schema_field *row, enum sample size) {
    if (type == OBJECT_TICKET_HEADER && row->field == FIELD_KEY_ID)
        return false; // content or key id
    return !row->optional || size != SAMPLE_SMALLEST || row->field == FIELD_DEVICE ||
           (type == OBJECT_TICKET_HEADER && row->field == FIELD_CONTENT);
}

void sample_fill(struct sample_body *body, enum object_type type, enum sample size) {
    const struct object_schema *schema = object_schema(type);
    body->count = body->used = 0;
    uint8_t *lead = reserve(body, 2);
    lead[0] = (uint8_t)type;
    lead[1] = OBJECT_VERSION;
    body->items[body->count++] =
        (struct sample_item){field_specs[FIELD_TYPE].tag, bytes_of(lead, 2)};
    for (size_t i = 0; i < schema->field_count; i++)
        if (is_wanted(type, &schema->fields[i], size))
            add(body, type, schema->fields[i].field, size);
}

void sample_set(struct sample_body *body, enum field field, struct bytes value) {
    for (size_t i = 0; i < body->count; i++)
        if (body->items[i].tag == field_specs[field].tag)
            body->items[i].value = value;
}

void sample_drop(struct sample_body *body, enum field field) {
    size_t kept = 0;
    for (size_t i = 0; i < body->count; i++)
        if (body->items[i].tag != field_specs[field].tag)
            body->items[kept++] = body->items[i];
    body->count = kept;
}

struct bytes sample_assemble(const struct sample_body *body, const struct signer *signer,
                             uint8_t *out, size_t capacity) {
    uint8_t signature[ECDSA_SIZE];
    struct tlv_writer writer = tlv_writer_over(out, capacity);
    size_t mark = tlv_begin(&writer, OBJECT_BODY_TAG);
    for (size_t i = 0; i < body->count; i++)
        tlv_put(&writer, body->items[i].tag, body->items[i].value);
    tlv_end(&writer, mark);
    if (!tlv_writer_ok(&writer) || !signer->sign(signer, tlv_writer_bytes(&writer), signature))
        abort();
    tlv_put(&writer, OBJECT_SIGNATURE_TAG, BYTES_OF(signature));
    if (!tlv_writer_ok(&writer))
        abort();
    return tlv_writer_bytes(&writer);
}

struct bytes sample_object(enum object_type type, enum sample size, const struct signer *signer,
                           uint8_t *out, size_t capacity) {
    struct sample_body *body = malloc(sizeof *body);
    if (body == NULL)
        abort();
    sample_fill(body, type, size);
    struct bytes whole = sample_assemble(body, signer, out, capacity);
    free(body);
    return whole;
}

void sample_signer(const struct crypto *crypto, struct signer *signer,
                   struct signer_scalar *scalar) {
    uint8_t point[P256_COMPRESSED_SIZE];
    scalar->crypto = crypto;
    if (!crypto->ops->p256_generate(crypto, scalar->scalar, point))
        abort();
    signer_from_scalar(signer, scalar, point);
}
