// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/columns.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/// Octets of the character that begins here; 0: it is none.
static size_t character_size(const unsigned char *at) {
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = size == 1 ? at[0] : at[0] & (0x7Fu >> size);
    if (at[0] >= 0xF5 || (at[0] >= 0x80 && at[0] < 0xC2))
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80) // the terminator is none either
            return 0;
        code = code << 6 | (at[i] & 0x3F);
    }
    return code >= least[size] && (code < 0xD800 || code > 0xDFFF) && code <= 0x10FFFF ? size : 0;
}

bool text_is_utf8(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        size_t size = character_size(at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

bool text_is_line(const char *text) {
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        if (*at < 0x20 || *at == 0x7F || (at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0))
            return false;
    return text_is_utf8(text);
}

size_t text_length(const char *text) {
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

size_t columns_find(const struct columns *columns, const char *name) {
    size_t i = 0;
    while (i < columns->count && strcmp(columns->names[i], name) != 0)
        i++;
    return i;
}

static bool is_taken(const char *name) {
    static const char *const words[] = {"card", "pin", "puk", "serial"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

bool columns_add(struct columns *columns, const char *name, struct failure *failure) {
    size_t size = strlen(name);
    if (!text_is_line(name) || size == 0 || size >= COLUMN_NAME_SIZE || strpbrk(name, "{}") != NULL)
        return fail(failure, EXIT_USAGE,
                    "column '%.32s': a name has 1 to %d octets of UTF-8 in one line, without "
                    "braces",
                    text_is_utf8(name) ? name : "?", COLUMN_NAME_SIZE - 1);
    if (is_taken(name))
        return fail(failure, EXIT_USAGE,
                    "column '%s': the word stands for what the card gets; name it otherwise", name);
    if (columns->count == COLUMNS_MAX)
        return fail(failure, EXIT_USAGE, "column '%s': no more than %d further columns", name,
                    COLUMNS_MAX);
    snprintf(columns->names[columns->count++], COLUMN_NAME_SIZE, "%s", name);
    return true;
}
