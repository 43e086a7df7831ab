// SPDX-License-Identifier: Apache-2.0
// A letter as PDF on A4: set by Pango, which knows every script and wraps what is too long, drawn
// by Cairo with its fonts in it.
#ifndef PERSONALIZATION_LETTERS_SHEET_H
#define PERSONALIZATION_LETTERS_SHEET_H

#include "personalization/letters/template.h"

/// Octets of a PDF. Its owner erases and frees data.
struct sheet_pdf {
    unsigned char *data;
    size_t size, capacity;
};

/// Prints a letter; font as Pango describes it ("Sans 11"). False: no font here has every sign of
/// the text, or no memory; there is nothing to free then.
bool sheet_print(const struct sheet_text *text, const char *font, struct sheet_pdf *pdf,
                 struct failure *failure);

/// Erases and frees a PDF; one that is empty is nothing.
void sheet_free(struct sheet_pdf *pdf);

#endif
