// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/object.h"

#include "apdu/object/object_rules.h"

#include <string.h>

// ---- decoding ------------------------------------------------------------------------------

bool fields_decode(struct bytes in, const struct schema_field *rows, size_t count,
                   struct bytes fields[FIELD_COUNT]) {
    memset(fields, 0, sizeof(struct bytes) * FIELD_COUNT);
    for (size_t row = 0; row < count; row++) {
        struct bytes rest = in;
        struct tlv item;
        enum field field = rows[row].field;
        if (tlv_next_strict(&rest, &item) && item.tag == field_specs[field].tag) {
            if (!field_is_valid(field, item.value))
                return false;
            fields[field] = item.value;
            in = rest;
        } else if (!rows[row].optional) {
            return false;
        }
    }
    return in.size == 0;
}

static bool decode_body(struct bytes in, struct object *out) {
    struct tlv body, type;
    if (!tlv_next_strict(&in, &body) || body.tag != OBJECT_BODY_TAG)
        return false;
    struct bytes rest = body.value;
    if (!tlv_next_strict(&rest, &type) || type.tag != field_specs[FIELD_TYPE].tag ||
        type.value.size != 2 || type.value.data[1] != OBJECT_VERSION)
        return false;
    out->type = (enum object_type)type.value.data[0];
    out->body = body.whole;
    const struct object_schema *schema = object_schema(out->type);
    if (schema == NULL || !fields_decode(rest, schema->fields, schema->field_count, out->fields))
        return false;
    out->fields[FIELD_TYPE] = type.value;
    return object_rules_hold(out);
}

bool object_decode(struct bytes in, struct object *out) {
    struct tlv signature;
    memset(out, 0, sizeof *out);
    if (!decode_body(in, out))
        return false;
    struct bytes rest = bytes_of(in.data + out->body.size, in.size - out->body.size);
    if (!tlv_next_strict(&rest, &signature) || signature.tag != OBJECT_SIGNATURE_TAG ||
        signature.value.size != ECDSA_SIZE)
        return false;
    out->signature = signature.value;
    out->whole = bytes_of(in.data, out->body.size + signature.whole.size);
    return true;
}

bool object_decode_as(enum object_type type, struct bytes in, struct object *out) {
    return object_decode(in, out) && out->type == type && out->whole.size == in.size;
}

// ---- reading -------------------------------------------------------------------------------

bool object_verify(const struct object *object, const struct crypto *crypto,
                   const uint8_t point[P256_COMPRESSED_SIZE]) {
    return crypto->ops->ecdsa_verify(crypto, point, object->body, object->signature.data);
}

bool object_digest(const struct object *object, const struct crypto *crypto,
                   uint8_t digest[SHA256_SIZE]) {
    return crypto->ops->sha256(crypto, object->body, digest);
}

bool object_terms_digest(const struct object *object, const struct crypto *crypto,
                         uint8_t digest[SHA256_SIZE]) {
    static const struct schema_field TERMS[] = {
        {FIELD_PAYEE, false},      {FIELD_N, false},    {FIELD_PAYER, false},
        {FIELD_AMOUNT, false},     {FIELD_UNIT, false}, {FIELD_REFERENCE, false},
        {FIELD_POLICY_HASH, true},
    };
    uint8_t terms[128];
    struct tlv_writer out = tlv_writer_over(terms, sizeof terms);
    for (size_t i = 0; i < sizeof TERMS / sizeof TERMS[0]; i++) {
        enum field field = TERMS[i].field;
        if (object_has(object, field))
            tlv_put(&out, field_specs[field].tag, object->fields[field]);
        else if (!TERMS[i].optional)
            return false;
    }
    return tlv_writer_ok(&out) && crypto->ops->sha256(crypto, tlv_writer_bytes(&out), digest);
}

// ---- building ------------------------------------------------------------------------------

void object_begin(struct object_writer *writer, enum object_type type, uint8_t *buffer,
                  size_t capacity) {
    uint8_t lead[2] = {(uint8_t)type, OBJECT_VERSION};
    *writer = (struct object_writer){.out = tlv_writer_over(buffer, capacity),
                                     .schema = object_schema(type)};
    writer->misuse = writer->schema == NULL;
    writer->mark = tlv_begin(&writer->out, OBJECT_BODY_TAG);
    tlv_put(&writer->out, field_specs[FIELD_TYPE].tag, BYTES_OF(lead));
}

// Steps over rows up to the row of this field. Whether one of them was required shows at the end.
static bool advance_to(struct object_writer *writer, enum field field) {
    const struct object_schema *schema = writer->schema;
    for (; writer->position < schema->field_count; writer->position++)
        if (schema->fields[writer->position].field == field)
            return true;
    return false;
}

void object_put(struct object_writer *writer, enum field field, struct bytes value) {
    if (writer->misuse || !advance_to(writer, field) || !field_is_valid(field, value)) {
        writer->misuse = true;
        return;
    }
    writer->position++;
    tlv_put(&writer->out, field_specs[field].tag, value);
}

void object_put_uint(struct object_writer *writer, enum field field, uint64_t value) {
    uint8_t octets[8];
    size_t size = bytes_be_size(value);
    bytes_put_be(octets, size, value);
    object_put(writer, field, bytes_of(octets, size));
}

void object_put_date(struct object_writer *writer, enum field field, uint32_t date) {
    uint8_t packed[4];
    for (size_t i = sizeof packed; i-- > 0; date /= 100)
        packed[i] = (uint8_t)(date % 100 / 10 << 4 | date % 10);
    object_put(writer, field, BYTES_OF(packed));
}

void object_put_unit(struct object_writer *writer, uint16_t unit) {
    uint8_t octets[2];
    bytes_put_be(octets, sizeof octets, unit);
    object_put(writer, FIELD_UNIT, BYTES_OF(octets));
}

void object_copy(struct object_writer *writer, enum field field, const struct object *from) {
    if (object_has(from, field))
        object_put(writer, field, from->fields[field]);
}

bool object_sign(struct object_writer *writer, const struct signer *signer, struct bytes *object) {
    uint8_t signature[ECDSA_SIZE];
    struct object built;
    if (writer->misuse)
        return false;
    tlv_end(&writer->out, writer->mark);
    memset(&built, 0, sizeof built);
    // what is signed is what a decoder would take, and nothing else
    if (!tlv_writer_ok(&writer->out) || !decode_body(tlv_writer_bytes(&writer->out), &built) ||
        !signer->sign(signer, built.body, signature))
        return false;
    tlv_put(&writer->out, OBJECT_SIGNATURE_TAG, BYTES_OF(signature));
    writer->misuse = true; // a second signature would be a second object
    *object = tlv_writer_bytes(&writer->out);
    return tlv_writer_ok(&writer->out);
}
