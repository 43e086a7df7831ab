// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/ticket_flow.h"
#include "base/must.h"

#include <string.h>

void ticket_flow_over(struct ticket_flow *flow, struct ticket_client *source,
                      struct ticket_client *destination, const char *number) {
    memset(flow, 0, sizeof *flow);
    flow->source = source;
    flow->destination = destination;
    flow->number = number;
    flow->by = flow->step = "";
}

static bool stop(struct ticket_flow *flow, enum flow_status status) {
    flow->status = status;
    return false;
}

static bool refuse(struct ticket_flow *flow, uint16_t sw, const struct ticket_client *by) {
    flow->sw = sw;
    flow->by = by == flow->source ? "source" : "destination";
    flow->step = by->step;
    return stop(flow, FLOW_REFUSED);
}

/// Turns a command's outcome into the flow's. Where the ticket may be on its way nothing but the
/// next meeting can tell the end.
static bool went(struct ticket_flow *flow, const struct ticket_client *client,
                 enum ticket_outcome outcome) {
    static const enum flow_status statuses[] = {
        [TICKET_OK] = FLOW_DONE,       [TICKET_REFUSED] = FLOW_REFUSED,
        [TICKET_ABSENT] = FLOW_ABSENT, [TICKET_BROKEN] = FLOW_OPEN,
        [TICKET_LOCKED] = FLOW_LOCKED, [TICKET_GARBLED] = FLOW_FAILED,
    };
    must_cover(statuses, TICKET_OUTCOME_COUNT);
    if (outcome == TICKET_OK)
        return true;
    refuse(flow, client->sw, client);
    return stop(flow, flow->under_way && outcome != TICKET_REFUSED ? FLOW_OPEN : statuses[outcome]);
}

const char *ticket_flow_chart(const struct ticket_flow *flow) {
    if (flow->status != FLOW_REFUSED)
        return "";
    if (strcmp(flow->step, "ACCEPT") == 0)
        return "S708";
    return strcmp(flow->step, "SURRENDER") == 0 ? "S715" : "";
}

// ---- meeting -----------------------------------------------------------------------------------

bool ticket_flow_select(struct ticket_flow *flow) {
    flow->under_way = false;
    return went(flow, flow->destination, ticket_client_select(flow->destination)) &&
           went(flow, flow->source, ticket_client_select(flow->source));
}

/// Gives each side the other's certificate; one command for the one across the air.
static bool meet(struct ticket_flow *flow) {
    uint8_t kept[CERTIFICATE_MAX];
    bool wired = !flow->destination->link->contactless || flow->source->link->contactless;
    struct ticket_client *own = wired ? flow->destination : flow->source;
    struct ticket_client *other = wired ? flow->source : flow->destination;
    struct bytes answer;
    flow->met = true;
    if (!went(flow, own, ticket_client_certificate(own, &answer)))
        return false;
    if (answer.size > sizeof kept)
        return stop(flow, FLOW_FAILED);
    memcpy(kept, answer.data, answer.size);
    if (!went(flow, other, ticket_client_exchange(other, bytes_of(kept, answer.size), &answer)))
        return false;
    if (answer.size > sizeof kept)
        return stop(flow, FLOW_FAILED);
    memcpy(kept, answer.data, answer.size);
    return went(flow, own, ticket_client_exchange(own, bytes_of(kept, answer.size), &answer));
}

/// Was this refused only because the two have not met?
static bool are_strangers(const struct ticket_flow *flow, enum ticket_outcome outcome,
                          const struct ticket_client *client) {
    return outcome == TICKET_REFUSED && client->sw == SW_UNKNOWN_CERTIFICATE && !flow->met;
}

// ---- which ticket ------------------------------------------------------------------------------

/// Is this row a better choice than the one so far? What is on its way to this destination comes
/// first, what is here next, what is on its way elsewhere last.
static unsigned rank(const struct ticket_flow *flow, const struct ticket_row *row) {
    if (strcmp(row->number, flow->number) != 0)
        return 0;
    if (row->destination[0] == '\0')
        return 2;
    return strcmp(row->destination, flow->destination->selection.id) == 0 ? 3 : 1;
}

/// Goes through a store's list for the ticket of flow->number. *best: how good a choice it found, 0
/// none; its name goes to flow->name.
static enum ticket_outcome search(struct ticket_flow *flow, struct ticket_client *client,
                                  unsigned *best) {
    struct ticket_row rows[TICKET_PAGE_ROWS];
    size_t count = 0;
    uint16_t from = 0;
    *best = 0;
    for (;;) {
        enum ticket_outcome outcome = ticket_client_list(client, from, rows, &count);
        if (outcome != TICKET_OK || count == 0)
            return outcome;
        for (size_t i = 0; i < count; i++)
            if (rank(flow, &rows[i]) > *best) {
                *best = rank(flow, &rows[i]);
                memcpy(flow->name, rows[i].name, sizeof flow->name);
            }
        from = (uint16_t)(rows[count - 1].slot + 1);
    }
}

/// Not at the source: perhaps an earlier run brought it over, and its last answer was lost.
static bool look_at_destination(struct ticket_flow *flow) {
    unsigned found = 0;
    enum ticket_outcome outcome = search(flow, flow->destination, &found);
    if (outcome != TICKET_REFUSED && !went(flow, flow->destination, outcome))
        return false;
    flow->settled = outcome == TICKET_OK && found > 0;
    flow->completed = flow->settled;
    return flow->settled ? stop(flow, FLOW_DONE) : refuse(flow, SW_RECORD_NOT_FOUND, flow->source);
}

bool ticket_flow_find(struct ticket_flow *flow) {
    const struct ticket_selection *source = &flow->source->selection;
    unsigned found = 0;
    if (flow->number == NULL)
        return true;
    enum ticket_outcome outcome = search(flow, flow->source, &found);
    if (outcome == TICKET_REFUSED && flow->source->sw == SW_INTERFACE && source->offers) {
        memcpy(flow->name, source->offered, sizeof flow->name);
        return true;
    }
    if (!went(flow, flow->source, outcome))
        return false;
    return found > 0 ? true : look_at_destination(flow);
}

// ---- giving back -------------------------------------------------------------------------------

/// A refusal behind ACCEPT: the number is cancelled, so that nothing stays open at the destination.
/// What refused stays what the flow tells.
static bool cancel_number(struct ticket_flow *flow) {
    struct ticket_object end;
    uint32_t n = (uint32_t)object_uint(&flow->request.object, FIELD_N);
    return ticket_client_cancel(flow->destination, n, flow->source->selection.id, &end) ==
               TICKET_OK &&
           ticket_object_set(&flow->end, 0, bytes_of(end.octets, end.size));
}

/// A refusal behind SURRENDER: the destination cancels, and the source has its ticket again.
static bool give_back(struct ticket_flow *flow, enum flow_status status) {
    bool cancelled = cancel_number(flow) && flow->end.object.type == OBJECT_MOVE_CANCEL;
    flow->given_back = cancelled && ticket_client_end(flow->source, &flow->end) == TICKET_OK;
    return stop(flow, flow->given_back ? status : FLOW_OPEN);
}

/// One ticket on its way whose number the destination ends, and the source hears of it: did this
/// one arrive?
static bool end_transit(struct ticket_flow *flow, const struct ticket_transit *row) {
    enum ticket_outcome outcome =
        ticket_client_cancel(flow->destination, row->n, flow->source->selection.id, &flow->end);
    if (outcome != TICKET_OK || ticket_client_end(flow->source, &flow->end) != TICKET_OK)
        return false;
    bool arrived = flow->end.object.type == OBJECT_MOVE_RECEIPT;
    flow->given_back = flow->given_back || !arrived;
    return arrived && memcmp(row->name, flow->name, sizeof row->name) == 0;
}

/// The two refuse each other now, as by a list that was changed meanwhile, but a ticket is on its
/// way between them. It ends as it can: it arrived, or the source has it again.
static bool end_old_move(struct ticket_flow *flow) {
    struct ticket_transit rows[TICKET_TRANSIT_MAX];
    size_t count = 0;
    bool arrived = false;
    if (flow->source->selection.in_transit == 0 ||
        ticket_client_transit(flow->source, rows, &count) != TICKET_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].destination, flow->destination->selection.id) == 0)
            arrived = end_transit(flow, &rows[i]) || arrived;
    return arrived;
}

/// An earlier run had brought it over: the refusal of this one does not count.
static bool stop_settled(struct ticket_flow *flow) {
    flow->sw = 0;
    flow->by = flow->step = "";
    flow->settled = flow->completed = true;
    return stop(flow, FLOW_DONE);
}

// ---- the move ----------------------------------------------------------------------------------

static enum ticket_outcome accept(struct ticket_flow *flow) {
    const struct ticket_selection *source = &flow->source->selection;
    return ticket_client_accept(flow->destination, source->id, source->challenge, bytes_of(NULL, 0),
                                &flow->request);
}

bool ticket_flow_accept(struct ticket_flow *flow) {
    enum ticket_outcome outcome = accept(flow);
    if (are_strangers(flow, outcome, flow->destination)) {
        if (!meet(flow))
            return false;
        outcome = accept(flow);
    }
    if (went(flow, flow->destination, outcome))
        return true;
    return outcome == TICKET_REFUSED && end_old_move(flow) ? stop_settled(flow) : false;
}

/// Did SURRENDER, which found no such ticket, learn from the request that one had arrived?
static bool source_settled(struct ticket_flow *flow) {
    unsigned before = flow->source->selection.in_transit;
    return before > 0 && ticket_client_select(flow->source) == TICKET_OK &&
           flow->source->selection.in_transit < before;
}

/// The source has no such ticket: did an earlier run bring it over? The destination knows; where it
/// may not be asked over the air, the source does that had it in transit until now.
static bool arrived_earlier(struct ticket_flow *flow) {
    struct object header;
    struct ticket_left left;
    if (flow->sw != SW_RECORD_NOT_FOUND)
        return false;
    enum ticket_outcome outcome = ticket_client_read(flow->destination, flow->name, &header, &left);
    return outcome == TICKET_OK || (outcome == TICKET_REFUSED &&
                                    flow->destination->sw == SW_INTERFACE && source_settled(flow));
}

/// SURRENDER was refused: the number goes back; where the ticket had arrived, the flow is done.
static bool surrender_refused(struct ticket_flow *flow) {
    bool arrived = arrived_earlier(flow) || end_old_move(flow);
    (void)cancel_number(flow);
    return arrived ? stop_settled(flow) : false;
}

bool ticket_flow_surrender(struct ticket_flow *flow) {
    enum ticket_outcome outcome =
        ticket_client_surrender(flow->source, &flow->request, flow->name, &flow->move);
    if (are_strangers(flow, outcome, flow->source)) {
        if (!meet(flow))
            return false;
        outcome = ticket_client_surrender(flow->source, &flow->request, flow->name, &flow->move);
    }
    flow->under_way = outcome != TICKET_REFUSED;
    flow->newer = flow->source->newer;
    if (went(flow, flow->source, outcome))
        return true;
    if (outcome == TICKET_GARBLED)
        return give_back(flow, FLOW_FAILED);
    return outcome == TICKET_REFUSED ? surrender_refused(flow) : false;
}

bool ticket_flow_import(struct ticket_flow *flow) {
    enum ticket_outcome outcome = ticket_client_import(flow->destination, &flow->move, &flow->end);
    if (went(flow, flow->destination, outcome))
        return true;
    return outcome == TICKET_REFUSED ? give_back(flow, FLOW_REFUSED) : false;
}

bool ticket_flow_complete(struct ticket_flow *flow) {
    bool arrived = flow->end.object.type == OBJECT_MOVE_RECEIPT;
    bool wanted = bytes_equal(flow->move.state.fields[FIELD_TICKET], BYTES_OF(flow->name));
    enum ticket_outcome outcome = ticket_client_end(flow->source, &flow->end);
    flow->completed = outcome == TICKET_OK;
    if (arrived && wanted)
        return stop(flow, FLOW_DONE);
    if (!went(flow, flow->source, outcome))
        return stop(flow, FLOW_OPEN);
    flow->finished++;
    flow->again = true;
    return false;
}
