// SPDX-License-Identifier: Apache-2.0
// The kiosk of a licence centre: tickets of its price list are ordered there, paid here under the
// reference that the centre gives, and handed over to the card while it is held, or fetched over
// the network later. Files: STATE/orders/REFERENCE.json, one for each order whose receipt the
// centre does not have yet.
#ifndef HOST_KIOSK_KIOSK_CENTRE_H
#define HOST_KIOSK_KIOSK_CENTRE_H

#include "host/licence/licence_buyer.h"

/// Who sells tickets, and whose certificates go with what is brought to him. The caller's.
struct kiosk_centre {
    const struct licence_client *client;
    struct bytes root, authority; // certificates above the cards
};

/// The order at the centre that a sale of the kiosk is about; instance "": none was placed yet.
struct kiosk_ticket {
    bool wanted;                              // the order is of a ticket that the centre sells
    char number[HOLDER_MAX + 1];              // of the offer
    char instance[LICENCE_INSTANCE_SIZE + 1]; // of the sale: with it the ticket is fetched
    char payer[HOLDER_MAX + 1];               // the purse that the order is for
    bool here;                                // the ticket is on the card
    struct licence_offered offered;           // seller "": not asked in this run
};

#endif
