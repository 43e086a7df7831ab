// SPDX-License-Identifier: Apache-2.0
// Signed objects: everything of value. One object is a constructed TLV E1 (body: type and version
// first, then the fields of its schema, in schema order, each at most once) followed by 9E, an
// ECDSA P-256 signature over the whole E1. The encoding is deterministic: integers and lengths in
// their shortest form; decoders refuse unknown, missing, duplicate and misordered fields. Schemas
// stand in object_schema.h. Freestanding.
#ifndef APDU_OBJECT_OBJECT_H
#define APDU_OBJECT_OBJECT_H

#include "apdu/crypto/crypto.h"
#include "apdu/crypto/signer.h"
#include "apdu/object/object_read.h"

/// Decodes the object at the start of in; octets after it are left to the caller (compare
/// out->whole.size). False: not in its exact form.
bool object_decode(struct bytes in, struct object *out);

/// As object_decode, but the object must be of this type and fill in to the last octet.
bool object_decode_as(enum object_type type, struct bytes in, struct object *out);

/// Splits the TLV data of a command by rows like a schema's: the same rules of order, presence and
/// range, without type and signature. Absent fields are NULL; spans point into in.
bool fields_decode(struct bytes in, const struct schema_field *rows, size_t count,
                   struct bytes fields[FIELD_COUNT]);

/// Checks the signature only; roles, time and hotlist are the caller's.
bool object_verify(const struct object *object, const struct crypto *crypto,
                   const uint8_t point[P256_COMPRESSED_SIZE]);

/// SHA-256 of the body: equality of objects is equality of bodies.
bool object_digest(const struct object *object, const struct crypto *crypto,
                   uint8_t digest[SHA256_SIZE]);

/// SHA-256 over payee, n, payer, amount, unit, reference and policy hash as TLV, in field order.
/// Of a payment request: what a repetition with a fresh challenge has in common with the first.
/// Of a usage log: the same value as of the request that it answers.
bool object_terms_digest(const struct object *object, const struct crypto *crypto,
                         uint8_t digest[SHA256_SIZE]);

/// Builds one object in a caller's buffer: begin, put fields in schema order, sign. A field out of
/// order, missing or out of range makes object_sign fail: check once.
struct object_writer {
    struct tlv_writer out;
    const struct object_schema *schema;
    size_t position; // next schema row
    size_t mark;
    bool misuse;
};

/// Starts an object of this type in a buffer that must outlive the writer.
void object_begin(struct object_writer *writer, enum object_type type, uint8_t *buffer,
                  size_t capacity);
/// Writes one field; it must be the next of the schema that is wanted, in its only form.
void object_put(struct object_writer *writer, enum field field, struct bytes value);
/// Writes a number in its shortest form.
void object_put_uint(struct object_writer *writer, enum field field, uint64_t value);
/// date as decimal YYYYMMDD.
void object_put_date(struct object_writer *writer, enum field field, uint32_t date);
/// Writes FIELD_UNIT.
void object_put_unit(struct object_writer *writer, uint16_t unit);
/// Copies a field of another object if it has it.
void object_copy(struct object_writer *writer, enum field field, const struct object *from);
/// Closes the body, signs it, appends the signature. False on misuse, overflow or a failed signer.
bool object_sign(struct object_writer *writer, const struct signer *signer, struct bytes *object);

#endif
