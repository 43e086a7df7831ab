// SPDX-License-Identifier: Apache-2.0
// Orders at kiosks of this seller: a kiosk tells what a customer wants and gets the reference under
// which its till takes the money; it brings the receipt, and the ticket goes to the customer's card
// through the kiosk, or to the customer over the network (docs/licence.md, Kiosks).
#include "services/licence/licence_private.h"

#include <stdio.h>
#include <string.h>

/// An order as it lies in the database.
struct placed {
    const char *number, *payer;
    int64_t amount, unit;
    struct bytes paid; // digest of the receipt; data NULL: not yet
};

static bool read_order(struct session *session, const char *instance, struct placed *order) {
    struct value row[5] = {0};
    if (sql_run(session, &licence_sql[ORDER_READ], IN(value_text(instance)), row) != STORE_ROW)
        return false;
    *order = (struct placed){.number = value_string(&row[0]),
                             .payer = value_string(&row[1]),
                             .amount = row[2].number,
                             .unit = row[3].number,
                             .paid = row[4].octets};
    return true;
}

bool order_look(struct call *call, struct session *session, struct sale *sale) {
    struct placed order;
    if (sale->receipt != NULL || !read_order(session, sale->instance, &order))
        return session->failed == STORE_DONE;
    if (strcmp(order.payer, sale->buyer) != 0 || strcmp(order.number, sale->number) != 0)
        return call_refuse(call, &licence_receipt_used, "The instance %s is another sale's",
                           sale->instance);
    sale->paid = order.paid;
    return order.paid.size > 0 ||
           call_refuse(call, &licence_unsettled, "The order %s is not paid for at its kiosk yet",
                       sale->instance);
}

// ---- an order ----------------------------------------------------------------------------------

bool licence_order_check(struct call *call) {
    char *instance = arena_take(call->arena, LICENCE_INSTANCE_SIZE + 1);
    if (instance == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    call->command = instance;
    return strcmp(form_text(&call->in, NAME_ENTERPRISE), licence_party(call)->enterprise) == 0
               ? sale_draw_instance(call, instance)
               : call_refuse(call, &licence_unknown_offer, "This seller is of %s",
                             licence_party(call)->enterprise);
}

static bool set_reference(struct call *call, const struct offer *offer, const char *instance) {
    uint8_t reference[1 + SALE_ID_SIZE] = {REFERENCE_TICKET}, octets[INSTANCE_OCTETS];
    sale_instance_octets(instance, octets);
    if (!ticket_sale_id(call->crypto, bytes_of_string(licence_party(call)->enterprise),
                        bytes_of_string(offer->number), BYTES_OF(octets), reference + 1))
        return call_refuse(call, &problem_busy, "The cryptography failed; ask again");
    form_set_text(&call->out, NAME_INSTANCE, instance);
    form_set_octets(&call->out, NAME_REFERENCE, BYTES_OF(reference));
    return true;
}

bool licence_order_transact(struct call *call, struct session *session) {
    const char *instance = call->command;
    struct offer offer;
    if (!offer_find(call, session, form_text(&call->in, NAME_NUMBER), &offer))
        return false;
    if (form_int(&call->in, NAME_AMOUNT) != offer.amount ||
        form_int(&call->in, NAME_UNIT) != offer.unit)
        return call_refuse(call, &licence_charge, "The charge of %s is %lld", offer.number,
                           (long long)offer.amount);
    sql_run(session, &licence_sql[ORDER_ADD],
            IN(value_text(instance), value_text(call->sender->id), value_text(offer.number),
               in_text(call, NAME_PAYER), value_int(offer.amount), value_int(offer.unit),
               value_int((int64_t)call->now_ms)),
            NULL);
    return set_reference(call, &offer, instance);
}

// ---- its payment -------------------------------------------------------------------------------

/// What a payment brings: the receipt, and the reception request of a card that is at the kiosk.
struct payment {
    struct receipt receipt;
    struct sale sale;
    bool to_card;
};

bool licence_payment_check(struct call *call) {
    struct payment *payment = arena_take(call->arena, sizeof *payment);
    if (payment == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    call->command = payment;
    payment->to_card = form_has(&call->in, NAME_RECEPTION);
    payment->sale = (struct sale){.mail = call->sender->id};
    snprintf(payment->sale.instance, sizeof payment->sale.instance, "%s",
             form_text(&call->in, NAME_INSTANCE));
    return receipt_take(call, form_inner(&call->in, NAME_RECEIPT), &payment->receipt) &&
           (!payment->to_card ||
            (sale_take_reception(call, &payment->sale) && sale_take_named(call, &payment->sale)));
}

static bool take_money(struct call *call, struct session *session, const struct payment *payment,
                       const struct placed *order) {
    uint8_t octets[INSTANCE_OCTETS];
    const char *instance = payment->sale.instance;
    sale_instance_octets(instance, octets);
    struct receipt_terms terms = {bytes_of_string(order->number), BYTES_OF(octets),
                                  bytes_of_string(order->payer), (uint64_t)order->amount,
                                  (uint16_t)order->unit};
    if (!receipt_pays(call, &payment->receipt, &terms) ||
        !receipt_use(call, session, &payment->receipt, instance))
        return false;
    sql_run(session, &licence_sql[ORDER_PAY],
            IN(value_text(instance), value_octets(BYTES_OF(payment->receipt.digest))), NULL);
    return true;
}

/// The ticket of this order, if it was made before: by this kiosk, or over the network.
static bool made_before(struct call *call, struct session *session, const char *instance) {
    struct value row[3] = {0};
    if (sql_run(session, &licence_sql[SALE_BY_INSTANCE], IN(value_text(instance)), row) !=
        STORE_ROW)
        return false;
    sale_answer(call, row);
    return true;
}

bool licence_payment_transact(struct call *call, struct session *session) {
    const struct payment *payment = call->command;
    struct placed order;
    struct sale sale = payment->sale;
    if (!read_order(session, sale.instance, &order) || !take_money(call, session, payment, &order))
        return false;
    if (made_before(call, session, sale.instance))
        return true;
    form_set_text(&call->out, NAME_INSTANCE, sale.instance);
    form_set_text(&call->out, NAME_ENTERPRISE, licence_party(call)->enterprise);
    if (session->failed != STORE_DONE || !payment->to_card)
        return session->failed == STORE_DONE;
    sale.number = order.number;
    sale.amount = order.amount;
    sale.unit = order.unit;
    return sale_deliver(call, session, &sale);
}
