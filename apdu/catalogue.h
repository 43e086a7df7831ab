// SPDX-License-Identifier: Apache-2.0
// The command catalogue: the one table of every command a Tessera card knows. The card dispatches
// by it, scripts name commands by it, the dissector explains by it, the sweep test holds the card
// against it and docs/commands.md is printed from it.
#ifndef APDU_CATALOGUE_H
#define APDU_CATALOGUE_H

#include "apdu/codec.h"
#include "apdu/status.h"

enum interface_mask { OVER_CONTACT = 1, OVER_CONTACTLESS = 2, OVER_INTERNAL = 4, OVER_ANY = 7 };

/// Bits for catalogue_command.cases.
enum case_mask { CASE_1 = 2, CASE_2 = 4, CASE_3 = 8, CASE_4 = 16 };

enum command_id {
    // any application: handled by the card OS
    COMMAND_SELECT,
    COMMAND_GET_RESPONSE,
    COMMAND_GET_UID, // FF CA 00 00 00, as contactless readers ask
    // purse
    COMMAND_PURSE_EXCHANGE_CERTIFICATES,
    COMMAND_PURSE_REQUEST,
    COMMAND_PURSE_DEBIT,
    COMMAND_PURSE_CREDIT,
    COMMAND_PURSE_VOID,
    COMMAND_PURSE_RATIFY,
    COMMAND_PURSE_TAKE_VOID,
    COMMAND_PURSE_ISSUE,
    COMMAND_PURSE_STATEMENT,
    COMMAND_PURSE_BATCH,
    COMMAND_PURSE_SETTLE,
    COMMAND_PURSE_REFUND,
    COMMAND_PURSE_HOTLIST,
    COMMAND_PURSE_ACKNOWLEDGE,
    COMMAND_PURSE_RESET_TIME,
    COMMAND_PURSE_ARM,
    COMMAND_PURSE_SET_OPTIONS,
    COMMAND_PURSE_GET_LOG,
    COMMAND_PURSE_GET_DATA,
    COMMAND_PURSE_VERIFY,
    COMMAND_PURSE_CHANGE_PIN,
    COMMAND_PURSE_RESET_RETRY,
    // issuer security domain
    COMMAND_ISD_GET_DATA,
    COMMAND_ISD_INSTALL,
    COMMAND_ISD_STORE_DATA,
    COMMAND_ISD_INITIALIZE_UPDATE,
    COMMAND_ISD_EXTERNAL_AUTHENTICATE,
    COMMAND_ISD_DELETE,
    COMMAND_ISD_PUT_KEY,
    COMMAND_ISD_GET_STATUS,
    COMMAND_ISD_SET_STATUS,
    // PIV
    COMMAND_PIV_GET_DATA,
    COMMAND_PIV_PUT_DATA,
    COMMAND_PIV_VERIFY,
    COMMAND_PIV_FORGET_PIN,
    COMMAND_PIV_CHANGE_PIN,
    COMMAND_PIV_CHANGE_PUK,
    COMMAND_PIV_RESET_RETRY,
    COMMAND_PIV_GENERATE,
    COMMAND_PIV_AUTHENTICATE,
    // NDEF tag
    COMMAND_NDEF_SELECT_FILE,
    COMMAND_NDEF_READ_BINARY,
    COMMAND_COUNT
};

enum parameter_kind {
    PARAMETER_TLV_FIELD, // one data object; its tag is in tag
    PARAMETER_OBJECT,    // a signed object of type object
    PARAMETER_RAW,       // octets without a tag
};

struct catalogue_parameter {
    const char *name;
    enum parameter_kind kind;
    uint32_t tag;   // PARAMETER_TLV_FIELD
    uint8_t object; // PARAMETER_OBJECT: enum object_type
    bool optional;
    bool secret; // masked in every trace, log and message
};

struct catalogue_command {
    enum command_id id;
    const char *name;   // "purse.debit": applet, dot, command
    const char *title;  // "DEBIT"
    const char *applet; // "os", "purse", "isd", "piv", "ndef", "tickets"
    uint8_t cla, ins;
    uint8_t p1, p1_mask, p2, p2_mask; // fixed bits: (P1 & p1_mask) == p1
    uint8_t cases;                    // enum case_mask bits
    uint16_t lc_min, lc_max;          // of the command data where there is any, after chaining
    uint8_t interfaces;               // enum interface_mask bits; others answer SW_INTERFACE
    bool secret;                      // the whole data field is a secret
    const struct catalogue_parameter *parameters;
    size_t parameter_count;
    const uint16_t *refusals; // status words this command documents, besides the generic ones
    size_t refusal_count;
    const char *answer; // what comes back, in words
    const char *clause; // standard or docs/protocol.md section
};

/// Rows in enum order.
extern const struct catalogue_command catalogue[COMMAND_COUNT];

/// Row for a header within an applet ("os" rows are found for every applet); NULL if none.
const struct catalogue_command *catalogue_find(const char *applet, uint8_t cla, uint8_t ins,
                                               uint8_t p1, uint8_t p2);
/// Row by "purse.debit"; NULL if none.
const struct catalogue_command *catalogue_find_name(const char *name);

#endif
