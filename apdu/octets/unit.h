// SPDX-License-Identifier: Apache-2.0
// Units of money and of what is spent like money. A unit is two octets: the ISO 4217 numeric code
// (JPY is 392), or a private code from F000 on. Units never mix.
#ifndef APDU_OCTETS_UNIT_H
#define APDU_OCTETS_UNIT_H

#include <stddef.h>
#include <stdint.h>

enum {
    UNIT_JPY = 392,
    UNIT_POINT = 0xF001,
    UNIT_VOUCHER = 0xF002,
    UNIT_COUPON = 0xF003,
    UNIT_NAME_MAX = 8, // with its terminator
};

/// "JPY", "392" or "F001" -> the code; 0 if it is none of these.
uint16_t unit_from_name(const char *name);

/// Writes the name; where the unit has none, three decimal digits (ISO) or four hexadecimal ones.
/// Returns name.
const char *unit_name(uint16_t unit, char name[UNIT_NAME_MAX]);

#endif
