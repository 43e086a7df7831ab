// SPDX-License-Identifier: Apache-2.0
// Two cards brought together by a program: links opened by name, who sits behind them, the flow
// between them, and what went wrong in a sentence with its exit code.
#ifndef HOST_MEETING_H
#define HOST_MEETING_H

#include "host/flows/flow.h"
#include "services/wire/program.h"

/// One opened side.
struct side {
    struct link *link;
    struct purse_client client;
    struct purse_identity identity;
};

/// Opens a link by its name. seed_offset sets the sides of a seeded laboratory apart. NULL: failure
/// says why.
struct side *side_open(const char *link, const struct program_world *world, uint64_t seed_offset,
                       struct failure *failure);
/// NULL is allowed.
void side_close(struct side *side);

/// Selects the purse and reads who it is.
bool side_identify(struct side *side, struct failure *failure);

/// Two opened sides and the flow between them.
struct meeting {
    struct side *payer, *payee;
    struct flow flow;
};

/// Opens and identifies both; meeting_close is due in any case.
bool meeting_open(struct meeting *meeting, const char *payer, const char *payee,
                  const struct program_world *world, struct failure *failure);
void meeting_close(struct meeting *meeting);

/// A sentence for a command that did not go well; true for PURSE_OK.
bool fail_client(const struct purse_client *client, enum purse_outcome outcome,
                 struct failure *failure);

/// A sentence for a flow that did not go well; true for FLOW_DONE. journal: what the terminal's
/// journal says of itself, or NULL.
bool fail_flow(const struct flow *flow, const struct failure *journal, struct failure *failure);

#endif
