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

/// The system's time of day on another day: a laboratory's clock. Must not be moved.
struct clock_of_day {
    struct clock clock;
    uint64_t ahead_ms; // of the system's; may wrap, as the sum does back
};
/// date: YYYYMMDD, UTC.
void clock_on_day(struct clock_of_day *day, uint32_t date);

static inline uint64_t clock_now_ms(const struct clock *clock) {
    return clock->now_ms(clock);
}

#endif
