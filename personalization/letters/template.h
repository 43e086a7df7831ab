// SPDX-License-Identifier: Apache-2.0
// The wording of a letter: text in UTF-8 in which {NAME} stands for what the letter has under that
// name, {{ for a brace. A line with names but no other words is left out where all of them are
// empty, so that an address closes up. A form feed begins a new sheet. Pure.
#ifndef PERSONALIZATION_LETTERS_TEMPLATE_H
#define PERSONALIZATION_LETTERS_TEMPLATE_H

#include "personalization/letters/fields.h"

enum { SHEET_TEXT_MAX = 65536 };

/// A letter as it is printed; secret.
struct sheet_text {
    size_t size;
    char text[SHEET_TEXT_MAX]; // ended by a zero octet
};

/// Fills a template in. path is for messages. False: a name that the letter does not have, with
/// line and column, a brace that nothing closes, text that is no UTF-8, or no room.
bool template_fill(const char *text, const char *path, const struct letter_fields *fields,
                   struct sheet_text *out, struct failure *failure);

#endif
