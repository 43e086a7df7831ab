// SPDX-License-Identifier: Apache-2.0
// The rows of the command catalogue. What a command does stands in docs/protocol.md and the
// applet's own page; here is what its octets are and which refusals it may answer.
#include "apdu/catalogue.h"

#include "apdu/object.h"

#include <string.h>

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
#define CENTER_REFUSALS SW_BAD_OBJECT, PARTY_REFUSALS, SW_BAD_SIGNATURE, SW_WRONG_PARTY

static const uint16_t SELECT_REFUSALS[] = {SW_NOT_FOUND, SW_FILE_INVALIDATED};
static const uint16_t EXCHANGE_REFUSALS[] = {SW_BAD_CERTIFICATE, SW_UNKNOWN_ISSUER, SW_WRONG_DOMAIN,
                                             SW_WRONG_ROLE,      SW_BAD_SIGNATURE,  SW_EXPIRED,
                                             SW_STALE,           SW_NO_SPACE,       SW_WRONG_PARTY};
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
static const uint16_t HOTLIST_REFUSALS[] = {CENTER_REFUSALS, SW_STALE, SW_NO_SPACE};
static const uint16_t ACKNOWLEDGE_REFUSALS[] = {CENTER_REFUSALS, SW_STALE, SW_NOT_OPEN,
                                                SW_STILL_OPEN};
static const uint16_t RESET_TIME_REFUSALS[] = {CENTER_REFUSALS, SW_STALE, SW_BAD_CERTIFICATE,
                                               SW_UNKNOWN_ISSUER, SW_WRONG_DOMAIN};
static const uint16_t ARM_REFUSALS[] = {SW_WRONG_DATA, SW_ZERO_AMOUNT, SW_PIN_REQUIRED};
static const uint16_t SET_OPTIONS_REFUSALS[] = {SW_WRONG_DATA, SW_SECURITY_STATUS};
static const uint16_t GET_LOG_REFUSALS[] = {SW_RECORD_NOT_FOUND, SW_SECURITY_STATUS};
static const uint16_t GET_DATA_REFUSALS[] = {SW_REFERENCE_NOT_FOUND, SW_SECURITY_STATUS};
static const uint16_t VERIFY_REFUSALS[] = {SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS};
static const uint16_t CHANGE_PIN_REFUSALS[] = {SW_TRIES_LEFT, SW_PIN_BLOCKED, SW_CONDITIONS,
                                               SW_WRONG_DATA};
static const uint16_t ISD_GET_DATA_REFUSALS[] = {SW_REFERENCE_NOT_FOUND};
static const uint16_t INSTALL_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_FOUND, SW_EXISTS, SW_NO_SPACE,
                                            SW_SECURITY_STATUS};
static const uint16_t STORE_DATA_REFUSALS[] = {
    SW_WRONG_DATA,          SW_CONDITIONS,      SW_NO_SPACE,
    SW_REFERENCE_NOT_FOUND, SW_SECURITY_STATUS, SW_WRONG_P1P2}; // a block out of its sequence

static const uint16_t INITIALIZE_REFUSALS[] = {SW_REFERENCE_NOT_FOUND, SW_WRONG_LENGTH};
static const uint16_t AUTHENTICATE_REFUSALS[] = {SW_CONDITIONS, SW_AUTHENTICATION_FAILED,
                                                 SW_SM_OBJECT_WRONG, SW_WRONG_P1P2};
static const uint16_t DELETE_REFUSALS[] = {SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND, SW_CONDITIONS,
                                           SW_SECURITY_STATUS};
static const uint16_t PUT_KEY_REFUSALS[] = {SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND,
                                            SW_NO_SPACE,   SW_ALGORITHM,
                                            SW_BAD_KCV,    SW_SECURITY_STATUS};
static const uint16_t GET_STATUS_REFUSALS[] = {SW_WRONG_DATA, SW_REFERENCE_NOT_FOUND,
                                               SW_SECURITY_STATUS};
static const uint16_t SET_STATUS_REFUSALS[] = {SW_CONDITIONS, SW_REFERENCE_NOT_FOUND,
                                               SW_DEFAULT_KEYS, SW_SECURITY_STATUS};
static const uint16_t PIV_READ_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_FOUND, SW_SECURITY_STATUS};
static const uint16_t PIV_WRITE_REFUSALS[] = {SW_WRONG_DATA, SW_NOT_FOUND, SW_NO_SPACE,
                                              SW_SECURITY_STATUS};
static const uint16_t GENERATE_REFUSALS[] = {SW_WRONG_DATA, SW_SECURITY_STATUS};
static const uint16_t GENERAL_REFUSALS[] = {SW_WRONG_DATA, SW_SECURITY_STATUS, SW_CONDITIONS,
                                            SW_REFERENCE_NOT_FOUND};
static const uint16_t NDEF_FILE_REFUSALS[] = {SW_NOT_FOUND};
static const uint16_t NDEF_READ_REFUSALS[] = {SW_NOT_ALLOWED};

// ---- rows ----------------------------------------------------------------------------------

#define DATA(table)         .parameters = (table), .parameter_count = COUNT_OF(table)
#define REFUSES(table)      .refusals = (table), .refusal_count = COUNT_OF(table)
#define P1P2(first, second) .p1 = (first), .p1_mask = 0xFF, .p2 = (second), .p2_mask = 0xFF
#define PURSE(command, word, text, code)                                                           \
    .id = (command), .name = "purse." word, .title = (text), .applet = "purse", .cla = 0x80,       \
    .ins = (code)
#define ANY_P1P2 .p1_mask = 0, .p2_mask = 0

enum { WIRED = OVER_CONTACT | OVER_INTERNAL };

const struct catalogue_command catalogue[COMMAND_COUNT] = {
    [COMMAND_SELECT] = {.id = COMMAND_SELECT,
                        .name = "os.select",
                        .title = "SELECT",
                        .applet = "os",
                        .cla = 0x00,
                        .ins = 0xA4,
                        .p1 = 0x04,
                        .p1_mask = 0xFF,
                        .p2 = 0x00,
                        .p2_mask = 0xF1, // 00 first, 02 next match; 0C without FCI
                        .cases = CASE_1 | CASE_2 | CASE_3 | CASE_4,
                        .lc_min = 1,
                        .lc_max = 16,
                        .interfaces = OVER_ANY,
                        DATA(SELECT_DATA),
                        REFUSES(SELECT_REFUSALS),
                        .answer = "file control information of the application; an AID may be "
                                  "given by its first octets, none selects the security domain",
                        .clause = "ISO/IEC 7816-4 7.1.1"},
    [COMMAND_GET_RESPONSE] = {.id = COMMAND_GET_RESPONSE,
                              .name = "os.get-response",
                              .title = "GET RESPONSE",
                              .applet = "os",
                              .cla = 0x00,
                              .ins = 0xC0,
                              P1P2(0x00, 0x00),
                              .cases = CASE_2,
                              .interfaces = OVER_ANY,
                              .answer = "octets that still wait behind 61xx",
                              .clause = "ISO/IEC 7816-4 7.6.1"},
    [COMMAND_GET_UID] = {.id = COMMAND_GET_UID,
                         .name = "os.get-uid",
                         .title = "GET UID",
                         .applet = "os",
                         .cla = 0xFF,
                         .ins = 0xCA,
                         P1P2(0x00, 0x00),
                         .cases = CASE_2,
                         .interfaces = OVER_ANY,
                         .answer = "identifier that a contactless reader would report",
                         .clause = "PC/SC part 3, 3.2.2.1.3"},
    [COMMAND_PURSE_EXCHANGE_CERTIFICATES] = {PURSE(COMMAND_PURSE_EXCHANGE_CERTIFICATES,
                                                   "exchange-certificates", "EXCHANGE CERTIFICATES",
                                                   0x10),
                                             P1P2(0x00, 0x00), .cases = CASE_4, .lc_min = 149,
                                             .lc_max = 233, .interfaces = OVER_ANY,
                                             DATA(CERTIFICATE_DATA), REFUSES(EXCHANGE_REFUSALS),
                                             .answer = "own certificate",
                                             .clause = "protocol.md, Certificates"},
    [COMMAND_PURSE_REQUEST] = {PURSE(COMMAND_PURSE_REQUEST, "request", "REQUEST", 0x12),
                               P1P2(0x00, 0x00), .cases = CASE_4, .lc_min = 34, .lc_max = 105,
                               .interfaces = OVER_ANY, DATA(REQUEST_DATA),
                               REFUSES(REQUEST_REFUSALS), .answer = "payment-request",
                               .clause = "protocol.md, Moving value, step 2"},
    [COMMAND_PURSE_DEBIT] = {PURSE(COMMAND_PURSE_DEBIT, "debit", "DEBIT", 0x14), P1P2(0x00, 0x00),
                             .cases = CASE_4, .lc_min = 112, .lc_max = 198, .interfaces = OVER_ANY,
                             DATA(DEBIT_DATA), REFUSES(DEBIT_REFUSALS), .answer = "usage-log",
                             .clause = "protocol.md, Moving value, step 3"},
    [COMMAND_PURSE_CREDIT] = {PURSE(COMMAND_PURSE_CREDIT, "credit", "CREDIT", 0x16),
                              P1P2(0x00, 0x00), .cases = CASE_4, .lc_min = 109, .lc_max = 250,
                              .interfaces = OVER_ANY, DATA(CREDIT_DATA), REFUSES(CREDIT_REFUSALS),
                              .answer = "receive-log, or void where VOID came first",
                              .clause = "protocol.md, Moving value, step 4"},
    [COMMAND_PURSE_VOID] = {PURSE(COMMAND_PURSE_VOID, "void", "VOID", 0x18), P1P2(0x00, 0x00),
                            .cases = CASE_4, .lc_min = 3, .lc_max = 6, .interfaces = OVER_ANY,
                            DATA(VOID_DATA), REFUSES(VOID_REFUSALS),
                            .answer = "void, or receive-log where CREDIT came first",
                            .clause = "protocol.md, Moving value, step 4"},
    [COMMAND_PURSE_RATIFY] = {PURSE(COMMAND_PURSE_RATIFY, "ratify", "RATIFY", 0x1A),
                              P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 115, .lc_max = 140,
                              .interfaces = OVER_ANY, DATA(RATIFY_DATA), REFUSES(RATIFY_REFUSALS),
                              .answer = "nothing", .clause = "protocol.md, Moving value, step 5"},
    [COMMAND_PURSE_TAKE_VOID] = {PURSE(COMMAND_PURSE_TAKE_VOID, "take-void", "TAKE VOID", 0x1C),
                                 P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 115, .lc_max = 140,
                                 .interfaces = OVER_ANY, DATA(TAKE_VOID_DATA),
                                 REFUSES(RATIFY_REFUSALS), .answer = "nothing",
                                 .clause = "protocol.md, Moving value, step 5"},
    [COMMAND_PURSE_ISSUE] = {PURSE(COMMAND_PURSE_ISSUE, "issue", "ISSUE", 0x1E), P1P2(0x00, 0x00),
                             .cases = CASE_3, .lc_min = 112, .lc_max = 264, .interfaces = OVER_ANY,
                             DATA(ISSUE_DATA), REFUSES(ISSUE_REFUSALS), .answer = "nothing",
                             .clause = "protocol.md, Issue logs"},
    [COMMAND_PURSE_STATEMENT] = {PURSE(COMMAND_PURSE_STATEMENT, "statement", "STATEMENT", 0x22),
                                 P1P2(0x00, 0x00), .cases = CASE_4, .lc_min = 102, .lc_max = 128,
                                 .interfaces = OVER_ANY, DATA(STATEMENT_DATA),
                                 REFUSES(STATEMENT_REFUSALS), .answer = "statement",
                                 .clause = "protocol.md, Issue logs"},
    [COMMAND_PURSE_BATCH] = {PURSE(COMMAND_PURSE_BATCH, "batch", "BATCH", 0x26), P1P2(0x00, 0x00),
                             .cases = CASE_4, .lc_min = 8, .lc_max = 14, .interfaces = OVER_ANY,
                             DATA(BATCH_DATA), REFUSES(BATCH_REFUSALS), .answer = "batch",
                             .clause = "protocol.md, Settlement"},
    [COMMAND_PURSE_SETTLE] = {PURSE(COMMAND_PURSE_SETTLE, "settle", "SETTLE", 0x28),
                              P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 130, .lc_max = 324,
                              .interfaces = OVER_ANY, DATA(SETTLE_DATA), REFUSES(SETTLE_REFUSALS),
                              .answer = "nothing", .clause = "protocol.md, Settlement"},
    [COMMAND_PURSE_REFUND] = {PURSE(COMMAND_PURSE_REFUND, "refund", "REFUND", 0x2A),
                              P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 94, .lc_max = 130,
                              .interfaces = OVER_ANY, DATA(REFUND_DATA), REFUSES(REFUND_REFUSALS),
                              .answer = "nothing", .clause = "protocol.md, Settlement"},
    [COMMAND_PURSE_HOTLIST] = {PURSE(COMMAND_PURSE_HOTLIST, "hotlist", "HOTLIST", 0x30),
                               P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 90, .lc_max = 1970,
                               .interfaces = OVER_ANY, DATA(HOTLIST_DATA),
                               REFUSES(HOTLIST_REFUSALS), .answer = "nothing",
                               .clause = "protocol.md, Hotlist and time"},
    [COMMAND_PURSE_ACKNOWLEDGE] = {PURSE(COMMAND_PURSE_ACKNOWLEDGE, "acknowledge", "ACKNOWLEDGE",
                                         0x32),
                                   P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 87, .lc_max = 1172,
                                   .interfaces = OVER_ANY, DATA(ACKNOWLEDGE_DATA),
                                   REFUSES(ACKNOWLEDGE_REFUSALS), .answer = "nothing",
                                   .clause = "protocol.md, Settlement"},
    [COMMAND_PURSE_RESET_TIME] = {PURSE(COMMAND_PURSE_RESET_TIME, "reset-time", "RESET TIME", 0x34),
                                  P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 87, .lc_max = 361,
                                  .interfaces = OVER_ANY, DATA(RESET_TIME_DATA),
                                  REFUSES(RESET_TIME_REFUSALS),
                                  .answer = "nothing; the data is a time-reset, behind the "
                                            "center's certificate where the card cannot know it",
                                  .clause = "protocol.md, Hotlist and time"},
    [COMMAND_PURSE_ARM] = {PURSE(COMMAND_PURSE_ARM, "arm", "ARM", 0x36), P1P2(0x00, 0x00),
                           .cases = CASE_3, .lc_min = 10, .lc_max = 28, .interfaces = OVER_INTERNAL,
                           DATA(ARM_DATA), REFUSES(ARM_REFUSALS), .answer = "nothing",
                           .clause = "protocol.md, Consent"},
    [COMMAND_PURSE_SET_OPTIONS] = {PURSE(COMMAND_PURSE_SET_OPTIONS, "set-options", "SET OPTIONS",
                                         0x38),
                                   P1P2(0x00, 0x00), .cases = CASE_3, .lc_min = 1, .lc_max = 1,
                                   .interfaces = WIRED, DATA(SET_OPTIONS_DATA),
                                   REFUSES(SET_OPTIONS_REFUSALS),
                                   .answer = "nothing; bit 0 of the octet allows reading the "
                                             "balances freely",
                                   .clause = "protocol.md, Consent"},
    [COMMAND_PURSE_GET_LOG] = {PURSE(COMMAND_PURSE_GET_LOG, "get-log", "GET LOG", 0x3A), ANY_P1P2,
                               .cases = CASE_2, .interfaces = WIRED, REFUSES(GET_LOG_REFUSALS),
                               .answer = "usage-log in ring slot P1 P2",
                               .clause = "protocol.md, Reading"},
    [COMMAND_PURSE_GET_DATA] = {PURSE(COMMAND_PURSE_GET_DATA, "get-data", "GET DATA", 0xCA),
                                ANY_P1P2, .cases = CASE_2, .interfaces = OVER_ANY,
                                REFUSES(GET_DATA_REFUSALS), .answer = "data object P1 P2",
                                .clause = "protocol.md, Reading"},
    [COMMAND_PURSE_VERIFY] = {.id = COMMAND_PURSE_VERIFY,
                              .name = "purse.verify",
                              .title = "VERIFY",
                              .applet = "purse",
                              .cla = 0x00,
                              .ins = 0x20,
                              P1P2(0x00, 0x80),
                              .cases = CASE_1 | CASE_3,
                              .lc_min = 4,
                              .lc_max = 12,
                              .interfaces = WIRED,
                              .secret = true,
                              DATA(VERIFY_DATA),
                              REFUSES(VERIFY_REFUSALS),
                              .answer = "nothing; without data the tries left as 63Cx",
                              .clause = "ISO/IEC 7816-4 7.5.6"},
    [COMMAND_PURSE_CHANGE_PIN] = {.id = COMMAND_PURSE_CHANGE_PIN,
                                  .name = "purse.change-pin",
                                  .title = "CHANGE REFERENCE DATA",
                                  .applet = "purse",
                                  .cla = 0x00,
                                  .ins = 0x24,
                                  P1P2(0x00, 0x80),
                                  .cases = CASE_3,
                                  .lc_min = 12,
                                  .lc_max = 28,
                                  .interfaces = WIRED,
                                  .secret = true,
                                  DATA(CHANGE_PIN_DATA),
                                  REFUSES(CHANGE_PIN_REFUSALS),
                                  .answer = "nothing; the data is 80 old PIN, 81 new PIN",
                                  .clause = "ISO/IEC 7816-4 7.5.7"},
    [COMMAND_PURSE_RESET_RETRY] = {.id = COMMAND_PURSE_RESET_RETRY,
                                   .name = "purse.reset-retry",
                                   .title = "RESET RETRY COUNTER",
                                   .applet = "purse",
                                   .cla = 0x00,
                                   .ins = 0x2C,
                                   P1P2(0x00, 0x80),
                                   .cases = CASE_3,
                                   .lc_min = 12,
                                   .lc_max = 28,
                                   .interfaces = WIRED,
                                   .secret = true,
                                   DATA(RESET_RETRY_DATA),
                                   REFUSES(CHANGE_PIN_REFUSALS),
                                   .answer = "nothing; the data is 80 PUK, 81 new PIN",
                                   .clause = "ISO/IEC 7816-4 7.5.10"},
    [COMMAND_ISD_GET_DATA] = {.id = COMMAND_ISD_GET_DATA,
                              .name = "isd.get-data",
                              .title = "GET DATA",
                              .applet = "isd",
                              .cla = 0x80,
                              .ins = 0xCA,
                              ANY_P1P2,
                              .cases = CASE_2,
                              .interfaces = WIRED,
                              REFUSES(ISD_GET_DATA_REFUSALS),
                              .answer = "data object P1 P2",
                              .clause = "GlobalPlatform 2.3 11.3"},
    [COMMAND_ISD_INSTALL] = {.id = COMMAND_ISD_INSTALL,
                             .name = "isd.install",
                             .title = "INSTALL",
                             .applet = "isd",
                             .cla = 0x80,
                             .ins = 0xE6,
                             .p1_mask = 0,
                             .p2 = 0x00,
                             .p2_mask = 0xFF,
                             .cases = CASE_3 | CASE_4,
                             .lc_min = 1,
                             .lc_max = 255,
                             .interfaces = WIRED,
                             DATA(INSTALL_DATA),
                             REFUSES(INSTALL_REFUSALS),
                             .answer = "nothing; without a secure channel only over the internal "
                                       "interface",
                             .clause = "GlobalPlatform 2.3 11.5"},
    [COMMAND_ISD_STORE_DATA] = {.id = COMMAND_ISD_STORE_DATA,
                                .name = "isd.store-data",
                                .title = "STORE DATA",
                                .applet = "isd",
                                .cla = 0x80,
                                .ins = 0xE2,
                                ANY_P1P2,
                                .cases = CASE_3 | CASE_4,
                                .lc_min = 1,
                                .lc_max = 2048,
                                .interfaces = WIRED,
                                .secret = true,
                                DATA(STORE_DATA_DATA),
                                REFUSES(STORE_DATA_REFUSALS),
                                .answer = "nothing; without a secure channel only over the "
                                          "internal interface",
                                .clause = "GlobalPlatform 2.3 11.11"},
    [COMMAND_ISD_INITIALIZE_UPDATE] = {.id = COMMAND_ISD_INITIALIZE_UPDATE,
                                       .name = "isd.initialize-update",
                                       .title = "INITIALIZE UPDATE",
                                       .applet = "isd",
                                       .cla = 0x80,
                                       .ins = 0x50,
                                       .p1_mask = 0,
                                       .p2 = 0x00,
                                       .p2_mask = 0xFF,
                                       .cases = CASE_3 | CASE_4,
                                       .lc_min = 8,
                                       .lc_max = 16,
                                       .interfaces = WIRED,
                                       DATA(INITIALIZE_DATA),
                                       REFUSES(INITIALIZE_REFUSALS),
                                       .answer = "diversification data (10), key information (3), "
                                                 "challenge, cryptogram, sequence counter",
                                       .clause = "GlobalPlatform Amendment D 7.1.1"},
    [COMMAND_ISD_EXTERNAL_AUTHENTICATE] = {.id = COMMAND_ISD_EXTERNAL_AUTHENTICATE,
                                           .name = "isd.external-authenticate",
                                           .title = "EXTERNAL AUTHENTICATE",
                                           .applet = "isd",
                                           .cla = 0x84,
                                           .ins = 0x82,
                                           .p1_mask = 0,
                                           .p2 = 0x00,
                                           .p2_mask = 0xFF,
                                           .cases = CASE_3 | CASE_4,
                                           .lc_min = 16,
                                           .lc_max = 32,
                                           .interfaces = WIRED,
                                           DATA(AUTHENTICATE_DATA),
                                           REFUSES(AUTHENTICATE_REFUSALS),
                                           .answer =
                                               "nothing; P1 is the level of protection from now on",
                                           .clause = "GlobalPlatform Amendment D 7.1.2"},
    [COMMAND_ISD_DELETE] = {.id = COMMAND_ISD_DELETE,
                            .name = "isd.delete",
                            .title = "DELETE",
                            .applet = "isd",
                            .cla = 0x80,
                            .ins = 0xE4,
                            .p1 = 0x00,
                            .p1_mask = 0xFF,
                            .p2 = 0x00,
                            .p2_mask = 0x7F,
                            .cases = CASE_3 | CASE_4,
                            .lc_min = 3,
                            .lc_max = 255,
                            .interfaces = WIRED,
                            DATA(AID_DATA),
                            REFUSES(DELETE_REFUSALS),
                            .answer = "nothing",
                            .clause = "GlobalPlatform 2.3 11.2"},
    [COMMAND_ISD_PUT_KEY] = {.id = COMMAND_ISD_PUT_KEY,
                             .name = "isd.put-key",
                             .title = "PUT KEY",
                             .applet = "isd",
                             .cla = 0x80,
                             .ins = 0xD8,
                             ANY_P1P2,
                             .cases = CASE_3 | CASE_4,
                             .lc_min = 1,
                             .lc_max = 255,
                             .interfaces = WIRED,
                             .secret = true,
                             DATA(PUT_KEY_DATA),
                             REFUSES(PUT_KEY_REFUSALS),
                             .answer = "version and key check values",
                             .clause = "GlobalPlatform 2.3 11.8, Amendment D 7.2"},
    [COMMAND_ISD_GET_STATUS] = {.id = COMMAND_ISD_GET_STATUS,
                                .name = "isd.get-status",
                                .title = "GET STATUS",
                                .applet = "isd",
                                .cla = 0x80,
                                .ins = 0xF2,
                                ANY_P1P2,
                                .cases = CASE_3 | CASE_4,
                                .lc_min = 2,
                                .lc_max = 255,
                                .interfaces = WIRED,
                                DATA(GET_STATUS_DATA),
                                REFUSES(GET_STATUS_REFUSALS),
                                .answer = "registry rows",
                                .clause = "GlobalPlatform 2.3 11.4"},
    [COMMAND_ISD_SET_STATUS] = {.id = COMMAND_ISD_SET_STATUS,
                                .name = "isd.set-status",
                                .title = "SET STATUS",
                                .applet = "isd",
                                .cla = 0x80,
                                .ins = 0xF0,
                                ANY_P1P2,
                                .cases = CASE_1 | CASE_2 | CASE_3 | CASE_4,
                                .lc_min = 5,
                                .lc_max = 16,
                                .interfaces = WIRED,
                                DATA(AID_DATA),
                                REFUSES(SET_STATUS_REFUSALS),
                                .answer = "nothing; P2 is the new state",
                                .clause = "GlobalPlatform 2.3 11.10"},
    [COMMAND_PIV_GET_DATA] = {.id = COMMAND_PIV_GET_DATA,
                              .name = "piv.get-data",
                              .title = "GET DATA",
                              .applet = "piv",
                              .cla = 0x00,
                              .ins = 0xCB,
                              P1P2(0x3F, 0xFF),
                              .cases = CASE_3 | CASE_4,
                              .lc_min = 3,
                              .lc_max = 5,
                              .interfaces = OVER_ANY,
                              DATA(TAG_LIST_DATA),
                              REFUSES(PIV_READ_REFUSALS),
                              .answer = "data object, its tag 53 included",
                              .clause = "SP 800-73-4 part 2 3.1.2"},
    [COMMAND_PIV_PUT_DATA] = {.id = COMMAND_PIV_PUT_DATA,
                              .name = "piv.put-data",
                              .title = "PUT DATA",
                              .applet = "piv",
                              .cla = 0x00,
                              .ins = 0xDB,
                              P1P2(0x3F, 0xFF),
                              .cases = CASE_3,
                              .lc_min = 7,
                              .lc_max = 2048,
                              .interfaces = WIRED,
                              DATA(PUT_DATA_DATA),
                              REFUSES(PIV_WRITE_REFUSALS),
                              .answer = "nothing",
                              .clause = "SP 800-73-4 part 2 3.3.2"},
    [COMMAND_PIV_VERIFY] = {.id = COMMAND_PIV_VERIFY,
                            .name = "piv.verify",
                            .title = "VERIFY",
                            .applet = "piv",
                            .cla = 0x00,
                            .ins = 0x20,
                            P1P2(0x00, 0x80),
                            .cases = CASE_1 | CASE_3,
                            .lc_min = 1,
                            .lc_max = 255,
                            .interfaces = WIRED,
                            .secret = true,
                            DATA(VERIFY_DATA),
                            REFUSES(VERIFY_REFUSALS),
                            .answer = "nothing; without data the tries left as 63Cx",
                            .clause = "SP 800-73-4 part 2 3.2.1"},
    [COMMAND_PIV_FORGET_PIN] = {.id = COMMAND_PIV_FORGET_PIN,
                                .name = "piv.forget-pin",
                                .title = "VERIFY",
                                .applet = "piv",
                                .cla = 0x00,
                                .ins = 0x20,
                                P1P2(0xFF, 0x80),
                                .cases = CASE_1,
                                .interfaces = WIRED,
                                REFUSES(VERIFY_REFUSALS),
                                .answer = "nothing; the PIN counts as not verified from now on",
                                .clause = "SP 800-73-4 part 2 3.2.1"},
    [COMMAND_PIV_CHANGE_PIN] = {.id = COMMAND_PIV_CHANGE_PIN,
                                .name = "piv.change-pin",
                                .title = "CHANGE REFERENCE DATA",
                                .applet = "piv",
                                .cla = 0x00,
                                .ins = 0x24,
                                P1P2(0x00, 0x80),
                                .cases = CASE_3,
                                .lc_min = 1,
                                .lc_max = 255,
                                .interfaces = WIRED,
                                .secret = true,
                                DATA(CHANGE_PIN_DATA),
                                REFUSES(CHANGE_PIN_REFUSALS),
                                .answer = "nothing",
                                .clause = "SP 800-73-4 part 2 3.2.2"},
    [COMMAND_PIV_CHANGE_PUK] = {.id = COMMAND_PIV_CHANGE_PUK,
                                .name = "piv.change-puk",
                                .title = "CHANGE REFERENCE DATA",
                                .applet = "piv",
                                .cla = 0x00,
                                .ins = 0x24,
                                P1P2(0x00, 0x81),
                                .cases = CASE_3,
                                .lc_min = 1,
                                .lc_max = 255,
                                .interfaces = WIRED,
                                .secret = true,
                                DATA(CHANGE_PUK_DATA),
                                REFUSES(CHANGE_PIN_REFUSALS),
                                .answer = "nothing",
                                .clause = "SP 800-73-4 part 2 3.2.2"},
    [COMMAND_PIV_RESET_RETRY] = {.id = COMMAND_PIV_RESET_RETRY,
                                 .name = "piv.reset-retry",
                                 .title = "RESET RETRY COUNTER",
                                 .applet = "piv",
                                 .cla = 0x00,
                                 .ins = 0x2C,
                                 P1P2(0x00, 0x80),
                                 .cases = CASE_3,
                                 .lc_min = 1,
                                 .lc_max = 255,
                                 .interfaces = WIRED,
                                 .secret = true,
                                 DATA(RESET_RETRY_DATA),
                                 REFUSES(CHANGE_PIN_REFUSALS),
                                 .answer = "nothing; the data is the PUK, then the new PIN",
                                 .clause = "SP 800-73-4 part 2 3.2.3"},
    [COMMAND_PIV_GENERATE] = {.id = COMMAND_PIV_GENERATE,
                              .name = "piv.generate",
                              .title = "GENERATE ASYMMETRIC KEY PAIR",
                              .applet = "piv",
                              .cla = 0x00,
                              .ins = 0x47,
                              .p1 = 0x00,
                              .p1_mask = 0xFF,
                              .p2_mask = 0,
                              .cases = CASE_3 | CASE_4,
                              .lc_min = 5,
                              .lc_max = 32,
                              .interfaces = WIRED,
                              DATA(GENERATE_DATA),
                              REFUSES(GENERATE_REFUSALS),
                              .answer = "public key as 7F49",
                              .clause = "SP 800-73-4 part 2 3.3.3"},
    [COMMAND_PIV_AUTHENTICATE] = {.id = COMMAND_PIV_AUTHENTICATE,
                                  .name = "piv.general-authenticate",
                                  .title = "GENERAL AUTHENTICATE",
                                  .applet = "piv",
                                  .cla = 0x00,
                                  .ins = 0x87,
                                  ANY_P1P2,
                                  .cases = CASE_3 | CASE_4,
                                  .lc_min = 4,
                                  .lc_max = 512,
                                  .interfaces = OVER_ANY,
                                  .secret = true,
                                  DATA(GENERAL_DATA),
                                  REFUSES(GENERAL_REFUSALS),
                                  .answer = "dynamic authentication template 7C",
                                  .clause = "SP 800-73-4 part 2 3.2.4"},
    [COMMAND_NDEF_SELECT_FILE] = {.id = COMMAND_NDEF_SELECT_FILE,
                                  .name = "ndef.select-file",
                                  .title = "SELECT",
                                  .applet = "ndef",
                                  .cla = 0x00,
                                  .ins = 0xA4,
                                  .p1 = 0x00,
                                  .p1_mask = 0xFF,
                                  .p2 = 0x0C,
                                  .p2_mask = 0xFF,
                                  .cases = CASE_3,
                                  .lc_min = 2,
                                  .lc_max = 2,
                                  .interfaces = OVER_ANY,
                                  DATA(FILE_DATA),
                                  REFUSES(NDEF_FILE_REFUSALS),
                                  .answer = "nothing",
                                  .clause = "NFC Forum Type 4 Tag 5.4.2"},
    [COMMAND_NDEF_READ_BINARY] = {.id = COMMAND_NDEF_READ_BINARY,
                                  .name = "ndef.read-binary",
                                  .title = "READ BINARY",
                                  .applet = "ndef",
                                  .cla = 0x00,
                                  .ins = 0xB0,
                                  ANY_P1P2,
                                  .cases = CASE_2,
                                  .interfaces = OVER_ANY,
                                  REFUSES(NDEF_READ_REFUSALS),
                                  .answer = "octets of the selected file from offset P1 P2",
                                  .clause = "NFC Forum Type 4 Tag 5.4.4"},
};

// ---- lookup --------------------------------------------------------------------------------

static bool is_of(const struct catalogue_command *row, const char *applet) {
    return strcmp(row->applet, applet) == 0 || strcmp(row->applet, "os") == 0;
}

const struct catalogue_command *catalogue_find(const char *applet, uint8_t cla, uint8_t ins,
                                               uint8_t p1, uint8_t p2) {
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct catalogue_command *row = &catalogue[i];
        if (row->cla == cla && row->ins == ins && (p1 & row->p1_mask) == row->p1 &&
            (p2 & row->p2_mask) == row->p2 && is_of(row, applet))
            return row;
    }
    return NULL;
}

const struct catalogue_command *catalogue_find_name(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(catalogue[i].name, name) == 0)
            return &catalogue[i];
    return NULL;
}
