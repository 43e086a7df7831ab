// SPDX-License-Identifier: Apache-2.0
#include "apdu/dissect/waterfall.h"

#include "apdu/octets/status.h"

enum { ROW_HEIGHT = 22, TOP = 40, LABELS = 330, BARS = 520, MARGIN = 250, UNTIMED = 100 };

struct waterfall_link {
    struct waterfall_row row;
    struct waterfall_link *next;
};

void waterfall_init(struct waterfall *waterfall, const struct script_memory *memory) {
    *waterfall = (struct waterfall){.first = NULL};
    arena_init(&waterfall->arena, memory);
    waterfall->tail = &waterfall->first;
}

void waterfall_free(struct waterfall *waterfall) {
    arena_free(&waterfall->arena);
}

void waterfall_add(struct waterfall *waterfall, const struct waterfall_row *row) {
    struct waterfall_link *link = arena_take(&waterfall->arena, sizeof *link);
    if (link == NULL)
        return;
    link->row = *row;
    link->row.card = arena_copy(&waterfall->arena, row->card);
    if (row->end == 0) {
        link->row.begin = waterfall->end;
        link->row.end = waterfall->end + UNTIMED;
    }
    if (link->row.end > waterfall->end)
        waterfall->end = link->row.end;
    *waterfall->tail = link;
    waterfall->tail = &link->next;
    waterfall->count++;
}

static void put_text(struct buffer *out, struct bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '<' || c == '>' || c == '&' || c == '"')
            buffer_format(out, "&#%u;", (unsigned)c);
        else
            buffer_put_octet(out, c < 0x20 || c >= 0x7F ? '?' : c);
    }
}

static const char *colour_of(uint16_t sw) {
    if (sw == 0)
        return "#888888";
    if (sw == SW_OK || sw >> 8 == 0x61)
        return "#2e8b57";
    return sw >> 8 == 0x62 || sw >> 8 == 0x63 ? "#d29922" : "#c0392b";
}

static void put_row(const struct waterfall *waterfall, const struct waterfall_row *row,
                    size_t index, struct buffer *out) {
    uint64_t whole = waterfall->end > 0 ? waterfall->end : 1;
    size_t y = TOP + index * ROW_HEIGHT;
    uint64_t from = row->begin * BARS / whole, to = row->end * BARS / whole;
    uint64_t width = to > from ? to - from : 1;
    buffer_format(out, "<text x=\"8\" y=\"%z\">", y + 14);
    if (row->card.size > 0) {
        put_text(out, row->card);
        buffer_text(out, ": ");
    }
    put_text(out, bytes_of_string(row->title));
    buffer_format(out, "</text><rect x=\"%l\" y=\"%z\" width=\"%l\" height=\"14\" fill=\"%s\">",
                  LABELS + from, y + 3, width, colour_of(row->sw));
    buffer_format(out, "<title>%z octets sent, %z received</title></rect>", row->sent,
                  row->received);
    buffer_format(out, "<text x=\"%l\" y=\"%z\" class=\"n\">", LABELS + from + width + 6, y + 14);
    if (row->sw == 0)
        buffer_text(out, "no answer");
    else
        buffer_format(out, "%w", (unsigned)row->sw);
    buffer_format(out, "  %l us</text>\n", row->end - row->begin);
}

void waterfall_write(const struct waterfall *waterfall, struct buffer *out) {
    size_t height = TOP + waterfall->count * ROW_HEIGHT + 12, width = LABELS + BARS + MARGIN, i = 0;
    buffer_format(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%z\" height=\"%z\" "
                  "viewBox=\"0 0 %z %z\">\n<style>text{font:12px sans-serif;fill:#222}"
                  ".n{fill:#666}</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
                  width, height, width, height);
    buffer_format(out,
                  "<text x=\"8\" y=\"22\" font-weight=\"bold\">%z commands</text>"
                  "<text x=\"%u\" y=\"22\">0</text><text x=\"%u\" y=\"22\">%l us</text>\n",
                  waterfall->count, (unsigned)LABELS, (unsigned)(LABELS + BARS - 40),
                  waterfall->end);
    for (const struct waterfall_link *at = waterfall->first; at != NULL; at = at->next)
        put_row(waterfall, &at->row, i++, out);
    buffer_text(out, "</svg>\n");
}
