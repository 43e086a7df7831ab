// SPDX-License-Identifier: Apache-2.0
#include "host/flows/meeting.h"

#include "host/purse/purse_failure.h"

#include <stdlib.h>
#include <string.h>

// ---- one side --------------------------------------------------------------------------------

struct side *side_over(struct link *link, struct failure *failure) {
    struct side *side = link != NULL ? calloc(1, sizeof *side) : NULL;
    if (side == NULL) {
        if (link != NULL)
            fail(failure, EXIT_REFUSED, "out of memory");
        link_close(link);
        return NULL;
    }
    side->link = link;
    client_over(&side->client, link);
    return side;
}

void side_close(struct side *side) {
    if (side == NULL)
        return;
    link_close(side->link);
    client_erase(&side->client);
    free(side);
}

bool side_select(struct side *side, struct failure *failure) {
    return purse_went(&side->client, client_select(&side->client), failure);
}

// ---- both ------------------------------------------------------------------------------------

/// A wallet that gets something from a machine is the customer as payee; else the payer is.
static struct purse_client *customer_of(const struct meeting *meeting) {
    bool to_wallet = (meeting->payee->client.selection.roles & ROLE_WALLET) != 0 &&
                     (meeting->payer->client.selection.roles & ROLE_WALLET) == 0;
    return to_wallet ? &meeting->payee->client : &meeting->payer->client;
}

bool meeting_of(struct meeting *meeting, struct side *payer, struct side *payee,
                struct failure *failure) {
    meeting->payer = payer;
    meeting->payee = payee;
    if (payer == NULL || payee == NULL || !side_select(payer, failure) ||
        !side_select(payee, failure))
        return false;
    flow_over(&meeting->flow, &meeting->payer->client, &meeting->payee->client,
              customer_of(meeting));
    meeting->flow.selected = true;
    return true;
}

void meeting_close(struct meeting *meeting) {
    side_close(meeting->payer);
    side_close(meeting->payee);
}

bool fail_flow(const struct flow *flow, const struct failure *journal, struct failure *failure) {
    const struct purse_client *client = strcmp(flow->by, "payee") == 0 ? flow->payee : flow->payer;
    switch (flow->status) {
    case FLOW_DONE:
        return true;
    case FLOW_REFUSED:
        return fail(failure, EXIT_REFUSED, "refused by the %s: %s (%s %04X: %s)", flow->by,
                    status_reason(flow->sw), flow->step, flow->sw, status_text(flow->sw));
    case FLOW_ABSENT:
        return fail(failure, EXIT_ABSENT, "%s: %s", client->link->name, client->link->error);
    case FLOW_LOCKED:
        return fail(failure, EXIT_LOCKED, "%s: %s", client->link->name, client->link->error);
    case FLOW_OPEN:
        return fail(failure, EXIT_OPEN,
                    "%s: %s: %s; the outcome is open: run 'tessera purse recover' with the same "
                    "two links",
                    client->link->name, flow->step,
                    flow->sw != 0 ? status_text(flow->sw) : client->link->error);
    case FLOW_FAILED:
        break;
    }
    if (journal != NULL && journal->text[0] != '\0') {
        *failure = *journal;
        return false;
    }
    return fail(failure, EXIT_REFUSED, "%s: the answer to %s makes no sense", client->link->name,
                flow->step);
}
