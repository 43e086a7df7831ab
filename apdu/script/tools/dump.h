// SPDX-License-Identifier: Apache-2.0
// The recording format: an apdu4j dump (# ATR:, # PROTOCOL:, # UID: headers, then command and
// answer as alternating hex lines) with comments of our own that other readers skip:
//   # CARD: NAME       who the following lines belong to
//   # RESET: warm|cold # POWER-CUT: N   # REMOVE:   # INSERT:
//   # TIME: BEGIN END  microseconds of the exchange that follows
//   # SILENT: HEX      a command that got no answer
// docs/script-formats.md has the whole of it. Freestanding: text in, rows out, and back.
#ifndef APDU_SCRIPT_TOOLS_DUMP_H
#define APDU_SCRIPT_TOOLS_DUMP_H

#include "base/buffer.h"

enum dump_kind {
    DUMP_EXCHANGE,
    DUMP_SILENT, // command without an answer
    DUMP_ATR,
    DUMP_CARD,
    DUMP_RESET,
    DUMP_COLD_RESET,
    DUMP_POWER_CUT,
    DUMP_INSERT,
    DUMP_REMOVE,
    DUMP_COMMENT,
};

struct dump_row {
    enum dump_kind kind;
    struct bytes command, answer; // octets; ATR: answer
    struct bytes text;            // CARD: the name; COMMENT: the comment
    uint64_t begin, end;          // microseconds, 0 when unknown
    uint64_t number;              // POWER_CUT: writes
    uint32_t line;                // where it stands, from 1
};

struct dump_reader {
    struct bytes text; // not yet read
    uint32_t line;
    uint64_t begin, end;
    struct buffer command, answer;
    const char *fault; // what is wrong with line `line`, after false without end
};

/// Begins before the first line; the text must stay.
void dump_reader_init(struct dump_reader *reader, const struct script_memory *memory,
                      struct bytes text);
/// Frees the octets of the last row.
void dump_reader_free(struct dump_reader *reader);
/// The next row; its spans live until the next call. False: the end, or reader->fault is set.
bool dump_read(struct dump_reader *reader, struct dump_row *row);

/// Appends a row as text.
void dump_write(const struct dump_row *row, struct buffer *out);

#endif
