// SPDX-License-Identifier: Apache-2.0
// A recording (dump.h) that plays the card: the next answer for the next command. Commands with
// fresh values in them (challenges, counters) still find their answer by header and length when
// that is allowed. As a link for tests, and as what `tessera apdu serve` puts behind a reader.
#ifndef APDU_SCRIPT_TOOLS_REPLAY_H
#define APDU_SCRIPT_TOOLS_REPLAY_H

#include "apdu/command/link.h"
#include "apdu/script/tools/dump.h"

struct replay_row {
    enum dump_kind kind; // EXCHANGE, SILENT, RESET or ATR
    struct bytes command, answer;
};

enum replay_match {
    REPLAY_STRICT,  // every command as recorded, in order
    REPLAY_LENIENT, // the next row with this command, else with its header and length, else 6F00
};

struct replay {
    const struct script_memory *memory;
    struct arena arena;
    struct replay_row *rows;
    size_t count, next;
    enum replay_match match;
    struct bytes atr; // of the first ATR row; a plain T=1 one without
    size_t misses;    // commands that were not as recorded
};

/// Takes the rows of one card (NULL: the first that is named, or all) out of a dump. False: *fault
/// says what is wrong, *line where.
bool replay_load(struct replay *replay, const struct script_memory *memory, struct bytes dump,
                 const char *card, enum replay_match match, const char **fault, uint32_t *line);
/// Frees the rows.
void replay_free(struct replay *replay);
/// From the beginning again.
void replay_rewind(struct replay *replay);
/// Writes the answer to a command and returns its size; 0 is silence. *as_recorded false: the
/// command was not the recorded one.
size_t replay_answer(struct replay *replay, struct bytes command, uint8_t *answer, size_t capacity,
                     bool *as_recorded);

struct replay_link {
    struct link link;
    struct replay *replay;
};

/// A link over a recording; the caller keeps both. A strict miss is LINK_BROKEN with a sentence.
void replay_link_init(struct replay_link *link, struct replay *replay);

#endif
