// SPDX-License-Identifier: Apache-2.0
#include "services/core/keeper/keeper.h"

#include "services/core/books/journal.h"
#include "services/core/books/ledger.h"
#include "services/core/call/request.h"
#include "services/core/keeper/lease.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
enum { KEEP_DAYS = 40 };

// ---- jobs in one transaction -----------------------------------------------------------------

struct working {
    const struct keeper *keeper;
    const char *job;
    uint64_t now_ms;
    /// Returns whether there may be more of it. False without failure: done.
    bool (*work)(struct session *session, const struct working *working);
    bool more;
};

static bool seal(struct session *session, const struct working *working) {
    return journal_seal(session, working->keeper->crypto) == JOURNAL_SEAL_MOST;
}

static bool fold(struct session *session, const struct working *working) {
    (void)working;
    return ledger_fold(session) > 0;
}

static bool expire(struct session *session, const struct working *working) {
    uint64_t keep_ms = working->keeper->keep_requests_ms;
    return request_expire(session, working->now_ms - keep_ms) > 0;
}

static bool checkpoint(struct session *session, const struct working *working) {
    const struct service_context *context = working->keeper->context;
    if (context->signer != NULL && !journal_checkpoint(session, context, working->now_ms))
        sql_fail(session, STORE_BROKEN, "The checkpoint could not be signed");
    return false;
}

static bool run_held(struct session *session, void *context) {
    struct working *working = context;
    working->more = lease_hold(session, working->keeper->context, working->job, working->now_ms) &&
                    working->work(session, working);
    return true;
}

/// All of a job, a transaction a piece.
static bool work_off(struct working *working, struct failure *failure) {
    const struct service_context *context = working->keeper->context;
    enum store_result result = STORE_DONE;
    do {
        struct arena arena;
        arena_init(&arena, context->memory);
        result = store_write(context->store, &arena, run_held, working, failure);
        arena_free(&arena);
    } while (result == STORE_DONE && working->more);
    return result == STORE_DONE;
}

static const struct common_job {
    const char *name;
    uint32_t every_ms;
    bool (*work)(struct session *session, const struct working *working);
} common_jobs[] = {
    {"seal", SECOND, seal},
    {"fold", SECOND, fold},
    {"checkpoint", MINUTE, checkpoint},
    {"expire", HOUR, expire},
};

enum { COMMON_JOBS = sizeof common_jobs / sizeof common_jobs[0] };

static bool run_common(struct keeper *keeper, size_t i, uint64_t now_ms, struct failure *failure) {
    struct working working = {.keeper = keeper,
                              .job = common_jobs[i].name,
                              .now_ms = now_ms,
                              .work = common_jobs[i].work};
    return work_off(&working, failure);
}

// ---- jobs of the service ---------------------------------------------------------------------

/// It makes its own transactions, under a lease that is taken before.
static bool run_own(struct keeper *keeper, const struct service_job *job, uint64_t now_ms,
                    struct failure *failure) {
    bool held;
    return lease_take(keeper->context, job->name, now_ms, &held, failure) &&
           (!held || job->run(keeper->context, keeper->crypto, failure));
}

static bool run_job(struct keeper *keeper, size_t i, uint64_t now_ms, struct failure *failure) {
    const struct service *service = keeper->context->service;
    if (i < COMMON_JOBS) {
        keeper->due_ms[i] = now_ms + common_jobs[i].every_ms;
        return run_common(keeper, i, now_ms, failure);
    }
    const struct service_job *job = &service->jobs[i - COMMON_JOBS];
    keeper->due_ms[i] = now_ms + job->every_ms;
    return run_own(keeper, job, now_ms, failure);
}

// ---- the keeper ------------------------------------------------------------------------------

void keeper_init(struct keeper *keeper, const struct service_context *context,
                 const struct crypto *crypto) {
    *keeper = (struct keeper){
        .context = context, .crypto = crypto, .keep_requests_ms = (uint64_t)KEEP_DAYS * DAY};
}

uint64_t keeper_step(struct keeper *keeper) {
    const struct service_context *context = keeper->context;
    uint64_t now_ms = clock_now_ms(context->clock), next_ms = now_ms + SECOND;
    size_t count = COMMON_JOBS + context->service->job_count;
    for (size_t i = 0; i < count && i < KEEPER_JOBS_MAX; i++) {
        struct failure failure = {0};
        if (keeper->due_ms[i] <= now_ms && !run_job(keeper, i, now_ms, &failure) &&
            context->report != NULL)
            context->report(context, NULL, &failure);
        if (keeper->due_ms[i] < next_ms && keeper->due_ms[i] > now_ms)
            next_ms = keeper->due_ms[i];
    }
    if (context->store->ops->tidy != NULL)
        context->store->ops->tidy(context->store);
    return next_ms;
}

bool keeper_end(struct keeper *keeper, struct failure *failure) {
    uint64_t now_ms = clock_now_ms(keeper->context->clock);
    return run_common(keeper, 0, now_ms, failure) && run_common(keeper, 2, now_ms, failure);
}
