// SPDX-License-Identifier: Apache-2.0
// A courier within one process: targets are listeners that answer before they return. For the
// simulation, the fuzzers and tests; what travels are the same octets as over the network.
#ifndef SERVICES_WIRE_COURIER_COURIER_LOCAL_H
#define SERVICES_WIRE_COURIER_COURIER_LOCAL_H

#include "services/wire/courier/courier.h"

struct courier_target {
    const char *name;
    const struct listener *listener; // NULL: it is down, DELIVERY_REFUSED
};

struct courier_local {
    struct courier courier; // hand this on
    const struct courier_target *targets;
    size_t count;
    struct peer sender; // whose certificate is shown
    const struct script_memory *memory;
};

/// The caller keeps local and targets alive and may change both between calls.
void courier_local_init(struct courier_local *local, const struct courier_target *targets,
                        size_t count, const struct peer *sender,
                        const struct script_memory *memory);

#endif
