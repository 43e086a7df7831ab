// SPDX-License-Identifier: Apache-2.0
// A courier around another one that does to parcels what networks do: lose them, lose the answer,
// bring them twice, or bring them later than what was sent after them. By the
// number of the call, or drawn from a seed, so that every run can be had again.
#ifndef SERVICES_WIRE_COURIER_COURIER_FAULT_H
#define SERVICES_WIRE_COURIER_COURIER_FAULT_H

#include "services/wire/courier/courier.h"

enum courier_fault_kind {
    COURIER_WELL,
    COURIER_LOSE_REQUEST, // DELIVERY_OPEN, nothing arrived
    COURIER_LOSE_REPLY,   // DELIVERY_OPEN, done
    COURIER_DOUBLE,       // arrives twice, the second answer comes back
    COURIER_LATE,         // DELIVERY_OPEN; arrives after the next call
    COURIER_FAULTS,
};

struct courier_late; // parcels under way

struct courier_fault {
    struct courier courier; // hand this on
    const struct courier *inner;
    const struct script_memory *memory;
    size_t calls;                 // so far
    size_t at;                    // the call (from 1) that kind happens to; 0: by seed
    enum courier_fault_kind kind; //
    uint64_t seed;                // with at 0: one call in rate has a fault
    unsigned rate;                // 0: none
    struct courier_late *late;
};

/// A courier over inner that lets everything through until at or rate say otherwise.
void courier_fault_init(struct courier_fault *fault, const struct courier *inner,
                        const struct script_memory *memory);

/// Everything late arrives, its answers are dropped. Also frees what is held: call it at the end.
void courier_fault_settle(struct courier_fault *fault);

#endif
