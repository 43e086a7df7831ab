// SPDX-License-Identifier: Apache-2.0
// A sale: the reception request of the buyer's card is answered by a ticket for that card alone,
// once; until it is paid for, a record of it waits in the unsettled store.
#include "services/licence/licence_private.h"

#include <stdio.h>
#include <string.h>

// ---- before the transaction --------------------------------------------------------------------

bool sale_draw_instance(struct call *call, char instance[LICENCE_INSTANCE_SIZE + 1]) {
    uint8_t drawn[INSTANCE_OCTETS];
    if (!call->crypto->ops->random(call->crypto, drawn, sizeof drawn))
        return call_refuse(call, &problem_busy, "The random generator failed; ask again");
    for (size_t i = 0; i < sizeof drawn; i++)
        snprintf(instance + 2 * i, 3, "%02x", drawn[i]);
    return true;
}

void sale_instance_octets(const char *text, uint8_t octets[INSTANCE_OCTETS]) {
    for (size_t i = 0; i < INSTANCE_OCTETS; i++)
        octets[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
}

bool sale_take_reception(struct call *call, struct sale *sale) {
    struct certificate buyer;
    const struct object *request = envelope_object(call, form_inner(&call->in, NAME_RECEPTION),
                                                   OBJECT_RECEPTION_REQUEST, ROLE_STORE, &buyer);
    if (request == NULL || buyer.kem_point == NULL)
        return call_refuse(call, &licence_reception,
                           "The reception request is not signed by a ticket store that is "
                           "certified now, or its certificates are not root, authority, own");
    struct bytes destination = request->fields[FIELD_DESTINATION];
    char *id = arena_take(call->arena, HOLDER_MAX + 1);
    if (id == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    snprintf(id, HOLDER_MAX + 1, "%.*s", (int)destination.size, (const char *)destination.data);
    if (!bytes_equal(buyer.holder, destination))
        return call_refuse(call, &licence_reception, "The reception request is not %s's own", id);
    if (!bytes_equal(request->fields[FIELD_SOURCE], bytes_of_string(licence_party(call)->id)))
        return call_refuse(call, &licence_reception, "The reception request awaits another seller");
    sale->buyer = id;
    sale->n = (uint32_t)object_uint(request, FIELD_N);
    sale->last_done = (uint32_t)object_uint(request, FIELD_LAST_DONE);
    memcpy(sale->kem_point, buyer.kem_point, sizeof sale->kem_point);
    return true;
}

/// Ids of apparatus as FIELD_NAMED has them; the object's own rules look at their order.
bool sale_take_named(struct call *call, struct sale *sale) {
    size_t count = 0;
    const struct form *list = form_list(&call->in, NAME_NAMED, &count);
    for (size_t i = 0; i < count; i++) {
        const char *id = form_text(&list[i], NAME_ID);
        size_t size = strlen(id);
        if (sale->named_size + 1 + size > NAMED_MAX)
            return call_refuse(call, &problem_shape, "The named apparatus take more than %d octets",
                               NAMED_MAX);
        sale->named[sale->named_size] = (uint8_t)size;
        memcpy(sale->named + sale->named_size + 1, id, size);
        sale->named_size += 1 + size;
    }
    return true;
}

static bool take_buyer(struct call *call, struct sale *sale) {
    return sale_take_reception(call, sale) &&
           (strcmp(sale->buyer, call->sender->id) == 0 ||
            call_refuse(call, &licence_reception, "The reception request is not %s's own",
                        call->sender->id));
}

static bool take_instance(struct call *call, struct sale *sale) {
    const char *given = form_text(&call->in, NAME_INSTANCE);
    if (given == NULL)
        return sale_draw_instance(call, sale->instance);
    for (size_t i = 0; i < LICENCE_INSTANCE_SIZE; i++)
        if (strchr("0123456789abcdef", given[i]) == NULL)
            return call_refuse(call, &problem_shape, "instance is 16 digits of 0-9 and a-f");
    memcpy(sale->instance, given, LICENCE_INSTANCE_SIZE + 1);
    return true;
}

static bool take_receipt(struct call *call, struct sale *sale) {
    struct receipt *receipt;
    if (!form_has(&call->in, NAME_RECEIPT))
        return true;
    if (!form_has(&call->in, NAME_INSTANCE))
        return call_refuse(call, &licence_receipt, "The receipt's sale has an instance; name it");
    receipt = arena_take(call->arena, sizeof *receipt);
    if (receipt == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    sale->receipt = receipt;
    return receipt_take(call, form_inner(&call->in, NAME_RECEIPT), receipt);
}

bool licence_sale_check(struct call *call) {
    struct sale *sale = arena_take(call->arena, sizeof *sale);
    if (sale == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    call->command = sale;
    *sale = (struct sale){.number = form_text(&call->in, NAME_NUMBER),
                          .mail = form_text(&call->in, NAME_MAIL),
                          .amount = form_int(&call->in, NAME_AMOUNT),
                          .unit = form_int(&call->in, NAME_UNIT)};
    return take_buyer(call, sale) && take_instance(call, sale) && sale_take_named(call, sale) &&
           take_receipt(call, sale);
}

// ---- the transaction ---------------------------------------------------------------------------

static bool check_charge(struct call *call, const struct sale *sale, const struct offer *offer) {
    return (sale->amount == offer->amount && sale->unit == offer->unit) ||
           call_refuse(call, &licence_charge, "The charge of %s is %lld", offer->number,
                       (long long)offer->amount);
}

static void answer(struct call *call, const char *instance, struct bytes header,
                   struct bytes state) {
    form_set_text(&call->out, NAME_INSTANCE, instance);
    form_set_text(&call->out, NAME_ENTERPRISE, licence_party(call)->enterprise);
    form_set_octets(&call->out, NAME_TICKET, header);
    form_set_octets(&call->out, NAME_STATE, state);
}

void sale_answer(struct call *call, const struct value row[3]) {
    answer(call, value_string(&row[0]), row[1].octets, row[2].octets);
}

static bool record(struct call *call, struct session *session, const struct sale *sale,
                   struct bytes header, struct bytes state) {
    struct value row[1];
    if (sql_run(session, &licence_sql[SALE_ADD],
                IN(value_text(sale->instance), value_text(sale->number), value_text(sale->buyer),
                   value_int(sale->n), value_octets(header), value_octets(state),
                   value_int((int64_t)call->now_ms)),
                row) == STORE_NONE)
        return call_refuse(call, &licence_receipt_used, "The instance %s is another sale's",
                           sale->instance);
    sql_run(session, &licence_sql[UNSETTLED_ADD],
            IN(value_text(sale->instance), value_int(call->today), value_text(sale->number),
               value_text(sale->mail), value_int((int64_t)call->now_ms)),
            NULL);
    if (sale->receipt != NULL && !receipt_use(call, session, sale->receipt, sale->instance))
        return false;
    if (sale->receipt != NULL || sale->paid.size > 0)
        sale_settle(call, session, sale->instance, call->today, "receipt",
                    sale->receipt != NULL ? BYTES_OF(sale->receipt->digest) : sale->paid);
    return true;
}

static bool sell(struct call *call, struct session *session, const struct sale *sale) {
    uint8_t header[TICKET_MAX], state[TICKET_MAX];
    struct bytes made_header, made_state;
    struct offer offer;
    struct object ticket;
    if (!offer_find(call, session, sale->number, &offer) || !check_charge(call, sale, &offer))
        return false;
    struct ticket_order order = {.offer = &offer,
                                 .instance = sale->instance,
                                 .buyer = bytes_of_string(sale->buyer),
                                 .kem_point = sale->kem_point,
                                 .n = sale->n,
                                 .named = bytes_of(sale->named, sale->named_size),
                                 .paid = sale->receipt != NULL || sale->paid.size > 0};
    if (!ticket_make(call, &order, header, &made_header, state, &made_state) ||
        !object_decode_as(OBJECT_TICKET_HEADER, made_header, &ticket))
        return call_refuse(call, &problem_object,
                           "The ticket would not fit a card: name fewer apparatus, in order");
    struct receipt_terms terms = receipt_terms_of(&ticket);
    if ((sale->receipt != NULL && !receipt_pays(call, sale->receipt, &terms)) ||
        !record(call, session, sale, made_header, made_state))
        return false;
    answer(call, sale->instance, made_header, made_state);
    return true;
}

/// A card has one number open for us at most: one above its last done and below this one was given
/// back, and what was sealed for it never arrives. The same instance goes under the new number.
static bool was_given_back(const struct sale *sale, const struct object *header,
                           const struct object *state) {
    uint64_t n = object_uint(state, FIELD_N);
    return n > sale->last_done && n < sale->n &&
           bytes_equal(header->fields[FIELD_BUYER], bytes_of_string(sale->buyer)) &&
           bytes_equal(header->fields[FIELD_NUMBER], bytes_of_string(sale->number));
}

static bool rewrap(struct call *call, struct session *session, const struct sale *sale,
                   const struct object *header) {
    uint8_t state[TICKET_MAX];
    struct bytes made;
    struct offer offer;
    struct value day[1];
    if (!offer_find(call, session, sale->number, &offer))
        return false;
    bool settled = sql_run(session, &licence_sql[SETTLED_READ], IN(value_text(sale->instance)),
                           day) == STORE_ROW;
    struct ticket_order order = {.offer = &offer,
                                 .instance = sale->instance,
                                 .buyer = bytes_of_string(sale->buyer),
                                 .kem_point = sale->kem_point,
                                 .n = sale->n,
                                 .paid = settled};
    if (session->failed != STORE_DONE)
        return false;
    if (!ticket_make_state(call, &order, header, state, &made))
        return call_refuse(call, &problem_busy, "The ticket cannot be sealed now; ask again");
    sql_run(session, &licence_sql[SALE_REWRAP],
            IN(value_text(sale->instance), value_int(sale->n), value_octets(made)), NULL);
    answer(call, sale->instance, header->whole, made);
    return true;
}

/// Sold before, for a number that the card gave back? *again: the answer, or the problem, is there.
static bool sell_again(struct call *call, struct session *session, const struct sale *sale,
                       bool *again) {
    struct value row[3] = {0};
    struct object header, state;
    *again = sql_run(session, &licence_sql[SALE_BY_INSTANCE], IN(value_text(sale->instance)),
                     row) == STORE_ROW &&
             object_decode_as(OBJECT_TICKET_HEADER, row[1].octets, &header) &&
             object_decode_as(OBJECT_TICKET_STATE, row[2].octets, &state) &&
             was_given_back(sale, &header, &state);
    return session->failed == STORE_DONE && (!*again || rewrap(call, session, sale, &header));
}

bool sale_deliver(struct call *call, struct session *session, const struct sale *sale) {
    struct value row[3] = {0};
    struct sale one = *sale;
    if (sql_run(session, &licence_sql[SALE_BY_BUYER],
                IN(value_text(sale->buyer), value_int(sale->n)), row) == STORE_ROW) {
        sale_answer(call, row);
        return true;
    }
    bool again = false;
    return session->failed == STORE_DONE && order_look(call, session, &one) &&
           sell_again(call, session, &one, &again) && (again || sell(call, session, &one));
}

bool licence_sale_transact(struct call *call, struct session *session) {
    return sale_deliver(call, session, call->command);
}

bool licence_sale_read_transact(struct call *call, struct session *session) {
    struct value row[3] = {0};
    sql_run(session, &licence_sql[SALE_BY_INSTANCE], IN(in_text(call, NAME_INSTANCE)), row);
    if (session->failed == STORE_DONE)
        sale_answer(call, row);
    return true;
}
