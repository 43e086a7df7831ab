// SPDX-License-Identifier: Apache-2.0
// Bringing value into a purse: the center looks at a signed statement and answers with an issue
// log for exactly that state (docs/protocol.md, "Issue logs and settlement"). The center is an
// interface: a service behind a socket, or the bench center of an authority.
#ifndef HOST_FLOWS_ISSUE_H
#define HOST_FLOWS_ISSUE_H

#include "host/purse_client.h"
#include "services/wire/failure.h"

enum { ISSUE_OBJECT_MAX = 512 };

/// What the purse handed over.
struct issue_question {
    const char *purse;
    struct bytes certificate;
    struct bytes statement;
    struct bytes device, user; // as the purse claims them; size 0: none
};

struct issue_center {
    void *context;
    struct bytes certificate; // the center's
    /// A fresh signed statement challenge for one purse.
    bool (*challenge)(void *context, const char *purse, uint8_t *out, size_t capacity,
                      struct bytes *challenge, struct failure *failure);
    /// Checks the statement under the purse's certificate and signs an issue log, durably recorded
    /// before it is answered.
    bool (*decide)(void *context, const struct issue_question *question, uint8_t *out,
                   size_t capacity, struct bytes *issue_log, struct failure *failure);
};

/// Runs the chart over one purse. issue_log, in out, is what the purse took. EXIT_OPEN: it may have
/// taken it.
bool issue_run(struct purse_client *client, const struct issue_center *center, uint8_t *out,
               size_t capacity, struct bytes *issue_log, struct failure *failure);

#endif
