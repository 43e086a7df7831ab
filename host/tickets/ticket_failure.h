// SPDX-License-Identifier: Apache-2.0
// What to say when a command to a ticket store did not go well.
#ifndef HOST_TICKETS_TICKET_FAILURE_H
#define HOST_TICKETS_TICKET_FAILURE_H

#include "base/failure.h"
#include "host/tickets/ticket_client.h"

/// True for TICKET_OK; else the failure names link, step and what the card or the link said.
bool ticket_went(const struct ticket_client *client, enum ticket_outcome outcome,
                 struct failure *failure);

/// Always false: the card of this link has no ticket store, and how to make one that has.
bool ticket_no_store(const char *name, struct failure *failure);

#endif
