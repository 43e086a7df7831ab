// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/store_fault.h"

/// What a transaction runs with: its own session around the engine's.
struct wrapped {
    struct store_fault *fault;
    struct session *inner;
    transaction_fn *fn;
    void *context;
    bool writes;
    bool lose; // the commit goes through, its answer does not
};

static bool strikes(struct store_fault *fault) {
    fault->steps++;
    return fault->steps == fault->at;
}

/// The step as it goes wrong: nothing of it happens.
static enum store_result fail_step(struct store_fault *fault, struct failure *failure) {
    fault->dead = fault->kind >= STORE_FAULT_KILL;
    fail(failure, EXIT_REFUSED, "Step %zu of the store failed on purpose", fault->steps);
    return fault->dead ? STORE_LOST : STORE_BROKEN;
}

/// What the engine's session says becomes what this one says.
static enum store_result mirror(struct session *session, const struct session *inner) {
    session->failed = inner->failed;
    session->failure = inner->failure;
    session->changed = inner->changed;
    return session->failed;
}

static enum store_result fault_run(struct session *session, const struct statement *statement,
                                   const struct value *in, row_fn *each, void *context) {
    struct wrapped *wrapped = session->context;
    struct failure failure;
    if (strikes(wrapped->fault)) {
        enum store_result result = fail_step(wrapped->fault, &failure);
        return sql_fail(session, result, "%s", failure.text);
    }
    sql_each(wrapped->inner, statement, in, each, context);
    return mirror(session, wrapped->inner);
}

static const struct session_ops fault_session_ops = {fault_run, NULL};

/// The end of a transaction that would be committed.
static bool end_step(struct wrapped *wrapped) {
    struct store_fault *fault = wrapped->fault;
    struct failure failure;
    if (!strikes(fault))
        return true;
    wrapped->lose = fault->kind == STORE_FAULT_LOSE || fault->kind == STORE_FAULT_KILL_AFTER;
    fault->dead = fault->kind >= STORE_FAULT_KILL;
    if (!wrapped->lose) {
        fail_step(fault, &failure);
        sql_fail(wrapped->inner, STORE_LOST, "%s", failure.text);
    }
    return wrapped->lose;
}

static bool run_wrapped(struct session *inner, void *context) {
    struct wrapped *wrapped = context;
    struct session session = {.ops = &fault_session_ops, .context = wrapped, .arena = inner->arena};
    wrapped->inner = inner;
    bool wanted = wrapped->fn(&session, wrapped->context);
    if (inner->failed == STORE_DONE && session.failed != STORE_DONE)
        sql_fail(inner, session.failed, "%s", session.failure.text);
    if (!wanted || inner->failed != STORE_DONE || !wrapped->writes)
        return wanted;
    return end_step(wrapped);
}

static enum store_result run(struct store *store, bool writes, struct arena *arena,
                             transaction_fn *fn, void *context, struct failure *failure) {
    struct store_fault *fault = store->context;
    struct store *inner = fault->inner;
    struct wrapped wrapped = {.fault = fault, .fn = fn, .context = context, .writes = writes};
    if (!fault->dead && strikes(fault))
        return fail_step(fault, failure);
    if (fault->dead) {
        fail(failure, EXIT_REFUSED, "The process is dead");
        return STORE_LOST;
    }
    enum store_result result = writes
                                   ? inner->ops->write(inner, arena, run_wrapped, &wrapped, failure)
                                   : inner->ops->read(inner, arena, run_wrapped, &wrapped, failure);
    if (!wrapped.lose || result != STORE_DONE)
        return result;
    fail(failure, EXIT_REFUSED, "The answer of a commit was lost on purpose");
    return STORE_LOST;
}

static enum store_result fault_write(struct store *store, struct arena *arena, transaction_fn *fn,
                                     void *context, struct failure *failure) {
    return run(store, true, arena, fn, context, failure);
}

static enum store_result fault_read(struct store *store, struct arena *arena, transaction_fn *fn,
                                    void *context, struct failure *failure) {
    return run(store, false, arena, fn, context, failure);
}

static enum store_result fault_script(struct session *session, const char *text) {
    struct wrapped *wrapped = session->context;
    struct store *inner = wrapped->fault->inner;
    sql_script(wrapped->inner, inner, text);
    return mirror(session, wrapped->inner);
}

static void fault_close(struct store *store) {
    (void)store;
}

static const struct store_ops fault_ops = {fault_write, fault_read, fault_script, NULL,
                                           fault_close};

void store_fault_init(struct store_fault *fault, struct store *inner) {
    *fault = (struct store_fault){
        .store = {.ops = &fault_ops, .dialect = inner->dialect, .context = fault},
        .inner = inner,
    };
}
