// SPDX-License-Identifier: Apache-2.0
// Text as PDF on A4: set by Pango, which knows every script and wraps what is too long, drawn by
// Cairo with its fonts in it. PIN letters and bills are printed so.
#ifndef BASE_SHEET_SHEET_H
#define BASE_SHEET_SHEET_H

#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>

/// Octets of a PDF. Its owner erases and frees data.
struct sheet_pdf {
    unsigned char *data;
    size_t size, capacity;
};

/// How it is set: font as Pango describes it ("Sans 11"); where the first tab of a line leads, and
/// where the text behind a second one ends, in millimetres from the margin. 0: no such tab.
struct sheet_style {
    const char *font;
    unsigned tab, end;
};

/// Prints a text of UTF-8, line by line on as many sheets as it needs; a form feed begins a new
/// one. False: no font here has every sign of it, or no memory; there is nothing to free then.
bool sheet_print(const char *text, const struct sheet_style *style, struct sheet_pdf *pdf,
                 struct failure *failure);

/// Erases and frees a PDF; one that is empty is nothing.
void sheet_free(struct sheet_pdf *pdf);

#endif
