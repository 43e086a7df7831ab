// SPDX-License-Identifier: Apache-2.0
// The steps that a ticket's way to another store is made of, each one line of its chart
// (docs/tickets.md, "A move"; docs/flows.md). A step answers whether the flow goes on; when it does
// not, status, sw and by say why. Hosts only carry: whatever is lost here, the two stores settle it
// at the next meeting, so that running the same flow again is always right.
#ifndef HOST_FLOWS_TICKET_FLOW_H
#define HOST_FLOWS_TICKET_FLOW_H

#include "host/flows/flow.h"
#include "host/tickets/ticket_client.h"

struct ticket_flow {
    struct ticket_client *source, *destination;
    const char *number; // of the ticket, looked up in the source's list; NULL: name says which
    uint8_t name[TICKET_NAME_SIZE];

    enum flow_status status;
    uint16_t sw;
    const char *by;    // "source" or "destination"
    const char *step;  // title of the command
    bool met;          // certificates were exchanged in this run
    bool under_way;    // the source may have given the ticket away: only the end counts now
    bool settled;      // the ticket was moved by an earlier run already
    bool completed;    // the source knows that it arrived
    bool given_back;   // refused behind SURRENDER: the ticket is live at the source again
    bool newer;        // the ticket is of a newer version than this program knows
    bool again;        // an older move was brought to its end: begin anew
    unsigned finished; // such older moves
    struct ticket_object request, end;
    struct ticket_move move;
};

/// A flow over two clients that the caller keeps. number: NULL where name is set afterwards.
void ticket_flow_over(struct ticket_flow *flow, struct ticket_client *source,
                      struct ticket_client *destination, const char *number);

// ---- steps, in the order of the chart ----------------------------------------------------------

/// Transmission request (S701): SELECT of both; the source says who it is, and no ticket leaves.
bool ticket_flow_select(struct ticket_flow *flow);
/// Which ticket: the one of this number that is on its way to this destination, else the first one
/// that is here. A source that shows no list over the air gives the ticket that its owner offers.
bool ticket_flow_find(struct ticket_flow *flow);
/// Reception request (S708): the destination looks for the source in its list and opens a number.
bool ticket_flow_accept(struct ticket_flow *flow);
/// The source looks for the destination in its list (S715) and gives the ticket away.
bool ticket_flow_surrender(struct ticket_flow *flow);
/// The destination takes it, or is made to cancel.
bool ticket_flow_import(struct ticket_flow *flow);
/// The source forgets it, or takes it back. Its failure ends nothing: the next tap does it.
bool ticket_flow_complete(struct ticket_flow *flow);

/// "S708", "S715", ..: where in the source's chart the flow stopped; "" where it did not.
const char *ticket_flow_chart(const struct ticket_flow *flow);

// ---- flows -------------------------------------------------------------------------------------

/// Moves a ticket from store to store, and brings older moves between the two to their end.
void ticket_transfer_run(struct ticket_flow *flow);

#endif
