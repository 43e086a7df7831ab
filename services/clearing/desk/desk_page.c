// SPDX-License-Identifier: Apache-2.0
// The operator's page: every number leads to what it counts. HTML without scripts, in English or
// Japanese; nothing is written.
#include "services/clearing/desk/desk_words.h"

#include "apdu/octets/date.h"
#include "apdu/octets/unit.h"
#include "base/calendar.h"
#include "services/clearing/clearing_private.h"
#include "services/core/page.h"

#include <string.h>

enum { LIST_WHOLE = 100, VOLUME_DAYS = 7 };

/// A page as it grows.
struct desk {
    struct call *call;
    struct session *session;
    struct buffer out;
    size_t language;
    struct form status; // counts and balances
    size_t hotlists;    // so far
};

static const char STYLE[] =
    "<style>body{font:1em/1.5 sans-serif;max-width:60em;margin:auto;padding:.5em 1em;color:#111;"
    "background:#fff}a{color:#0645ad}header{display:flex;justify-content:space-between;"
    "align-items:baseline}main{display:grid;grid-template-columns:repeat(auto-fit,minmax(20em,1fr))"
    ";"
    "gap:0 2em}.list{display:block}table{border-collapse:collapse;width:100%}th,td{text-align:left;"
    "padding:.3em 1em .3em 0;border-bottom:1px solid "
    "#999;overflow-wrap:anywhere}.n{text-align:right;"
    "white-space:nowrap}.some{background:#fff3cd}.some a{font-weight:bold}</style></head><body>\n";

// ---- parts of both pages -----------------------------------------------------------------------

static const char *say(const struct desk *desk, enum desk_word word) {
    return desk_words[word].in[desk->language];
}

static const char *code(size_t language) {
    return language == 1 ? "ja" : "en";
}

static void put_head(struct desk *desk, const char *title, const char *path) {
    struct buffer *out = &desk->out;
    buffer_format(out,
                  "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta "
                  "name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>",
                  code(desk->language));
    page_put_escaped(out, title);
    buffer_format(out, "</title>%s<header><h1>", STYLE);
    page_put_escaped(out, title);
    buffer_format(out, "</h1><a hreflang=\"%s\" lang=\"%s\" href=\"/operator%s%s?language=%s\">",
                  code(1 - desk->language), code(1 - desk->language), *path != '\0' ? "/" : "",
                  path, code(1 - desk->language));
    buffer_format(out, "%s</a></header>\n", say(desk, DESK_OTHER_LANGUAGE));
}

static void put_heading(struct desk *desk, enum desk_word word) {
    buffer_format(&desk->out, "<section><h2>%s</h2>\n<table>", say(desk, word));
}

static void end_section(struct desk *desk) {
    buffer_text(&desk->out, "</table></section>\n");
}

static void put_amount(struct buffer *out, int64_t amount, uint16_t unit) {
    char name[UNIT_NAME_MAX];
    uint64_t size = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    buffer_format(out, "%s%l %s", amount < 0 ? "-" : "", size, unit_name(unit, name));
}

static void put_date(struct buffer *out, uint32_t date) {
    buffer_format(out, "%u-%s%u-%s%u", date / 10000, date / 100 % 100 < 10 ? "0" : "",
                  date / 100 % 100, date % 100 < 10 ? "0" : "", date % 100);
}

/// The language that is asked for; English unless it is Japanese.
static void desk_begin(struct desk *desk, struct call *call, struct session *session) {
    const char *language = form_text(&call->in, NAME_LANGUAGE);
    *desk = (struct desk){.call = call, .session = session};
    desk->language = language != NULL && strcmp(language, "ja") == 0;
    buffer_init(&desk->out, call->arena->memory);
}

static bool desk_end(struct desk *desk) {
    if (desk->session->failed != STORE_DONE) {
        buffer_free(&desk->out);
        return true; // the store's failure is told by who began the transaction
    }
    buffer_text(&desk->out, "</main></body></html>\n");
    page_answer(desk->call, &desk->out);
    return true;
}

// ---- numbers -----------------------------------------------------------------------------------

static uint64_t count_of(const struct form *status, const char *word) {
    size_t count = 0;
    const struct form *counts = form_list(status, NAME_COUNTS, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(form_text(&counts[i], NAME_WORD), word) == 0)
            return form_uint(&counts[i], NAME_N);
    return 0;
}

/// A row for each number of a part; where a person is needed, what is not 0 stands out.
static void put_numbers(struct desk *desk, enum desk_part part) {
    struct buffer *out = &desk->out;
    for (size_t i = 0; i < DESK_LISTS; i++) {
        const struct desk_list *list = &desk_lists[i];
        if (list->part != part)
            continue;
        uint64_t n = count_of(&desk->status, list->word);
        buffer_format(out,
                      "<tr%s><th scope=row>%s</th><td class=n><a id=\"%s\" "
                      "href=\"/operator/%s?language=%s\">%l</a></td></tr>\n",
                      part == DESK_PART_PERSON && n > 0 ? " class=some" : "",
                      list->name.in[desk->language], list->word, list->word, code(desk->language),
                      n);
    }
}

static bool take_hotlist(void *context, const struct value *row) {
    struct desk *desk = context;
    struct buffer *out = &desk->out;
    struct object object;
    bool valid = false;
    if (!object_decode_as(OBJECT_HOTLIST, row[2].octets, &object))
        return true;
    desk->hotlists++;
    uint32_t date = object_date(&object, FIELD_DATE);
    int32_t age = date_difference(date, desk->call->today, &valid);
    const char *audience = value_string(&row[0]);
    buffer_text(out, "<tr><th scope=row>");
    page_put_escaped(out, audience);
    buffer_format(out, "</th><td>%l, %s %l, ", object_uint(&object, FIELD_MARKS),
                  say(desk, DESK_VERSION), (uint64_t)row[1].number);
    put_date(out, date);
    buffer_text(out, "</td><td class=n><a href=\"/v1/hotlist/");
    page_put_link(out, audience);
    buffer_format(out, "\">%u %s</a></td></tr>\n", valid && age > 0 ? (unsigned)age : 0,
                  say(desk, DESK_AGE_DAYS));
    return true;
}

static void put_hotlists(struct desk *desk) {
    put_heading(desk, DESK_HOTLISTS);
    sql_each(desk->session, &clearing_sql[PAGE_HOTLISTS], NULL, take_hotlist, desk);
    if (desk->hotlists == 0)
        buffer_format(&desk->out, "<tr><td>%s</td></tr>\n", say(desk, DESK_NO_HOTLIST));
    end_section(desk);
}

static bool take_volume(void *context, const struct value *row) {
    struct desk *desk = context;
    struct buffer *out = &desk->out;
    buffer_text(out, "<tr><td>");
    put_date(out, (uint32_t)row[0].number);
    buffer_format(out, "</td><td class=n><a href=\"/operator/batches?language=%s\">%l</a></td>",
                  code(desk->language), (uint64_t)row[2].number);
    buffer_text(out, "<td class=n>");
    put_amount(out, row[3].number, (uint16_t)row[1].number);
    buffer_text(out, "</td></tr>\n");
    return true;
}

static void put_volume(struct desk *desk) {
    int64_t now = time_of_date(desk->call->today);
    uint32_t since = date_of_time(now - (int64_t)(VOLUME_DAYS - 1) * 86400);
    put_heading(desk, DESK_DAYS);
    buffer_format(&desk->out, "<tr><th>%s</th><th class=n>%s</th><th class=n>%s</th></tr>\n",
                  say(desk, DESK_DAY), say(desk, DESK_COUNT), say(desk, DESK_AMOUNT));
    sql_each(desk->session, &clearing_sql[PAGE_VOLUME], IN(value_int(since)), take_volume, desk);
    end_section(desk);
}

static void put_balances(struct desk *desk) {
    size_t count = 0;
    const struct form *balances = form_list(&desk->status, NAME_BALANCES, &count);
    put_heading(desk, DESK_BALANCES);
    for (size_t i = 0; i < count; i++) {
        const char *book = form_text(&balances[i], NAME_WORD);
        int64_t balance = (int64_t)form_uint(&balances[i], NAME_BALANCE) -
                          (int64_t)form_uint(&balances[i], NAME_BELOW);
        buffer_text(&desk->out, "<tr><th scope=row>");
        page_put_escaped(&desk->out, book);
        buffer_text(&desk->out, "</th><td class=n><a href=\"/operator/accounts?after=");
        page_put_link(&desk->out, book);
        buffer_format(&desk->out, "&amp;language=%s\">", code(desk->language));
        put_amount(&desk->out, balance, (uint16_t)form_uint(&balances[i], NAME_UNIT));
        buffer_text(&desk->out, "</a></td></tr>\n");
    }
    end_section(desk);
}

bool clearing_page_transact(struct call *call, struct session *session) {
    struct desk desk;
    desk_begin(&desk, call, session);
    form_init(&desk.status, clearing_status.answer, call->arena);
    status_read(session, &desk.status);
    put_head(&desk, say(&desk, DESK_TITLE), "");
    buffer_text(&desk.out, "<main>");
    put_heading(&desk, DESK_PERSON);
    put_numbers(&desk, DESK_PART_PERSON);
    end_section(&desk);
    put_heading(&desk, DESK_QUEUES);
    put_numbers(&desk, DESK_PART_QUEUES);
    end_section(&desk);
    put_hotlists(&desk);
    put_heading(&desk, DESK_VOLUME);
    put_numbers(&desk, DESK_PART_VOLUME);
    end_section(&desk);
    put_volume(&desk);
    put_balances(&desk);
    return desk_end(&desk);
}

// ---- what a number counts ----------------------------------------------------------------------

/// A list as it grows; the last line's key and number.
struct lines {
    struct desk *desk;
    const struct desk_list *list;
    size_t count;
    const char *key;
    uint64_t n;
};

static void put_cell(struct lines *lines, size_t column, const struct value *value) {
    if (lines->list->heads[column].in[0] == NULL)
        return;
    buffer_text(&lines->desk->out, "<td>");
    if (value->kind == VALUE_TEXT)
        page_put_escaped(&lines->desk->out, value_string(value));
    buffer_text(&lines->desk->out, "</td>");
}

static void put_trace(struct lines *lines) {
    struct buffer *out = &lines->desk->out;
    buffer_text(out, "<td><a href=\"/v1/trace/");
    page_put_link(out, lines->key);
    buffer_format(out, "/%l\">%s</a></td>", lines->n, say(lines->desk, DESK_TRACE));
}

static bool take_line(void *context, const struct value *row) {
    struct lines *lines = context;
    struct buffer *out = &lines->desk->out;
    struct value key = value_keep(lines->desk->call->arena, &row[0]);
    lines->key = value_string(&key);
    lines->n = (uint64_t)row[1].number;
    lines->count++;
    buffer_text(out, "<tr><td>");
    page_put_escaped(out, lines->key);
    if (lines->list->numbered)
        buffer_format(out, " %l", lines->n);
    buffer_text(out, "</td>");
    put_cell(lines, 1, &row[2]);
    put_cell(lines, 2, &row[3]);
    if (lines->list->heads[3].in[0] != NULL) {
        buffer_text(out, "<td class=n>");
        put_amount(out, row[4].number, (uint16_t)row[5].number);
        buffer_text(out, "</td>");
    }
    put_cell(lines, 4, &row[6]);
    if (lines->list->traced)
        put_trace(lines);
    buffer_text(out, "</tr>\n");
    return true;
}

static void put_heads(struct lines *lines) {
    for (size_t i = 0; i < sizeof lines->list->heads / sizeof lines->list->heads[0]; i++)
        if (lines->list->heads[i].in[0] != NULL)
            buffer_format(&lines->desk->out, "<th%s>%s</th>", i == 3 ? " class=n" : "",
                          lines->list->heads[i].in[lines->desk->language]);
    if (lines->list->traced)
        buffer_text(&lines->desk->out, "<th></th>");
}

static void put_more(struct lines *lines) {
    struct desk *desk = lines->desk;
    if (lines->count == 0)
        buffer_format(&desk->out, "<p>%s</p>\n", say(desk, DESK_NOTHING));
    if (lines->count == LIST_WHOLE) {
        buffer_format(&desk->out, "<p><a id=more href=\"/operator/%s?after=", lines->list->word);
        page_put_link(&desk->out, lines->key);
        buffer_format(&desk->out, "&amp;n=%l&amp;language=%s\">%s</a></p>\n", lines->n,
                      code(desk->language), say(desk, DESK_MORE));
    }
}

static void put_list(struct desk *desk, const struct desk_list *list) {
    const struct form *in = &desk->call->in;
    struct lines lines = {.desk = desk, .list = list};
    bool begun = form_has(in, NAME_AFTER);
    const char *after = begun ? form_text(in, NAME_AFTER) : "";
    int64_t n = form_has(in, NAME_N) ? (int64_t)form_uint(in, NAME_N) : begun ? INT64_MAX : -1;
    put_head(desk, list->name.in[desk->language], list->word);
    buffer_format(&desk->out, "<main class=list><p><a href=\"/operator?language=%s\">%s</a></p>\n",
                  code(desk->language), say(desk, DESK_BACK));
    buffer_text(&desk->out, "<table><tr>");
    put_heads(&lines);
    buffer_text(&desk->out, "</tr>\n");
    sql_each(desk->session, &clearing_sql[list->statement], IN(value_text(after), value_int(n)),
             take_line, &lines);
    buffer_text(&desk->out, "</table>\n");
    put_more(&lines);
}

bool clearing_page_list_transact(struct call *call, struct session *session) {
    const char *word = form_text(&call->in, NAME_WORD);
    struct desk desk;
    size_t i = 0;
    while (i < DESK_LISTS && strcmp(desk_lists[i].word, word) != 0)
        i++;
    if (i == DESK_LISTS)
        return call_refuse(call, &clearing_no_list, "The page has no number %s", word);
    desk_begin(&desk, call, session);
    put_list(&desk, &desk_lists[i]);
    return desk_end(&desk);
}
