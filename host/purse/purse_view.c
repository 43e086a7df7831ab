// SPDX-License-Identifier: Apache-2.0
#include "host/purse/purse_view.h"

#include "host/purse/purse_failure.h"

#include <stdio.h>

bool purse_view_read(struct purse_client *client, const char *pin, struct purse_view *view,
                     struct failure *failure) {
    snprintf(view->id, sizeof view->id, "%s", client->selection.id);
    view->roles = client->selection.roles;
    view->unratified = client->selection.unratified;
    enum purse_outcome outcome = PURSE_OK;
    if (pin != NULL)
        outcome = client_verify_pin(client, pin);
    if (outcome == PURSE_OK)
        outcome = client_read_pockets(client, view->pockets, &view->pocket_count);
    if (outcome == PURSE_REFUSED && client->sw == SW_SECURITY_STATUS)
        return fail(failure, EXIT_REFUSED,
                    "%s: security-status: %s keeps its balances private; give its PIN by --pin-fd",
                    client->link->name, view->id);
    if (outcome == PURSE_OK)
        outcome = client_read_counters(client, &view->counter, &view->serial);
    return purse_went(client, outcome, failure);
}
