// SPDX-License-Identifier: Apache-2.0
// What the purse programs print: one JSON object a line with the fields that
// docs/man/tessera-purse.1 promises, or text for people. Colour only on a terminal, and not under
// NO_COLOR.
#ifndef HOST_FLOWS_PURSE_REPORT_H
#define HOST_FLOWS_PURSE_REPORT_H

#include "host/flows/flow.h"
#include "host/purse/purse_view.h"

#include <jansson.h>
#include <stdio.h>

/// A balance that may be unknown (the owner does not allow reading it).
struct known_amount {
    bool known;
    uint64_t amount;
};

struct transfer_report {
    const struct flow *flow;
    const char *reference;
    const char *reason; // NULL: none
    struct known_amount payer_balance, payee_balance;
};

/// What purse issue prints: the issue log in lines for people, or one JSON object.
void report_issue(FILE *out, const struct object *issue_log, bool json);
/// What purse batch, settle and release print: the batch, and its end (NULL: none yet).
void report_settlement(FILE *out, const struct object *batch, const struct object *end, bool json);
/// The JSON of that, new reference; NULL: no memory.
json_t *report_settlement_to_json(const struct object *batch, const struct object *end);
/// What purse show prints, in the same way.
void report_view(FILE *out, const struct purse_view *view, bool json);
/// Fills in what the two hold after the flow; the machine's own card is asked again.
void report_look(struct transfer_report *report, struct flow *flow);
/// What purse transfer prints, in the same way.
void report_transfer(FILE *out, const struct transfer_report *report, bool json);
/// word is "done", "voided", "nothing-open", or the flow's status when it failed.
void report_recovery(FILE *out, const struct flow *flow, const char *field, bool moved,
                     const char *word, bool json);

#endif
