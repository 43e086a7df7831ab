// SPDX-License-Identifier: Apache-2.0
#include "apdu/octets/unit.h"

#include <string.h>

static const struct unit_row {
    uint16_t unit;
    const char *name;
} units[] = {
    {UNIT_JPY, "JPY"},
    {978, "EUR"},
    {840, "USD"},
    {826, "GBP"},
    {756, "CHF"},
    {156, "CNY"},
    {410, "KRW"},
    {UNIT_POINT, "POINT"},
    {UNIT_VOUCHER, "VOUCHER"},
    {UNIT_COUPON, "COUPON"},
};

enum { UNIT_ROWS = sizeof units / sizeof units[0], UNIT_PRIVATE = 0xF000, UNIT_ISO_MAX = 999 };

static const char digits[] = "0123456789ABCDEF";

/// Digits of one base, as many as count; 0 for anything else.
static uint16_t unit_from_digits(const char *text, size_t count, unsigned base) {
    unsigned value = 0;
    if (strlen(text) != count)
        return 0;
    for (; *text != '\0'; text++) {
        const char *digit = strchr(digits, *text);
        if (digit == NULL || (unsigned)(digit - digits) >= base)
            return 0;
        value = value * base + (unsigned)(digit - digits);
    }
    return (uint16_t)value;
}

uint16_t unit_from_name(const char *name) {
    for (size_t i = 0; i < UNIT_ROWS; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].unit;
    uint16_t private = unit_from_digits(name, 4, 16);
    return private >= UNIT_PRIVATE ? private : unit_from_digits(name, 3, 10);
}

static void put_digits(uint16_t unit, size_t count, unsigned base, char *out) {
    out[count] = '\0';
    for (unsigned rest = unit; count > 0; rest /= base)
        out[--count] = digits[rest % base];
}

const char *unit_name(uint16_t unit, char name[UNIT_NAME_MAX]) {
    for (size_t i = 0; i < UNIT_ROWS; i++)
        if (units[i].unit == unit)
            return memcpy(name, units[i].name, strlen(units[i].name) + 1);
    if (unit <= UNIT_ISO_MAX)
        put_digits(unit, 3, 10, name);
    else
        put_digits(unit, 4, 16, name);
    return name;
}
