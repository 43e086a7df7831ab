// SPDX-License-Identifier: Apache-2.0
// From a recording to a script that runs again: values that a card drew fresh and that a later
// command repeats (challenges, counters, identifiers) become captures, so that the next run uses
// what the card says then. Answers are checked by status word, and by length where something is
// captured: the rest of them may be fresh as well.
#ifndef APDU_CONVERT_FRESH_H
#define APDU_CONVERT_FRESH_H

#include "apdu/convert/convert.h"

struct fresh_step {
    struct step step;             // spans in the arena
    struct fresh_value *captured; // values that its answer gives
};

/// A value of one answer that a later command contains.
struct fresh_value {
    size_t number;       // its name is v<number>
    size_t offset, size; // in the answer's data
    struct bytes octets;
    struct fresh_value *next;
};

struct fresh {
    struct arena arena;
    const struct script_memory *memory;
    struct fresh_step *steps;
    size_t count, capacity;
    size_t values;
};

/// An empty recording; memory must outlive it.
void fresh_init(struct fresh *fresh, const struct script_memory *memory);
/// Gives every step and value back.
void fresh_free(struct fresh *fresh);
/// Keeps a step. False: memory is out.
bool fresh_take(struct fresh *fresh, const struct step *step);
/// Looks for values and writes the native script.
void fresh_write(struct fresh *fresh, struct buffer *out);

/// The whole way: the native script of a recording (a dump) is added to out. False: the reporter
/// was told why.
bool fresh_of_dump(const struct script_source *source, const struct script_memory *memory,
                   const struct script_reporter *reporter, struct buffer *out);

#endif
