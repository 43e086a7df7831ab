// SPDX-License-Identifier: Apache-2.0
// What the rows of catalogue.c point to: the parameters of each command and the refusals it may
// answer. Nobody else includes it.
#ifndef APDU_CATALOGUE_PARTS_H
#define APDU_CATALOGUE_PARTS_H

#include "apdu/catalogue.h"
#include "apdu/object.h"

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

// ---- parameters ----------------------------------------------------------------------------

#define FIELD_TAG(name, tag, kind, min, max, word) TAG_OF_##name = tag,
enum { OBJECT_FIELDS(FIELD_TAG) };
#undef FIELD_TAG

#define FIELD(field_word, field_name)                                                              \
    { .name = field_word, .kind = PARAMETER_TLV_FIELD, .tag = TAG_OF_##field_name }
#define OPTIONAL_FIELD(field_word, field_name)                                                     \
    {                                                                                              \
        .name = field_word, .kind = PARAMETER_TLV_FIELD, .tag = TAG_OF_##field_name,               \
        .optional = true                                                                           \
    }
#define OBJECT(object_word, object_type)                                                           \
    { .name = object_word, .kind = PARAMETER_OBJECT, .object = object_type }
#define RAW(raw_word)                                                                              \
    { .name = raw_word, .kind = PARAMETER_RAW }
#define SECRET(raw_word)                                                                           \
    { .name = raw_word, .kind = PARAMETER_RAW, .secret = true }

static const struct catalogue_parameter SELECT_DATA[] = {RAW("aid")};
static const struct catalogue_parameter CERTIFICATE_DATA[] = {RAW("certificate")};
static const struct catalogue_parameter REQUEST_DATA[] = {
    FIELD("payer", FIELD_PAYER),
    FIELD("counter", FIELD_COUNTER),
    FIELD("challenge", FIELD_CHALLENGE),
    FIELD("amount", FIELD_AMOUNT),
    FIELD("unit", FIELD_UNIT),
    FIELD("reference", FIELD_REFERENCE),
    OPTIONAL_FIELD("policy-hash", FIELD_POLICY_HASH),
};
static const struct catalogue_parameter DEBIT_DATA[] = {
    OBJECT("payment-request", OBJECT_PAYMENT_REQUEST)};
static const struct catalogue_parameter CREDIT_DATA[] = {OBJECT("usage-log", OBJECT_USAGE_LOG)};
static const struct catalogue_parameter VOID_DATA[] = {FIELD("n", FIELD_N)};
static const struct catalogue_parameter RATIFY_DATA[] = {OBJECT("receive-log", OBJECT_RECEIVE_LOG)};
static const struct catalogue_parameter TAKE_VOID_DATA[] = {OBJECT("void", OBJECT_VOID)};
static const struct catalogue_parameter ISSUE_DATA[] = {OBJECT("issue-log", OBJECT_ISSUE_LOG)};
static const struct catalogue_parameter STATEMENT_DATA[] = {
    OBJECT("statement-challenge", OBJECT_STATEMENT_CHALLENGE)};
static const struct catalogue_parameter BATCH_DATA[] = {FIELD("first-n", FIELD_FIRST_N),
                                                        FIELD("last-n", FIELD_LAST_N)};
static const struct catalogue_parameter SETTLE_DATA[] = {
    OBJECT("settlement-receipt", OBJECT_SETTLEMENT_RECEIPT)};
static const struct catalogue_parameter REFUND_DATA[] = {OBJECT("refund", OBJECT_REFUND)};
static const struct catalogue_parameter HOTLIST_DATA[] = {OBJECT("hotlist", OBJECT_HOTLIST)};
static const struct catalogue_parameter ACKNOWLEDGE_DATA[] = {
    OBJECT("acknowledgement", OBJECT_ACKNOWLEDGEMENT)};
static const struct catalogue_parameter RESET_TIME_DATA[] = {RAW("certificate-and-time-reset")};
static const struct catalogue_parameter ARM_DATA[] = {
    FIELD("payee", FIELD_PAYEE),
    FIELD("amount", FIELD_AMOUNT),
    FIELD("unit", FIELD_UNIT),
};
static const struct catalogue_parameter SET_OPTIONS_DATA[] = {RAW("options")};
static const struct catalogue_parameter VERIFY_DATA[] = {SECRET("pin")};
static const struct catalogue_parameter CHANGE_PIN_DATA[] = {SECRET("old-and-new-pin")};
static const struct catalogue_parameter RESET_RETRY_DATA[] = {SECRET("puk-and-new-pin")};
static const struct catalogue_parameter INSTALL_DATA[] = {RAW("install-parameters")};
static const struct catalogue_parameter STORE_DATA_DATA[] = {
    {.name = "data-groupings", .kind = PARAMETER_RAW, .secret = true}};

static const struct catalogue_parameter INITIALIZE_DATA[] = {RAW("host-challenge")};
static const struct catalogue_parameter AUTHENTICATE_DATA[] = {RAW("cryptogram-and-mac")};
static const struct catalogue_parameter AID_DATA[] = {RAW("aid")};
static const struct catalogue_parameter PUT_KEY_DATA[] = {SECRET("version-and-keys")};
static const struct catalogue_parameter GET_STATUS_DATA[] = {RAW("search-criterion")};
static const struct catalogue_parameter TAG_LIST_DATA[] = {RAW("tag-list")};
static const struct catalogue_parameter PUT_DATA_DATA[] = {RAW("tag-list-and-object")};
static const struct catalogue_parameter CHANGE_PUK_DATA[] = {SECRET("old-and-new-puk")};
static const struct catalogue_parameter GENERATE_DATA[] = {RAW("control-reference")};
static const struct catalogue_parameter GENERAL_DATA[] = {SECRET("dynamic-authentication")};
static const struct catalogue_parameter FILE_DATA[] = {RAW("file-identifier")};

// ---- refusals ------------------------------------------------------------------------------

// A party's certificate at its use, and the object it signed.
#define PARTY_REFUSALS  SW_UNKNOWN_CERTIFICATE, SW_WRONG_ROLE, SW_HOTLISTED, SW_EXPIRED
#define ORDER_REFUSALS  SW_BAD_OBJECT, PARTY_REFUSALS, SW_BAD_SIGNATURE // a hotlist is for all
#define CENTER_REFUSALS ORDER_REFUSALS, SW_WRONG_PARTY

static const uint16_t SELECT_REFUSALS[] = {SW_NOT_FOUND, SW_FILE_INVALIDATED};
static const uint16_t GET_RESPONSE_REFUSALS[] = {SW_CONDITIONS}; // nothing waits
static const uint16_t EXCHANGE_REFUSALS[] = {
    SW_BAD_CERTIFICATE, SW_UNKNOWN_ISSUER, SW_WRONG_DOMAIN, SW_WRONG_ENTERPRISE, SW_WRONG_ROLE,
    SW_BAD_SIGNATURE,   SW_EXPIRED,        SW_STALE,        SW_NO_SPACE,         SW_WRONG_PARTY};
static const uint16_t REQUEST_REFUSALS[] = {SW_WRONG_DATA,  PARTY_REFUSALS, SW_WRONG_PARTY,
                                            SW_ZERO_AMOUNT, SW_WRONG_UNIT,  SW_WRONG_REFERENCE,
                                            SW_MISMATCH,    SW_LIMIT,       SW_BUDGET,
                                            SW_OVERFLOW,    SW_WINDOW_FULL, SW_COUNTER_END};
static const uint16_t DEBIT_REFUSALS[] = {
    SW_BAD_OBJECT,      PARTY_REFUSALS,      SW_BAD_SIGNATURE, SW_WRONG_PARTY,  SW_BAD_CHALLENGE,
    SW_WRONG_COUNTER,   SW_MISMATCH,         SW_VOIDED,        SW_ZERO_AMOUNT,  SW_WRONG_UNIT,
    SW_WRONG_REFERENCE, SW_INSUFFICIENT,     SW_LIMIT,         SW_PIN_REQUIRED, SW_BUDGET,
    SW_RING_FULL,       SW_PAYEE_UNRATIFIED, SW_COUNTER_END,   SW_OVERFLOW,
};
static const uint16_t CREDIT_REFUSALS[] = {SW_BAD_OBJECT, SW_BAD_SIGNATURE, SW_WRONG_PARTY,
                                           SW_NOT_OPEN,   SW_MISMATCH,      SW_ASK_CENTER};
static const uint16_t VOID_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_OPEN, SW_ASK_CENTER};
static const uint16_t RATIFY_REFUSALS[] = {SW_BAD_OBJECT, SW_BAD_SIGNATURE, SW_WRONG_PARTY,
                                           SW_MISMATCH, SW_RECORD_NOT_FOUND};
static const uint16_t ISSUE_REFUSALS[] = {CENTER_REFUSALS, SW_STALE,      SW_ZERO_AMOUNT,
                                          SW_MISMATCH,     SW_WRONG_UNIT, SW_LIMIT,
                                          SW_OVERFLOW,     SW_COUNTER_END};
static const uint16_t STATEMENT_REFUSALS[] = {CENTER_REFUSALS};
static const uint16_t BATCH_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_OPEN, SW_STILL_OPEN, SW_ASK_CENTER};
static const uint16_t SETTLE_REFUSALS[] = {CENTER_REFUSALS, SW_STALE,        SW_WRONG_COUNTER,
                                           SW_WRONG_UNIT,   SW_INSUFFICIENT, SW_NOT_OPEN,
                                           SW_STILL_OPEN,   SW_COUNTER_END};
static const uint16_t REFUND_REFUSALS[] = {CENTER_REFUSALS, SW_STALE,        SW_ZERO_AMOUNT,
                                           SW_WRONG_UNIT,   SW_INSUFFICIENT, SW_COUNTER_END};
static const uint16_t HOTLIST_REFUSALS[] = {ORDER_REFUSALS, SW_STALE};
static const uint16_t ACKNOWLEDGE_REFUSALS[] = {CENTER_REFUSALS, SW_STALE, SW_NOT_OPEN,
                                                SW_STILL_OPEN};
static const uint16_t RESET_TIME_REFUSALS[] = {CENTER_REFUSALS,    SW_STALE,
                                               SW_BAD_CERTIFICATE, SW_UNKNOWN_ISSUER,
                                               SW_WRONG_DOMAIN,    SW_WRONG_ENTERPRISE};
static const uint16_t ARM_REFUSALS[] = {SW_WRONG_DATA, SW_ZERO_AMOUNT, SW_PIN_REQUIRED};
static const uint16_t SET_OPTIONS_REFUSALS[] = {SW_WRONG_DATA, SW_SECURITY_STATUS};
static const uint16_t GET_LOG_REFUSALS[] = {SW_RECORD_NOT_FOUND, SW_SECURITY_STATUS};
static const uint16_t GET_DATA_REFUSALS[] = {SW_REFERENCE_NOT_FOUND, SW_SECURITY_STATUS};
static const uint16_t VERIFY_REFUSALS[] = {SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS};
static const uint16_t CHANGE_PIN_REFUSALS[] = {SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS,
                                               SW_WRONG_DATA};
// A plain one while a channel is open ends the channel.
static const uint16_t ISD_GET_DATA_REFUSALS[] = {SW_REFERENCE_NOT_FOUND, SW_SECURITY_STATUS};
static const uint16_t INSTALL_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_FOUND,  SW_EXISTS,
                                            SW_NO_SPACE,   SW_CONDITIONS, SW_SECURITY_STATUS};
// 6A86: a block out of its sequence. From 6A89 on what a purse says about its groupings.
static const uint16_t STORE_DATA_REFUSALS[] = {SW_WRONG_DATA,
                                               SW_CONDITIONS,
                                               SW_NO_SPACE,
                                               SW_REFERENCE_NOT_FOUND,
                                               SW_SECURITY_STATUS,
                                               SW_WRONG_P1P2,
                                               SW_DEFAULT_KEYS,
                                               SW_EXISTS,
                                               SW_WRONG_ROLE,
                                               SW_EXPIRED,
                                               SW_BAD_SIGNATURE,
                                               SW_BAD_CERTIFICATE,
                                               SW_UNKNOWN_ISSUER,
                                               SW_WRONG_DOMAIN,
                                               SW_WRONG_ENTERPRISE,
                                               SW_WRONG_PARTY,
                                               SW_STALE};

static const uint16_t INITIALIZE_REFUSALS[] = {SW_REFERENCE_NOT_FOUND, SW_WRONG_LENGTH};
static const uint16_t AUTHENTICATE_REFUSALS[] = {SW_CONDITIONS, SW_AUTHENTICATION_FAILED,
                                                 SW_SM_OBJECT_WRONG, SW_WRONG_P1P2};
static const uint16_t DELETE_REFUSALS[] = {SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND, SW_CONDITIONS,
                                           SW_SECURITY_STATUS};
static const uint16_t PUT_KEY_REFUSALS[] = {
    SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND, SW_NO_SPACE,       SW_ALGORITHM,
    SW_BAD_KCV,    SW_CONDITIONS,          SW_SECURITY_STATUS};
static const uint16_t GET_STATUS_REFUSALS[] = {SW_WRONG_P1P2, SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND,
                                               SW_SECURITY_STATUS};
static const uint16_t SET_STATUS_REFUSALS[] = {SW_WRONG_P1P2, SW_CONDITIONS, SW_REFERENCE_NOT_FOUND,
                                               SW_DEFAULT_KEYS, SW_SECURITY_STATUS};
static const uint16_t PIV_READ_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_FOUND, SW_SECURITY_STATUS};
static const uint16_t PIV_WRITE_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_FOUND, SW_NO_SPACE,
                                              SW_SECURITY_STATUS};
static const uint16_t PIV_VERIFY_REFUSALS[] = {SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS,
                                               SW_WRONG_DATA}; // not of eight octets
static const uint16_t GENERATE_REFUSALS[] = {SW_WRONG_DATA, SW_SECURITY_STATUS};
static const uint16_t GENERAL_REFUSALS[] = {SW_WRONG_DATA, SW_SECURITY_STATUS, SW_CONDITIONS,
                                            SW_REFERENCE_NOT_FOUND};
static const uint16_t NDEF_FILE_REFUSALS[] = {SW_NOT_FOUND};
static const uint16_t NDEF_READ_REFUSALS[] = {SW_NOT_ALLOWED};

#endif
