// SPDX-License-Identifier: Apache-2.0
#include "host/kiosk/price_list.h"

#include "apdu/octets/unit.h"
#include "base/files.h"
#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kinds[] = {
    [PRICE_GOODS] = "goods", [PRICE_SERVICE] = "service", [PRICE_TICKET] = "ticket"};
must_cover(kinds, PRICE_KIND_COUNT);

const char *price_kind_word(enum price_kind kind) {
    return kinds[kind];
}

// ---- words of a line ---------------------------------------------------------------------------

struct reading {
    const char *name;
    const char *line; // what is left begins at at
    const char *at, *end;
    unsigned number;
    struct failure *failure;
};

/// "NAME:LINE:COLUMN: ..."; columns count octets from 1.
static bool blame(const struct reading *reading, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool blame(const struct reading *reading, const char *at, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail(reading->failure, EXIT_USAGE, "%s:%u:%zu: %s", reading->name, reading->number,
                (size_t)(at - reading->line) + 1, text);
}

static void skip_blanks(struct reading *reading) {
    while (reading->at < reading->end && (*reading->at == ' ' || *reading->at == '\t'))
        reading->at++;
}

static bool is_word_end(char c) {
    return c == ' ' || c == '\t' || c == '"';
}

/// A word without quotes into out. False: none is there, or it is too long.
static bool take_word(struct reading *reading, const char *what, char *out, size_t capacity) {
    skip_blanks(reading);
    const char *begin = reading->at;
    while (reading->at < reading->end && !is_word_end(*reading->at))
        reading->at++;
    size_t size = (size_t)(reading->at - begin);
    if (size == 0)
        return blame(reading, begin, "%s is missing", what);
    if (size >= capacity)
        return blame(reading, begin, "%s of %zu characters; at most %zu", what, size, capacity - 1);
    memcpy(out, begin, size);
    out[size] = '\0';
    return true;
}

static bool is_continuation(const char *at, const char *end) {
    return at < end && ((unsigned char)*at & 0xC0) == 0x80;
}

/// Octets of the character at at; 0: no UTF-8, or a control character.
static size_t character(const char *at, const char *end) {
    unsigned char first = (unsigned char)*at;
    size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0x20 || first == 0x7F || first > 0xF4)
        return 0;
    for (size_t i = 1; i < size; i++)
        if (!is_continuation(at + i, end))
            return 0;
    return size;
}

/// A name in quotes.
static bool take_name(struct reading *reading, const char *what, char out[PRICE_NAME_MAX]) {
    skip_blanks(reading);
    const char *begin = reading->at;
    size_t size = 0;
    if (begin == reading->end || *begin != '"')
        return blame(reading, begin, "%s is missing: a name in \"quotes\"", what);
    for (reading->at++; reading->at < reading->end && *reading->at != '"';) {
        size_t octets = character(reading->at, reading->end);
        if (octets == 0)
            return blame(reading, reading->at, "this is no UTF-8 text");
        if (size + octets >= PRICE_NAME_MAX)
            return blame(reading, begin, "%s is longer than %d octets", what, PRICE_NAME_MAX - 1);
        memcpy(out + size, reading->at, octets);
        size += octets;
        reading->at += octets;
    }
    out[size] = '\0';
    if (reading->at == reading->end)
        return blame(reading, begin, "the quote is not closed");
    if (size == 0)
        return blame(reading, begin, "%s is empty", what);
    reading->at++;
    return true;
}

// ---- a line ------------------------------------------------------------------------------------

static bool take_kind(struct reading *reading, enum price_kind *kind) {
    char word[16];
    skip_blanks(reading);
    const char *begin = reading->at;
    if (!take_word(reading, "the kind", word, sizeof word))
        return false;
    for (int i = 0; i < PRICE_KIND_COUNT; i++)
        if (strcmp(word, kinds[i]) == 0) {
            *kind = (enum price_kind)i;
            return true;
        }
    return blame(reading, begin, "'%s' is no kind; write goods, service or ticket", word);
}

static bool take_id(struct reading *reading, const struct price_list *list, char *id) {
    skip_blanks(reading);
    const char *begin = reading->at;
    if (!take_word(reading, "the id", id, PRICE_ID_MAX))
        return false;
    for (const char *at = id; *at != '\0'; at++)
        if (*at <= ' ' || (unsigned char)*at >= 0x7F)
            return blame(reading, begin, "an id is of printable ASCII characters");
    return price_list_find(list, id) == NULL || blame(reading, begin, "'%s' is there twice", id);
}

static bool take_amount(struct reading *reading, uint64_t *amount) {
    char word[24];
    skip_blanks(reading);
    const char *begin = reading->at;
    if (!take_word(reading, "the price", word, sizeof word))
        return false;
    *amount = 0;
    for (const char *at = word; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || *amount > INT64_MAX / 10 - 1)
            return blame(reading, begin + (at - word), "'%s' is no price in whole minor units",
                         word);
        *amount = 10 * *amount + (uint64_t)(*at - '0');
    }
    return *amount > 0 || blame(reading, begin, "a price of 0 is not paid");
}

/// A unit may stand in front of the names; else it is yen.
static bool take_unit(struct reading *reading, uint16_t *unit) {
    char word[UNIT_NAME_MAX];
    skip_blanks(reading);
    const char *begin = reading->at;
    *unit = UNIT_JPY;
    if (begin == reading->end || *begin == '"')
        return true;
    if (!take_word(reading, "the unit", word, sizeof word))
        return false;
    *unit = unit_from_name(word);
    return *unit != 0 ||
           blame(reading, begin, "'%s' is no unit; write JPY, POINT, F000..FFFF", word);
}

static bool take_line(struct reading *reading, struct price_list *list) {
    skip_blanks(reading);
    if (reading->at == reading->end || *reading->at == '#')
        return true;
    if (list->count == PRICE_ROWS_MAX)
        return blame(reading, reading->at, "a list has at most %d articles", PRICE_ROWS_MAX);
    struct price *price = &list->rows[list->count];
    if (!take_kind(reading, &price->kind) || !take_id(reading, list, price->id) ||
        !take_amount(reading, &price->amount) || !take_unit(reading, &price->unit) ||
        !take_name(reading, "the English name", price->names[0]) ||
        !take_name(reading, "the Japanese name", price->names[1]))
        return false;
    skip_blanks(reading);
    if (reading->at < reading->end && *reading->at != '#')
        return blame(reading, reading->at, "the line goes on behind its names");
    list->count++;
    return true;
}

bool price_list_read(struct price_list *list, const char *name, struct bytes text,
                     struct failure *failure) {
    struct reading reading = {.name = name, .failure = failure};
    const char *at = (const char *)text.data, *end = at + text.size;
    memset(list, 0, sizeof *list);
    for (reading.number = 1; at < end; reading.number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        reading.line = reading.at = at;
        reading.end = stop != NULL ? stop : end;
        if (!take_line(&reading, list))
            return false;
        at = reading.end + 1;
    }
    return list->count > 0 || fail(failure, EXIT_USAGE, "%s: there is nothing to sell", name);
}

bool price_list_open(struct price_list *list, const char *path, struct failure *failure) {
    static uint8_t text[PRICE_FILE_MAX];
    size_t size = 0;
    if (!files_read(path, text, sizeof text, &size)) {
        fail_errno(failure, "cannot read the price list %s", path);
        if (failure->code == EXIT_REFUSED)
            failure->code = EXIT_USAGE;
        return false;
    }
    return price_list_read(list, path, bytes_of(text, size), failure);
}

const struct price *price_list_find(const struct price_list *list, const char *id) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->rows[i].id, id) == 0)
            return &list->rows[i];
    return NULL;
}
