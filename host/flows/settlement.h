// SPDX-License-Identifier: Apache-2.0
// Closing a till's day: the till signs what it sold, the center ends that batch by a receipt or a
// release, and the till takes it (docs/protocol.md, "Issue logs and settlement").
#ifndef HOST_FLOWS_SETTLEMENT_H
#define HOST_FLOWS_SETTLEMENT_H

#include "host/purse/purse_client.h"
#include "services/wire/center.h"

enum settlement_end {
    SETTLEMENT_RECEIPT, // the open batch, or else the next one, is settled
    SETTLEMENT_RELEASE, // the open batch is given back
};

struct settlement {
    uint8_t batch_octets[PURSE_ANSWER_MAX], end_octets[CENTER_OBJECT_MAX];
    struct object batch, end; // point into these: do not copy the struct
};

/// BATCH over the contacts: the open batch, or the next one in order. out->end is untouched.
bool settlement_batch(struct purse_client *client, struct settlement *out, struct failure *failure);

/// Brings the till's batch to its end. EXIT_OPEN: the till may have taken it; run it again.
bool settlement_run(struct purse_client *client, const struct center *center,
                    enum settlement_end end, struct settlement *out, struct failure *failure);

#endif
