// SPDX-License-Identifier: Apache-2.0
// Two cards brought together by a program: who sits behind the two links, the flow
// between them, and what went wrong in a sentence with its exit code.
#ifndef HOST_FLOWS_MEETING_H
#define HOST_FLOWS_MEETING_H

#include "base/failure.h"
#include "host/flows/flow.h"

/// One opened side.
struct side {
    struct link *link;
    struct purse_client client;
};

/// Takes over an open link; NULL (link may be NULL, too) when there is none or no memory.
struct side *side_over(struct link *link, struct failure *failure);
/// NULL is allowed.
void side_close(struct side *side);

/// Selects the purse: who it is stands in its client's selection.
bool side_select(struct side *side, struct failure *failure);

/// Two opened sides and the flow between them.
struct meeting {
    struct side *payer, *payee;
    struct flow flow;
};

/// Selects both, the tap's first command, and makes the flow ready; false also when one is NULL.
/// The sides are the meeting's from here on: meeting_close is due in any case.
bool meeting_of(struct meeting *meeting, struct side *payer, struct side *payee,
                struct failure *failure);
/// Closes both sides; NULL sides are nothing.
void meeting_close(struct meeting *meeting);

/// A sentence for a flow that did not go well; true for FLOW_DONE. journal: what the terminal's
/// journal says of itself, or NULL.
bool fail_flow(const struct flow *flow, const struct failure *journal, struct failure *failure);

#endif
