// SPDX-License-Identifier: Apache-2.0
// Signed objects: everything of value. One object is a constructed TLV E1 (body: type and version
// first, then the fields of its schema, in schema order, each at most once) followed by 9E, an
// ECDSA P-256 signature over the whole E1. The encoding is deterministic: integers and lengths in
// their shortest form; decoders refuse unknown, missing, duplicate and misordered fields. Schemas
// are const tables in object_schema.c; docs/protocol.md prints them. Freestanding.
#ifndef APDU_OBJECT_H
#define APDU_OBJECT_H

#include "apdu/crypto.h"
#include "apdu/signer.h"
#include "apdu/tlv.h"

enum field_kind {
    KIND_UINT,   // 1..8 octets, shortest form
    KIND_ID,     // 1..16 printable ASCII octets
    KIND_OCTETS, // min..max octets
    KIND_UNIT,   // 2 octets: ISO 4217 numeric or a private code (points, vouchers, coupons)
    KIND_DATE,   // 4 octets: YYYYMMDD in packed decimal digits
};

/// X(name, tag, kind, min octets, max octets, word). One-octet tags are the fields that travel by
/// air. A field means the same in every object and in the TLV data of purse commands.
#define OBJECT_FIELDS(X)                                                                           \
    X(FIELD_TYPE, 0x80, KIND_OCTETS, 2, 2, "type") /* type, version */                             \
    X(FIELD_PAYEE, 0x81, KIND_ID, 1, 12, "payee")                                                  \
    X(FIELD_N, 0x82, KIND_UINT, 1, 4, "n") /* payee counter */                                     \
    X(FIELD_PAYER, 0x83, KIND_ID, 1, 12, "payer")                                                  \
    X(FIELD_COUNTER, 0x84, KIND_UINT, 1, 4, "counter") /* payer counter */                         \
    X(FIELD_CHALLENGE, 0x85, KIND_OCTETS, 16, 16, "challenge")                                     \
    X(FIELD_AMOUNT, 0x86, KIND_UINT, 1, 8, "amount") /* minor units */                             \
    X(FIELD_UNIT, 0x87, KIND_UNIT, 2, 2, "unit")                                                   \
    X(FIELD_REFERENCE, 0x88, KIND_OCTETS, 1, 17, "reference") /* kind octet, then 0..16 */         \
    X(FIELD_POLICY_HASH, 0x89, KIND_OCTETS, 32, 32, "policy-hash")                                 \
    X(FIELD_SERIAL, 0x8A, KIND_UINT, 1, 8, "serial")                                               \
    X(FIELD_REVISION, 0x8B, KIND_UINT, 1, 2, "revision")                                           \
    X(FIELD_STATE_NUMBER, 0x8C, KIND_UINT, 1, 4, "state-number")                                   \
    X(FIELD_ISSUED, 0x8D, KIND_UINT, 1, 8, "issued") /* totals, each only rising */                \
    X(FIELD_LOADED, 0x8E, KIND_UINT, 1, 8, "loaded")                                               \
    X(FIELD_RECREDITED, 0x8F, KIND_UINT, 1, 8, "recredited")                                       \
    X(FIELD_SPENT, 0x90, KIND_UINT, 1, 8, "spent")                                                 \
    X(FIELD_REDEEMED, 0x91, KIND_UINT, 1, 8, "redeemed")     /* settled and refunded */            \
    X(FIELD_LOG_HASH, 0x92, KIND_OCTETS, 32, 32, "log-hash") /* SHA-256 of usage log body */       \
    X(FIELD_REQUEST_HASH, 0x93, KIND_OCTETS, 32, 32, "request-hash") /* terms digest */            \
    X(FIELD_CENTER, 0x94, KIND_ID, 1, 16, "center")                                                \
    X(FIELD_PURSE, 0x95, KIND_ID, 1, 12, "purse")                                                  \
    X(FIELD_DEVICE, 0x96, KIND_ID, 1, 16, "device")                                                \
    X(FIELD_USER, 0x97, KIND_ID, 1, 16, "user")                                                    \
    X(FIELD_ALLOWANCE, 0x98, KIND_UINT, 1, 8, "allowance") /* allowable amount */                  \
    X(FIELD_TRANSFER, 0x99, KIND_UINT, 1, 8, "transfer")   /* newly transferred part */            \
    X(FIELD_DATE, 0x9A, KIND_DATE, 4, 4, "date")           /* effective date */                    \
    X(FIELD_EXPIRY, 0x9B, KIND_DATE, 4, 4, "expiry")       /* last valid day */                    \
    X(FIELD_VERSION, 0x9C, KIND_UINT, 1, 4, "version")     /* only rises */                        \
    X(FIELD_LIMIT_BALANCE, 0x9F21, KIND_UINT, 1, 8, "limit-balance")                               \
    X(FIELD_LIMIT_SINGLE, 0x9F22, KIND_UINT, 1, 8, "limit-single")                                 \
    X(FIELD_NO_PIN_SINGLE, 0x9F23, KIND_UINT, 1, 8, "no-pin-single")                               \
    X(FIELD_NO_PIN_SUM, 0x9F24, KIND_UINT, 1, 8, "no-pin-sum")                                     \
    X(FIELD_NO_PIN_COUNT, 0x9F25, KIND_UINT, 1, 2, "no-pin-count")                                 \
    X(FIELD_OFFLINE_COUNT, 0x9F26, KIND_UINT, 1, 4, "offline-count")                               \
    X(FIELD_OFFLINE_SUM, 0x9F27, KIND_UINT, 1, 8, "offline-sum")                                   \
    X(FIELD_FIRST_N, 0x9F28, KIND_UINT, 1, 4, "first-n")                                           \
    X(FIELD_LAST_N, 0x9F29, KIND_UINT, 1, 4, "last-n")                                             \
    X(FIELD_OUTCOMES, 0x9F2A, KIND_OCTETS, 1, 64, "outcomes") /* bit 1 credited, 0 void */         \
    X(FIELD_SUMS, 0x9F2B, KIND_OCTETS, 0, 160, "sums")        /* unit(2) amount(8), ascending */   \
    X(FIELD_BATCH_HASH, 0x9F2C, KIND_OCTETS, 32, 32, "batch-hash")                                 \
    X(FIELD_BASE, 0x9F2D, KIND_UINT, 1, 4, "base")              /* acknowledged below */           \
    X(FIELD_COUNTERS, 0x9F2E, KIND_OCTETS, 0, 1024, "counters") /* u32 each, ascending */          \
    X(FIELD_POCKETS, 0x9F2F, KIND_OCTETS, 0, 800, "pockets")    /* unit(2) balance issued loaded   \
                                                   recredited spent redeemed (8 each) */           \
    X(FIELD_CERTIFICATES, 0x9F30, KIND_OCTETS, 0, 928, "certificates") /* digests, 16 each */      \
    X(FIELD_DEVICES, 0x9F31, KIND_OCTETS, 0, 928, "devices") /* ids, zero-padded to 16 */          \
    X(FIELD_HOLDER, 0x9F32, KIND_ID, 1, 16, "holder")                                              \
    X(FIELD_ROLES, 0x9F33, KIND_OCTETS, 2, 2, "roles")                                             \
    X(FIELD_SIGNING_KEY, 0x9F34, KIND_OCTETS, 33, 33, "signing-key")                               \
    X(FIELD_KEM_KEY, 0x9F35, KIND_OCTETS, 33, 33, "kem-key")                                       \
    X(FIELD_ASSURANCE, 0x9F36, KIND_UINT, 1, 1, "assurance")

#define FIELD_ENUM(name, tag, kind, min, max, word) name,
enum field { OBJECT_FIELDS(FIELD_ENUM) FIELD_COUNT };
#undef FIELD_ENUM

struct field_spec {
    tlv_tag tag;
    enum field_kind kind;
    uint16_t min, max;
    const char *word;
};

extern const struct field_spec field_specs[FIELD_COUNT];

enum object_type {
    OBJECT_ISSUE_LOG = 0x01,
    OBJECT_PAYMENT_REQUEST = 0x02,
    OBJECT_USAGE_LOG = 0x03,
    OBJECT_RECEIVE_LOG = 0x04,
    OBJECT_VOID = 0x05,
    OBJECT_BATCH = 0x06,
    OBJECT_SETTLEMENT_RECEIPT = 0x07,
    OBJECT_STATEMENT = 0x08,
    OBJECT_STATEMENT_CHALLENGE = 0x09,
    OBJECT_ACKNOWLEDGEMENT = 0x0A,
    OBJECT_REFUND = 0x0B,
    OBJECT_HOTLIST = 0x0C,
    OBJECT_TIME_RESET = 0x0D,
    OBJECT_CERTIFICATE_REQUEST = 0x0E,
};

enum { OBJECT_VERSION = 1, OBJECT_SIGNATURE_TAG = 0x9E, OBJECT_BODY_TAG = 0xE1 };

struct schema_field {
    enum field field;
    bool optional;
};

struct object_schema {
    enum object_type type;
    const char *word; // "usage-log"
    const struct schema_field *fields;
    size_t field_count;
    uint16_t maker_roles; // roles that may sign it
};

extern const struct object_schema object_schemas[];
extern const size_t object_schema_count;
/// NULL for an unknown type.
const struct object_schema *object_schema(enum object_type type);

/// First octet of FIELD_REFERENCE: what the payment is for.
enum reference_kind {
    REFERENCE_TICKET = 1,
    REFERENCE_GOODS = 2,
    REFERENCE_CONTENT = 3,
    REFERENCE_DEPOSIT = 4, // float to wallet
    REFERENCE_REFUND = 5,  // till back to wallet
};

/// A decoded object; every span points into the decoded octets.
struct object {
    enum object_type type;
    struct bytes fields[FIELD_COUNT]; // data NULL: absent
    struct bytes body;                // E1 with its header: what is signed and hashed
    struct bytes signature;           // ECDSA_SIZE octets
    struct bytes whole;               // E1 and 9E together
};

/// Decodes the object at the start of in; octets behind it are left to the caller (compare
/// out->whole.size). False: not in its exact form.
bool object_decode(struct bytes in, struct object *out);

/// As object_decode, but the object must be of this type and fill in to the last octet.
bool object_decode_as(enum object_type type, struct bytes in, struct object *out);

/// Splits the TLV data of a command by rows like a schema's: the same rules of order, presence and
/// range, without type and signature. Absent fields are NULL; spans point into in.
bool fields_decode(struct bytes in, const struct schema_field *rows, size_t count,
                   struct bytes fields[FIELD_COUNT]);

bool object_has(const struct object *object, enum field field);
/// Integer of a KIND_UINT field; 0 when absent.
uint64_t object_uint(const struct object *object, enum field field);
/// YYYYMMDD as a decimal number (20261231) of a KIND_DATE field; 0 when absent.
uint32_t object_date(const struct object *object, enum field field);
uint16_t object_unit(const struct object *object);

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

void object_begin(struct object_writer *writer, enum object_type type, uint8_t *buffer,
                  size_t capacity);
void object_put(struct object_writer *writer, enum field field, struct bytes value);
void object_put_uint(struct object_writer *writer, enum field field, uint64_t value);
/// date as decimal YYYYMMDD.
void object_put_date(struct object_writer *writer, enum field field, uint32_t date);
void object_put_unit(struct object_writer *writer, uint16_t unit);
/// Copies a field of another object if it has it.
void object_copy(struct object_writer *writer, enum field field, const struct object *from);
/// Closes the body, signs it, appends the signature. False on misuse, overflow or a failed signer.
bool object_sign(struct object_writer *writer, const struct signer *signer, struct bytes *object);

#endif
