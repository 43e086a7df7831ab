// SPDX-License-Identifier: Apache-2.0
#include "services/wire/http/http_target.h"

#include "base/buffer.h"

#include <string.h>

/// The octet behind a "%"; -1: no two hexadecimal digits there.
static int encoded_octet(const char *percent) {
    int high = hex_digit(percent[1]);
    int low = high < 0 ? -1 : hex_digit(percent[2]);
    return low < 0 ? -1 : high * 16 + low;
}

static bool is_control(int octet) {
    return octet < 0x20 || octet == 0x7F;
}

static bool octets_are_plain(const char *target) {
    for (const char *at = target; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~' || strchr("#\"<>\\^`{|}", *at) != NULL ||
            (*at == '%' && is_control(encoded_octet(at))))
            return false;
    return true;
}

/// What would change which resource is meant.
static bool hides(const char *path, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (path[i] == '%' && strchr("/.\\", encoded_octet(path + i)) != NULL)
            return true;
    return false;
}

static bool climbs(const char *path, size_t size) {
    for (size_t i = 0; i < size;) {
        const char *segment = path + ++i;
        size_t length = 0;
        while (i < size && path[i] != '/') {
            length++;
            i++;
        }
        if ((length == 0 && i < size) || (length == 1 && segment[0] == '.') ||
            (length == 2 && segment[0] == '.' && segment[1] == '.'))
            return true;
    }
    return false;
}

bool http_target_is_plain(const char *target) {
    size_t size = strcspn(target, "?");
    return target[0] == '/' && octets_are_plain(target) && !hides(target, size) &&
           !climbs(target, size);
}
