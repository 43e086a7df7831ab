// SPDX-License-Identifier: Apache-2.0
// The names of all fields that travel in JSON between programs, once each and in alphabetical
// order: a field means the same wherever it stands. Shapes (form.h) are made of them.
#ifndef SERVICES_WIRE_FORM_FORM_NAMES_H
#define SERVICES_WIRE_FORM_FORM_NAMES_H

/// X(enumerator, name in JSON).
#define FORM_NAMES(X)                                                                              \
    X(NAME_ACCOUNT, "account")                                                                     \
    X(NAME_ACTIONS, "actions")                                                                     \
    X(NAME_ACTIVATOR, "activator")                                                                 \
    X(NAME_ADDRESS, "address")                                                                     \
    X(NAME_AFTER, "after")                                                                         \
    X(NAME_ALGORITHM, "algorithm")                                                                 \
    X(NAME_AMOUNT, "amount")                                                                       \
    X(NAME_ATTACHED, "attached")                                                                   \
    X(NAME_AUDIENCE, "audience")                                                                   \
    X(NAME_BALANCE, "balance")                                                                     \
    X(NAME_BALANCES, "balances")                                                                   \
    X(NAME_BASIC, "basic")                                                                         \
    X(NAME_BATCH, "batch")                                                                         \
    X(NAME_BATCH_NUMBER, "batch-number")                                                           \
    X(NAME_BELOW, "below")                                                                         \
    X(NAME_BILLS, "bills")                                                                         \
    X(NAME_CALL_AMOUNT, "call-amount")                                                             \
    X(NAME_CALL_SECONDS, "call-seconds")                                                           \
    X(NAME_CAUSE, "cause")                                                                         \
    X(NAME_CERTIFICATE, "certificate")                                                             \
    X(NAME_CERTIFICATES, "certificates")                                                           \
    X(NAME_CHALLENGE, "challenge")                                                                 \
    X(NAME_CLOSED, "closed")                                                                       \
    X(NAME_COMMENT, "comment")                                                                     \
    X(NAME_CONTAINER, "container")                                                                 \
    X(NAME_CONTENT, "content")                                                                     \
    X(NAME_CONTENTS, "contents")                                                                   \
    X(NAME_COPIES, "copies")                                                                       \
    X(NAME_COUNTER, "counter")                                                                     \
    X(NAME_COUNTS, "counts")                                                                       \
    X(NAME_COVERED, "covered")                                                                     \
    X(NAME_CREATOR, "creator")                                                                     \
    X(NAME_CREDIT, "credit")                                                                       \
    X(NAME_DATE, "date")                                                                           \
    X(NAME_DEVICE, "device")                                                                       \
    X(NAME_DOCKET, "docket")                                                                       \
    X(NAME_END, "end")                                                                             \
    X(NAME_ENTERPRISE, "enterprise")                                                               \
    X(NAME_EVIDENCE, "evidence")                                                                   \
    X(NAME_FINGERPRINT, "fingerprint")                                                             \
    X(NAME_FIRST_DAY, "first-day")                                                                 \
    X(NAME_FIRST_MONTH, "first-month")                                                             \
    X(NAME_FROM, "from")                                                                           \
    X(NAME_HASH, "hash")                                                                           \
    X(NAME_HEADER, "header")                                                                       \
    X(NAME_HOST, "host")                                                                           \
    X(NAME_ID, "id")                                                                               \
    X(NAME_INDEX, "index")                                                                         \
    X(NAME_INSTANCE, "instance")                                                                   \
    X(NAME_ITEMS, "items")                                                                         \
    X(NAME_KEM_KEY, "kem-key")                                                                     \
    X(NAME_KIND, "kind")                                                                           \
    X(NAME_LANGUAGE, "language")                                                                   \
    X(NAME_LAST_DAY, "last-day")                                                                   \
    X(NAME_LAST_MONTH, "last-month")                                                               \
    X(NAME_LIMIT_BALANCE, "limit-balance")                                                         \
    X(NAME_LIMIT_SINGLE, "limit-single")                                                           \
    X(NAME_LINES, "lines")                                                                         \
    X(NAME_LOGS, "logs")                                                                           \
    X(NAME_MAIL, "mail")                                                                           \
    X(NAME_MISSING, "missing")                                                                     \
    X(NAME_MONEY, "money")                                                                         \
    X(NAME_MONTH, "month")                                                                         \
    X(NAME_N, "n")                                                                                 \
    X(NAME_NAMED, "named")                                                                         \
    X(NAME_NOTIFY, "notify")                                                                       \
    X(NAME_NO_PIN_COUNT, "no-pin-count")                                                           \
    X(NAME_NO_PIN_SINGLE, "no-pin-single")                                                         \
    X(NAME_NO_PIN_SUM, "no-pin-sum")                                                               \
    X(NAME_NUMBER, "number")                                                                       \
    X(NAME_OBJECT, "object")                                                                       \
    X(NAME_OFFERS, "offers")                                                                       \
    X(NAME_OFFLINE_COUNT, "offline-count")                                                         \
    X(NAME_OFFLINE_SUM, "offline-sum")                                                             \
    X(NAME_OFFSET, "offset")                                                                       \
    X(NAME_OUTCOME, "outcome")                                                                     \
    X(NAME_OVERDRAWN, "overdrawn")                                                                 \
    X(NAME_OWNER, "owner")                                                                         \
    X(NAME_PACKET_AMOUNT, "packet-amount")                                                         \
    X(NAME_PACKET_COUNT, "packet-count")                                                           \
    X(NAME_PART, "part")                                                                           \
    X(NAME_PARTY, "party")                                                                         \
    X(NAME_PASSWORD, "password")                                                                   \
    X(NAME_PAYEE, "payee")                                                                         \
    X(NAME_PAYER, "payer")                                                                         \
    X(NAME_PAYOUTS, "payouts")                                                                     \
    X(NAME_PERFORMERS, "performers")                                                               \
    X(NAME_PHONE, "phone")                                                                         \
    X(NAME_PLAYS, "plays")                                                                         \
    X(NAME_POLICY, "policy")                                                                       \
    X(NAME_PROVIDER, "provider")                                                                   \
    X(NAME_PURSE, "purse")                                                                         \
    X(NAME_QUANTITY, "quantity")                                                                   \
    X(NAME_RECEIPT, "receipt")                                                                     \
    X(NAME_RECEIVED, "received")                                                                   \
    X(NAME_RECEPTION, "reception")                                                                 \
    X(NAME_REFERENCE, "reference")                                                                 \
    X(NAME_REFUNDED, "refunded")                                                                   \
    X(NAME_REGISTRY, "registry")                                                                   \
    X(NAME_REQUEST, "request")                                                                     \
    X(NAME_SALE, "sale")                                                                           \
    X(NAME_SEALED, "sealed")                                                                       \
    X(NAME_SECONDS, "seconds")                                                                     \
    X(NAME_SENT, "sent")                                                                           \
    X(NAME_SEPARATE, "separate")                                                                   \
    X(NAME_SERVICES, "services")                                                                   \
    X(NAME_SETTLED, "settled")                                                                     \
    X(NAME_SETTLED_SUM, "settled-sum")                                                             \
    X(NAME_SIZE, "size")                                                                           \
    X(NAME_STATE, "state")                                                                         \
    X(NAME_STATEMENT, "statement")                                                                 \
    X(NAME_SUBTITLE, "subtitle")                                                                   \
    X(NAME_SUSPENSE, "suspense")                                                                   \
    X(NAME_TARIFF, "tariff")                                                                       \
    X(NAME_TEXT, "text")                                                                           \
    X(NAME_TICKET, "ticket")                                                                       \
    X(NAME_TIME, "time")                                                                           \
    X(NAME_TITLE, "title")                                                                         \
    X(NAME_TO, "to")                                                                               \
    X(NAME_TOTAL, "total")                                                                         \
    X(NAME_TRANSFER, "transfer")                                                                   \
    X(NAME_TRM, "trm")                                                                             \
    X(NAME_TRUSTED, "trusted")                                                                     \
    X(NAME_UNIT, "unit")                                                                           \
    X(NAME_USAGE, "usage")                                                                         \
    X(NAME_USER, "user")                                                                           \
    X(NAME_VERSION, "version")                                                                     \
    X(NAME_WORD, "word")                                                                           \
    X(NAME_WRAPPED_KEY, "wrapped-key")                                                             \
    X(NAME_ZONE, "zone")

#define NAME_ENUM(identifier, text) identifier,
enum name { FORM_NAMES(NAME_ENUM) NAME_COUNT };
#undef NAME_ENUM

/// "amount" for NAME_AMOUNT.
extern const char *const form_names[NAME_COUNT];

#endif
