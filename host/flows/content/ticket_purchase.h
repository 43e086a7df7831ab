// SPDX-License-Identifier: Apache-2.0
// A ticket purchase with the purse, as its chart in docs/flows.md: money to the seller's till over
// the short-range link, the receipt back, the ticket by network against it, into the phone's store.
// Every step is durable before the next one begins, so that a second run after a break anywhere
// ends in one payment and one ticket. What was typed is compared before a debit.
#ifndef HOST_FLOWS_CONTENT_TICKET_PURCHASE_H
#define HOST_FLOWS_CONTENT_TICKET_PURCHASE_H

#include "host/flows/flow.h"
#include "host/flows/journal_file.h"
#include "host/licence/licence_buyer.h"
#include "host/phone/purchase.h"
#include "host/tickets/ticket_client.h"

/// What a user orders.
struct purchase_order {
    const char *number, *mail;
    uint64_t amount;
    uint16_t unit;
    bool ticket_first; // pay behind the ticket
};

struct ticket_purchase {
    const struct purchase_order *order;
    const struct machine_state *state;
    const struct licence_client *client;
    struct purse_client *purse, *till; // till NULL: none is near; where it was paid none is needed
    struct ticket_client *store;       // over the phone's link, beside its purse
    const char *pin;                   // of the purse; NULL: none
    struct bytes root, authority;      // certificates above the cards
    uint32_t today;
    struct failure *failure;

    struct purchase record;
    bool before; // an earlier run had begun it
    struct licence_offered offered;
    struct licence_sale_order sale;
    struct journal_file journal;
    struct flow flow;
};

/// Runs the chart; what stands above record is set. False: failure tells, and the same again goes
/// on; EXIT_OPEN: money may have left the purse, and the same again keeps it from leaving twice.
bool ticket_purchase_run(struct ticket_purchase *purchase);

/// What phone buy prints. Once it is out, the purchase is over: ticket_purchase_close.
void ticket_purchase_report(const struct ticket_purchase *purchase, FILE *out, bool json);
bool ticket_purchase_close(struct ticket_purchase *purchase);

#endif
