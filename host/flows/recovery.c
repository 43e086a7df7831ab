// SPDX-License-Identifier: Apache-2.0
// After a tap that broke: what was debited is brought to its payee, what was only asked for is
// voided. Needs nothing but the two purses; may itself break anywhere and be run again.
#include "host/flows/flow.h"

void recovery_run(struct flow *flow) {
    (void)(flow_select(flow)         // 1 who is there; kills the broken tap's challenge
           && flow_finish_old(flow)  // 2 payer's unratified log: CREDIT, then RATIFY or TAKE VOID
           && flow_void_open(flow)); // 3 payee's open numbers without a log: VOID
}

void cancel_run(struct flow *flow) {
    (void)(flow_select(flow)         // 1 who is there
           && flow_void_old(flow)    // 2 payer's unratified log: VOID, then TAKE VOID or RATIFY
           && flow_void_open(flow)); // 3 payee's open numbers without a log: VOID
}
