// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/counter.h"

#include "services/wire/listener.h"

// ---- what travels ------------------------------------------------------------------------------

static const struct shape_row make_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_ENTERPRISE, .kind = FORM_ID, .min = 1, .max = 12},
};
static const struct shape shape_make = SHAPE_OF(make_rows);
static const struct shape_row step_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_WORD, .kind = FORM_TEXT, .max = 8, .marks = FORM_OPTIONAL | FORM_SECRET},
};
static const struct shape shape_step = SHAPE_OF(step_rows);
static const struct shape_row id_rows[] = {{.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12}};
static const struct shape shape_id = SHAPE_OF(id_rows);
static const struct shape_row state_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12},
    {.name = NAME_AMOUNT, .kind = FORM_UINT},
};
static const struct shape shape_state = SHAPE_OF(state_rows);

const struct problem_word counter_taken = {"counter-taken", 409, "The counter is there already"};
const struct problem_word counter_limit = {"counter-limit", 409, "The counter would pass its end"};
const struct problem_word counter_odd = {"counter-odd", 422, "Steps are even"};
static const struct problem_word *const make_refusals[] = {&counter_taken, NULL};
static const struct problem_word *const step_refusals[] = {&counter_limit, &counter_odd, NULL};

const struct endpoint counter_make = {.name = "counter.make",
                                      .method = "POST",
                                      .path = "/v1/counters",
                                      .roles = ROLE_WALLET | ROLE_TILL,
                                      .owner = OWNER_ENTERPRISE,
                                      .owner_field = NAME_ENTERPRISE,
                                      .key = KEY_NEEDED,
                                      .body_max = 200,
                                      .request = &shape_make,
                                      .answer = &shape_state,
                                      .refusals = make_refusals,
                                      .title = "make a counter"};
const struct endpoint counter_step = {.name = "counter.step",
                                      .method = "POST",
                                      .path = "/v1/counters/{id}/steps",
                                      .roles = ROLE_WALLET | ROLE_TILL,
                                      .owner = OWNER_STORED,
                                      .owner_field = NAME_ID,
                                      .key = KEY_NEEDED,
                                      .body_max = 200,
                                      .request = &shape_step,
                                      .answer = &shape_state,
                                      .refusals = step_refusals,
                                      .title = "step a counter"};
const struct endpoint counter_read = {.name = "counter.read",
                                      .method = "GET",
                                      .path = "/v1/counters/{id}",
                                      .roles = ROLE_WALLET | ROLE_TILL | ROLE_CENTER,
                                      .owner = OWNER_STORED,
                                      .owner_field = NAME_ID,
                                      .owner_free = ROLE_CENTER,
                                      .request = &shape_id,
                                      .answer = &shape_state,
                                      .title = "read a counter"};
const struct endpoint counter_page = {.name = "counter.page",
                                      .method = "GET",
                                      .path = "/v1/page",
                                      .direct = true,
                                      .request = &shape_none,
                                      .answer = &shape_none,
                                      .answer_media = "text/plain",
                                      .title = "say hello"};
const struct endpoint counter_wait = {.name = "counter.wait",
                                      .method = "PUT",
                                      .path = "/v1/waits/{id}",
                                      .roles = ROLE_WALLET,
                                      .owner = OWNER_SENDER,
                                      .owner_field = NAME_ID,
                                      .key = KEY_NEEDED,
                                      .request = &shape_id,
                                      .answer = &shape_state,
                                      .title = "wait until a counter is there"};

static const struct endpoint *const endpoints[] = {&counter_make, &counter_step, &counter_read,
                                                   &counter_page, &counter_wait};
const struct api counter_api = {"counter", endpoints, sizeof endpoints / sizeof endpoints[0]};

// ---- what is stored ----------------------------------------------------------------------------

static const struct migration migrations[] = {
    {1,
     "CREATE TABLE counter(id @TEXT NOT NULL PRIMARY KEY, owner @TEXT NOT NULL,"
     " value @INT NOT NULL) @END;",
     NULL},
    {2,
     "CREATE TABLE step(counter @TEXT NOT NULL @REF counter(id), made_ms @INT NOT NULL,"
     " amount @INT NOT NULL, value @INT NOT NULL, PRIMARY KEY(counter, value)) @END;",
     NULL},
};

enum { OWNER_OF, MAKE, READ, STEP, NOTE };

static const struct statement sql[] = {
    [OWNER_OF] = {"SELECT owner FROM counter WHERE id = $1", "t", "t"},
    [MAKE] = {"INSERT INTO counter(id, owner, value) VALUES($1, $2, 0)"
              " ON CONFLICT DO NOTHING RETURNING id",
              "tt", "t"},
    [READ] = {"SELECT value FROM counter WHERE id = $1", "t", "i"},
    [STEP] = {"UPDATE counter SET value = value + $2 WHERE id = $1 RETURNING value", "ti", "i"},
    [NOTE] = {"INSERT INTO step(counter, made_ms, amount, value) VALUES($1, $2, $3, $4)", "tiii",
              ""},
};

const struct statement counter_dump[2] = {
    {"SELECT id, owner, value FROM counter ORDER BY id", "", "tti"},
    {"SELECT counter, amount, value FROM step ORDER BY counter, value", "", "tii"},
};

// ---- what it does ------------------------------------------------------------------------------

static void answer_state(struct call *call, int64_t value) {
    form_set_text(&call->out, NAME_ID, form_text(&call->in, NAME_ID));
    form_set_uint(&call->out, NAME_AMOUNT, (uint64_t)value);
}

static bool make(struct call *call, struct session *session) {
    struct value row[1];
    if (sql_run(session, &sql[MAKE], IN(in_text(call, NAME_ID), value_text(call->sender->id)),
                row) == STORE_NONE)
        return call_refuse(call, &counter_taken, "Counter %s is there already",
                           form_text(&call->in, NAME_ID));
    answer_state(call, 0);
    return true;
}

static bool check_step(struct call *call) {
    uint64_t amount = form_uint(&call->in, NAME_AMOUNT);
    return amount % 2 == 0 ||
           call_refuse(call, &counter_odd, "A step of %u is odd", (unsigned)amount);
}

static bool step(struct call *call, struct session *session) {
    struct value row[1] = {0};
    sql_run(session, &sql[STEP], IN(in_text(call, NAME_ID), in_int(call, NAME_AMOUNT)), row);
    if (row[0].number > COUNTER_LIMIT)
        return call_refuse(call, &counter_limit, "The counter ends at %d", COUNTER_LIMIT);
    sql_run(session, &sql[NOTE],
            IN(in_text(call, NAME_ID), value_int((int64_t)call->now_ms), in_int(call, NAME_AMOUNT),
               value_int(row[0].number)),
            NULL);
    answer_state(call, row[0].number);
    return true;
}

static bool read(struct call *call, struct session *session) {
    struct value row[1] = {0};
    if (sql_run(session, &sql[READ], IN(in_text(call, NAME_ID)), row) == STORE_NONE)
        return call_refuse(call, &problem_owner, "There is no such counter");
    answer_state(call, row[0].number);
    return true;
}

static bool page(struct call *call) {
    call->exchange->answer.status = 200;
    call->exchange->answer.content_type = "text/plain";
    call->exchange->answer.body = bytes_of_string("counters\n");
    return true;
}

static bool wait(struct call *call, struct session *session) {
    struct value row[1] = {0};
    bool there = sql_run(session, &sql[READ], IN(in_text(call, NAME_ID)), row) == STORE_ROW;
    call->status = there ? 200 : 202;
    answer_state(call, row[0].number);
    return true;
}

static const struct handler handlers[] = {
    {&counter_make, NULL, make, NULL},           {&counter_step, check_step, step, &sql[OWNER_OF]},
    {&counter_read, NULL, read, &sql[OWNER_OF]}, {&counter_page, page, NULL, NULL},
    {&counter_wait, NULL, wait, NULL},
};

const struct service counter_service = {
    .name = "counter",
    .api = &counter_api,
    .handlers = handlers,
    .handler_count = sizeof handlers / sizeof handlers[0],
    .statements = sql,
    .statement_count = sizeof sql / sizeof sql[0],
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
};
