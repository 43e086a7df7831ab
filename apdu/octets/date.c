// SPDX-License-Identifier: Apache-2.0
#include "apdu/octets/date.h"

// From 2000 to 2099 every fourth year is one.
static bool is_leap(uint32_t year) {
    return year % 4 == 0;
}

static uint32_t month_days(uint32_t year, uint32_t month) {
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return DAYS[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

bool date_is_valid(uint32_t date) {
    uint32_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    return year >= 2000 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 &&
           day <= month_days(year, month);
}

static int32_t days_since_2000(uint32_t date) {
    uint32_t year = date / 10000, days = date % 100;
    for (uint32_t y = 2000; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    for (uint32_t month = 1; month < date / 100 % 100; month++)
        days += month_days(year, month);
    return (int32_t)days;
}

int32_t date_difference(uint32_t from, uint32_t to, bool *valid) {
    *valid = date_is_valid(from) && date_is_valid(to);
    return *valid ? days_since_2000(to) - days_since_2000(from) : 0;
}
