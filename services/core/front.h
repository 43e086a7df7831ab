// SPDX-License-Identifier: Apache-2.0
// A service as a listener that answers before it returns: for the simulation, the fuzzers, couriers
// in one process, and the workers of a server.
#ifndef SERVICES_CORE_FRONT_H
#define SERVICES_CORE_FRONT_H

#include "services/core/service.h"

struct service_front {
    struct listener listener; // hand this on
    const struct service_context *context;
    const struct crypto *crypto; // of the one thread that calls
};

/// A listener over the service; context and crypto must outlive it.
void service_front_init(struct service_front *front, const struct service_context *context,
                        const struct crypto *crypto);

/// struct listener's admit for any listener of a service: path, method and role, before the body.
bool service_admit(const struct service_context *context, struct exchange *exchange,
                   struct admission *admission);

#endif
