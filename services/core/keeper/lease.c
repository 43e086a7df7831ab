// SPDX-License-Identifier: Apache-2.0
#include "services/core/keeper/lease.h"
#include "base/must.h"

enum { HOLD, RELEASE, LEASE_SQL_COUNT };

const struct statement lease_sql[] = {
    [HOLD] = {"INSERT INTO keeper(job, holder, until_ms) VALUES($1, $2, $3)"
              " ON CONFLICT(job) DO UPDATE SET holder = $2, until_ms = $3"
              " WHERE keeper.until_ms < $4 OR keeper.holder = $2 RETURNING holder",
              "ttii", "t"},
    [RELEASE] = {"DELETE FROM keeper WHERE holder = $1", "t", ""},
};
must_cover(lease_sql, LEASE_SQL_COUNT);
const size_t lease_sql_count = sizeof lease_sql / sizeof lease_sql[0];

bool lease_hold(struct session *session, const struct service_context *context, const char *job,
                uint64_t now_ms) {
    struct value row[1];
    return context->instance == NULL ||
           sql_run(session, &lease_sql[HOLD],
                   IN(value_text(job), value_text(context->instance),
                      value_int((int64_t)(now_ms + LEASE_MS)), value_int((int64_t)now_ms)),
                   row) == STORE_ROW;
}

struct taking {
    const struct service_context *context;
    const char *job;
    uint64_t now_ms;
    bool held;
};

static bool take(struct session *session, void *context) {
    struct taking *taking = context;
    taking->held = lease_hold(session, taking->context, taking->job, taking->now_ms);
    return true;
}

bool lease_take(const struct service_context *context, const char *job, uint64_t now_ms, bool *held,
                struct failure *failure) {
    struct arena arena;
    struct taking taking = {.context = context, .job = job, .now_ms = now_ms};
    *held = context->instance == NULL;
    if (*held)
        return true;
    arena_init(&arena, context->memory);
    enum store_result result = store_write(context->store, &arena, take, &taking, failure);
    arena_free(&arena);
    *held = taking.held;
    return result == STORE_DONE;
}

static bool release(struct session *session, void *context) {
    const struct taking *taking = context;
    sql_run(session, &lease_sql[RELEASE], IN(value_text(taking->context->instance)), NULL);
    return true;
}

bool lease_release(const struct service_context *context, struct failure *failure) {
    struct arena arena;
    struct taking taking = {.context = context};
    if (context->instance == NULL)
        return true;
    arena_init(&arena, context->memory);
    enum store_result result = store_write(context->store, &arena, release, &taking, failure);
    arena_free(&arena);
    return result == STORE_DONE;
}
