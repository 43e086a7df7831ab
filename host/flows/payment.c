// SPDX-License-Identifier: Apache-2.0
// A payment, as its chart in docs/flows.md: the customer's wallet pays the terminal's till. The way
// back (till to wallet, on the terms of a refund) is the same chart with the customer as payee.
#include "host/flows/flow.h"

void payment_run(struct flow *flow) {
    (void)(flow_begin_sale(flow)                //   terms durable; a paid sale ends here
           && flow_select(flow)                 // 1 who is there: id, challenge, next counter
           && flow_finish_old(flow)             //   what an earlier tap left between the two
           && flow_look_up_number(flow)         //   the number an earlier run had for this sale
           && flow_greet(flow)                  //   first meeting: certificates
           && flow_request(flow)                // 2 payee: number n open, signed request
           && flow_record(flow, SALE_REQUESTED) // sale -> n, before anything is debited
           && flow_debit(flow)                  // 3 payer: debited, signed usage log
           && flow_credit(flow)                 // 4 payee: credited, signed receive log
           && flow_record(flow, SALE_PAID)      //   goods may be served from here on
           && flow_ratify(flow));               // 5 payer: knows that it arrived
}
