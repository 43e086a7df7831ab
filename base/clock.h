// SPDX-License-Identifier: Apache-2.0
// The time of day, as a seam: services, terminals and tests are handed a clock and read no other.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    /// Milliseconds since 1970 (UTC).
    uint64_t (*now_ms)(const struct clock *clock);
    void *context;
};

/// Milliseconds since some moment, which nobody sets: for deadlines within a run.
int64_t clock_running_ms(void);

/// The system's.
extern const struct clock clock_system;

static inline uint64_t clock_now_ms(const struct clock *clock) {
    return clock->now_ms(clock);
}

#endif
