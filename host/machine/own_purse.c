// SPDX-License-Identifier: Apache-2.0
#include "host/machine/own_purse.h"

#include "base/clock.h"
#include "host/purse/purse_failure.h"

#include <poll.h>

enum { WAIT_MS = 3000, PATIENCE_MS = 8000, AGAIN_MS = 30 };

void own_purse_lose(struct own_purse *own) {
    link_close(own->link);
    own->link = NULL;
    client_erase(&own->client);
    card_slot_stop(own->slot);
}

static struct link *look(struct card_slot *slot, enum link_status *why) {
    if (!card_slot_seek(slot, WAIT_MS))
        return NULL;
    struct pollfd at = {.fd = card_slot_descriptor(slot), .events = POLLIN};
    (void)poll(&at, 1, PATIENCE_MS);
    return card_slot_take(slot, 0, why);
}

/// The reader of a machine that was killed may hold the card for a moment yet.
static bool open_link(struct own_purse *own, struct failure *failure) {
    enum link_status why = LINK_NO_CARD;
    int64_t until = clock_running_ms() + WAIT_MS;
    while ((own->link = look(own->slot, &why)) == NULL && why == LINK_LOCKED &&
           clock_running_ms() < until)
        (void)poll(NULL, 0, AGAIN_MS);
    if (own->link == NULL)
        return fail(failure,
                    why == LINK_LOCKED      ? EXIT_LOCKED
                    : why == LINK_BAD_INPUT ? EXIT_USAGE
                                            : EXIT_ABSENT,
                    "%s: %s", own->name, own->slot->error);
    client_over(&own->client, own->link);
    return true;
}

static bool has_role(struct own_purse *own, struct failure *failure) {
    const struct purse_selection *told = &own->client.selection;
    if (!purse_went(&own->client, client_select(&own->client), failure))
        return false;
    return (told->roles & own->role) != 0 ||
           fail(failure, EXIT_REFUSED, "wrong-role: %s is no %s, but %s", told->id,
                role_name(own->role), role_name(told->roles));
}

bool own_purse_find(struct own_purse *own, bool *found, struct failure *failure) {
    *found = own->link == NULL;
    if (!*found || (open_link(own, failure) && has_role(own, failure)))
        return true;
    own_purse_lose(own);
    return false;
}
