// SPDX-License-Identifier: Apache-2.0
#include "host/tickets/ticket_failure.h"
#include "base/must.h"

bool ticket_no_store(const char *name, struct failure *failure) {
    return fail(failure, EXIT_REFUSED,
                "%s: no ticket store on this card (6A82); 'tessera card new --role store' makes a "
                "card with one",
                name);
}

static bool refused(const struct ticket_client *client, struct failure *failure) {
    const char *name = client->link->name;
    if (client->sw == SW_NOT_FOUND)
        return ticket_no_store(name, failure);
    if ((client->sw & 0xFFF0) == SW_TRIES_LEFT)
        return fail(failure, EXIT_REFUSED, "%s: wrong PIN; tries left: %u (%04X)", name,
                    client->sw & 0x000FU, client->sw);
    if (client->sw == SW_PIN_BLOCKED)
        return fail(failure, EXIT_LOCKED,
                    "%s: the PIN of the ticket store is blocked; unblock it with the PUK: tessera "
                    "card pin unblock %s --tickets",
                    name, name);
    return fail(failure, EXIT_REFUSED, "%s: %s refused: %s (%04X, %s)", name, client->step,
                status_reason(client->sw), client->sw, status_text(client->sw));
}

bool ticket_went(const struct ticket_client *client, enum ticket_outcome outcome,
                 struct failure *failure) {
    static const enum exit_code codes[] = {
        [TICKET_OK] = EXIT_DONE,       [TICKET_REFUSED] = EXIT_REFUSED,
        [TICKET_ABSENT] = EXIT_ABSENT, [TICKET_BROKEN] = EXIT_OPEN,
        [TICKET_LOCKED] = EXIT_LOCKED, [TICKET_GARBLED] = EXIT_REFUSED,
    };
    must_cover(codes, TICKET_OUTCOME_COUNT);
    const char *name = client->link->name;
    if (outcome == TICKET_OK)
        return true;
    if (outcome == TICKET_REFUSED)
        return refused(client, failure);
    if (outcome == TICKET_GARBLED && client->newer)
        return fail(failure, EXIT_REFUSED,
                    "%s: the ticket is of a newer version than this program knows", name);
    if (outcome == TICKET_GARBLED)
        return fail(failure, EXIT_REFUSED,
                    "%s: the answer to %s makes no sense; is the ticket store personalized?", name,
                    client->step);
    return fail(failure, codes[outcome], "%s: %s: %s", name, client->step, client->link->error);
}
