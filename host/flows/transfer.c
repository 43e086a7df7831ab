// SPDX-License-Identifier: Apache-2.0
#include "host/flows/transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint8_t transfer_kind(const struct meeting *meeting) {
    uint16_t payer = meeting->payer->client.selection.roles;
    uint16_t payee = meeting->payee->client.selection.roles;
    if ((payer & ROLE_FLOAT) != 0)
        return REFERENCE_DEPOSIT;
    bool back = (payer & ROLE_TILL) != 0 && (payee & ROLE_WALLET) != 0;
    return back ? REFERENCE_REFUND : REFERENCE_GOODS;
}

/// A refund names a sale: the one of the order, or the newest of this wallet that has as much left.
static bool refund_terms(struct flow *flow, const struct transfer_order *order, char *reference) {
    const struct refund_order refund = {.n = order->sale,
                                        .reference = order->reference,
                                        .amount = order->amount,
                                        .unit = order->unit,
                                        .turn = order->turn};
    bool ordered = refund_order(flow, &refund);
    if (ordered)
        snprintf(reference, TRANSFER_REFERENCE_MAX, "%" PRIu64 "/%u",
                 bytes_get_be(flow->terms.reference + 1, 4), flow->terms.reference[5]);
    return ordered;
}

/// With the reference given, or with a fresh random one.
static bool sale_terms(struct flow *flow, const struct transfer_order *order,
                       const struct crypto *crypto, char *reference, struct failure *failure) {
    uint8_t random[8];
    flow->terms.amount = order->amount;
    flow->terms.policy_hash = order->policy_hash;
    flow->terms.unit = order->unit;
    if (order->reference != NULL)
        snprintf(reference, TRANSFER_REFERENCE_MAX, "%.20s", order->reference);
    else if (crypto->ops->random(crypto, random, sizeof random))
        snprintf(reference, TRANSFER_REFERENCE_MAX, "%016" PRIX64,
                 bytes_get_be(random, sizeof random));
    if (reference[0] != '\0' && purse_terms_refer(&flow->terms, order->kind, reference))
        return true;
    return fail(failure, EXIT_USAGE, "--ref '%s' is not 1 to %d characters long", order->reference,
                PURSE_REFERENCE_MAX - 1);
}

bool transfer_run(struct meeting *meeting, const struct transfer_order *order,
                  struct journal_file *journal, const struct crypto *crypto,
                  char reference[TRANSFER_REFERENCE_MAX], struct failure *failure) {
    struct flow *flow = &meeting->flow;
    bool back = order->kind == REFERENCE_REFUND;
    reference[0] = '\0';
    if (!back && !sale_terms(flow, order, crypto, reference, failure))
        return false;
    flow->journal = journal != NULL ? &journal->journal : NULL;
    flow->pin = order->pin;
    if (back && !refund_terms(flow, order, reference))
        return true;
    if (order->kind == REFERENCE_DEPOSIT)
        deposit_run(flow);
    else
        payment_run(flow);
    return true;
}

bool transfer_went(const struct meeting *meeting, const struct transfer_order *order,
                   const struct failure *journal, struct failure *failure) {
    const struct flow *flow = &meeting->flow;
    bool none = flow->sw == SW_NOT_OPEN || flow->sw == SW_INSUFFICIENT;
    if (order->kind == REFERENCE_REFUND && flow->status == FLOW_REFUSED && none &&
        !flow->has_request)
        return fail(failure, EXIT_REFUSED,
                    "%s: %s has no such sale to %s with as much left to pay back; for a payment "
                    "name the wallet first, then the till",
                    status_reason(flow->sw), meeting->payer->client.selection.id,
                    meeting->payee->client.selection.id);
    return fail_flow(flow, journal, failure);
}

const char *transfer_recovered(const struct flow *flow) {
    if (flow->status != FLOW_DONE)
        return flow_status_word(flow->status);
    if (flow->has_receipt && flow->receipt.object.type == OBJECT_RECEIVE_LOG)
        return "done";
    return flow->finished + flow->voided > 0 ? "voided" : "nothing-open";
}

bool transfer_voided(const struct flow *flow, struct failure *failure) {
    const char *word = transfer_recovered(flow);
    if (!fail_flow(flow, NULL, failure))
        return false;
    if (strcmp(word, "voided") == 0)
        return true;
    return fail(failure, EXIT_REFUSED, "%s",
                strcmp(word, "done") == 0
                    ? "not-open: the payee has credited it already; a refund is a transfer the "
                      "other way"
                    : "not-open: nothing is open between these two");
}
