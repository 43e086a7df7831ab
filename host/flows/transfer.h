// SPDX-License-Identifier: Apache-2.0
// One transfer between two cards that were brought together: the roles say what it is, its terms
// name the sale, and the flow for it runs. And the two ways to end one that broke.
#ifndef HOST_FLOWS_TRANSFER_H
#define HOST_FLOWS_TRANSFER_H

#include "host/flows/journal_file.h"
#include "host/flows/meeting.h"

enum { TRANSFER_REFERENCE_MAX = 24 };

/// What is wanted.
struct transfer_order {
    uint64_t amount; // of a refund 0: all that is left
    uint16_t unit;
    uint8_t kind;               // REFERENCE_GOODS, ...
    const char *reference;      // of the sale; NULL: a random one, or of a refund whichever fits
    uint32_t sale;              // that a refund is for; 0: as reference says
    int turn;                   // which refund of the sale; -1: the next one
    const uint8_t *policy_hash; // of what a content costs; NULL: none
    const char *pin;            // of the payer; NULL: none
};

/// What a transfer between these two is: a deposit of a float, a refund of a till to a wallet, else
/// a payment.
uint8_t transfer_kind(const struct meeting *meeting);

/// Sets the terms, runs the flow and leaves its result there. reference tells the sale as people
/// name it. journal: the terminal's, or NULL. False: the order makes no sense; the flow did not
/// run.
bool transfer_run(struct meeting *meeting, const struct transfer_order *order,
                  struct journal_file *journal, const struct crypto *crypto,
                  char reference[TRANSFER_REFERENCE_MAX], struct failure *failure);

/// A sentence for a transfer that did not go well; true for FLOW_DONE. journal: as fail_flow's.
bool transfer_went(const struct meeting *meeting, const struct transfer_order *order,
                   const struct failure *journal, struct failure *failure);

/// What recovering or voiding came to: "done", "voided", "nothing-open", or the flow's status.
const char *transfer_recovered(const struct flow *flow);

/// After cancel_run: did it void what was open? False: the payee had credited it, or nothing was
/// open, or what fail_flow says.
bool transfer_voided(const struct flow *flow, struct failure *failure);

#endif
