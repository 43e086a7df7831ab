// SPDX-License-Identifier: Apache-2.0
// A ticket purchase, as its chart in docs/flows.md. By the purse: money to the seller's till over
// the short-range link, the receipt back, the ticket by network against it, into the phone's store.
// By docket: the ticket first, sealed; the telephone company, or the bank of a card with a debit
// function, settles it; whom it does not settle with, the purse pays. Every step is durable before
// the next one begins, so that a second run after a break anywhere ends in one payment and one
// ticket. What was typed is compared before a debit.
#ifndef HOST_FLOWS_CONTENT_TICKET_PURCHASE_H
#define HOST_FLOWS_CONTENT_TICKET_PURCHASE_H

#include "host/flows/flow.h"
#include "host/flows/journal_file.h"
#include "host/licence/licence_buyer.h"
#include "host/phone/purchase.h"
#include "host/service/service_client.h"
#include "host/tickets/ticket_client.h"

/// What a user orders.
struct purchase_order {
    const char *number, *mail;
    uint64_t amount;
    uint16_t unit;
    bool ticket_first;    // pay behind the ticket
    const char *at_kiosk; // 16 digits: an order that was paid at a kiosk; NULL: it is paid now
};

/// Who settles a purchase by docket.
struct purchase_docket {
    const struct endpoint *settles; // charge_docket, or bank_docket
    const char *by;                 // "bill" or "account": what the buyer then pays with
    struct service_client *settler;
    struct service_client *registry; // whose list of refusals is looked at first; NULL: none
};

struct ticket_purchase {
    const struct purchase_order *order;
    const struct purchase_docket *docket; // NULL: the purse pays
    const struct machine_state *state;
    const struct licence_client *client;
    struct purse_client *purse, *till; // till NULL: none is near; needed where the purse has to pay
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
