// SPDX-License-Identifier: Apache-2.0
#include "host/flows/settlement.h"

#include "host/flows/visit.h"

static bool take_batch(struct visit *visit, struct settlement *out) {
    struct bytes answer;
    if (!visit_went(visit, client_batch(visit->client, &answer)) ||
        !visit_keep(visit, answer, out->batch_octets, sizeof out->batch_octets,
                    &visit->question.batch))
        return false;
    return object_decode_as(OBJECT_BATCH, visit->question.batch, &out->batch) ||
           visit_went(visit, PURSE_GARBLED);
}

bool settlement_batch(struct purse_client *client, struct settlement *out,
                      struct failure *failure) {
    struct visit visit = {.client = client, .failure = failure};
    return visit_went(&visit, client_select(client)) && take_batch(&visit, out);
}

/// Does the till itself say that a batch is open? BATCH would else make one to be released.
static bool has_batch(struct visit *visit) {
    struct object statement;
    if (!object_decode_as(OBJECT_STATEMENT, visit->question.statement, &statement))
        return visit_went(visit, PURSE_GARBLED);
    return object_has(&statement, FIELD_BATCH_HASH) ||
           fail(visit->failure, EXIT_REFUSED, "empty-batch: %s has no open batch to release",
                visit->question.purse);
}

/// An answer that was lost: the same object is either taken now or was taken before.
static bool give_end(struct visit *visit, const struct settlement *settlement) {
    bool receipt = settlement->end.type == OBJECT_SETTLEMENT_RECEIPT;
    enum purse_outcome (*give)(struct purse_client *, struct bytes) =
        receipt ? client_settle : client_release;
    enum purse_outcome outcome = give(visit->client, settlement->end.whole);
    if (outcome == PURSE_BROKEN && client_select(visit->client) == PURSE_OK)
        outcome = give(visit->client, settlement->end.whole);
    return visit_went(visit, outcome);
}

bool settlement_run(struct purse_client *client, const struct center *center,
                    enum settlement_end end, struct settlement *out, struct failure *failure) {
    struct visit visit = {.client = client, .center = center, .failure = failure};
    bool release = end == SETTLEMENT_RELEASE;
    center_answer *answer = release ? center->release : center->settle;
    struct bytes object;
    return visit_begin(&visit) // who is there
           && (!release || (visit_state(&visit) && has_batch(&visit))) &&
           take_batch(&visit, out) // what it hands in
           && visit_state(&visit)  // that this is what it has set aside
           && answer(center->context, &visit.question, out->end_octets, sizeof out->end_octets,
                     &object, failure) // how it ends
           && object_decode(object, &out->end) && give_end(&visit, out);
}
