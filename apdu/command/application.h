// SPDX-License-Identifier: Apache-2.0
// What an application shows to whoever talks to it: its name, its AID, its commands and the data
// groupings that personalize it. The card dispatches by it, scripts name commands by it, the
// dissector explains by it, docs/commands.md is printed from it. One per applet stands in
// apdu/command/applets/.
#ifndef APDU_COMMAND_APPLICATION_H
#define APDU_COMMAND_APPLICATION_H

#include "apdu/octets/codec.h"
#include "apdu/octets/status.h"

enum interface_mask { OVER_CONTACT = 1, OVER_CONTACTLESS = 2, OVER_INTERNAL = 4, OVER_ANY = 7 };

/// Bits for catalogue_command.cases.
enum case_mask { CASE_1 = 2, CASE_2 = 4, CASE_3 = 8, CASE_4 = 16 };

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
    const char *name;   // "purse.debit": application, dot, command
    const char *title;  // "DEBIT"
    const char *applet; // "purse": name of the application; "os": of every one
    uint8_t cla, ins;
    uint8_t p1, p1_mask, p2, p2_mask; // fixed bits: (P1 & p1_mask) == p1
    uint8_t cases;                    // enum case_mask bits
    uint16_t lc_min, lc_max;          // of the command data where there is any, after chaining
    uint8_t interfaces;               // enum interface_mask bits; others answer SW_INTERFACE
    bool early;                       // taken before the applet is personalized, too
    bool terminated;                  // answered by a locked or terminated card, too
    bool unasked;                     // answers at once even without Le; others give 61xx then
    bool secret;                      // the whole data field is a secret
    const struct catalogue_parameter *parameters;
    size_t parameter_count;
    const uint16_t *refusals; // status words this command documents, besides the generic ones
    size_t refusal_count;
    struct {
        uint8_t signs, verifies, commits;
    } work;             // what it costs a card besides its octets, for estimates of a tap
    const char *answer; // what comes back, in words
    const char *clause; // standard or docs/protocol.md section
};

/// One value that STORE DATA hands to an applet.
struct catalogue_grouping {
    uint16_t dgi;
    const char *name;
    bool secret; // masked in traces
};

/// What a data object means within an application's answers.
struct catalogue_tag {
    uint32_t tag;
    const char *name;
};

struct application {
    const char *name;    // "purse"
    const char *heading; // over its commands in docs/commands.md
    uint8_t aid[16];
    uint8_t aid_size;
    uint8_t aid_known; // first octets of aid that tell it from all others; 0: the whole
    const struct catalogue_command *commands; // by its own enum
    size_t command_count; // 0: it shares memory with others and is nothing to select
    bool complete;        // of Tessera alone: there are no commands but these
    const struct catalogue_grouping *groupings;
    size_t grouping_count;
    const struct catalogue_tag *tags; // that no standard names
    size_t tag_count;
};

#endif
