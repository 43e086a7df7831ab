// SPDX-License-Identifier: Apache-2.0
// Who signs for the outside of a ticket store: a player, or whoever says that a sale is settled.
#ifndef HOST_FLOWS_TICKETS_TICKET_PARTY_H
#define HOST_FLOWS_TICKETS_TICKET_PARTY_H

#include "apdu/object/object.h"
#include "base/failure.h"
#include "host/tickets/ticket_client.h"

/// Spans are the caller's.
struct ticket_party {
    struct bytes id;          // as its certificate names it
    struct bytes certificate; // it is shown to a store that does not know it
    const struct signer *signer;
    const struct crypto *crypto;
    uint32_t today; // the day of what it signs
};

/// Shows the party's certificate to a store that answered unknown-certificate, or expired, where an
/// older one is known. False: it was something else, or the store does not want it.
bool ticket_party_show(const struct ticket_party *party, struct ticket_client *store,
                       enum ticket_outcome outcome);

/// Signs a settlement answer and gives it to the store (ACTIVATE): docs/tickets.md.
bool ticket_activate_run(struct ticket_client *store, const struct ticket_party *party,
                         const uint8_t name[TICKET_NAME_SIZE], bool settled,
                         struct failure *failure);

#endif
