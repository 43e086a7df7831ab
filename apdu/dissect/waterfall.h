// SPDX-License-Identifier: Apache-2.0
// One exchange after the other as an SVG picture: a row a command, a bar for the time between
// command and answer, coloured by its status word. Freestanding.
#ifndef APDU_DISSECT_WATERFALL_H
#define APDU_DISSECT_WATERFALL_H

#include "base/buffer.h"

struct waterfall_row {
    const char *title;     // of the command
    struct bytes card;     // its name; empty: there is only one
    uint16_t sw;           // 0: silence
    size_t sent, received; // octets
    uint64_t begin, end;   // microseconds
};

struct waterfall {
    struct arena arena;
    struct waterfall_link *first, **tail;
    size_t count;
    uint64_t end;
};

/// An empty picture; memory must outlive it.
void waterfall_init(struct waterfall *waterfall, const struct script_memory *memory);
/// Frees every row.
void waterfall_free(struct waterfall *waterfall);
/// Copies the row. Without times the rows are put one after the other.
void waterfall_add(struct waterfall *waterfall, const struct waterfall_row *row);
/// Appends the whole picture as SVG.
void waterfall_write(const struct waterfall *waterfall, struct buffer *out);

#endif
