// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/ticket_meeting.h"

#include "apdu/object/ticket_number.h"
#include "host/tickets/ticket_failure.h"

#include <stdlib.h>
#include <string.h>

struct ticket_side *ticket_side_over(struct link *link, struct failure *failure) {
    struct ticket_side *side = link != NULL ? calloc(1, sizeof *side) : NULL;
    if (side == NULL) {
        if (link != NULL)
            fail(failure, EXIT_REFUSED, "out of memory");
        link_close(link);
        return NULL;
    }
    side->link = link;
    ticket_client_over(&side->client, link);
    return side;
}

void ticket_side_close(struct ticket_side *side) {
    if (side == NULL)
        return;
    link_close(side->link);
    ticket_client_erase(&side->client);
    free(side);
}

bool ticket_side_select(struct ticket_side *side, struct failure *failure) {
    return ticket_went(&side->client, ticket_client_select(&side->client), failure);
}

// ---- which ticket ------------------------------------------------------------------------------

bool ticket_wish_read(const char *text, struct ticket_wish *wish, struct failure *failure) {
    memset(wish, 0, sizeof *wish);
    wish->by_name = ticket_name_from_text(text, wish->name);
    if (wish->by_name)
        return true;
    struct ticket_number number = ticket_number_read(text);
    memcpy(wish->number, number.text, sizeof wish->number);
    switch (number.fault) {
    case TICKET_NUMBER_GOOD:
        break;
    case TICKET_NUMBER_WRONG:
        return fail(failure, EXIT_USAGE,
                    "ticket number '%s': character %zu, '%c', looks wrong; compare it with the "
                    "seller's page",
                    text, number.at + 1, text[number.at]);
    case TICKET_NUMBER_SWAPPED:
        return fail(failure, EXIT_USAGE,
                    "ticket number '%s': two neighbouring characters look swapped; compare it with "
                    "the seller's page",
                    text);
    case TICKET_NUMBER_SPOILT:
        return fail(failure, EXIT_USAGE,
                    "ticket number '%s': more than one character is wrong; compare it with the "
                    "seller's page",
                    text);
    case TICKET_NUMBER_NONE:
        return fail(failure, EXIT_USAGE,
                    "'%s' is no ticket number, 1 to %d characters, and no ticket's name, %d "
                    "hexadecimal digits",
                    text, TICKET_NUMBER_MAX, TICKET_NAME_TEXT - 1);
    }
    return true;
}

static bool is_wished(const struct ticket_wish *wish, const struct ticket_row *row) {
    if (wish->by_content)
        return strcmp(row->by_key ? wish->key_id : wish->content, row->content) == 0;
    return wish->by_name ? memcmp(wish->name, row->name, sizeof row->name) == 0
                         : strcmp(wish->number, row->number) == 0;
}

bool ticket_row_is_usable(const struct ticket_row *row) {
    bool plays = (row->left.flags & LEFT_UNLIMITED) != 0 || row->left.plays > 0;
    return row->destination[0] == '\0' && plays && (row->left.flags & LEFT_SEALED) == 0;
}

enum { RANK_BEST, RANK_HERE, RANK_AWAY, RANKS };

/// Which of several is meant: for a content the one that plays, then any that is here.
static unsigned rank_of(const struct ticket_wish *wish, const struct ticket_row *row) {
    if (row->destination[0] != '\0')
        return RANK_AWAY;
    return !wish->by_content || ticket_row_is_usable(row) ? RANK_BEST : RANK_HERE;
}

bool ticket_wish_find(const struct ticket_wish *wish, struct ticket_client *client,
                      struct ticket_row *row, struct failure *failure) {
    struct ticket_row rows[TICKET_PAGE_ROWS];
    size_t count = 0;
    uint16_t from = 0;
    unsigned best = RANKS;
    do {
        if (!ticket_went(client, ticket_client_list(client, from, rows, &count), failure))
            return false;
        for (size_t i = 0; i < count; i++)
            if (is_wished(wish, &rows[i]) && rank_of(wish, &rows[i]) < best) {
                *row = rows[i];
                best = rank_of(wish, row);
            }
        from = count > 0 ? (uint16_t)(rows[count - 1].slot + 1) : from;
    } while (count > 0);
    return best < RANKS ||
           fail(failure, EXIT_REFUSED,
                "record-not-found: %s has no such ticket; 'tessera ticket list' shows all",
                client->selection.id);
}

// ---- what went wrong ---------------------------------------------------------------------------

/// Words for the refusals that a user can do something about.
static const char *advice(const struct ticket_flow *flow) {
    switch (flow->sw) {
    case SW_NOT_LISTED_HERE:
        return "; its owner lists the other one by 'tessera device add'";
    case SW_NO_SPACE:
        return "; its store is full";
    case SW_RECORD_NOT_FOUND:
        return "; 'tessera ticket list' shows what it has";
    case SW_IN_TRANSIT:
        return "; run that move again";
    case SW_INTERFACE:
        return "; over the air give the ticket's name, or have its owner offer it";
    case SW_NOT_NAMED:
        return "; it goes to the apparatus that it names and to phones";
    default:
        return "";
    }
}

static bool fail_open(const struct ticket_flow *flow, const struct ticket_client *client,
                      struct failure *failure) {
    const char *why = flow->sw != 0 ? status_text(flow->sw) : client->link->error;
    if (!flow->under_way)
        return fail(failure, EXIT_OPEN,
                    "%s: %s: %s; the ticket has not left %s: run the same move again",
                    client->link->name, flow->step, why, flow->source->link->name);
    return fail(failure, EXIT_OPEN,
                "%s: %s: %s; the ticket is between the two and safe: run the same move again when "
                "both are there",
                client->link->name, flow->step, why);
}

bool fail_ticket_flow(const struct ticket_flow *flow, struct failure *failure) {
    const struct ticket_client *client =
        strcmp(flow->by, "destination") == 0 ? flow->destination : flow->source;
    switch (flow->status) {
    case FLOW_DONE:
        return true;
    case FLOW_REFUSED:
        if (flow->sw == SW_NOT_FOUND)
            return ticket_no_store(client->link->name, failure);
        return fail(failure, EXIT_REFUSED, "refused by the %s: %s (%s %04X: %s)%s", flow->by,
                    status_reason(flow->sw), flow->step, flow->sw, status_text(flow->sw),
                    advice(flow));
    case FLOW_ABSENT:
        return fail(failure, EXIT_ABSENT, "%s: %s", client->link->name, client->link->error);
    case FLOW_LOCKED:
        return fail(failure, EXIT_LOCKED, "%s: %s", client->link->name, client->link->error);
    case FLOW_OPEN:
        return fail_open(flow, client, failure);
    case FLOW_FAILED:
        break;
    }
    if (flow->newer)
        return fail(failure, EXIT_REFUSED,
                    "the ticket is of a newer version than this program knows; it stays at %s",
                    flow->source->selection.id);
    return fail(failure, EXIT_REFUSED,
                "%s: the answer to %s makes no sense; is the ticket store personalized?",
                client->link->name, flow->step);
}
