// SPDX-License-Identifier: Apache-2.0
#include "host/flows/visit.h"

#include "host/purse/purse_failure.h"

#include <string.h>

bool visit_went(struct visit *visit, enum purse_outcome outcome) {
    return purse_went(visit->client, outcome, visit->failure);
}

bool visit_keep(struct visit *visit, struct bytes answer, uint8_t *out, size_t capacity,
                struct bytes *kept) {
    if (answer.size > capacity)
        return visit_went(visit, PURSE_GARBLED);
    if (answer.size > 0)
        memcpy(out, answer.data, answer.size);
    *kept = bytes_of(out, answer.size);
    return true;
}

bool visit_begin(struct visit *visit) {
    struct bytes own;
    visit->question.purse = visit->client->selection.id;
    return visit_went(visit, client_select(visit->client)) &&
           visit_went(visit, client_exchange(visit->client, visit->center->certificate, &own)) &&
           visit_keep(visit, own, visit->certificate, sizeof visit->certificate,
                      &visit->question.certificate);
}

bool visit_state(struct visit *visit) {
    uint8_t buffer[CENTER_OBJECT_MAX];
    struct bytes challenge, statement;
    return visit->center->challenge(visit->center->context, visit->client->selection.id, buffer,
                                    sizeof buffer, &challenge, visit->failure) &&
           visit_went(visit, client_statement(visit->client, challenge, &statement)) &&
           visit_keep(visit, statement, visit->statement, sizeof visit->statement,
                      &visit->question.statement);
}
