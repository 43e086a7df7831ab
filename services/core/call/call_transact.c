// SPDX-License-Identifier: Apache-2.0
// The transaction of a call: the handler's changes and the answer under the request's key are
// durable together or not at all.
#include "services/core/call/call_private.h"
#include "services/core/service.h"

#include <string.h>

enum { LOST_TRIES = 3 };

// ---- the handler -----------------------------------------------------------------------------

void call_begin(struct call *call) {
    call->status = STATUS_OK;
    call->problem = (struct problem){0};
    form_init(&call->out, call->handler->endpoint->answer, call->arena);
}

static bool is_listed(const struct endpoint *row, const struct problem_word *word) {
    for (size_t i = 0; row->refusals != NULL && row->refusals[i] != NULL; i++)
        if (row->refusals[i] == word)
            return true;
    for (size_t i = 0; i < problem_word_count; i++)
        if (problem_words[i] == word)
            return true;
    return false;
}

void call_judge_refusal(struct call *call) {
    const struct problem_word *word = call->problem.word;
    const char *name = call->handler->endpoint->name;
    if (word == NULL)
        call_refuse(call, &problem_internal, "%s refused without a word", name);
    else if (!is_listed(call->handler->endpoint, word))
        call_refuse(call, &problem_internal, "%s may not answer the word %s", name, word->word);
}

static bool check_stored_owner(struct call *call, struct session *session) {
    struct value owner[1];
    const struct endpoint *row = call->handler->endpoint;
    if (row->owner != OWNER_STORED || call_is_free_of_owners(call))
        return true;
    const char *named = form_text(&call->in, row->owner_field);
    return (sql_run(session, call->handler->owner, IN(value_text(named)), owner) == STORE_ROW &&
            strcmp(value_string(&owner[0]), call->sender->id) == 0) ||
           call_not_owner(call);
}

/// One run of the handler from the beginning. False: call->problem, or a failed session.
static bool run_handler(struct transaction *transaction, struct session *session) {
    struct call *call = transaction->call;
    call_begin(call);
    if (!check_stored_owner(call, session))
        return false;
    call->problem = transaction->checked;
    bool ok = call->problem.word == NULL &&
              (call->handler->transact == NULL || call->handler->transact(call, session));
    if (!ok && session->failed == STORE_DONE)
        call_judge_refusal(call);
    return ok;
}

/// Status and octets of what the handler said. False: the handler made no answer of its shape.
static bool write_answer(struct transaction *transaction, bool ok) {
    struct call *call = transaction->call;
    struct buffer out;
    buffer_init(&out, call->arena->memory);
    if (!ok)
        problem_write(&call->problem, NULL, &out);
    else if (!form_write(&call->out, &out))
        call_refuse(call, &problem_internal, "%s made no answer of its shape",
                    call->handler->endpoint->name);
    transaction->row.status = ok ? call->status : call->problem.word->status;
    transaction->row.answer = arena_copy(call->arena, buffer_bytes(&out));
    transaction->answered = transaction->row.answer.data != NULL;
    buffer_free(&out);
    return transaction->answered;
}

// ---- under a key -----------------------------------------------------------------------------

/// Nothing of this is kept: the same key may come again.
static bool is_passing(const struct problem *problem) {
    return problem->word == &problem_owner || problem->word->status >= STATUS_SERVER;
}

/// What stands under the key. True: that is the end of it.
static bool is_known(struct session *session, struct transaction *transaction,
                     enum request_state *state) {
    struct call *call = transaction->call;
    *state = request_find(session, &transaction->row);
    if (*state == REQUEST_REUSED)
        call_refuse(call, &problem_key_reused, "Key %s stands for another request; take a new one",
                    call->key);
    transaction->answered = transaction->replayed = *state == REQUEST_ANSWERED;
    return *state == REQUEST_REUSED || transaction->replayed;
}

/// Nothing of this attempt stays; the next one looks at the key first.
static bool look_first(struct transaction *transaction) {
    transaction->look = transaction->again = true;
    transaction->answered = false;
    return false;
}

/// Most keys are new. Looking for one before it is written would let requests that have nothing to
/// do with each other collide in a young table (PostgreSQL's serializable transactions lock pages
/// of an index that they read), so a first attempt only writes its answer, and looks when that
/// answer is a refusal or has no room: the key may be known.
static bool transact(struct session *session, void *context) {
    struct transaction *transaction = context;
    struct call *call = transaction->call;
    enum request_state state = REQUEST_NEW;
    transaction->answered = transaction->replayed = transaction->undo = transaction->again = false;
    if (transaction->look && is_known(session, transaction, &state))
        return transaction->replayed;
    bool ok = run_handler(transaction, session);
    if (!ok && !transaction->look && session->failed == STORE_DONE)
        return look_first(transaction);
    if (session->failed != STORE_DONE || (!ok && is_passing(&call->problem)) ||
        !write_answer(transaction, ok))
        return false;
    transaction->undo = !ok && session->wrote;
    if (transaction->undo)
        return false;
    return request_store(session, state, &transaction->row, call->now_ms) ||
           look_first(transaction);
}

/// A refusal whose handler had written: the writes are gone, the word is kept. Whoever answered
/// this key in between is right.
static bool keep_refusal(struct session *session, void *context) {
    struct transaction *transaction = context;
    struct request_row found = transaction->row;
    enum request_state state = request_find(session, &found);
    transaction->replayed = state == REQUEST_ANSWERED;
    if (transaction->replayed)
        transaction->row = found;
    return transaction->replayed ||
           request_store(session, state, &transaction->row, transaction->call->now_ms);
}

/// False: the store has failed, and call->problem says so.
static bool judge_result(struct call *call, enum store_result result,
                         const struct failure *failure) {
    if (result == STORE_DONE || result == STORE_STOPPED)
        return true;
    if (call->context->report != NULL)
        call->context->report(call->context, call, failure);
    if (result == STORE_UNIQUE)
        return call_refuse(call, &problem_conflict, "Another request was there first; ask again");
    if (result == STORE_CONFLICT)
        call_refuse(call, &problem_busy, "Too many requests want the same rows; ask again");
    else
        call_refuse(call, &problem_store, "The database answers %s; ask again later",
                    store_result_name(result));
    call->problem.retry_after_s = 1;
    return false;
}

/// A transaction whose commit may have gone through is run again: its row tells.
static bool write_store(struct transaction *transaction, transaction_fn *fn) {
    struct call *call = transaction->call;
    struct failure failure;
    enum store_result result = STORE_LOST;
    for (unsigned i = 0; i < LOST_TRIES && result == STORE_LOST; i++)
        result = store_write(call->context->store, call->arena, fn, transaction, &failure);
    return judge_result(call, result, &failure);
}

bool call_transact(struct transaction *transaction) {
    struct call *call = transaction->call;
    struct request_row *row = &transaction->row;
    row->sender = call->sender->id;
    row->endpoint = call->handler->endpoint->name;
    row->key = call->key;
    if (!request_hash(call->crypto, call->arena, call->request, row->body_hash))
        return call_refuse(call, &problem_internal, "The request has no digest");
    transaction->look = transaction->checked.word != NULL;
    do
        if (!write_store(transaction, transact))
            return false;
    while (transaction->again);
    return (!transaction->undo || write_store(transaction, keep_refusal)) && transaction->answered;
}

// ---- without a key ---------------------------------------------------------------------------

static bool read_once(struct session *session, void *context) {
    struct transaction *transaction = context;
    const struct exchange *exchange = transaction->call->exchange;
    transaction->answered = false;
    if (!run_handler(transaction, session) || session->failed != STORE_DONE)
        return false;
    transaction->answered = exchange->answer.content_type != NULL;
    return transaction->answered || write_answer(transaction, true);
}

bool call_read(struct transaction *transaction) {
    struct call *call = transaction->call;
    struct failure failure;
    enum store_result result = STORE_DONE;
    if (call->handler->transact != NULL || call->handler->endpoint->owner == OWNER_STORED) {
        result = store_read(call->context->store, call->arena, read_once, transaction, &failure);
    } else {
        struct session none = {.arena = call->arena};
        read_once(&none, transaction);
    }
    return judge_result(call, result, &failure) && transaction->answered;
}
