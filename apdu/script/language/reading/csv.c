// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/reading/csv.h"

#include <string.h>

static uint8_t peek(const struct csv *csv) {
    return csv->rest.size > 0 ? csv->rest.data[0] : 0;
}

static uint8_t take(struct csv *csv) {
    uint8_t c = csv->rest.data[0];
    csv->rest = bytes_of(csv->rest.data + 1, csv->rest.size - 1);
    if (c == '\n') {
        csv->line++;
        csv->text = (const char *)csv->rest.data;
    }
    return c;
}

static bool at_line_end(const struct csv *csv) {
    return csv->rest.size == 0 || peek(csv) == '\n' ||
           (peek(csv) == '\r' && csv->rest.size > 1 && csv->rest.data[1] == '\n');
}

static void take_line_end(struct csv *csv) {
    if (peek(csv) == '\r')
        take(csv);
    if (csv->rest.size > 0)
        take(csv);
}

void csv_init(struct csv *csv, struct bytes text) {
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};
    bool marked = text.size >= sizeof mark && memcmp(text.data, mark, sizeof mark) == 0;
    if (marked)
        text = bytes_of(text.data + sizeof mark, text.size - sizeof mark);
    *csv = (struct csv){.rest = text, .line = 1, .text = (const char *)text.data};
}

bool csv_line(struct csv *csv) {
    while (csv->rest.size > 0 && at_line_end(csv))
        take_line_end(csv);
    return csv->rest.size > 0;
}

/// Behind the first quote.
static bool take_quoted(struct csv *csv, struct buffer *out) {
    while (csv->rest.size > 0) {
        uint8_t c = take(csv);
        if (c == '"' && peek(csv) != '"')
            return true;
        if (c == '"')
            take(csv);
        buffer_put_octet(out, c);
    }
    return false;
}

bool csv_cell(struct csv *csv, struct buffer *out, bool *last) {
    if (peek(csv) == '"') {
        take(csv);
        if (!take_quoted(csv, out))
            return false;
    } else
        while (!at_line_end(csv) && peek(csv) != ',')
            buffer_put_octet(out, take(csv));
    *last = at_line_end(csv);
    if (!*last && peek(csv) != ',')
        return false;
    if (*last)
        take_line_end(csv);
    else
        take(csv);
    return true;
}
