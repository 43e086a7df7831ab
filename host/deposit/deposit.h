// SPDX-License-Identifier: Apache-2.0
// A deposit machine: it shows what is on a card, takes an amount and then cash, and loads the card
// from its float when the cash is that amount; any other cash comes back. It needs no network.
// docs/terminals.md tells how it looks from outside.
#ifndef HOST_DEPOSIT_DEPOSIT_H
#define HOST_DEPOSIT_DEPOSIT_H

#include "host/machine/machine.h"

struct deposit;

/// The machine of a directory with a simulated cash acceptor. NULL with a failure, as machine_open.
struct deposit *deposit_open(const struct machine_options *options, struct failure *failure);

/// For machine_url and machine_run.
struct machine *deposit_machine(struct deposit *deposit);

/// NULL is allowed.
void deposit_close(struct deposit *deposit);

#endif
