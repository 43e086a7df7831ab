// SPDX-License-Identifier: Apache-2.0
#include "host/purse/purse_failure.h"
#include "base/must.h"

static bool refused(const struct purse_client *client, struct failure *failure) {
    const char *name = client->link->name;
    if (client->sw == SW_NOT_FOUND)
        return fail(failure, EXIT_REFUSED, "%s: no purse on this card (6A82)", name);
    if ((client->sw & 0xFFF0) == SW_TRIES_LEFT)
        return fail(failure, EXIT_REFUSED, "%s: wrong PIN; tries left: %u (%04X)", name,
                    client->sw & 0x000FU, client->sw);
    if (client->sw == SW_PIN_BLOCKED)
        return fail(failure, EXIT_LOCKED,
                    "%s: the PIN of the purse is blocked; unblock it with the PUK: tessera card "
                    "pin unblock %s",
                    name, name);
    return fail(failure, EXIT_REFUSED, "%s: %s refused: %s (%04X, %s)", name, client->step,
                status_reason(client->sw), client->sw, status_text(client->sw));
}

bool purse_went(const struct purse_client *client, enum purse_outcome outcome,
                struct failure *failure) {
    static const enum exit_code codes[] = {
        [PURSE_OK] = EXIT_DONE,     [PURSE_REFUSED] = EXIT_REFUSED, [PURSE_ABSENT] = EXIT_ABSENT,
        [PURSE_BROKEN] = EXIT_OPEN, [PURSE_LOCKED] = EXIT_LOCKED,   [PURSE_GARBLED] = EXIT_REFUSED,
    };
    must_cover(codes, PURSE_OUTCOME_COUNT);
    const char *name = client->link->name;
    if (outcome == PURSE_OK)
        return true;
    if (outcome == PURSE_REFUSED)
        return refused(client, failure);
    if (outcome == PURSE_GARBLED)
        return fail(failure, EXIT_REFUSED,
                    "%s: the answer to %s makes no sense; is the purse personalized?", name,
                    client->step);
    return fail(failure, codes[outcome], "%s: %s: %s", name, client->step, client->link->error);
}
