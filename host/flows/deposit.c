// SPDX-License-Identifier: Apache-2.0
// A deposit, as its chart in docs/flows.md: the machine's float pays the customer's wallet. Cash
// stays in escrow until the wallet's receive log; it goes back only when it is certain that the
// float was not debited (T7).
#include "base/must.h"
#include "host/flows/flow.h"

#include <string.h>

static bool deposit_steps(struct flow *flow) {
    return flow_begin_sale(flow)                //   the note in escrow is on record
           && flow_select(flow)                 // 1 float and wallet: ids, challenge, counters
           && flow_finish_old(flow)             //   what an earlier tap left between the two
           && flow_look_up_number(flow)         //   the number an earlier run had for this note
           && flow_greet(flow)                  //   first meeting: certificates
           && flow_request(flow)                // 2 wallet: number n open, signed request
           && flow_record(flow, SALE_REQUESTED) //   before the float is debited
           && flow_debit(flow)                  // 3 float: debited, signed usage log
           && flow_credit(flow)                 // 4 wallet: credited, signed receive log
           && flow_record(flow, SALE_PAID)      //   the note may be stacked
           && flow_ratify(flow);                // 5 float: knows that it arrived
}

/// Does the float's ring show a log for this wallet and number? A SELECT before the question kills
/// the challenge that a late request might still meet.
static enum flow_cash cash_after_failure(struct flow *flow) {
    struct purse_entry entries[PURSE_OPEN_MAX];
    size_t count = 0;
    if (client_select(flow->payer) != PURSE_OK)
        return CASH_HOLD;
    if (flow->payer->selection.unratified == 0)
        return CASH_RETURN;
    if (client_read_unratified(flow->payer, entries, PURSE_OPEN_MAX, &count) != PURSE_OK ||
        count < flow->payer->selection.unratified) // a list cut short proves nothing
        return CASH_HOLD;
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].payee, flow->payee->selection.id) == 0)
            return CASH_HOLD;
    return CASH_RETURN;
}

void deposit_run(struct flow *flow) {
    deposit_steps(flow);
    if (flow->has_receipt && flow->receipt.object.type == OBJECT_RECEIVE_LOG &&
        flow->status == FLOW_DONE) {
        flow->cash = CASH_STACK;
        return;
    }
    if (flow->cash != CASH_STACK)
        flow->cash = cash_after_failure(flow);
    must(flow->cash != CASH_RETURN || flow->status != FLOW_DONE,
         "cash of a deposit that was done does not go back");
}
