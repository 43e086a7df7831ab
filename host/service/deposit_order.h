// SPDX-License-Identifier: Apache-2.0
// An online deposit as a phone orders it at the telephone company: password and amount, under an id
// of the phone's that is durable before it is sent, so that the same again is the same deposit.
// File: STATE/deposits/online.order, until the value is in the purse.
#ifndef HOST_SERVICE_DEPOSIT_ORDER_H
#define HOST_SERVICE_DEPOSIT_ORDER_H

#include "host/service/service_client.h"
#include "host/state/machine_state.h"

struct deposit_order {
    const struct machine_state *state;
    struct service_client *charge;
    const char *password;
    uint64_t amount; // minor units
    uint64_t issued; // what the purse was issued in all, as it says now
    uint64_t goal;   // out: what it was issued in all once this deposit is in it
};

/// Orders it, or goes on with the one of an earlier run, and waits until the bank has paid the
/// center. False: refused, and nothing was ordered (a wrong password, say); EXIT_OPEN: not known
/// yet, run it again; another amount is under way.
bool deposit_order_run(struct deposit_order *order, struct failure *failure);
/// The value is in the purse: the next deposit is another one.
bool deposit_order_end(const struct deposit_order *order, struct failure *failure);

#endif
