// SPDX-License-Identifier: Apache-2.0
// The slips of machines without a network, brought to the telephone company: it puts the goods on
// the owner's bill and pays the machine's operator. Said again it is the same purchase; an answer
// is kept beside its slip.
#ifndef HOST_SERVICE_SLIP_ORDER_H
#define HOST_SERVICE_SLIP_ORDER_H

#include "host/phone/slip.h"
#include "host/service/service_client.h"

struct slip_order {
    const struct machine_state *state;
    struct service_client *charge;
    const char *mail;             // of the owner, as the telephone company knows it
    struct bytes root, authority; // certificates above the tills'
    /// What was answered about one: "accepted", or why not.
    void (*told)(const struct slip *slip, const char *outcome);
    struct failure *failure;
};

/// Brings all that are open. False: one could not be brought, or is not decided yet (EXIT_OPEN);
/// those before it are answered.
bool slip_order_run(struct slip_order *order);

#endif
