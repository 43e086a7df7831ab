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

enum flow_cash deposit_cash(struct purse_client *floating, const char *wallet) {
    struct purse_entry entries[PURSE_OPEN_MAX];
    size_t count = 0;
    if (client_select(floating) != PURSE_OK) // and the challenge is dead that a late request met
        return CASH_HOLD;
    if (floating->selection.unratified == 0)
        return CASH_RETURN;
    if (client_read_unratified(floating, entries, PURSE_OPEN_MAX, &count) != PURSE_OK ||
        count < floating->selection.unratified) // a list cut short proves nothing
        return CASH_HOLD;
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].payee, wallet) == 0)
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
        flow->cash = deposit_cash(flow->payer, flow->payee->selection.id);
    must(flow->cash != CASH_RETURN || flow->status != FLOW_DONE,
         "cash of a deposit that was done does not go back");
}
