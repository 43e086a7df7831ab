// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/ticket_delivery.h"

#include "host/tickets/ticket_failure.h"

#include <string.h>

static bool went(struct ticket_delivery *delivery, enum ticket_outcome outcome) {
    const struct ticket_client *store = delivery->store;
    if (outcome != TICKET_BROKEN)
        return ticket_went(store, outcome, delivery->failure);
    return fail(delivery->failure, EXIT_OPEN,
                "%s: %s: %s; run it again: what was sold is delivered once", store->link->name,
                store->step, store->link->error);
}

/// Who comes: the seller is shown the store's certificate.
static bool meet(struct ticket_delivery *delivery) {
    struct bytes certificate;
    return went(delivery, ticket_client_select(delivery->store)) &&
           went(delivery, ticket_client_certificate(delivery->store, &certificate)) &&
           delivery->seller->begin(delivery->seller->context, certificate, delivery->reference,
                                   delivery->failure);
}

static enum ticket_outcome ask(struct ticket_delivery *delivery) {
    return ticket_client_accept(delivery->store, delivery->seller->id, delivery->challenge,
                                BYTES_OF(delivery->reference), &delivery->request);
}

/// A store that has not met the seller, or knows an older certificate, is shown this one.
static bool accept(struct ticket_delivery *delivery) {
    struct bytes own;
    enum ticket_outcome outcome = ask(delivery);
    uint16_t sw = delivery->store->sw;
    if (outcome == TICKET_REFUSED && (sw == SW_UNKNOWN_CERTIFICATE || sw == SW_EXPIRED)) {
        delivery->met = true;
        outcome = ticket_client_exchange(delivery->store, delivery->seller->certificate, &own);
        outcome = outcome == TICKET_OK ? ask(delivery) : outcome;
    }
    return went(delivery, outcome);
}

static bool wrap(struct ticket_delivery *delivery) {
    uint8_t buffer[SELLER_DELIVERY_MAX];
    struct bytes made;
    struct bytes request = bytes_of(delivery->request.octets, delivery->request.size);
    if (!delivery->seller->wrap(delivery->seller->context, request, buffer, sizeof buffer, &made,
                                delivery->failure))
        return false;
    delivery->before = made.size == 0;
    return delivery->before || ticket_move_set(&delivery->move, made) ||
           fail(delivery->failure, EXIT_REFUSED, "the seller %s delivers what is no ticket",
                delivery->seller->id);
}

/// The number goes back, so that nothing stays open at the store.
static enum ticket_outcome cancel(struct ticket_delivery *delivery) {
    uint32_t n = (uint32_t)object_uint(&delivery->request.object, FIELD_N);
    return ticket_client_cancel(delivery->store, n, delivery->seller->id, &delivery->end);
}

static bool give(struct ticket_delivery *delivery) {
    if (delivery->before) {
        (void)cancel(delivery); // else the next delivery gets this number
        return true;
    }
    enum ticket_outcome outcome =
        ticket_client_import(delivery->store, &delivery->move, &delivery->end);
    if (went(delivery, outcome))
        return true;
    if (outcome == TICKET_REFUSED && cancel(delivery) == TICKET_OK)
        (void)delivery->seller->end(delivery->seller->context,
                                    bytes_of(delivery->end.octets, delivery->end.size), NULL);
    return false;
}

/// A cancel instead of a receipt: somebody else gave the number back meanwhile.
static bool end(struct ticket_delivery *delivery) {
    if (delivery->before)
        return true;
    if (!delivery->seller->end(delivery->seller->context,
                               bytes_of(delivery->end.octets, delivery->end.size),
                               delivery->failure))
        return false;
    return delivery->end.object.type == OBJECT_MOVE_RECEIPT ||
           fail(delivery->failure, EXIT_REFUSED, "%s: the delivery was cancelled; ask again",
                delivery->store->link->name);
}

bool ticket_delivery_run(struct ticket_delivery *delivery, struct ticket_client *store,
                         const struct seller *seller, const struct crypto *crypto,
                         struct failure *failure) {
    memset(delivery, 0, sizeof *delivery);
    delivery->store = store;
    delivery->seller = seller;
    delivery->failure = failure;
    if (!crypto->ops->random(crypto, delivery->challenge, sizeof delivery->challenge))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    return meet(delivery)      // who the buyer is; the seller's sale, durable
           && accept(delivery) // store: number n open for the seller, signed request
           && wrap(delivery)   // seller: header and state for n, durable
           && give(delivery)   // store: the ticket is here, n done, signed receipt
           && end(delivery);   // seller: delivered
}
