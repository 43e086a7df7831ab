// SPDX-License-Identifier: Apache-2.0
// What a service does with an endpoint: check (pure, may be slow: signatures, sums) and transact
// (only the store, may run twice), neither knowing socket, thread, clock or engine. call_run is the
// whole life of a request, for the network, the simulation, the fuzzers and the local courier
// alike.
#ifndef SERVICES_CORE_HANDLER_H
#define SERVICES_CORE_HANDLER_H

#include "services/core/store/store.h"
#include "services/wire/form/endpoint.h"

struct service;
struct service_context;
struct handler;

struct call {
    const struct service_context *context;
    const struct handler *handler;
    const struct request *request; // headers as they came; GETs look at accept, if_none_match
    struct exchange *exchange;     // for answers that are no JSON: set answer.content_type
    const struct peer *sender;
    const char *key; // Idempotency-Key; for replies the id of the outbox row
    uint64_t now_ms; // since 1970, by the clock seam
    uint32_t today;  // YYYYMMDD of it, UTC
    struct form in, out;
    unsigned status; // of the answer, 200 before the handler. 202: the same key runs again
    struct problem problem;
    const struct problem_word *refused; // of a reply: the other's refusal; NULL: in is its answer
    void *command;                      // from check to transact, in the arena
    struct arena *arena;
    const struct crypto *crypto; // this thread's
};

struct handler {
    const struct endpoint *endpoint;
    /// Before any transaction: objects, signatures, sums, random numbers. False: call->problem.
    /// NULL: nothing to check.
    bool (*check)(struct call *call);
    /// Within the transaction. True: call->out is the answer. False: call->problem; what was
    /// written is undone, and the refusal is what this key answers from now on. For KEY_NONE the
    /// session only reads. NULL: check made the answer.
    bool (*transact)(struct call *call, struct session *session);
    /// OWNER_STORED: owner_field → the id that must be the sender's; no row: the same refusal.
    const struct statement *owner;
};

/// Fields of the request as parameters of a statement; an absent field is the database's NULL.
static inline struct value in_text(const struct call *call, enum name name) {
    return value_text(form_text(&call->in, name));
}

static inline struct value in_int(const struct call *call, enum name name) {
    return form_has(&call->in, name) ? value_int(form_int(&call->in, name))
                                     : (struct value){.kind = VALUE_NULL};
}

static inline struct value in_octets(const struct call *call, enum name name) {
    return value_octets(form_octets(&call->in, name));
}

/// `return call_refuse(call, &licence_unmatched, "Offer %s ...", ...)`: fills in the problem, is
/// false. The word is one that the endpoint's row lists, or a common one.
#define call_refuse(call, ...) problem_set(&(call)->problem, __VA_ARGS__)

/// The row of a request. NULL: problem says path or method, and the answer has its Allow header.
const struct endpoint *call_find(const struct service *service, struct exchange *exchange,
                                 struct problem *problem);

/// Role of the TLS certificate: may this peer call here? False: problem says why not.
bool call_admit(const struct endpoint *row, const struct peer *peer, struct problem *problem);

/// Answers exchange->request into exchange->answer: role, shape, key, owner, check, transaction,
/// answer. Does not finish the exchange. crypto is the calling thread's.
void call_run(const struct service_context *context, const struct crypto *crypto,
              struct exchange *exchange);

#endif
