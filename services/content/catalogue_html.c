// SPDX-License-Identifier: Apache-2.0
// Pages for people: no scripts, nothing from elsewhere, one column that a phone shows as it is.
#include "services/content/content_private.h"

#include "apdu/octets/unit.h"
#include "services/core/page.h"

#include <string.h>

enum { LIST_WHOLE = 100 }; // contents of one page of the catalogue

static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>";
static const char STYLE[] =
    "</title><style>body{font:1em/1.5 sans-serif;max-width:40em;margin:auto;padding:.5em 1em}"
    "dt{font-weight:bold}dd{margin:0 0 .5em}table{border-collapse:collapse}"
    "th,td{text-align:left;padding:.2em 1em .2em 0;border-bottom:1px solid}</style></head><body>\n";

static void put_offers(struct buffer *out, const struct form *page) {
    size_t count = 0;
    const struct form *offers = form_list(page, NAME_OFFERS, &count);
    if (count == 0)
        return;
    buffer_text(out, "<table><tr><th>Number</th><th>Plays</th><th>Price</th></tr>\n");
    for (size_t i = 0; i < count; i++) {
        char unit[UNIT_NAME_MAX];
        buffer_text(out, "<tr><td>");
        page_put_escaped(out, form_text(&offers[i], NAME_NUMBER));
        buffer_text(out, "</td><td>");
        if (form_has(&offers[i], NAME_PLAYS))
            buffer_format(out, "%l", form_uint(&offers[i], NAME_PLAYS));
        else
            buffer_text(out, "unlimited");
        buffer_format(out, "</td><td>%l %s</td></tr>\n", form_uint(&offers[i], NAME_AMOUNT),
                      unit_name((uint16_t)form_uint(&offers[i], NAME_UNIT), unit));
    }
    buffer_text(out, "</table>\n");
}

static void put_page(struct buffer *out, const struct form *page) {
    static const struct {
        enum name name;
        const char *label;
    } LINES[] = {{NAME_SUBTITLE, "Subtitle"},
                 {NAME_PERFORMERS, "Performers"},
                 {NAME_CREATOR, "Creator"},
                 {NAME_COMMENT, "Comment"}};
    buffer_text(out, "<dl><dt>Content</dt><dd>");
    page_put_escaped(out, form_text(page, NAME_ID));
    buffer_text(out, "</dd>\n");
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++)
        if (form_has(page, LINES[i].name)) {
            buffer_format(out, "<dt>%s</dt><dd>", LINES[i].label);
            page_put_escaped(out, form_text(page, LINES[i].name));
            buffer_text(out, "</dd>\n");
        }
    buffer_text(out, "</dl>\n");
    put_offers(out, page);
}

static void put_list(struct buffer *out, const struct form *list) {
    size_t count = 0;
    const struct form *pages = form_list(list, NAME_CONTENTS, &count);
    for (size_t i = 0; i < count; i++) {
        buffer_text(out, "<h2><a href=\"/catalogue/");
        page_put_link(out, form_text(&pages[i], NAME_ID));
        buffer_text(out, "\">");
        page_put_escaped(out, form_text(&pages[i], NAME_TITLE));
        buffer_text(out, "</a></h2>\n");
        put_page(out, &pages[i]);
    }
    if (count == 0)
        buffer_text(out, "<p>Nothing.</p>\n");
    if (count == LIST_WHOLE) {
        buffer_text(out, "<p><a href=\"/catalogue?after=");
        page_put_link(out, form_text(&pages[count - 1], NAME_ID));
        buffer_text(out, "\">More</a></p>\n");
    }
}

void content_answer_html(struct call *call, bool list) {
    struct buffer out;
    const char *title = list ? "Catalogue" : form_text(&call->out, NAME_TITLE);
    buffer_init(&out, call->arena->memory);
    buffer_text(&out, HEAD);
    page_put_escaped(&out, title);
    buffer_text(&out, STYLE);
    buffer_text(&out, "<h1>");
    page_put_escaped(&out, title);
    buffer_text(&out, "</h1>\n");
    if (list)
        put_list(&out, &call->out);
    else
        put_page(&out, &call->out);
    buffer_text(&out, "</body></html>\n");
    page_answer(call, &out);
}
