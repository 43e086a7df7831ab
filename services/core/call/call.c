// SPDX-License-Identifier: Apache-2.0
// The life of a request: who may, what it says, whose thing it is, what the handler says to it, and
// the answer stored in the same transaction. Whatever goes wrong becomes a problem document.
#include "services/core/handler.h"

#include "base/calendar.h"
#include "services/core/call/call_private.h"
#include "services/core/service.h"

#include <string.h>

// ---- before the handler ----------------------------------------------------------------------

const struct endpoint *call_find(const struct service *service, struct exchange *exchange,
                                 struct problem *problem) {
    char allow[64];
    const struct endpoint *row = api_find(service->api, exchange->request.method,
                                          exchange->request.target, allow, sizeof allow, problem);
    if (row == NULL && allow[0] != '\0')
        answer_header(exchange, "Allow", allow);
    return row;
}

bool call_admit(const struct endpoint *row, const struct peer *peer, struct problem *problem) {
    if (row->roles == ROLE_NONE || (row->roles & peer->roles) != 0)
        return true;
    if (peer->fault != NULL)
        return problem_set(problem, peer->fault, "%s; have it renewed or use another",
                           peer->fault->title);
    if (peer->roles == 0)
        return problem_set(problem, &problem_certificate_missing,
                           "%s asks for a client certificate of this authority", row->name);
    return problem_set(problem, &problem_role, "%s may not call %s", peer->id, row->name);
}

static bool check_key(const struct endpoint *row, const char *key, struct problem *problem) {
    if (row->key == KEY_NONE || (key != NULL && request_key_is_valid(key)))
        return true;
    return problem_set(problem, &problem_key_missing,
                       "%s wants an Idempotency-Key of 1 to %d letters, digits, . _ or -",
                       row->name, REQUEST_KEY_MAX);
}

bool call_not_owner(struct call *call) {
    const struct endpoint *row = call->handler->endpoint;
    return call_refuse(call, &problem_owner, "%s %s is none of %s's", form_names[row->owner_field],
                       form_text(&call->in, row->owner_field), call->sender->id);
}

bool call_is_free_of_owners(const struct call *call) {
    const struct endpoint *row = call->handler->endpoint;
    return row->owner == OWNER_ANY || (row->owner_free & call->sender->roles) != 0;
}

static bool check_owner(struct call *call) {
    const struct endpoint *row = call->handler->endpoint;
    if (call_is_free_of_owners(call) || row->owner == OWNER_STORED)
        return true;
    const char *named = form_text(&call->in, row->owner_field);
    const char *own = row->owner == OWNER_SENDER ? call->sender->id : call->sender->enterprise;
    return (named != NULL && own[0] != '\0' && strcmp(named, own) == 0) || call_not_owner(call);
}

static bool find_handler(struct call *call) {
    const struct endpoint *row = call_find(call->context->service, call->exchange, &call->problem);
    if (row == NULL)
        return false;
    call->handler = service_handler(call->context->service, row);
    return call->handler != NULL ||
           call_refuse(call, &problem_internal, "%s has no handler", row->name);
}

static bool prepare(struct call *call) {
    if (!find_handler(call))
        return false;
    const struct endpoint *row = call->handler->endpoint;
    form_init(&call->in, row->request, call->arena);
    return call_admit(row, call->sender, &call->problem) &&
           endpoint_read(row, call->request, &call->in, &call->problem) &&
           check_key(row, call->key, &call->problem) && check_owner(call);
}

// ---- the answer ------------------------------------------------------------------------------

static void answer_stored(struct call *call, const struct transaction *transaction) {
    struct answer *answer = &call->exchange->answer;
    answer->status = transaction->row.status;
    answer->content_type = answer->status < STATUS_REFUSED ? "application/json" : PROBLEM_MEDIA;
    answer->body = transaction->row.answer;
    if (transaction->replayed)
        answer_header(call->exchange, "Idempotent-Replayed", "true");
    if (answer->status == STATUS_ASK_AGAIN)
        answer_header(call->exchange, "Retry-After", "1");
}

static bool run(struct call *call, struct transaction *transaction) {
    if (!prepare(call))
        return false;
    call_begin(call);
    if (call->handler->check != NULL && !call->handler->check(call)) {
        call_judge_refusal(call);
        transaction->checked = call->problem;
    }
    return call->handler->endpoint->key == KEY_NEEDED ? call_transact(transaction)
                                                      : call_read(transaction);
}

void call_run(const struct service_context *context, const struct crypto *crypto,
              struct exchange *exchange) {
    uint64_t now_ms = clock_now_ms(context->clock);
    struct call call = {
        .context = context,
        .request = &exchange->request,
        .exchange = exchange,
        .sender = &exchange->request.peer,
        .key = exchange->request.key,
        .now_ms = now_ms,
        .today = date_of_time((int64_t)(now_ms / 1000)),
        .arena = &exchange->arena,
        .crypto = crypto,
    };
    struct transaction transaction = {.call = &call};
    if (!run(&call, &transaction))
        answer_problem(exchange, &call.problem);
    else if (exchange->answer.content_type == NULL)
        answer_stored(&call, &transaction);
}
