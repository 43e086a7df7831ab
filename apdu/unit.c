// SPDX-License-Identifier: Apache-2.0
#include "apdu/unit.h"

#include <string.h>

static const struct unit_row {
    uint16_t unit;
    const char *name;
} units[] = {
    {UNIT_JPY, "JPY"},         {0x0978, "EUR"},         {0x0840, "USD"}, {0x0826, "GBP"},
    {0x0756, "CHF"},           {0x0156, "CNY"},         {0x0410, "KRW"}, {UNIT_POINT, "POINT"},
    {UNIT_VOUCHER, "VOUCHER"}, {UNIT_COUPON, "COUPON"},
};

enum { UNIT_ROWS = sizeof units / sizeof units[0] };

static int digit_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/// Three or four digits as they are written: decimal codes are packed decimal.
static uint16_t unit_from_digits(const char *text) {
    size_t size = strlen(text);
    uint16_t unit = 0;
    if (size < 3 || size > 4)
        return 0;
    for (size_t i = 0; i < size; i++) {
        int value = digit_value(text[i]);
        if (value < 0 || (value > 9 && text[0] != 'F'))
            return 0;
        unit = (uint16_t)(unit << 4 | value);
    }
    return unit;
}

uint16_t unit_from_name(const char *name) {
    for (size_t i = 0; i < UNIT_ROWS; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].unit;
    return unit_from_digits(name);
}

const char *unit_name(uint16_t unit, char name[UNIT_NAME_MAX]) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < UNIT_ROWS; i++)
        if (units[i].unit == unit)
            return memcpy(name, units[i].name, strlen(units[i].name) + 1);
    for (size_t i = 0; i < 4; i++)
        name[i] = digits[unit >> (12 - 4 * i) & 0x0F];
    name[4] = '\0';
    return name;
}
