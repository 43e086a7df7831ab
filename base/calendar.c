// SPDX-License-Identifier: Apache-2.0
#include "base/calendar.h"

#include <stdio.h>
#include <time.h>

enum { DAY = 24 * 60 * 60 };

int64_t time_of_date(uint32_t date) {
    struct tm day = {.tm_year = (int)(date / 10000) - 1900,
                     .tm_mon = (int)(date / 100 % 100) - 1,
                     .tm_mday = (int)(date % 100)};
    return timegm(&day);
}

uint32_t date_of_time(int64_t seconds) {
    time_t time = seconds;
    struct tm day;
    gmtime_r(&time, &day);
    return (uint32_t)((day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday);
}

uint32_t date_add_days(uint32_t date, unsigned days) {
    return date_of_time(time_of_date(date) + (int64_t)days * DAY);
}

uint32_t date_of_text(const char *text) {
    unsigned year, month, day;
    int used = 0;
    if (sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &used) != 3 || used != 10)
        return 0;
    if (text[used] != '\0' && text[used] != 'T')
        return 0;
    uint32_t date = year * 10000 + month * 100 + day;
    return date_of_time(time_of_date(date)) == date ? date : 0;
}
