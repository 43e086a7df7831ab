// SPDX-License-Identifier: Apache-2.0
// Leases: of several instances of a service over one database one does a job at a time.
#ifndef SERVICES_CORE_LEASE_H
#define SERVICES_CORE_LEASE_H

#include "services/core/service.h"

enum { LEASE_MS = 30000 };

/// Takes or renews a lease for LEASE_MS. False: another holder has it. Without instance names
/// (context->instance NULL) there is one instance, and it has every lease.
bool lease_hold(struct session *session, const struct service_context *context, const char *job,
                uint64_t now_ms);

/// The same in a transaction of its own. False: the store failed.
bool lease_take(const struct service_context *context, const char *job, uint64_t now_ms, bool *held,
                struct failure *failure);

/// Gives back every lease that this instance has, so that another one need not wait for its end.
/// Nothing of it may take one any more. False: the store failed, and they end by themselves.
bool lease_release(const struct service_context *context, struct failure *failure);

extern const struct statement lease_sql[];
extern const size_t lease_sql_count;

#endif
