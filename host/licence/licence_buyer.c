// SPDX-License-Identifier: Apache-2.0
#include "host/licence/licence_buyer.h"

#include <stdio.h>
#include <string.h>

enum { CHAIN = 3 };

static bool call(const struct licence_client *client, const struct endpoint *row,
                 const struct form *in, struct form *out, struct problem *problem,
                 struct failure *failure) {
    char key[LICENCE_REQUEST_KEY];
    if (row->key == KEY_NEEDED && !licence_request_key(client, key, failure))
        return false;
    return courier_call(client->courier, "licence", row, row->key == KEY_NEEDED ? key : NULL, in,
                        out, problem, failure);
}

// ---- an offer ----------------------------------------------------------------------------------

/// The seller's certificate is below our root, good today, and of the enterprise that is named.
static bool judge(const struct licence_client *client, const struct form *answer,
                  struct bytes root_certificate, uint32_t today, struct licence_offered *out,
                  struct failure *failure) {
    struct bytes chain[CHAIN];
    struct certificate root, seller;
    size_t count = 0;
    const struct form *list = form_list(answer, NAME_CERTIFICATES, &count);
    for (size_t i = 0; i < count && i < CHAIN; i++)
        chain[i] = form_certificate(&list[i], NAME_CERTIFICATE)->whole;
    if (certificate_parse(root_certificate, &root) != CERTIFICATE_OK || count != CHAIN ||
        certificate_verify_chain(chain, CHAIN, root.signing_point, today, client->crypto,
                                 &seller) != CERTIFICATE_OK ||
        (seller.roles & ROLE_SELLER) == 0 || seller.holder.size > HOLDER_MAX ||
        !bytes_equal(seller.enterprise, bytes_of_string(out->enterprise)))
        return fail(failure, EXIT_REFUSED,
                    "unknown-certificate: whoever sells this number is not certified by our root "
                    "today as a seller of %s; nothing was paid",
                    out->enterprise);
    snprintf(out->seller, sizeof out->seller, "%.*s", (int)seller.holder.size,
             (const char *)seller.holder.data);
    memcpy(out->certificate, chain[CHAIN - 1].data, chain[CHAIN - 1].size);
    out->certificate_size = chain[CHAIN - 1].size;
    memcpy(out->authority, chain[CHAIN - 2].data, chain[CHAIN - 2].size);
    out->authority_size = chain[CHAIN - 2].size;
    return true;
}

bool licence_ask_offer(const struct licence_client *client, const char *number,
                       struct bytes root_certificate, uint32_t today, struct licence_offered *out,
                       struct failure *failure) {
    struct arena arena;
    struct form in, answer;
    arena_init(&arena, client->memory);
    form_init(&in, licence_offer.request, &arena);
    form_init(&answer, licence_offer.answer, &arena);
    form_set_text(&in, NAME_NUMBER, number);
    bool done = call(client, &licence_offer, &in, &answer, NULL, failure);
    if (done) {
        snprintf(out->enterprise, sizeof out->enterprise, "%s",
                 form_text(&answer, NAME_ENTERPRISE));
        snprintf(out->content, sizeof out->content, "%s", form_text(&answer, NAME_CONTENT));
        out->amount = form_uint(&answer, NAME_AMOUNT);
        out->unit = (uint16_t)form_uint(&answer, NAME_UNIT);
        done = judge(client, &answer, root_certificate, today, out, failure);
    }
    arena_free(&arena);
    return done;
}

// ---- a sale ------------------------------------------------------------------------------------

static void set_envelope(struct form *in, enum name name, const struct licence_sale_order *order,
                         struct bytes object, struct bytes signer) {
    struct form *envelope = form_add(in, name);
    form_set_octets(envelope, NAME_OBJECT, object);
    form_add_octets(envelope, NAME_CERTIFICATES, order->root);
    form_add_octets(envelope, NAME_CERTIFICATES, order->authority);
    form_add_octets(envelope, NAME_CERTIFICATES, signer);
    if (name == NAME_RECEIPT)
        form_set_octets(envelope, NAME_ATTACHED, order->usage);
}

static void set_receipt(struct form *in, const struct licence_sale_order *order) {
    if (order->receipt.size > 0)
        set_envelope(in, NAME_RECEIPT, order, order->receipt, order->till);
}

static bool take_delivery(struct licence_sale_order *order, const struct form *answer,
                          struct failure *failure) {
    struct bytes header = form_octets(answer, NAME_TICKET), state = form_octets(answer, NAME_STATE);
    order->other = strcmp(form_text(answer, NAME_INSTANCE), order->instance) != 0;
    if (header.size + state.size > sizeof order->delivery)
        return fail(failure, EXIT_REFUSED, "what the service delivers is too long");
    memcpy(order->delivery, header.data, header.size);
    memcpy(order->delivery + header.size, state.data, state.size);
    order->delivery_size = header.size + state.size;
    return object_decode_as(OBJECT_TICKET_HEADER, bytes_of(order->delivery, header.size),
                            &order->header) ||
           fail(failure, EXIT_REFUSED, "what the service delivers is no ticket");
}

/// Sold before, under another number of the card: has it arrived?
static bool recall(struct licence_sale_order *order, const struct object *request,
                   struct arena *arena, struct failure *failure) {
    struct form in, answer;
    form_init(&in, licence_sale_read.request, arena);
    form_init(&answer, licence_sale_read.answer, arena);
    form_set_text(&in, NAME_INSTANCE, order->instance);
    if (!call(order->client, &licence_sale_read, &in, &answer, NULL, failure) ||
        !take_delivery(order, &answer, failure))
        return false;
    const struct object *state = form_object(&answer, NAME_STATE);
    order->delivery_size = 0;
    return object_uint(state, FIELD_N) <= object_uint(request, FIELD_LAST_DONE) ||
           fail(failure, EXIT_REFUSED,
                "the ticket was made for a number that the card has given back since; ask the "
                "seller %s, whose sale is %s",
                order->offered->seller, order->instance);
}

static bool sell(struct licence_sale_order *order, const struct object *request,
                 struct arena *arena, struct failure *failure) {
    struct form in, answer;
    struct problem problem;
    struct failure refused = {0};
    form_init(&in, licence_sale.request, arena);
    form_init(&answer, licence_sale.answer, arena);
    form_set_text(&in, NAME_NUMBER, order->number);
    form_set_uint(&in, NAME_AMOUNT, order->offered->amount);
    form_set_uint(&in, NAME_UNIT, order->offered->unit);
    form_set_text(&in, NAME_MAIL, order->mail);
    form_set_text(&in, NAME_INSTANCE, order->instance);
    set_envelope(&in, NAME_RECEPTION, order, request->whole, bytes_of(order->own, order->own_size));
    set_receipt(&in, order);
    if (call(order->client, &licence_sale, &in, &answer, &problem, &refused))
        return take_delivery(order, &answer, failure);
    if (problem.word == &licence_receipt_used)
        return recall(order, request, arena, failure);
    return fail(failure, refused.code, "%s", refused.text);
}

// ---- as a seller -------------------------------------------------------------------------------

static bool begin(void *context, struct bytes buyer, uint8_t reference[SELLER_REFERENCE_SIZE],
                  struct failure *failure) {
    struct licence_sale_order *order = context;
    if (buyer.size > sizeof order->own)
        return fail(failure, EXIT_REFUSED, "the card's certificate is too long");
    memcpy(order->own, buyer.data, buyer.size);
    order->own_size = buyer.size;
    memcpy(reference, order->reference, SELLER_REFERENCE_SIZE);
    return true;
}

static bool wrap(void *context, struct bytes octets, uint8_t *out, size_t capacity,
                 struct bytes *delivery, struct failure *failure) {
    struct licence_sale_order *order = context;
    struct arena arena;
    struct object request;
    if (!object_decode_as(OBJECT_RECEPTION_REQUEST, octets, &request))
        return fail(failure, EXIT_REFUSED, "the card's reception request makes no sense");
    arena_init(&arena, order->client->memory);
    bool done = sell(order, &request, &arena, failure) && order->delivery_size <= capacity;
    arena_free(&arena);
    if (done)
        memcpy(out, order->delivery, order->delivery_size);
    *delivery = bytes_of(out, done ? order->delivery_size : 0);
    return done;
}

/// The service asks no receipt: the card answers for itself at the next order.
static bool end(void *context, struct bytes receipt, struct failure *failure) {
    (void)context;
    (void)receipt;
    (void)failure;
    return true;
}

struct seller licence_seller_of(struct licence_sale_order *order) {
    const struct licence_offered *offered = order->offered;
    return (struct seller){order,
                           offered->seller,
                           bytes_of(offered->certificate, offered->certificate_size),
                           begin,
                           wrap,
                           end};
}

// ---- activation --------------------------------------------------------------------------------

bool licence_ask_activation(const struct licence_sale_order *order, uint8_t *out, size_t capacity,
                            size_t *size, struct failure *failure) {
    struct arena arena;
    struct form in, answer;
    arena_init(&arena, order->client->memory);
    form_init(&in, licence_activation.request, &arena);
    form_init(&answer, licence_activation.answer, &arena);
    form_set_text(&in, NAME_INSTANCE, order->instance);
    set_receipt(&in, order);
    bool done = call(order->client, &licence_activation, &in, &answer, NULL, failure);
    struct bytes object = done ? form_octets(&answer, NAME_OBJECT) : bytes_of(NULL, 0);
    if (done && object.size > capacity)
        done = fail(failure, EXIT_REFUSED, "what the service answers is too long");
    if (done) {
        memcpy(out, object.data, object.size);
        *size = object.size;
    }
    arena_free(&arena);
    return done;
}
