// SPDX-License-Identifier: Apache-2.0
// A phone's purchase of one ticket, from the number that its owner typed to the open ticket
// (docs/flows.md): ordered at the seller's, delivered sealed, settled by proxy, or, where that is
// refused, by the purse at a till. The order lies in the phone's state until it is settled, so that
// the same command again goes on with the same sale, whatever was lost.
#ifndef HOST_FLOWS_PROXY_SALE_H
#define HOST_FLOWS_PROXY_SALE_H

#include "host/flows/tickets/proxy.h"
#include "host/flows/tickets/ticket_meeting.h"
#include "host/state/machine_state.h"

struct proxy_sale {
    const struct machine_state *state;
    struct licence_purchase order; // its instance is found or drawn here
    struct proxy proxy;
    struct licence_seller seller;
    bool by_bill, by_purse; // what came of it
};

/// The order of this number that the state holds, or a new one, durable.
bool proxy_sale_order(struct proxy_sale *sale, const struct crypto *crypto,
                      struct failure *failure);
/// The ticket, sealed or open, in the store.
bool proxy_sale_deliver(struct proxy_sale *sale, struct ticket_side *side, bool *sealed,
                        struct failure *failure);
/// The order is settled: the next one of this number is another.
bool proxy_sale_end(const struct proxy_sale *sale, struct failure *failure);

#endif
