// SPDX-License-Identifier: Apache-2.0
// A refund, as its chart in docs/flows.md: the terminal's till pays back a sale of its own. Which
// sale and which of its refunds stands in the reference, so that the till pays it once, whatever
// the terminal remembers.
#include "host/flows/flow.h"

#include <string.h>

enum match { MATCH, OTHER_SALE, TOO_LITTLE_LEFT };

static bool is_named(const struct purse_terms *sale, const char *reference) {
    return reference == NULL || bytes_equal(bytes_of(sale->reference + 1, sale->reference_size - 1),
                                            bytes_of_string(reference));
}

static enum match compare(const struct flow *flow, const struct purse_sale *sale,
                          const struct refund_order *order) {
    const struct purse_terms *terms = &sale->request.terms;
    uint64_t left = terms->amount - sale->refunded;
    if (sale->state != PURSE_SALE_CREDITED || terms->unit != order->unit ||
        strcmp(sale->request.payer, flow->payee->selection.id) != 0 ||
        !is_named(terms, order->reference))
        return OTHER_SALE;
    return left >= order->amount && left > 0 ? MATCH : TOO_LITTLE_LEFT;
}

static void set_terms(struct flow *flow, const struct purse_sale *sale,
                      const struct refund_order *order) {
    uint64_t left = sale->request.terms.amount - sale->refunded;
    flow->terms.unit = order->unit;
    flow->terms.amount = order->amount != 0 ? order->amount : left;
    purse_terms_refund(&flow->terms, sale->request.n,
                       order->turn >= 0 ? (uint8_t)order->turn : sale->refunds);
}

static bool no_sale(struct flow *flow, uint16_t sw) {
    flow->status = FLOW_REFUSED;
    flow->sw = sw;
    flow->by = "payer";
    flow->step = "GET SALE";
    return false;
}

/// The sale that an order names by its number: what is wrong with it the till itself says.
static bool order_by_number(struct flow *flow, const struct refund_order *order) {
    struct purse_sale sale;
    if (!flow_went(flow, flow->payer, client_read_sale(flow->payer, order->n, &sale)))
        return false;
    set_terms(flow, &sale, order);
    return flow->terms.amount != 0 || no_sale(flow, SW_INSUFFICIENT);
}

bool refund_order(struct flow *flow, const struct refund_order *order) {
    struct purse_window window;
    struct purse_sale sale;
    uint16_t why = SW_NOT_OPEN;
    if (order->n != 0)
        return order_by_number(flow, order);
    if (!flow_went(flow, flow->payer, client_read_window(flow->payer, &window)))
        return false;
    for (uint32_t n = window.next; n-- > window.unbatched;) {
        if (!flow_went(flow, flow->payer, client_read_sale(flow->payer, n, &sale)))
            return false;
        enum match match = compare(flow, &sale, order);
        if (match == MATCH) {
            set_terms(flow, &sale, order);
            return true;
        }
        why = match == TOO_LITTLE_LEFT ? SW_INSUFFICIENT : why;
    }
    return no_sale(flow, why);
}
