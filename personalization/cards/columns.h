// SPDX-License-Identifier: Apache-2.0
// The columns that a batch has beside those that every batch knows: a name, lines of an address,
// whatever a letter or a certificate is to say. Names and values are UTF-8 of one line. Pure.
#ifndef PERSONALIZATION_CARDS_COLUMNS_H
#define PERSONALIZATION_CARDS_COLUMNS_H

#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    COLUMNS_MAX = 16,
    COLUMN_NAME_SIZE = 32,   // octets, with terminator
    COLUMN_VALUE_SIZE = 128, // octets, with terminator
};

/// In the order in which the batch has them.
struct columns {
    size_t count;
    char names[COLUMNS_MAX][COLUMN_NAME_SIZE];
};

/// Is this UTF-8 (RFC 3629: shortest forms, no surrogates, up to 10FFFF)?
bool text_is_utf8(const char *text);

/// UTF-8 in one line that prints: no control characters.
bool text_is_line(const char *text);

/// Characters of a text in UTF-8.
size_t text_length(const char *text);

/// Place of a column; count where there is none of this name.
size_t columns_find(const struct columns *columns, const char *name);

/// Adds a column. False with what is wrong, to be put behind the place: no line of text, too long,
/// braces in it, one too many, or a word that means something of its own in letters and labels.
bool columns_add(struct columns *columns, const char *name, struct failure *failure);

#endif
