// SPDX-License-Identifier: Apache-2.0
// Bringing value into a purse: the center looks at a signed statement and answers with an issue
// log for exactly that state (docs/protocol.md, "Issue logs and settlement").
#ifndef HOST_FLOWS_ISSUE_H
#define HOST_FLOWS_ISSUE_H

#include "host/purse/purse_client.h"
#include "services/wire/center.h"

/// Runs the chart over one purse. pin: without it a wallet that keeps its totals to itself makes no
/// statement; NULL where there is none. issue_log, in out, is what the purse took. EXIT_OPEN: it
/// may have taken it.
bool issue_run(struct purse_client *client, const struct center *center, const char *pin,
               uint8_t *out, size_t capacity, struct bytes *issue_log, struct failure *failure);

#endif
