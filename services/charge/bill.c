// SPDX-License-Identifier: Apache-2.0
// Bills as they are shown: JSON with every line, or a page in English or Japanese.
#include "services/charge/charge_private.h"

#include "services/core/page.h"
#include "services/wire/api/bill_words.h"

#include <stdio.h>
#include <string.h>

struct parts {
    struct call *call;
    struct session *session;
    struct value phone, month;
    struct form *part;
};

static bool show_line(void *context, const struct value *row) {
    const struct parts *parts = context;
    struct form *line = form_add(parts->part, NAME_LINES);
    form_set_text(line, NAME_KIND, value_string(&row[0]));
    form_set_text(line, NAME_TEXT, value_string(&row[1]));
    if (row[2].kind != VALUE_NULL)
        form_set_uint(line, NAME_DATE, (uint64_t)row[2].number);
    if (row[3].kind != VALUE_NULL)
        form_set_uint(line, NAME_QUANTITY, (uint64_t)row[3].number);
    form_set_uint(line, NAME_AMOUNT, (uint64_t)row[4].number);
    return true;
}

struct heads {
    char part[2][17];
    int64_t total[2], unit;
    size_t count;
};

static bool take_head(void *context, const struct value *row) {
    struct heads *heads = context;
    snprintf(heads->part[heads->count], sizeof heads->part[0], "%s", value_string(&row[0]));
    heads->unit = row[2].number;
    heads->total[heads->count++] = row[1].number;
    return heads->count < 2;
}

/// The telephone's part first.
static void show_parts(struct parts *parts, const struct heads *heads) {
    for (size_t i = heads->count; i-- > 0;) {
        parts->part = form_add(&parts->call->out, NAME_BILLS);
        form_set_text(parts->part, NAME_PART, heads->part[i]);
        form_set_uint(parts->part, NAME_TOTAL, (uint64_t)heads->total[i]);
        sql_each(parts->session, &charge_sql[LINE_LIST],
                 IN(parts->phone, parts->month, value_text(heads->part[i])), show_line, parts);
    }
}

bool charge_bill_transact(struct call *call, struct session *session) {
    const char *month = form_text(&call->in, NAME_MONTH);
    struct heads heads = {.count = 0};
    struct parts parts = {call, session, in_text(call, NAME_PHONE), value_int(month_of_text(month)),
                          NULL};
    sql_each(session, &charge_sql[BILL_LIST], IN(parts.phone, parts.month), take_head, &heads);
    if (heads.count == 0)
        return call_refuse(call, &charge_no_bill, "%s has no bill of %s",
                           form_text(&call->in, NAME_PHONE), month);
    form_set_text(&call->out, NAME_PHONE, form_text(&call->in, NAME_PHONE));
    form_set_text(&call->out, NAME_MONTH, month);
    form_set_uint(&call->out, NAME_UNIT, (uint64_t)heads.unit);
    show_parts(&parts, &heads);
    if (session->failed == STORE_DONE && page_wanted(call))
        charge_bill_html(call);
    return true;
}

// ---- the page ----------------------------------------------------------------------------------

static void put_line(struct buffer *out, const struct form *line, const char *const *said,
                     const char *unit) {
    uint64_t day = form_uint(line, NAME_DATE);
    buffer_text(out, "<tr><td>");
    if (day != 0)
        buffer_format(out, "%l/%l/%l", day / 10000, day / 100 % 100, day % 100);
    buffer_text(out, "</td><td>");
    page_put_escaped(out, bill_item(line, said));
    buffer_format(out, "</td><td class=n>%l %s</td></tr>\n", form_uint(line, NAME_AMOUNT), unit);
}

static void put_part(struct buffer *out, const struct form *part, const char *const *said,
                     const char *unit) {
    size_t count = 0;
    const struct form *lines = form_list(part, NAME_LINES, &count);
    buffer_format(out, "<h2>%s</h2>\n<table><tr><th>%s</th><th>%s</th><th>%s</th></tr>\n",
                  bill_part(part, said), said[BILL_WORD_DAY], said[BILL_WORD_ITEM],
                  said[BILL_WORD_AMOUNT]);
    for (size_t i = 0; i < count; i++)
        put_line(out, &lines[i], said, unit);
    buffer_format(out, "<tr><th></th><th>%s</th><th class=n>%l %s</th></tr></table>\n",
                  said[BILL_WORD_TOTAL], form_uint(part, NAME_TOTAL), unit);
}

static void put_bill(struct call *call, struct buffer *out, bool japanese) {
    const char *const *said = bill_words(japanese);
    char unit[UNIT_NAME_MAX];
    size_t count = 0;
    const struct form *parts = form_list(&call->out, NAME_BILLS, &count);
    const char *name = bill_unit((uint16_t)form_uint(&call->out, NAME_UNIT), japanese, unit);
    buffer_format(out,
                  "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s "
                  "%s</title><style>body{font:1em/1.5 sans-serif;max-width:40em;margin:auto}"
                  "td,th{text-align:left;padding:.2em 1em .2em 0}.n{text-align:right}</style>"
                  "</head><body>\n<h1>%s %s</h1>\n<p>",
                  japanese ? "ja" : "en", said[BILL_WORD_BILL], form_text(&call->out, NAME_MONTH),
                  said[BILL_WORD_BILL], form_text(&call->out, NAME_MONTH));
    page_put_escaped(out, form_text(&call->out, NAME_PHONE));
    buffer_text(out, "</p>\n");
    for (size_t i = 0; i < count; i++)
        put_part(out, &parts[i], said, name);
    buffer_text(out, "</body></html>\n");
}

void charge_bill_html(struct call *call) {
    const char *language = form_text(&call->in, NAME_LANGUAGE);
    struct buffer out;
    buffer_init(&out, call->arena->memory);
    put_bill(call, &out, language != NULL && strcmp(language, "ja") == 0);
    page_answer(call, &out);
}
