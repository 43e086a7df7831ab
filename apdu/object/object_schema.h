// SPDX-License-Identifier: Apache-2.0
// The fields and types of signed objects: which field has which tag, kind and size, which object
// has which fields in which order, and who may sign it. docs/protocol.md prints these tables.
// Freestanding.
#ifndef APDU_OBJECT_OBJECT_SCHEMA_H
#define APDU_OBJECT_OBJECT_SCHEMA_H

#include "apdu/octets/tlv.h"

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
    X(FIELD_OUTCOMES, 0x9F2A, KIND_OCTETS, 0, 128, "outcomes") /* bit 1 credited, 0 void */        \
    X(FIELD_SUMS, 0x9F2B, KIND_OCTETS, 0, 160, "sums")         /* unit(2) amount(8), ascending */  \
    X(FIELD_BATCH_HASH, 0x9F2C, KIND_OCTETS, 32, 32, "batch-hash")                                 \
    X(FIELD_BASE, 0x9F2D, KIND_UINT, 1, 4, "base")              /* acknowledged below */           \
    X(FIELD_COUNTERS, 0x9F2E, KIND_OCTETS, 0, 1024, "counters") /* u32 each, ascending */          \
    X(FIELD_POCKETS, 0x9F2F, KIND_OCTETS, 0, 1056,                                                 \
      "pockets")                                     /* unit(2), eight numbers (8 each) */         \
    X(FIELD_MARKS, 0x9F30, KIND_UINT, 1, 4, "marks") /* how many a hotlist has */                  \
    X(FIELD_LIST_HASH, 0x9F31, KIND_OCTETS, 32, 32, "list-hash") /* that its parts chain up to */  \
    X(FIELD_HOLDER, 0x9F32, KIND_ID, 1, 16, "holder")                                              \
    X(FIELD_ROLES, 0x9F33, KIND_OCTETS, 2, 2, "roles")                                             \
    X(FIELD_SIGNING_KEY, 0x9F34, KIND_OCTETS, 33, 33, "signing-key")                               \
    X(FIELD_KEM_KEY, 0x9F35, KIND_OCTETS, 33, 33, "kem-key")                                       \
    X(FIELD_ASSURANCE, 0x9F36, KIND_UINT, 1, 1, "assurance")                                       \
    X(FIELD_BATCH_NUMBER, 0x9F37, KIND_UINT, 1, 4, "batch-number") /* a till's, each one once */   \
    X(FIELD_TICKET, 0x9F40, KIND_OCTETS, 16, 16,                                                   \
      "ticket")                                       /* leading octets of the header's digest */  \
    X(FIELD_NUMBER, 0x9F41, KIND_ID, 1, 16, "number") /* of the offer */                           \
    X(FIELD_INSTANCE, 0x9F42, KIND_OCTETS, 8, 8, "instance") /* of the sale */                     \
    X(FIELD_ENTERPRISE, 0x9F43, KIND_ID, 1, 16, "enterprise")                                      \
    X(FIELD_SELLER, 0x9F44, KIND_ID, 1, 12, "seller")                                              \
    X(FIELD_BUYER, 0x9F45, KIND_ID, 1, 12, "buyer")                                                \
    X(FIELD_CONTENT, 0x9F46, KIND_ID, 1, 16, "content")                                            \
    X(FIELD_KEY_ID, 0x9F47, KIND_ID, 1, 16, "key-id")    /* one key for many contents */           \
    X(FIELD_PLAYS, 0x9F48, KIND_UINT, 1, 2, "plays")     /* absent: unlimited */                   \
    X(FIELD_COPIES, 0x9F49, KIND_OCTETS, 1, 1, "copies") /* absent: none, FF: unlimited */         \
    X(FIELD_FIRST_DAY, 0x9F4A, KIND_DATE, 4, 4, "first-day")                                       \
    X(FIELD_LAST_DAY, 0x9F4B, KIND_DATE, 4, 4, "last-day")                                         \
    X(FIELD_ACTIONS, 0x9F4C, KIND_OCTETS, 2, 2, "actions") /* absent: play */                      \
    X(FIELD_NAMED, 0x9F4D, KIND_OCTETS, 2, 68, "named") /* apparatus: length(1) id, ascending */   \
    X(FIELD_ACTIVATOR, 0x9F4E, KIND_ID, 1, 12, "activator")                                        \
    X(FIELD_SOURCE, 0x9F50, KIND_ID, 1, 12, "source")                                              \
    X(FIELD_DESTINATION, 0x9F51, KIND_ID, 1, 12, "destination")                                    \
    X(FIELD_LEFT, 0x9F53, KIND_OCTETS, 6, 6,                                                       \
      "left") /* generation(2) plays(2) copies(1) flags(1) */                                      \
    X(FIELD_WRAPPED_KEY, 0x9F54, KIND_OCTETS, 51, 114,                                             \
      "wrapped-key") /* algorithm(1), sealed key */                                                \
    X(FIELD_LAST_DONE, 0x9F55, KIND_UINT, 1, 4, "last-done")                                       \
    X(FIELD_RESULT, 0x9F56, KIND_OCTETS, 1, 1, "result") /* 1 settled, 0 refused */                \
    X(FIELD_SUBSCRIBER, 0x9F57, KIND_ID, 1, 64, "subscriber")                                      \
    X(FIELD_ACTION, 0x9F58, KIND_OCTETS, 1, 1, "action")                                           \
    X(FIELD_ORIGINAL, 0x9F59, KIND_OCTETS, 32, 32, "original") /* digest of a container's body */  \
    X(FIELD_SEALER, 0x9F5A, KIND_ID, 1, 12, "sealer")                                              \
    X(FIELD_ALGORITHM, 0x9F5B, KIND_OCTETS, 1, 1, "algorithm")                                     \
    X(FIELD_SALT, 0x9F5C, KIND_OCTETS, 32, 32, "salt")                                             \
    X(FIELD_CHUNK, 0x9F5D, KIND_OCTETS, 1, 1, "chunk") /* log2 of its octets, 12..24 */            \
    X(FIELD_SIZE, 0x9F5E, KIND_UINT, 1, 8, "size")                                                 \
    X(FIELD_ROOT, 0x9F5F, KIND_OCTETS, 32, 32, "root")                                             \
    X(FIELD_MEDIA, 0x9F60, KIND_ID, 1, 32, "media")                                                \
    X(FIELD_WRAPPED_CEK, 0x9F61, KIND_OCTETS, 48, 81, "wrapped-cek")                               \
    X(FIELD_OFFERS, 0x9F62, KIND_OCTETS, 14, 224,                                                  \
      "offers") /* unit(2) amount(8) plays(2) copies(1) actions(1), rising */                      \
    X(FIELD_SHARES, 0x9F63, KIND_OCTETS, 4, 152,                                                   \
      "shares") /* weight(2) length(1) party: who gets which part of the fee */                    \
    X(FIELD_REFUSED, 0x9F64, KIND_OCTETS, 0, 1024,                                                 \
      "refused") /* enterprises, 16 octets each, padded with 0, ascending */

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
    OBJECT_RELEASE = 0x0F,
    OBJECT_TICKET_HEADER = 0x10,
    OBJECT_TICKET_STATE = 0x11,
    OBJECT_RECEPTION_REQUEST = 0x12,
    OBJECT_MOVE_RECEIPT = 0x13,
    OBJECT_MOVE_CANCEL = 0x14,
    OBJECT_SETTLEMENT_ANSWER = 0x15,
    OBJECT_DOCKET = 0x16,
    OBJECT_PLAY_REQUEST = 0x17,
    OBJECT_PLAY_GRANT = 0x18,
    OBJECT_PRESENCE = 0x19,
    OBJECT_CONVERT_GRANT = 0x1A,
    OBJECT_CONTAINER = 0x1B,
    OBJECT_POLICY = 0x1C,
    OBJECT_REGISTRY_ANSWER = 0x1D,
    OBJECT_REFUSAL_LIST = 0x1E,
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

enum {
    TICKET_NAME_SIZE = 16,   // FIELD_TICKET
    TICKET_OBJECT_MAX = 255, // header and state, each: what a slot holds and a block carries
    TICKET_NAMED_MAX = 12,   // octets of an id in FIELD_NAMED
};

/// Bits of FIELD_ACTIONS' first octet; FIELD_ACTION has exactly one of the first three.
enum ticket_action {
    ACTION_PLAY = 0x01,
    ACTION_COPY = 0x02,
    ACTION_CONVERT = 0x04,
    ACTION_BOUND = 0x08, // plays with a proof by the buyer only
    ACTION_GAME = 0x10,  // is for certified game machines only
    ACTIONS_SOME = ACTION_PLAY | ACTION_COPY | ACTION_CONVERT, // a ticket opens one at least
    ACTIONS_ALL = 0x1F,
};

/// Flags in the last octet of FIELD_LEFT.
enum ticket_flag {
    LEFT_SEALED = 0x01,
    LEFT_UNLIMITED = 0x02, // plays are not counted
    LEFT_CLAIMED = 0x04,   // its buyer has docketed or paid it
};

enum {
    POLICY_OFFER_SIZE = 14,    // a row of FIELD_OFFERS
    POLICY_OFFERS_MAX = 16,    // rows
    POLICY_UNLIMITED = 0xFFFF, // plays of a row: not counted
    POLICY_SHARES_MAX = 8,     // rows of FIELD_SHARES
    POLICY_PARTY_MAX = 16,     // octets of a party's id
    REFUSED_SIZE = 16,         // a row of FIELD_REFUSED
    REFUSED_MAX = 64,          // rows
};

/// First octet of FIELD_REFERENCE: what the payment is for.
enum reference_kind {
    REFERENCE_TICKET = 1,
    REFERENCE_GOODS = 2,
    REFERENCE_CONTENT = 3,
    REFERENCE_DEPOSIT = 4, // float to wallet
    REFERENCE_REFUND = 5,  // till back to wallet: n of the sale (4), refunds that it had (1)
};

enum { REFERENCE_REFUND_SIZE = 1 + 4 + 1 };

#endif
