// SPDX-License-Identifier: Apache-2.0
#include "services/core/keeper/outbox.h"

#include "base/calendar.h"
#include "base/must.h"
#include "services/core/keeper/lease.h"

#include <string.h>

enum { ROUND_MAX = 32, PAUSE_MS = 100, PAUSE_MAX_MS = 60000, DOUBLINGS_MAX = 10 };
enum { STATUS_AGAIN = 202, DEADLINE_MS = 15000 };

enum { PUT, DUE, NEXT, END, DELAY, DELAY_TARGET, COUNT, TAKE_UP, OUTBOX_SQL_COUNT };

const struct statement outbox_sql[] = {
    [PUT] = {"INSERT INTO outbox(id, target, endpoint, body, made_ms, due_ms, tries, state)"
             " VALUES($1, $2, $3, $4, $5, $5, 0, 0) ON CONFLICT DO NOTHING",
             "tttbi", ""},
    [DUE] = {"SELECT id, target, endpoint, body, made_ms, tries FROM outbox"
             " WHERE state = 0 AND due_ms <= $1 ORDER BY due_ms, id LIMIT 32",
             "i", "tttbii"},
    [NEXT] = {"SELECT due_ms FROM outbox WHERE state = 0 ORDER BY due_ms LIMIT 1", "", "i"},
    [END] = {"UPDATE outbox SET state = $2, reply = $3, tries = tries + 1"
             " WHERE id = $1 AND state = 0 RETURNING tries",
             "tiB", "i"},
    [DELAY] = {"UPDATE outbox SET due_ms = $2, tries = tries + 1, state = $3"
               " WHERE id = $1 AND state = 0",
               "tii", ""},
    [DELAY_TARGET] =
        {"UPDATE outbox SET due_ms = $2 WHERE target = $1 AND state = 0 AND due_ms < $2", "ti", ""},
    [COUNT] = {"SELECT count(*) FROM outbox WHERE state = $1", "i", "i"},
    [TAKE_UP] =
        {"UPDATE outbox SET state = 0, due_ms = $1, made_ms = $1, tries = 0 WHERE state = 2", "i",
         ""},
};
must_cover(outbox_sql, OUTBOX_SQL_COUNT);
const size_t outbox_sql_count = sizeof outbox_sql / sizeof outbox_sql[0];

void outbox_put(struct session *session, const char *id, const char *target,
                const struct endpoint *row, const struct form *in, uint64_t now_ms) {
    struct buffer body;
    buffer_init(&body, session->arena->memory);
    if (form_write(in, &body))
        sql_run(session, &outbox_sql[PUT],
                IN(value_text(id), value_text(target), value_text(row->name),
                   value_octets(buffer_bytes(&body)), value_int((int64_t)now_ms)),
                NULL);
    else
        sql_fail(session, STORE_BROKEN, "Call %s of %s is not of its shape", id, row->name);
    buffer_free(&body);
}

uint64_t outbox_count(struct session *session, enum outbox_state state) {
    struct value row[1] = {0};
    sql_run(session, &outbox_sql[COUNT], IN(value_int(state)), row);
    return (uint64_t)row[0].number;
}

uint64_t outbox_take_up(struct session *session, uint64_t now_ms) {
    bool some =
        sql_change(session, &outbox_sql[TAKE_UP], IN(value_int((int64_t)now_ms))) == STORE_ROW;
    return some ? (uint64_t)session->changed : 0;
}

// ---- what is due -----------------------------------------------------------------------------

struct waiting {
    const char *id, *target, *endpoint;
    struct bytes body;
    uint64_t made_ms;
    unsigned tries;
    bool unreached; // its target, in this round
};

struct due {
    struct arena *arena;
    uint64_t now_ms;
    struct waiting rows[ROUND_MAX];
    size_t count;
    uint64_t next_ms;
};

static const char *keep(struct arena *arena, const struct value *text) {
    struct value kept = value_keep(arena, text);
    return value_string(&kept);
}

static bool take_waiting(void *context, const struct value *row) {
    struct due *due = context;
    due->rows[due->count++] = (struct waiting){
        .id = keep(due->arena, &row[0]),
        .target = keep(due->arena, &row[1]),
        .endpoint = keep(due->arena, &row[2]),
        .body = arena_copy(due->arena, row[3].octets),
        .made_ms = (uint64_t)row[4].number,
        .tries = (unsigned)row[5].number,
    };
    return due->count < ROUND_MAX;
}

static bool read_due(struct session *session, void *context) {
    struct due *due = context;
    due->count = 0;
    sql_each(session, &outbox_sql[DUE], IN(value_int((int64_t)due->now_ms)), take_waiting, due);
    return true;
}

static bool read_next(struct session *session, void *context) {
    struct due *due = context;
    struct value row[1] = {0};
    sql_run(session, &outbox_sql[NEXT], NULL, row);
    due->next_ms = (uint64_t)row[0].number;
    return true;
}

// ---- one delivery ----------------------------------------------------------------------------

struct delivering {
    const struct service_context *context;
    const struct waiting *waiting;
    struct exchange exchange; // its arena is the call's
    struct peer peer;
    struct call call; // of the reply handler
    struct reply reply;
    bool answered;           // the target is there
    enum outbox_state state; // what the row becomes when it is not delivered
    uint64_t due_ms;
    bool ended;
};

static const struct handler *reply_handler(const struct service *service, const char *endpoint) {
    for (size_t i = 0; i < service->reply_count; i++)
        if (strcmp(service->replies[i].endpoint->name, endpoint) == 0)
            return &service->replies[i];
    return NULL;
}

/// 0.1 s · 2^tries, at most a minute, and of that between a half and the whole by the id.
static uint64_t pause_ms(const char *id, unsigned tries) {
    uint64_t most = (uint64_t)PAUSE_MS << (tries < DOUBLINGS_MAX ? tries : DOUBLINGS_MAX);
    uint32_t hash = 2166136261u ^ tries; // FNV-1a
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619u;
    most = most < PAUSE_MAX_MS ? most : PAUSE_MAX_MS;
    return most / 2 + hash % (most / 2 + 1);
}

/// Sends it once. True: an answer of any kind is in reply.
static bool send_once(struct delivering *delivering, struct failure *failure) {
    struct call *call = &delivering->call;
    const struct endpoint *row = call->handler->endpoint;
    struct form form;
    struct problem problem;
    struct buffer target, body;
    bool ok = false;
    buffer_init(&target, call->arena->memory);
    buffer_init(&body, call->arena->memory);
    form_init(&form, row->request, call->arena);
    if (form_from_octets(&form, delivering->waiting->body, &problem) &&
        endpoint_write(row, &form, &target, &body)) {
        struct parcel parcel = {.target = delivering->waiting->target,
                                .method = row->method,
                                .path = buffer_string(&target),
                                .key = delivering->waiting->id,
                                .body = buffer_bytes(&body),
                                .deadline_ms =
                                    row->time_max_ms != 0 ? row->time_max_ms : DEADLINE_MS};
        const struct courier *courier = delivering->context->courier;
        ok = courier->ops->send(courier, &parcel, &delivering->reply, failure) == DELIVERY_DONE;
    }
    buffer_free(&target);
    buffer_free(&body);
    return ok;
}

/// The answer in the handler's call. False: the other service has not decided, or not in a way that
/// this program can read.
static bool read_decision(struct delivering *delivering) {
    struct call *call = &delivering->call;
    const struct endpoint *row = call->handler->endpoint;
    struct bytes body = buffer_bytes(&delivering->reply.body);
    call->status = delivering->reply.status;
    form_init(&call->in, row->answer, call->arena);
    if (call->status >= 200 && call->status < 300)
        return call->status != STATUS_AGAIN && form_from_octets(&call->in, body, &call->problem) &&
               (call->handler->check == NULL || call->handler->check(call));
    call->refused = courier_refusal(row, body, &call->problem);
    return call->refused != NULL;
}

static bool settle(struct session *session, void *context) {
    struct delivering *delivering = context;
    struct call *call = &delivering->call;
    struct value row[1];
    call->problem = (struct problem){0};
    delivering->ended = sql_run(session, &outbox_sql[END],
                                IN(value_text(call->key), value_int(OUTBOX_ENDED),
                                   value_octets(buffer_bytes(&delivering->reply.body))),
                                row) == STORE_ROW;
    // another instance may have been faster
    return !delivering->ended || call->handler->transact == NULL ||
           call->handler->transact(call, session);
}

static bool delay(struct session *session, void *context) {
    const struct delivering *delivering = context;
    sql_run(session, &outbox_sql[DELAY],
            IN(value_text(delivering->waiting->id), value_int((int64_t)delivering->due_ms),
               value_int(delivering->state)),
            NULL);
    if (!delivering->answered)
        sql_run(session, &outbox_sql[DELAY_TARGET],
                IN(value_text(delivering->waiting->target), value_int((int64_t)delivering->due_ms)),
                NULL);
    return true;
}

static bool report(struct delivering *delivering, const struct failure *failure) {
    const struct service_context *context = delivering->context;
    if (context->report != NULL)
        context->report(context, &delivering->call, failure);
    return false;
}

/// Settles a decision. False: nothing of it is stored.
static bool settle_decision(struct delivering *delivering) {
    struct call *call = &delivering->call;
    struct failure failure;
    enum store_result result =
        store_write(delivering->context->store, call->arena, settle, delivering, &failure);
    if (result == STORE_DONE)
        return true;
    delivering->ended = false;
    if (result == STORE_STOPPED) { // the handler cannot take it: a person must look
        delivering->state = OUTBOX_PERSON;
        fail(&failure, EXIT_REFUSED, "The answer to %s: %s", call->key, call->problem.detail);
    }
    return report(delivering, &failure);
}

static void begin_delivery(struct delivering *delivering, const struct service_context *context,
                           const struct crypto *crypto, const struct waiting *waiting,
                           uint64_t now_ms) {
    bool late = now_ms - waiting->made_ms > OUTBOX_PERSON_MS && now_ms > waiting->made_ms;
    *delivering = (struct delivering){
        .context = context,
        .waiting = waiting,
        .state = late ? OUTBOX_PERSON : OUTBOX_DUE,
        .due_ms = now_ms + pause_ms(waiting->id, waiting->tries),
    };
    arena_init(&delivering->exchange.arena, context->memory);
    buffer_init(&delivering->reply.body, context->memory);
    delivering->call = (struct call){
        .context = context,
        .handler = reply_handler(context->service, waiting->endpoint),
        .request = &delivering->exchange.request,
        .exchange = &delivering->exchange,
        .sender = &delivering->peer,
        .key = waiting->id,
        .now_ms = now_ms,
        .today = date_of_time((int64_t)(now_ms / 1000)),
        .arena = &delivering->exchange.arena,
        .crypto = crypto,
    };
}

/// Sends, and settles or delays. False: the store failed.
static bool deliver_one(const struct service_context *context, const struct crypto *crypto,
                        struct waiting *waiting, struct outbox_round *round, uint64_t now_ms,
                        struct failure *failure) {
    struct delivering delivering;
    struct failure why;
    enum store_result result = STORE_DONE;
    begin_delivery(&delivering, context, crypto, waiting, now_ms);
    round->sent++;
    delivering.answered = delivering.call.handler != NULL && send_once(&delivering, &why);
    bool decided =
        delivering.answered && read_decision(&delivering) && settle_decision(&delivering);
    round->ended += decided && delivering.ended;
    round->open += !decided;
    waiting->unreached = !delivering.answered;
    if (!decided)
        result = store_write(context->store, delivering.call.arena, delay, &delivering, failure);
    buffer_free(&delivering.reply.body);
    arena_free(&delivering.exchange.arena);
    return result == STORE_DONE;
}

/// Was the row's target found unreachable in this round?
static bool is_delayed(const struct due *due, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (due->rows[k].unreached && strcmp(due->rows[k].target, due->rows[i].target) == 0)
            return true;
    return false;
}

static bool deliver_all(const struct service_context *context, const struct crypto *crypto,
                        struct due *due, struct outbox_round *round, struct failure *failure) {
    for (size_t i = 0; i < due->count; i++)
        if (!is_delayed(due, i) &&
            !deliver_one(context, crypto, &due->rows[i], round, due->now_ms, failure))
            return false;
    return true;
}

bool outbox_deliver(const struct service_context *context, const struct crypto *crypto,
                    struct outbox_round *round, struct failure *failure) {
    struct arena arena;
    struct due due = {.arena = &arena, .now_ms = clock_now_ms(context->clock)};
    bool held;
    *round = (struct outbox_round){0};
    if (!lease_take(context, "courier", due.now_ms, &held, failure))
        return false;
    if (!held)
        return true;
    arena_init(&arena, context->memory);
    bool ok = store_read(context->store, &arena, read_due, &due, failure) == STORE_DONE &&
              (!arena.failed || fail(failure, EXIT_REFUSED, "Out of memory for calls")) &&
              deliver_all(context, crypto, &due, round, failure) &&
              store_read(context->store, &arena, read_next, &due, failure) == STORE_DONE;
    round->next_ms = due.next_ms;
    arena_free(&arena);
    return ok;
}
