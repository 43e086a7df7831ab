// SPDX-License-Identifier: Apache-2.0
// What a gateway counts: calls and packets of phones, under numbers of its own that begin with 1,
// each one durable before it is reported, and reported until the charge service has it. A number
// counts once there, so that reporting again is always right.
#ifndef HOST_SERVICE_METER_H
#define HOST_SERVICE_METER_H

#include "host/service/service_client.h"
#include "host/state/machine_state.h"

/// A call has seconds; a session of packets what was sent and received.
struct meter_item {
    const char *phone;
    uint64_t time_ms; // since 1970
    bool call;
    uint64_t seconds, sent, received;
};

/// Counts one durably. *n: its number.
bool meter_add(const struct machine_state *state, const struct meter_item *item, uint64_t *n,
               struct failure *failure);

/// Reports what the charge service has not confirmed. *after: up to where it has everything;
/// *refused: how many it cannot charge (an unknown subscriber, no tariff).
bool meter_report(const struct machine_state *state, struct service_client *charge, uint64_t *after,
                  unsigned *refused, struct failure *failure);

/// Lets go of what the charge service has up to after, once that is enough to be worth it; the last
/// number of all stays, for counting goes on behind it. Nobody may count meanwhile. A death at any
/// moment leaves the old file or the new one.
bool meter_trim(const struct machine_state *state, uint64_t after, struct failure *failure);

#endif
