// SPDX-License-Identifier: Apache-2.0
// What an operator's tools ask a service, as a listener of its own on loopback, never beside the
// endpoints: /metrics, /healthz (does it work?) and /readyz (may it be sent requests?).
#ifndef SERVICES_WIRE_WATCH_STATUS_H
#define SERVICES_WIRE_WATCH_STATUS_H

#include "services/wire/listener.h"
#include "services/wire/watch/metrics.h"

struct status {
    struct listener listener; // hand this on
    struct metrics *metrics;
    /// Appends one JSON object for /healthz; false: the service does not work.
    bool (*health)(void *context, struct buffer *json);
    bool (*ready)(void *context);
    void (*refresh)(void *context); // sets gauges before they are written; NULL: nothing to set
    void *context;
};

/// Fills in the listener; status must not be moved afterwards.
void status_init(struct status *status);

#endif
