// SPDX-License-Identifier: Apache-2.0
// How long a certificate of a role lives, and the calendar arithmetic for it. Short-lived roles:
// docs/protocol.md, Certificates.
#ifndef PERSONALIZATION_VALIDITY_H
#define PERSONALIZATION_VALIDITY_H

#include "apdu/certificate.h"

struct validity {
    uint32_t from, until; // YYYYMMDD, both inclusive
};

/// Validity of a certificate with these roles (ROLE_ROOT and ROLE_ISSUING included) made on today.
struct validity validity_for(uint16_t roles, uint32_t today);

/// The day that many days after a date (YYYYMMDD).
uint32_t date_add_days(uint32_t date, unsigned days);

/// Day of a POSIX time in UTC.
uint32_t date_of_time(int64_t seconds);

/// Seconds since 1970 of midnight UTC of a date.
int64_t time_of_date(uint32_t date);

/// Day of "2026-12-31" or "2026-12-31T23:59:59Z"; 0 when it is neither.
uint32_t date_of_text(const char *text);

#endif
