// SPDX-License-Identifier: Apache-2.0
// The purse that a machine has in a slot of its own: a till or a float. It is found when it is
// needed, kept while it answers, and looked for again when it does not.
#ifndef HOST_MACHINE_OWN_PURSE_H
#define HOST_MACHINE_OWN_PURSE_H

#include "apdu/command/card_slot.h"
#include "base/failure.h"
#include "host/purse/purse_client.h"

struct own_purse {
    struct card_slot *slot;
    const char *name;  // for messages: "the float"
    uint16_t role;     // that it must have: ROLE_FLOAT
    struct link *link; // NULL: not here
    struct purse_client client;
};

/// Finds it where it is not at hand; it was selected then. *found: it was not at hand before.
/// False: it is used by another program (5), there is no such link (2), no card (3), or a card
/// without this role (1).
bool own_purse_find(struct own_purse *own, bool *found, struct failure *failure);

/// Lets one go that does not answer any more, or for good.
void own_purse_lose(struct own_purse *own);

#endif
