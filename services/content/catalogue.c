// SPDX-License-Identifier: Apache-2.0
// The catalogue: what there is, with the offers that sellers have named.
#include "services/content/content_private.h"
#include "services/core/page.h"

#include <string.h>

static void set_text(struct form *form, enum name name, const struct value *value) {
    if (value->kind == VALUE_TEXT)
        form_set_text(form, name, value_string(value));
}

static void set_page(struct form *form, const struct value *row) {
    static const enum name names[] = {NAME_ID,         NAME_TITLE,   NAME_SUBTITLE,
                                      NAME_PERFORMERS, NAME_CREATOR, NAME_COMMENT};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        set_text(form, names[i], &row[i]);
}

static void add_offer(struct form *page, const struct value *row) {
    struct form *offer = form_add(page, NAME_OFFERS);
    set_text(offer, NAME_NUMBER, &row[1]);
    if (row[2].kind == VALUE_INT)
        form_set_uint(offer, NAME_PLAYS, (uint64_t)row[2].number);
    form_set_uint(offer, NAME_AMOUNT, (uint64_t)row[3].number);
    form_set_uint(offer, NAME_UNIT, (uint64_t)row[4].number);
}

// ---- one ---------------------------------------------------------------------------------------

static bool take_offer(void *context, const struct value *row) {
    add_offer(context, row);
    return true;
}

bool content_page_transact(struct call *call, struct session *session) {
    struct value row[6] = {0};
    const char *id = form_text(&call->in, NAME_ID);
    if (sql_run(session, &content_sql[CONTENT_PAGE], IN(value_text(id)), row) == STORE_NONE)
        return call_refuse(call, &content_unknown, "There is no content %s", id);
    set_page(&call->out, row);
    sql_each(session, &content_sql[CONTENT_OFFERS], IN(value_text(id)), take_offer, &call->out);
    if (session->failed == STORE_DONE && page_wanted(call))
        content_answer_html(call, false);
    return true;
}

// ---- all ---------------------------------------------------------------------------------------

static bool take_page(void *context, const struct value *row) {
    struct call *call = context;
    set_page(form_add(&call->out, NAME_CONTENTS), row);
    return true;
}

/// Offers come in the order of the contents that they belong to.
struct merging {
    struct form *pages;
    size_t count, at;
};

static bool merge_offer(void *context, const struct value *row) {
    struct merging *merging = context;
    while (merging->at < merging->count &&
           strcmp(form_text(&merging->pages[merging->at], NAME_ID), value_string(&row[0])) != 0)
        merging->at++;
    if (merging->at < merging->count)
        add_offer(&merging->pages[merging->at], row);
    return true;
}

bool content_list_transact(struct call *call, struct session *session) {
    const char *after = form_has(&call->in, NAME_AFTER) ? form_text(&call->in, NAME_AFTER) : "";
    struct merging merging = {0};
    sql_each(session, &content_sql[CONTENT_LIST], IN(value_text(after)), take_page, call);
    merging.pages = form_list(&call->out, NAME_CONTENTS, &merging.count);
    if (merging.count > 0) {
        const char *last = form_text(&merging.pages[merging.count - 1], NAME_ID);
        sql_each(session, &content_sql[CONTENT_LIST_OFFERS],
                 IN(value_text(after), value_text(last)), merge_offer, &merging);
    }
    if (session->failed == STORE_DONE && page_wanted(call))
        content_answer_html(call, true);
    return true;
}
