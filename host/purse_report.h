// SPDX-License-Identifier: Apache-2.0
// What the purse programs print: one JSON object a line with the fields that
// docs/man/tessera-purse.1 promises, or text for people. Colour only on a terminal, and not under
// NO_COLOR.
#ifndef HOST_PURSE_REPORT_H
#define HOST_PURSE_REPORT_H

#include "host/flows/flow.h"

#include <stdio.h>

/// What purse show found.
struct purse_view {
    char id[HOLDER_PURSE_MAX + 1];
    uint16_t roles;
    struct purse_pocket pockets[PURSE_POCKETS_MAX];
    size_t pocket_count;
    uint64_t serial;
    uint32_t counter;
    unsigned unratified;
};

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

void report_issue(FILE *out, const struct object *issue_log, bool json);
void report_view(FILE *out, const struct purse_view *view, bool json);
void report_transfer(FILE *out, const struct transfer_report *report, bool json);
/// word is "done", "voided", "nothing-open", or the flow's status when it failed.
void report_recovery(FILE *out, const struct flow *flow, const char *field, bool moved,
                     const char *word, bool json);

#endif
