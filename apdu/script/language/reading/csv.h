// SPDX-License-Identifier: Apache-2.0
// Tables for scripts: lines of comma-separated cells, a cell in double quotes may contain commas,
// line ends and (doubled) quotes (RFC 4180). Lines without anything are passed over. Freestanding.
#ifndef APDU_SCRIPT_LANGUAGE_TABLES_CSV_H
#define APDU_SCRIPT_LANGUAGE_TABLES_CSV_H

#include "base/buffer.h"

struct csv {
    struct bytes rest;
    uint32_t line;    // of the next cell, from 1
    const char *text; // where that line begins
};

/// Before the first cell of a text, which must stay; a mark of UTF-8 is skipped.
void csv_init(struct csv *csv, struct bytes text);
/// Is another line there? Stands at its first cell then.
bool csv_line(struct csv *csv);
/// Appends the next cell to out; *last: it ends its line. False: its quote is never closed, or
/// something stands behind it.
bool csv_cell(struct csv *csv, struct buffer *out, bool *last);

#endif
