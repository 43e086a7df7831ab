// SPDX-License-Identifier: Apache-2.0
// A seller's delivery into a store: the store opens a number for the seller and names it in a
// signed request, the seller answers that number with one ticket, the store signs the receipt
// (docs/flows.md).
#ifndef HOST_FLOWS_TICKET_DELIVERY_H
#define HOST_FLOWS_TICKET_DELIVERY_H

#include "host/tickets/ticket_client.h"
#include "services/wire/seller.h"

struct ticket_delivery {
    struct ticket_client *store;
    const struct seller *seller;
    struct failure *failure;
    uint8_t reference[SELLER_REFERENCE_SIZE];
    uint8_t challenge[16];
    bool met;    // the seller's certificate was shown in this run
    bool before; // the store had it already: an earlier run delivered it
    struct ticket_object request, end;
    struct ticket_move move;
};

/// Runs the chart over one store; crypto draws the seller's challenge. Running it again after a
/// break delivers the same ticket, once. False: failure tells; EXIT_OPEN: it may have been
/// delivered. move is what was delivered, unless before.
bool ticket_delivery_run(struct ticket_delivery *delivery, struct ticket_client *store,
                         const struct seller *seller, const struct crypto *crypto,
                         struct failure *failure);

#endif
