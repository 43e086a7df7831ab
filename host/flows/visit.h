// SPDX-License-Identifier: Apache-2.0
// A purse before its center: what every flow begins with that ends in an object of the center. The
// purse meets it, and tells by a signed statement how it stands.
#ifndef HOST_FLOWS_VISIT_H
#define HOST_FLOWS_VISIT_H

#include "host/purse/purse_client.h"
#include "services/wire/center.h"

/// What one visit holds while it runs.
struct visit {
    struct purse_client *client;
    const struct center *center;
    struct failure *failure;
    struct center_question question; // points into the buffers below: do not copy the struct
    uint8_t certificate[CERTIFICATE_MAX];
    uint8_t statement[PURSE_ANSWER_MAX];
};

/// SELECT, and each gets the other's certificate.
bool visit_begin(struct visit *visit);
/// STATEMENT to a fresh challenge of the center.
bool visit_state(struct visit *visit);

/// True for PURSE_OK; else the failure says what was wrong.
bool visit_went(struct visit *visit, enum purse_outcome outcome);
/// Copies an answer out of the client's buffer, which the next command overwrites.
bool visit_keep(struct visit *visit, struct bytes answer, uint8_t *out, size_t capacity,
                struct bytes *kept);

#endif
