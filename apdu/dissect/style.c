// SPDX-License-Identifier: Apache-2.0
#include "apdu/dissect/style.h"
#include "base/must.h"

static const char *const codes[] = {
    [STYLE_PLAIN] = "",         [STYLE_DIM] = "\x1b[2m",    [STYLE_NAME] = "\x1b[1m",
    [STYLE_FIELD] = "\x1b[36m", [STYLE_GOOD] = "\x1b[32m",  [STYLE_BAD] = "\x1b[31m",
    [STYLE_DOUBT] = "\x1b[33m", [STYLE_SECRET] = "\x1b[35m"};
must_cover(codes, STYLE_COUNT);

void style_begin(struct dissect_out *out, enum style style) {
    if (out->colour)
        buffer_text(&out->text, codes[style]);
}

void style_end(struct dissect_out *out, enum style style) {
    if (out->colour && style != STYLE_PLAIN)
        buffer_text(&out->text, "\x1b[0m");
}

void style_text(struct dissect_out *out, enum style style, const char *text) {
    style_span(out, style, bytes_of_string(text));
}

void style_span(struct dissect_out *out, enum style style, struct bytes text) {
    style_begin(out, style);
    for (size_t i = 0; i < text.size; i++) // nothing of a card may command the terminal
        buffer_put_octet(&out->text,
                         text.data[i] < 0x20 || text.data[i] >= 0x7F ? '.' : text.data[i]);
    style_end(out, style);
}

void style_indent(struct dissect_out *out, unsigned depth) {
    buffer_text(&out->text, "               ");
    for (unsigned i = 0; i < depth && i < 16; i++)
        buffer_text(&out->text, "  ");
}

void style_hex(struct dissect_out *out, enum style style, struct bytes octets, size_t most) {
    struct bytes shown = octets;
    if (shown.size > most)
        shown.size = most;
    style_begin(out, style);
    buffer_format(&out->text, "%h%s", shown, shown.size < octets.size ? " .." : "");
    style_end(out, style);
}
