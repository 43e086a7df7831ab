// SPDX-License-Identifier: Apache-2.0
// One tap: the till in its slot, the customer's card for as long as it is there.
#include "host/kiosk/kiosk_private.h"

#include "host/purse/purse_failure.h"

#include <poll.h>
#include <string.h>

enum { TILL_WAIT_MS = 3000, TILL_PATIENCE_MS = 8000, TILL_AGAIN_MS = 30 };

// ---- the till ----------------------------------------------------------------------------------

void kiosk_lose_till(struct kiosk *kiosk) {
    link_close(kiosk->till_link);
    kiosk->till_link = NULL;
    card_slot_stop(kiosk->options.till);
}

static struct link *look_for_till(struct card_slot *slot, enum link_status *why) {
    if (!card_slot_seek(slot, TILL_WAIT_MS))
        return NULL;
    struct pollfd at = {.fd = card_slot_descriptor(slot), .events = POLLIN};
    (void)poll(&at, 1, TILL_PATIENCE_MS);
    return card_slot_take(slot, 0, why);
}

/// The reader of a kiosk that was killed may hold the till for a moment yet.
static bool open_till(struct kiosk *kiosk, struct failure *failure) {
    struct card_slot *slot = kiosk->options.till;
    enum link_status why = LINK_NO_CARD;
    int64_t until = kiosk_now_ms() + TILL_WAIT_MS;
    while ((kiosk->till_link = look_for_till(slot, &why)) == NULL && why == LINK_LOCKED &&
           kiosk_now_ms() < until)
        (void)poll(NULL, 0, TILL_AGAIN_MS);
    if (kiosk->till_link == NULL)
        return fail(failure,
                    why == LINK_LOCKED      ? EXIT_LOCKED
                    : why == LINK_BAD_INPUT ? EXIT_USAGE
                                            : EXIT_ABSENT,
                    "the till: %s", slot->error);
    client_over(&kiosk->till, kiosk->till_link);
    return true;
}

static bool is_till(struct kiosk *kiosk, struct failure *failure) {
    if (!purse_went(&kiosk->till, client_select(&kiosk->till), failure))
        return false;
    return (kiosk->till.selection.roles & ROLE_TILL) != 0 ||
           fail(failure, EXIT_REFUSED, "wrong-role: %s is no till, but %s",
                kiosk->till.selection.id, role_name(kiosk->till.selection.roles));
}

bool kiosk_find_till(struct kiosk *kiosk, struct failure *failure) {
    if (kiosk->till_link != NULL)
        return true;
    if (open_till(kiosk, failure) && is_till(kiosk, failure) &&
        sale_store_own(kiosk->store, kiosk->till.selection.id, failure))
        return true;
    kiosk_lose_till(kiosk);
    return false;
}

// ---- what a tap is for -------------------------------------------------------------------------
// Each returns the key of what is said, or NULL: what the flow's end means.

static void copy_terms(struct purse_terms *terms, const struct sale_record *record) {
    terms->amount = record->amount;
    terms->unit = record->unit;
    terms->reference_size = record->reference_size;
    memcpy(terms->reference, record->reference, record->reference_size);
}

static const char *tap_sale(struct kiosk *kiosk, struct link *card) {
    struct kiosk_order *order = &kiosk->order;
    flow_over(&order->flow, &order->customer, &kiosk->till, &order->customer);
    struct flow *flow = &order->flow;
    if (order->ticket.wanted) {
        if (!flow_select(flow))
            return NULL;
        const char *refused = kiosk_place_order(kiosk);
        if (refused != NULL)
            return refused;
        flow->selected = true;
    }
    flow->journal = kiosk->machine.journal;
    flow->revoked = kiosk->options.revoked;
    copy_terms(&flow->terms, &order->record);
    payment_run(flow);
    bool hand_over = order->ticket.wanted && flow->status == FLOW_DONE;
    return hand_over ? kiosk_hand_over(kiosk, card) : NULL;
}

/// The refund's own record begins when the till has said which it is.
static bool begin_refund(struct kiosk *kiosk) {
    struct kiosk_order *order = &kiosk->order;
    struct purse_terms *terms = &order->flow.terms;
    struct failure failure;
    bool known;
    order->record = (struct sale_record){.amount = terms->amount,
                                         .unit = terms->unit,
                                         .reference_size = terms->reference_size,
                                         .time_ms = clock_now_ms(kiosk->options.clock)};
    memcpy(order->record.reference, terms->reference, terms->reference_size);
    if (sale_open(&kiosk->machine, &order->record, &known, &failure))
        return true;
    order->flow.status = FLOW_FAILED;
    return false;
}

static const char *tap_refund(struct kiosk *kiosk, struct link *card) {
    struct kiosk_order *order = &kiosk->order;
    struct flow *flow = &order->flow;
    (void)card;
    flow_over(flow, &kiosk->till, &order->customer, &order->customer);
    flow->pin = order->pin[0] != '\0' ? order->pin : NULL;
    if (!flow_select(flow) || !refund_order(flow, &order->refund))
        return NULL;
    const char *kept =
        kiosk_cancel_ticket(kiosk, (uint32_t)bytes_get_be(flow->terms.reference + 1, 4));
    if (kept != NULL) {
        flow->status = FLOW_REFUSED;
        return kept;
    }
    if (!begin_refund(kiosk))
        return NULL;
    flow->journal = kiosk->machine.journal;
    flow->selected = true;
    payment_run(flow);
    return NULL;
}

/// Nothing but SELECT, which changes nothing.
static const char *tap_balance(struct kiosk *kiosk, struct link *card) {
    struct kiosk_order *order = &kiosk->order;
    const struct purse_selection *told = &order->customer.selection;
    (void)card;
    flow_over(&order->flow, &order->customer, &kiosk->till, &order->customer);
    if (!flow_went(&order->flow, &order->customer, client_select(&order->customer)))
        return NULL;
    order->has_balances = told->has_balances;
    order->balance_count = told->balance_count;
    memcpy(order->balances, told->balances, sizeof order->balances);
    return NULL;
}

static bool is_tills(const struct flow *flow) {
    return flow->customer == flow->payer ? strcmp(flow->by, "payee") == 0
                                         : strcmp(flow->by, "payer") == 0;
}

/// What the till says of the sale that a refund names.
static const char *refund_refused(const struct flow *flow) {
    return flow->sw == SW_INSUFFICIENT ? "refund-done" : "batched";
}

const char *kiosk_tap(struct kiosk *kiosk, struct link *card) {
    static const char *(*const taps[])(struct kiosk *, struct link *) = {
        [KIOSK_SALE] = tap_sale, [KIOSK_REFUND] = tap_refund, [KIOSK_BALANCE] = tap_balance};
    struct kiosk_order *order = &kiosk->order;
    struct failure failure;
    if (!kiosk_find_till(kiosk, &failure))
        return "call-staff";
    client_over(&order->customer, card);
    const char *say = taps[order->kind](kiosk, card);
    const struct flow *flow = &order->flow;
    if (flow->status != FLOW_DONE && flow->status != FLOW_REFUSED && is_tills(flow))
        kiosk_lose_till(kiosk); // and it is looked for at the next tap
    client_erase(&order->customer);
    order->refused = flow->status == FLOW_REFUSED;
    if (say != NULL)
        return say;
    if (flow->status == FLOW_DONE && order->kind == KIOSK_REFUND)
        return "refunded";
    if (flow->status == FLOW_DONE && order->kind == KIOSK_BALANCE)
        return order->has_balances ? "your-balance" : "balance-private";
    if (order->refused && order->kind == KIOSK_REFUND && is_tills(flow))
        return refund_refused(flow);
    return words_of_flow(flow);
}
