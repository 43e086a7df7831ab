// SPDX-License-Identifier: Apache-2.0
// Days of the calendar (UTC) as the decimal numbers that certificates and signed objects carry.
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdint.h>

/// The day that many days after a date (YYYYMMDD).
uint32_t date_add_days(uint32_t date, unsigned days);

/// Day of a POSIX time in UTC.
uint32_t date_of_time(int64_t seconds);

/// Seconds since 1970 of midnight UTC of a date.
int64_t time_of_date(uint32_t date);

/// Day of "2026-12-31" or "2026-12-31T23:59:59Z"; 0 when it is neither.
uint32_t date_of_text(const char *text);

#endif
