// SPDX-License-Identifier: Apache-2.0
#include "host/licence/licence_seller.h"

#include "apdu/object/ticket.h"
#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

enum { INSTANCE_OCTETS = LICENCE_INSTANCE_SIZE / 2 };

bool licence_purchase_draw(struct licence_purchase *order, const struct crypto *crypto) {
    uint8_t drawn[INSTANCE_OCTETS];
    bool done = crypto->ops->random(crypto, drawn, sizeof drawn);
    for (size_t i = 0; done && i < sizeof drawn; i++)
        snprintf(order->instance + 2 * i, 3, "%02x", drawn[i]);
    return done;
}

bool licence_purchase_sale(const struct licence_seller *seller, uint8_t sale[TICKET_NAME_SIZE]) {
    uint8_t instance[INSTANCE_OCTETS];
    const char *text = seller->order->instance;
    for (size_t i = 0; i < sizeof instance; i++)
        instance[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return ticket_sale_id(seller->client->crypto, bytes_of_string(seller->enterprise),
                          bytes_of_string(seller->order->number), BYTES_OF(instance), sale);
}

static bool call(struct licence_seller *seller, const struct endpoint *row, const struct form *in,
                 struct form *out, struct failure *failure) {
    char key[LICENCE_REQUEST_KEY];
    form_init(out, row->answer, &seller->arena);
    return (row->key == KEY_NONE || licence_request_key(seller->client, key, failure)) &&
           courier_call(seller->client->courier, "licence", row,
                        row->key == KEY_NEEDED ? key : NULL, in, out, NULL, failure);
}

static void put_chain(struct form *envelope, const struct bytes chain[LICENCE_CHAIN]) {
    for (size_t i = 0; i < LICENCE_CHAIN; i++)
        form_add_octets(envelope, NAME_CERTIFICATES, chain[i]);
}

// ---- as a seller -------------------------------------------------------------------------------

static bool begin(void *context, struct bytes buyer, uint8_t reference[SELLER_REFERENCE_SIZE],
                  struct failure *failure) {
    struct licence_seller *seller = context;
    seller->buyer = arena_copy(&seller->arena, buyer);
    reference[0] = REFERENCE_TICKET;
    return (seller->buyer.data != NULL && licence_purchase_sale(seller, reference + 1)) ||
           fail(failure, EXIT_REFUSED, "the order cannot be named");
}

static void fill_order(const struct licence_seller *seller, struct bytes request, struct form *in) {
    const struct licence_purchase *order = seller->order;
    const struct bytes chain[LICENCE_CHAIN] = {order->root, order->authority, seller->buyer};
    form_set_text(in, NAME_NUMBER, order->number);
    form_set_uint(in, NAME_AMOUNT, order->amount);
    form_set_uint(in, NAME_UNIT, order->unit);
    form_set_text(in, NAME_MAIL, order->mail);
    form_set_text(in, NAME_INSTANCE, order->instance);
    struct form *reception = form_add(in, NAME_RECEPTION);
    form_set_octets(reception, NAME_OBJECT, request);
    put_chain(reception, chain);
}

static bool wrap(void *context, struct bytes request, uint8_t *out, size_t capacity,
                 struct bytes *delivery, struct failure *failure) {
    struct licence_seller *seller = context;
    struct form in, sold;
    form_init(&in, licence_sale.request, &seller->arena);
    fill_order(seller, request, &in);
    if (!call(seller, &licence_sale, &in, &sold, failure))
        return false;
    struct bytes header = form_octets(&sold, NAME_TICKET), state = form_octets(&sold, NAME_STATE);
    if (header.size + state.size > capacity)
        return fail(failure, EXIT_REFUSED, "the seller's ticket is too long");
    memcpy(out, header.data, header.size);
    memcpy(out + header.size, state.data, state.size);
    *delivery = bytes_of(out, header.size + state.size);
    return true;
}

/// The service sold it to one reception, which is over.
static bool end(void *context, struct bytes receipt, struct failure *failure) {
    (void)context, (void)receipt, (void)failure;
    return true;
}

// ---- begin and end -----------------------------------------------------------------------------

static bool take_offer(struct licence_seller *seller, const struct form *offer,
                       struct failure *failure) {
    const struct licence_purchase *order = seller->order;
    struct certificate own;
    size_t count = 0;
    const struct form *list = form_list(offer, NAME_CERTIFICATES, &count);
    if (form_uint(offer, NAME_AMOUNT) != order->amount ||
        form_uint(offer, NAME_UNIT) != order->unit)
        return fail(failure, EXIT_REFUSED, "charge: %s costs %llu, not %llu", order->number,
                    (unsigned long long)form_uint(offer, NAME_AMOUNT),
                    (unsigned long long)order->amount);
    for (size_t i = 0; i < LICENCE_CHAIN && i < count; i++)
        seller->chain[i] = form_certificate(&list[i], NAME_CERTIFICATE)->whole;
    if (count != LICENCE_CHAIN ||
        certificate_parse(seller->chain[LICENCE_CHAIN - 1], &own) != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the seller of %s shows no certificate", order->number);
    snprintf(seller->id, sizeof seller->id, "%.*s", (int)own.holder.size,
             (const char *)own.holder.data);
    snprintf(seller->enterprise, sizeof seller->enterprise, "%s",
             form_text(offer, NAME_ENTERPRISE));
    return true;
}

bool licence_seller_open(struct licence_seller *seller, const struct licence_client *client,
                         const struct licence_purchase *order, struct failure *failure) {
    struct form in, offer;
    *seller = (struct licence_seller){.client = client, .order = order};
    arena_init(&seller->arena, client->memory);
    form_init(&in, licence_offer.request, &seller->arena);
    form_set_text(&in, NAME_NUMBER, order->number);
    if (!call(seller, &licence_offer, &in, &offer, failure) || !take_offer(seller, &offer, failure))
        return false;
    seller->seller = (struct seller){.context = seller,
                                     .id = seller->id,
                                     .certificate = seller->chain[LICENCE_CHAIN - 1],
                                     .begin = begin,
                                     .wrap = wrap,
                                     .end = end};
    return true;
}

void licence_seller_close(struct licence_seller *seller) {
    if (seller->client != NULL)
        arena_free(&seller->arena);
    seller->client = NULL;
}

// ---- paid --------------------------------------------------------------------------------------

bool licence_activate(struct licence_seller *seller, const struct licence_receipt *receipt,
                      struct bytes *answer, struct failure *failure) {
    struct form in, out;
    form_init(&in, licence_activation.request, &seller->arena);
    form_set_text(&in, NAME_INSTANCE, seller->order->instance);
    if (receipt != NULL) {
        struct form *envelope = form_add(&in, NAME_RECEIPT);
        form_set_octets(envelope, NAME_OBJECT, receipt->log);
        put_chain(envelope, receipt->chain);
        form_set_octets(envelope, NAME_ATTACHED, receipt->usage);
    }
    if (!call(seller, &licence_activation, &in, &out, failure))
        return false;
    *answer = form_octets(&out, NAME_OBJECT);
    return true;
}
