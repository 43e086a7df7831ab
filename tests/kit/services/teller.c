// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/teller.h"

#include "services/core/keeper/outbox.h"
#include "tests/kit/services/counter.h"

static const struct shape_row pay_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_COUNTER, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
};
static const struct shape shape_pay = SHAPE_OF(pay_rows);
static const struct shape_row paid_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_STATE, .kind = FORM_TEXT, .min = 1, .max = 8},
    {.name = NAME_AMOUNT, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
};
static const struct shape shape_paid = SHAPE_OF(paid_rows);

const struct problem_word teller_refused = {"teller-refused", 409, "The counter did not take it"};
static const struct problem_word *const pay_refusals[] = {&teller_refused, NULL};

const struct endpoint teller_pay = {.name = "teller.pay",
                                    .method = "POST",
                                    .path = "/v1/pays",
                                    .roles = ROLE_WALLET,
                                    .key = KEY_NEEDED,
                                    .body_max = 200,
                                    .request = &shape_pay,
                                    .answer = &shape_paid,
                                    .refusals = pay_refusals,
                                    .title = "pay into a counter"};
static const struct endpoint *const endpoints[] = {&teller_pay};
static const struct api teller_api = {"teller", endpoints, 1};

static const struct migration migrations[] = {
    {1,
     "CREATE TABLE pay(id @TEXT NOT NULL PRIMARY KEY, state @INT NOT NULL, value @INT NOT NULL)"
     " @END;",
     NULL}};

enum { ASKED, PAID, REFUSED };
enum { MAKE, FIND, DECIDE };

static const struct statement sql[] = {
    [MAKE] = {"INSERT INTO pay(id, state, value) VALUES($1, 0, 0) ON CONFLICT DO NOTHING"
              " RETURNING id",
              "t", "t"},
    [FIND] = {"SELECT state, value FROM pay WHERE id = $1", "t", "ii"},
    [DECIDE] = {"UPDATE pay SET state = $2, value = $3 WHERE id = $1", "tii", ""},
};

const struct statement teller_dump[2] = {
    {"SELECT id, state, value FROM pay ORDER BY id", "", "tii"},
    {"SELECT id, target, endpoint, body, state, reply FROM outbox ORDER BY id", "", "tttbiB"},
};

static void ask_counter(struct call *call, struct session *session) {
    struct form form;
    const char *id = form_text(&call->in, NAME_ID);
    form_init(&form, counter_step.request, call->arena);
    form_set_text(&form, NAME_ID, form_text(&call->in, NAME_COUNTER));
    form_set_uint(&form, NAME_AMOUNT, form_uint(&call->in, NAME_AMOUNT));
    outbox_put(session, id, "counter", &counter_step, &form, call->now_ms);
}

static bool pay(struct call *call, struct session *session) {
    struct value row[2] = {0};
    if (sql_run(session, &sql[MAKE], IN(in_text(call, NAME_ID)), row) == STORE_ROW)
        ask_counter(call, session);
    sql_run(session, &sql[FIND], IN(in_text(call, NAME_ID)), row);
    if (row[0].number == REFUSED)
        return call_refuse(call, &teller_refused, "The counter did not take %s",
                           form_text(&call->in, NAME_ID));
    form_set_text(&call->out, NAME_ID, form_text(&call->in, NAME_ID));
    form_set_text(&call->out, NAME_STATE, row[0].number == PAID ? "paid" : "asked");
    if (row[0].number == PAID)
        form_set_uint(&call->out, NAME_AMOUNT, (uint64_t)row[1].number);
    else
        call->status = 202;
    return true;
}

/// A counter that says 666 is not believed.
static bool decide(struct call *call, struct session *session) {
    if (form_uint(&call->in, NAME_AMOUNT) == 666)
        return call_refuse(call, &problem_internal, "666 is no sum");
    sql_run(session, &sql[DECIDE],
            IN(value_text(call->key), value_int(call->refused == NULL ? PAID : REFUSED),
               value_int(form_int(&call->in, NAME_AMOUNT))),
            NULL);
    return true;
}

static const struct handler handlers[] = {{&teller_pay, NULL, pay, NULL}};
static const struct handler replies[] = {{&counter_step, NULL, decide, NULL}};

const struct service teller_service = {
    .name = "teller",
    .api = &teller_api,
    .handlers = handlers,
    .handler_count = 1,
    .replies = replies,
    .reply_count = 1,
    .statements = sql,
    .statement_count = sizeof sql / sizeof sql[0],
    .migrations = migrations,
    .migration_count = 1,
};
