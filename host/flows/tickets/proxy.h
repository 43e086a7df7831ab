// SPDX-License-Identifier: Apache-2.0
// Paying for a sealed ticket, as the charts in docs/flows.md: by proxy (its buyer's card signs a
// docket, the telephone company decides, its signed answer opens the ticket or gives the sale
// back), or by the purse at a till of the seller's, whose receipt the seller answers. The card sees
// to it that a sale is settled by one of them only.
#ifndef HOST_FLOWS_PROXY_H
#define HOST_FLOWS_PROXY_H

#include "host/flows/meeting.h"
#include "host/licence/licence_seller.h"
#include "host/service/service_client.h"
#include "host/tickets/ticket_client.h"

struct proxy {
    struct ticket_client *store;   // selected
    struct licence_seller *seller; // of the ticket
    const struct licence_purchase *order;
    uint8_t name[TICKET_NAME_SIZE];
    uint32_t today; // the day that the docket says
    // whom the docket goes to: charge_docket, or bank_docket of a card with a debit function
    const struct endpoint *settles;

    // what came of it
    bool settled;     // the ticket is open
    char outcome[24]; // "accepted", or why not: "not-trusted", ..
};

/// The ticket of the order in the store, by its instance. False, without a failure (its code stays
/// 0): it is not there.
bool proxy_find(struct proxy *proxy, bool *sealed, struct failure *failure);

/// Docket, decision, activation. True: decided; settled says how. A card that has the refusal
/// already is settled false with outcome "refused". False: failure; run it again.
bool proxy_run(struct proxy *proxy, struct service_client *settler, struct failure *failure);

/// Payment at a till by the purse of the same card, the seller's answer to its receipt, activation.
/// False: failure; EXIT_REFUSED for too little value, nothing is paid then.
bool proxy_pay(struct proxy *proxy, struct meeting *meeting, struct failure *failure);

#endif
