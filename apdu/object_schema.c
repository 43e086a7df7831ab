// SPDX-License-Identifier: Apache-2.0
// The tables of signed objects: every field and every schema. Schema rows stand in the order of
// enum field, which is the order on the wire. docs/objects.md is printed from here.
#include "apdu/certificate.h"
#include "apdu/object.h"

#define FIELD_ROW(name, tag, kind, min, max, word) {tag, kind, min, max, word},
const struct field_spec field_specs[FIELD_COUNT] = {OBJECT_FIELDS(FIELD_ROW)};
#undef FIELD_ROW

enum { REQUIRED = false, OPTIONAL = true };

static const struct schema_field ISSUE_LOG[] = {
    {FIELD_UNIT, REQUIRED},          {FIELD_SERIAL, REQUIRED},
    {FIELD_REVISION, REQUIRED},      {FIELD_STATE_NUMBER, REQUIRED},
    {FIELD_CENTER, REQUIRED},        {FIELD_PURSE, REQUIRED},
    {FIELD_DEVICE, OPTIONAL},        {FIELD_USER, OPTIONAL},
    {FIELD_ALLOWANCE, REQUIRED},     {FIELD_TRANSFER, REQUIRED},
    {FIELD_DATE, REQUIRED},          {FIELD_EXPIRY, REQUIRED},
    {FIELD_LIMIT_BALANCE, OPTIONAL}, {FIELD_LIMIT_SINGLE, OPTIONAL},
    {FIELD_NO_PIN_SINGLE, OPTIONAL}, {FIELD_NO_PIN_SUM, OPTIONAL},
    {FIELD_NO_PIN_COUNT, OPTIONAL},  {FIELD_OFFLINE_COUNT, OPTIONAL},
    {FIELD_OFFLINE_SUM, OPTIONAL},
};

static const struct schema_field PAYMENT_REQUEST[] = {
    {FIELD_PAYEE, REQUIRED},   {FIELD_N, REQUIRED},         {FIELD_PAYER, REQUIRED},
    {FIELD_COUNTER, REQUIRED}, {FIELD_CHALLENGE, REQUIRED}, {FIELD_AMOUNT, REQUIRED},
    {FIELD_UNIT, REQUIRED},    {FIELD_REFERENCE, REQUIRED}, {FIELD_POLICY_HASH, OPTIONAL},
};

static const struct schema_field USAGE_LOG[] = {
    {FIELD_PAYEE, REQUIRED},        {FIELD_N, REQUIRED},
    {FIELD_PAYER, REQUIRED},        {FIELD_COUNTER, REQUIRED},
    {FIELD_AMOUNT, REQUIRED},       {FIELD_UNIT, REQUIRED},
    {FIELD_REFERENCE, REQUIRED},    {FIELD_POLICY_HASH, OPTIONAL},
    {FIELD_SERIAL, OPTIONAL},       {FIELD_REVISION, OPTIONAL},
    {FIELD_STATE_NUMBER, REQUIRED}, {FIELD_ISSUED, REQUIRED},
    {FIELD_LOADED, REQUIRED},       {FIELD_RECREDITED, REQUIRED},
    {FIELD_SPENT, REQUIRED},        {FIELD_REDEEMED, OPTIONAL},
};

static const struct schema_field RECEIVE_LOG[] = {
    {FIELD_PAYEE, REQUIRED},
    {FIELD_N, REQUIRED},
    {FIELD_PAYER, REQUIRED},
    {FIELD_LOG_HASH, REQUIRED},
};

static const struct schema_field VOID_OBJECT[] = {
    {FIELD_PAYEE, REQUIRED},
    {FIELD_N, REQUIRED},
    {FIELD_PAYER, REQUIRED},
    {FIELD_REQUEST_HASH, REQUIRED},
};

static const struct schema_field BATCH[] = {
    {FIELD_PAYEE, REQUIRED},    {FIELD_FIRST_N, REQUIRED}, {FIELD_LAST_N, REQUIRED},
    {FIELD_OUTCOMES, REQUIRED}, {FIELD_SUMS, REQUIRED},
};

static const struct schema_field SETTLEMENT_RECEIPT[] = {
    {FIELD_CENTER, REQUIRED},     {FIELD_PURSE, REQUIRED},  {FIELD_DATE, REQUIRED},
    {FIELD_FIRST_N, REQUIRED},    {FIELD_LAST_N, REQUIRED}, {FIELD_SUMS, REQUIRED},
    {FIELD_BATCH_HASH, REQUIRED},
};

static const struct schema_field STATEMENT[] = {
    {FIELD_N, REQUIRED},       {FIELD_COUNTER, REQUIRED},  {FIELD_CHALLENGE, REQUIRED},
    {FIELD_SERIAL, OPTIONAL},  {FIELD_REVISION, OPTIONAL}, {FIELD_STATE_NUMBER, REQUIRED},
    {FIELD_PURSE, REQUIRED},   {FIELD_BASE, REQUIRED},     {FIELD_COUNTERS, REQUIRED},
    {FIELD_POCKETS, REQUIRED},
};

static const struct schema_field STATEMENT_CHALLENGE[] = {
    {FIELD_CHALLENGE, REQUIRED},
    {FIELD_CENTER, REQUIRED},
    {FIELD_PURSE, REQUIRED},
    {FIELD_DATE, REQUIRED},
};

static const struct schema_field ACKNOWLEDGEMENT[] = {
    {FIELD_CENTER, REQUIRED},  {FIELD_PURSE, REQUIRED},         {FIELD_DATE, REQUIRED},
    {FIELD_VERSION, REQUIRED}, {FIELD_OFFLINE_COUNT, OPTIONAL}, {FIELD_OFFLINE_SUM, OPTIONAL},
    {FIELD_BASE, OPTIONAL},    {FIELD_COUNTERS, OPTIONAL},
};

static const struct schema_field REFUND[] = {
    {FIELD_AMOUNT, REQUIRED}, {FIELD_UNIT, REQUIRED},  {FIELD_STATE_NUMBER, REQUIRED},
    {FIELD_CENTER, REQUIRED}, {FIELD_PURSE, REQUIRED}, {FIELD_DATE, REQUIRED},
};

static const struct schema_field HOTLIST[] = {
    {FIELD_CENTER, REQUIRED},       {FIELD_DATE, REQUIRED},    {FIELD_VERSION, REQUIRED},
    {FIELD_CERTIFICATES, REQUIRED}, {FIELD_DEVICES, REQUIRED},
};

static const struct schema_field TIME_RESET[] = {
    {FIELD_CENTER, REQUIRED},
    {FIELD_PURSE, REQUIRED},
    {FIELD_DATE, REQUIRED},
    {FIELD_VERSION, REQUIRED},
};

static const struct schema_field CERTIFICATE_REQUEST[] = {
    {FIELD_HOLDER, REQUIRED},  {FIELD_ROLES, REQUIRED},     {FIELD_SIGNING_KEY, REQUIRED},
    {FIELD_KEM_KEY, OPTIONAL}, {FIELD_ASSURANCE, OPTIONAL},
};

// A wallet is the payee of a deposit, a till the payer of a refund.
enum { PAYEES = ROLE_TILL | ROLE_WALLET };

#define ROWS(table) table, sizeof(table) / sizeof((table)[0])
const struct object_schema object_schemas[] = {
    {OBJECT_ISSUE_LOG, "issue-log", ROWS(ISSUE_LOG), ROLE_CENTER},
    {OBJECT_PAYMENT_REQUEST, "payment-request", ROWS(PAYMENT_REQUEST), PAYEES},
    {OBJECT_USAGE_LOG, "usage-log", ROWS(USAGE_LOG), ROLE_PURSES},
    {OBJECT_RECEIVE_LOG, "receive-log", ROWS(RECEIVE_LOG), PAYEES},
    {OBJECT_VOID, "void", ROWS(VOID_OBJECT), PAYEES},
    {OBJECT_BATCH, "batch", ROWS(BATCH), PAYEES},
    {OBJECT_SETTLEMENT_RECEIPT, "settlement-receipt", ROWS(SETTLEMENT_RECEIPT), ROLE_CENTER},
    {OBJECT_STATEMENT, "statement", ROWS(STATEMENT), ROLE_PURSES},
    {OBJECT_STATEMENT_CHALLENGE, "statement-challenge", ROWS(STATEMENT_CHALLENGE), ROLE_CENTER},
    {OBJECT_ACKNOWLEDGEMENT, "acknowledgement", ROWS(ACKNOWLEDGEMENT), ROLE_CENTER},
    {OBJECT_REFUND, "refund", ROWS(REFUND), ROLE_CENTER},
    {OBJECT_HOTLIST, "hotlist", ROWS(HOTLIST), ROLE_CENTER},
    {OBJECT_TIME_RESET, "time-reset", ROWS(TIME_RESET), ROLE_CENTER},
    {OBJECT_CERTIFICATE_REQUEST, "certificate-request", ROWS(CERTIFICATE_REQUEST), ROLE_ENTITIES},
};
#undef ROWS
const size_t object_schema_count = sizeof object_schemas / sizeof object_schemas[0];

const struct object_schema *object_schema(enum object_type type) {
    for (size_t i = 0; i < object_schema_count; i++)
        if (object_schemas[i].type == type)
            return &object_schemas[i];
    return NULL;
}
