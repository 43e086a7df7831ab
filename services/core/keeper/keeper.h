// SPDX-License-Identifier: Apache-2.0
// What a service does without being asked: sealing its journal, checkpoints, folds, forgetting old
// answers, its own jobs. Several instances over one database share the work by leases: one of them
// does a job at a time.
#ifndef SERVICES_CORE_KEEPER_H
#define SERVICES_CORE_KEEPER_H

#include "services/core/service.h"

enum { KEEPER_JOBS_MAX = 24 };

struct keeper {
    const struct service_context *context;
    const struct crypto *crypto;
    uint64_t keep_requests_ms;        // answers older than that are forgotten; 0: 40 days
    uint64_t due_ms[KEEPER_JOBS_MAX]; // of the common jobs, then the service's
};

/// Everything is due at once, answers are kept for 40 days. context and crypto are the caller's and
/// outlive the keeper.
void keeper_init(struct keeper *keeper, const struct service_context *context,
                 const struct crypto *crypto);

/// Does what is due now. What fails is reported and tried again at its next time. Returns when the
/// next thing is due.
uint64_t keeper_step(struct keeper *keeper);

/// At the end: seals everything and signs the last checkpoint. False: the store failed.
bool keeper_end(struct keeper *keeper, struct failure *failure);

#endif
