// SPDX-License-Identifier: Apache-2.0
// Calls to other services: nothing calls out inside a transaction. A call is a row, written with
// what it follows from; after the commit it is delivered, again and again under its own key, until
// the other service has decided; the decision goes through a handler, in one transaction with the
// row's end.
#ifndef SERVICES_CORE_OUTBOX_H
#define SERVICES_CORE_OUTBOX_H

#include "services/core/service.h"

enum outbox_state {
    OUTBOX_DUE = 0,
    OUTBOX_ENDED = 1,
    OUTBOX_PERSON = 2, // no decision for a day, or a decision that nobody here can take
};

enum { OUTBOX_PERSON_MS = 24 * 3600 * 1000 };

/// A call to `row` of another service. id is natural (a docket's instance, a batch's party) and the
/// Idempotency-Key of every attempt; the same id again is the same call. The service's replies must
/// have a handler for the row.
void outbox_put(struct session *session, const char *id, const char *target,
                const struct endpoint *row, const struct form *in, uint64_t now_ms);

struct outbox_round {
    size_t sent, ended, open; // of this round
    uint64_t next_ms;         // when the next one is due; 0: nothing waits
};

/// Delivers what is due, at most 32 rows, if this instance has the lease. When a target cannot be
/// reached, all that is due for it waits. A decision is an answer 2xx (but 202), or a refusal with
/// a word that the row lists; anything else is tried again after 0.1 s · 2^tries, to a minute.
/// False: the store failed.
bool outbox_deliver(const struct service_context *context, const struct crypto *crypto,
                    struct outbox_round *round, struct failure *failure);

/// Rows in a state.
uint64_t outbox_count(struct session *session, enum outbox_state state);
/// A person has mended what was wrong: all that waits for one is due again, under the ids that it
/// had, for a day more. How many.
uint64_t outbox_take_up(struct session *session, uint64_t now_ms);

extern const struct statement outbox_sql[];
extern const size_t outbox_sql_count;

#endif
