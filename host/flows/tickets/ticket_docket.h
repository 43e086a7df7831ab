// SPDX-License-Identifier: Apache-2.0
// Paying for a sealed ticket by docket, as the chart in docs/flows.md: its buyer's card signs the
// docket, the telephone company (or the card's bank) decides, its signed answer opens the ticket or
// gives the sale back. The card sees to it that a sale is settled by docket or by purse, not both.
#ifndef HOST_FLOWS_TICKETS_TICKET_DOCKET_H
#define HOST_FLOWS_TICKETS_TICKET_DOCKET_H

#include "host/service/service_client.h"
#include "host/tickets/ticket_client.h"

enum { DOCKET_CHAIN = 3, DOCKET_OUTCOME_SIZE = 24 };

struct ticket_docket {
    struct ticket_client *store;       // selected
    const uint8_t *name;               // of the ticket, TICKET_NAME_SIZE
    const char *mail;                  // by which the subscriber is found
    uint32_t today;                    // the day that the docket says
    struct bytes buyer[DOCKET_CHAIN];  // root, authority, the store's own certificate
    struct bytes seller[DOCKET_CHAIN]; // root, authority, the seller's own
    const struct endpoint *settles;    // charge_docket; bank_docket of a debit function

    // what came of it
    bool settled;                      // the ticket is open
    char outcome[DOCKET_OUTCOME_SIZE]; // "accepted", or why not: "not-trusted", ..
};

/// Docket, decision, activation. True: decided; settled says how. A card that has the refusal
/// already is settled false with outcome "refused". False: failure; run it again.
bool ticket_docket_run(struct ticket_docket *docket, struct service_client *settler,
                       struct failure *failure);

/// ACTIVATE with an answer that the holder of this certificate signed: it is shown where the store
/// does not know it.
bool ticket_open(struct ticket_client *store, struct bytes answer, struct bytes certificate,
                 struct failure *failure);

#endif
