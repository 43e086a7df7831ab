// SPDX-License-Identifier: Apache-2.0
// The check signs make two sums over GF(32), with x^5 + x^2 + 1, vanish: of all signs, and of the
// signs each times a power of x for its place. Their quotient is the place of a single mistake.
#include "apdu/object/ticket_number.h"

#include <stdint.h>
#include <string.h>

static const char signs[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { FIELD_SIZE = 32, POLYNOMIAL = 0x25, ORDER = 31 };
enum { FIRST_DASH = 4, SECOND_DASH = 11 };

// ---- the field ---------------------------------------------------------------------------------

static uint8_t times_x(uint8_t value) {
    unsigned doubled = (unsigned)value << 1;
    return (uint8_t)(doubled >= FIELD_SIZE ? doubled ^ POLYNOMIAL : doubled);
}

static uint8_t power(size_t exponent) {
    uint8_t value = 1;
    for (size_t i = 0; i < exponent % ORDER; i++)
        value = times_x(value);
    return value;
}

/// Of a value that is not zero.
static size_t logarithm(uint8_t value) {
    size_t exponent = 0;
    for (uint8_t at = 1; at != value; at = times_x(at))
        exponent++;
    return exponent;
}

static uint8_t product(uint8_t a, uint8_t b) {
    return a == 0 || b == 0 ? 0 : power(logarithm(a) + logarithm(b));
}

static uint8_t quotient(uint8_t a, uint8_t b) {
    return a == 0 ? 0 : power(logarithm(a) + ORDER - logarithm(b));
}

struct sums {
    uint8_t plain, weighted;
};

static struct sums sums_of(const uint8_t *values, size_t count) {
    struct sums sums = {0, 0};
    for (size_t i = 0; i < count; i++) {
        sums.plain ^= values[i];
        sums.weighted ^= product(power(i), values[i]);
    }
    return sums;
}

// ---- signs -------------------------------------------------------------------------------------

/// As people write it: small letters, and the letters that look like digits.
static char read_sign(char typed) {
    if (typed >= 'a' && typed <= 'z')
        typed = (char)(typed - 'a' + 'A');
    if (typed == 'O')
        return '0';
    return typed == 'I' || typed == 'L' ? '1' : typed;
}

static bool value_of(char sign, uint8_t *value) {
    const char *found = sign != '\0' ? strchr(signs, sign) : NULL;
    if (found != NULL)
        *value = (uint8_t)(found - signs);
    return found != NULL;
}

static size_t place_of(size_t value) {
    return value + (value >= FIRST_DASH) + (value >= SECOND_DASH - 1);
}

/// The values of a number that has the form of a coded one.
static bool read_values(const char *typed, uint8_t values[TICKET_NUMBER_SIGNS]) {
    if (strlen(typed) != TICKET_NUMBER_CODED || typed[FIRST_DASH] != '-' ||
        typed[SECOND_DASH] != '-')
        return false;
    for (size_t i = 0; i < TICKET_NUMBER_SIGNS; i++)
        if (!value_of(read_sign(typed[place_of(i)]), &values[i]))
            return false;
    return true;
}

// ---- judging -----------------------------------------------------------------------------------

/// Would two neighbours, swapped back, make the number right?
static bool is_swapped(const uint8_t values[TICKET_NUMBER_SIGNS], uint8_t weighted) {
    for (size_t i = 0; i + 1 < TICKET_NUMBER_SIGNS; i++)
        if (weighted == product(power(i) ^ power(i + 1), values[i] ^ values[i + 1]))
            return true;
    return false;
}

static void judge(struct ticket_number *number, const uint8_t values[TICKET_NUMBER_SIGNS]) {
    struct sums sums = sums_of(values, TICKET_NUMBER_SIGNS);
    if (sums.plain == 0 && sums.weighted == 0)
        return;
    number->fault = TICKET_NUMBER_SPOILT;
    if (sums.plain == 0 && is_swapped(values, sums.weighted))
        number->fault = TICKET_NUMBER_SWAPPED;
    if (sums.plain == 0 || sums.weighted == 0)
        return;
    size_t at = logarithm(quotient(sums.weighted, sums.plain));
    if (at >= TICKET_NUMBER_SIGNS)
        return;
    number->fault = TICKET_NUMBER_WRONG;
    number->at = place_of(at);
}

struct ticket_number ticket_number_read(const char *typed) {
    struct ticket_number number = {.fault = TICKET_NUMBER_GOOD};
    uint8_t values[TICKET_NUMBER_SIGNS];
    size_t size = strlen(typed);
    if (size == 0 || size > TICKET_NUMBER_MAX) {
        number.fault = TICKET_NUMBER_NONE;
        return number;
    }
    for (size_t i = 0; i < size; i++)
        if (typed[i] <= 0x20 || typed[i] > 0x7E)
            number.fault = TICKET_NUMBER_NONE;
    memcpy(number.text, typed, size);
    if (number.fault != TICKET_NUMBER_GOOD || !read_values(typed, values))
        return number;
    for (size_t i = 0; i < TICKET_NUMBER_SIGNS; i++)
        number.text[place_of(i)] = signs[values[i]];
    judge(&number, values);
    return number;
}

// ---- making ------------------------------------------------------------------------------------

bool ticket_number_make(const char *enterprise, const char *serial,
                        char number[TICKET_NUMBER_CODED + 1]) {
    uint8_t values[TICKET_NUMBER_SIGNS];
    if (strlen(enterprise) != FIRST_DASH || strlen(serial) != SECOND_DASH - FIRST_DASH - 1)
        return false;
    for (size_t i = 0; i < TICKET_NUMBER_DATA; i++)
        if (!value_of(i < FIRST_DASH ? enterprise[i] : serial[i - FIRST_DASH], &values[i]))
            return false;
    // c1 + c2 = plain, x^10 c1 + x^11 c2 = weighted
    struct sums sums = sums_of(values, TICKET_NUMBER_DATA);
    uint8_t before = power(TICKET_NUMBER_DATA), last = power(TICKET_NUMBER_DATA + 1);
    uint8_t first = quotient(sums.weighted ^ product(last, sums.plain), before ^ last);
    values[TICKET_NUMBER_DATA] = first;
    values[TICKET_NUMBER_DATA + 1] = sums.plain ^ first;
    memset(number, 0, TICKET_NUMBER_CODED + 1);
    for (size_t i = 0; i < TICKET_NUMBER_SIGNS; i++)
        number[place_of(i)] = signs[values[i]];
    number[FIRST_DASH] = number[SECOND_DASH] = '-';
    return true;
}
