// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include "base/calendar.h"

#include <stddef.h>
#include <time.h>

static uint64_t system_now_ms(const struct clock *clock) {
    struct timespec now;
    (void)clock;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const struct clock clock_system = {system_now_ms, NULL};

int64_t clock_running_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum { DAY_MS = 24 * 3600 * 1000 };

static uint64_t ahead_now_ms(const struct clock *clock) {
    return clock_now_ms(&clock_system) + *(const uint64_t *)clock->context;
}

void clock_on_day(struct clock_of_day *day, uint32_t date) {
    uint64_t now = clock_now_ms(&clock_system);
    day->ahead_ms = (uint64_t)time_of_date(date) * 1000 + now % DAY_MS - now;
    day->clock = (struct clock){ahead_now_ms, &day->ahead_ms};
}
