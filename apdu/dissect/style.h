// SPDX-License-Identifier: Apache-2.0
// Text with and without colour, for a terminal and for a pipe.
#ifndef APDU_DISSECT_STYLE_H
#define APDU_DISSECT_STYLE_H

#include "base/buffer.h"

enum style {
    STYLE_PLAIN,
    STYLE_DIM,    // times, octets of the wire
    STYLE_NAME,   // commands
    STYLE_FIELD,  // names of fields
    STYLE_GOOD,   // 9000, signatures that verify
    STYLE_BAD,    // refusals, signatures that do not
    STYLE_DOUBT,  // warnings, what could not be checked
    STYLE_SECRET, // what is not shown
    STYLE_COUNT
};

struct dissect_out {
    struct buffer text;
    bool colour;
};

/// Switches a style on, and off again; nothing without colour.
void style_begin(struct dissect_out *out, enum style style);
void style_end(struct dissect_out *out, enum style style);
/// Appends a text in a style.
void style_text(struct dissect_out *out, enum style style, const char *text);
/// The same for octets that are text.
void style_span(struct dissect_out *out, enum style style, struct bytes text);
/// Blanks for a depth of nesting.
void style_indent(struct dissect_out *out, unsigned depth);
/// At most so many octets as hex, ".." after them when there are more.
void style_hex(struct dissect_out *out, enum style style, struct bytes octets, size_t most);

#endif
