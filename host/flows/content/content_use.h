// SPDX-License-Identifier: Apache-2.0
// One use of a content, as its chart in docs/flows.md: the container was judged before, the ticket
// for it is found in a store, the use is counted there, and the key opens the container.
#ifndef HOST_FLOWS_CONTENT_CONTENT_USE_H
#define HOST_FLOWS_CONTENT_CONTENT_USE_H

#include "host/flows/tickets/ticket_party.h"
#include "services/wire/media/container_file.h"

struct content_use {
    struct ticket_client *store; // selected
    struct ticket_client *phone; // that bought a bound ticket; NULL: none is here
    const struct ticket_party *player;
    struct ticket_left left; // of the ticket behind the use
};

/// Runs the chart over an open container. False: no ticket, one that is used up, or the failure of
/// the store; no use is counted but in that one, and it at most once.
bool content_use_run(struct content_use *use, struct container_file *file, struct failure *failure);

/// Moves the ticket for a container from a phone into the home's own store, where none that plays
/// is there already; both are selected. False: neither has one, or one of the two refuses.
bool content_use_hand_over(struct ticket_client *phone, struct ticket_client *store,
                           const struct container_file *file, struct failure *failure);

#endif
