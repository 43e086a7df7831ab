// SPDX-License-Identifier: Apache-2.0
// What an earlier audit found clean: how far each service's journal went, its chain there, and one
// hash over everything that was verified up to there. The next audit takes those signatures as
// verified while the hash is the same, and computes all sums anew.
#ifndef HOST_AUDIT_STATE_H
#define HOST_AUDIT_STATE_H

#include "apdu/crypto/crypto.h"
#include "base/failure.h"

enum { STATE_SERVICES_MAX = 16 };

struct state_row {
    char service[16];
    int64_t seq; // 0: nothing
    uint8_t chain[SHA256_SIZE], seen[SHA256_SIZE];
};

struct state {
    size_t count;
    struct state_row rows[STATE_SERVICES_MAX];
};

/// A file that is not there is an empty state. False: it is none (2), or may not be read.
bool state_read(struct state *state, const char *path, struct failure *failure);
/// Whole or not, its owner's alone.
bool state_write(const struct state *state, const char *path, struct failure *failure);

/// The row of a service; NULL: there is none.
const struct state_row *state_find(const struct state *state, const char *service);
/// Adds or replaces one; one too many is left out, and then verified again the next time.
void state_put(struct state *state, const struct state_row *row);

#endif
