// SPDX-License-Identifier: Apache-2.0
// A ticket's move, as its chart in docs/flows.md: a phone hands it to a home server, or any store
// to another. Each side asks its own list; whoever says no, the ticket stays where it was.
#include "host/flows/tickets/ticket_flow.h"

enum { ROUNDS = 3 }; // an older move, an older cancel, the move itself

void ticket_transfer_run(struct ticket_flow *flow) {
    for (unsigned round = 0; round < ROUNDS && (round == 0 || flow->again); round++) {
        flow->again = false;
        (void)(ticket_flow_select(flow)        // transmission request: who the source is
               && ticket_flow_find(flow)       //   the ticket's one name
               && ticket_flow_accept(flow)     // destination: listed? number n open, signed request
               && ticket_flow_surrender(flow)  // source: listed? in transit to n, header and state
               && ticket_flow_import(flow)     // destination: here, n done, signed receipt
               && ticket_flow_complete(flow)); // source: gone
    }
}
