// SPDX-License-Identifier: Apache-2.0
// Calendar days as decimal numbers YYYYMMDD: the only notion of time that objects and certificates
// have. Gregorian, years 2000 to 2099 (certificates carry two digits).
#ifndef APDU_OCTETS_DATE_H
#define APDU_OCTETS_DATE_H

#include <stdbool.h>
#include <stdint.h>

/// Whether the number names a day of the calendar.
bool date_is_valid(uint32_t date);

/// Days from a to b; 0 and *valid false for an impossible date.
int32_t date_difference(uint32_t from, uint32_t to, bool *valid);

#endif
