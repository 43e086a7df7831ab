// SPDX-License-Identifier: Apache-2.0
#include "services/content/range.h"

#include <string.h>

/// Digits to a number that stops at the highest; false: there are none.
static bool take_number(const char **text, uint64_t *number) {
    const char *begin = *text;
    *number = 0;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        unsigned digit = (unsigned)(**text - '0');
        *number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
    }
    return *text > begin;
}

/// The last `number` octets.
static enum range_kind suffix(const char *text, uint64_t size, struct range *range) {
    uint64_t number;
    if (!take_number(&text, &number) || *text != '\0')
        return RANGE_WHOLE;
    if (number == 0 || size == 0)
        return RANGE_BEYOND;
    number = number < size ? number : size;
    *range = (struct range){size - number, number};
    return RANGE_PART;
}

enum range_kind range_of(const char *header, uint64_t size, struct range *range) {
    static const char unit[] = "bytes=";
    uint64_t first, last = UINT64_MAX;
    *range = (struct range){0, size};
    if (header == NULL || strncmp(header, unit, sizeof unit - 1) != 0)
        return RANGE_WHOLE;
    const char *at = header + sizeof unit - 1;
    if (*at == '-')
        return suffix(at + 1, size, range);
    if (!take_number(&at, &first) || *at++ != '-')
        return RANGE_WHOLE;
    if (*at != '\0' && (!take_number(&at, &last) || *at != '\0' || last < first))
        return RANGE_WHOLE;
    if (first >= size)
        return RANGE_BEYOND;
    last = last < size ? last : size - 1;
    *range = (struct range){first, last - first + 1};
    return RANGE_PART;
}

bool range_lists_tag(const char *list, const char *etag) {
    size_t size = strlen(etag);
    if (list == NULL)
        return false;
    if (strcmp(list, "*") == 0)
        return true;
    for (const char *at = strstr(list, etag); at != NULL; at = strstr(at + 1, etag))
        if (at[size] == '\0' || at[size] == ',' || at[size] == ' ')
            return true;
    return false;
}
