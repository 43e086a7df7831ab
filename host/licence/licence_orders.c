// SPDX-License-Identifier: Apache-2.0
#include "host/licence/licence_orders.h"

#include <stdio.h>
#include <string.h>

// ---- an order ----------------------------------------------------------------------------------

bool licence_place_order(const struct licence_client *client, const char *key,
                         const struct licence_order *order, struct licence_placed *placed,
                         struct failure *failure) {
    struct arena arena;
    struct form in, out;
    arena_init(&arena, client->memory);
    form_init(&in, licence_order.request, &arena);
    form_init(&out, licence_order.answer, &arena);
    form_set_text(&in, NAME_ENTERPRISE, order->enterprise);
    form_set_text(&in, NAME_NUMBER, order->number);
    form_set_uint(&in, NAME_AMOUNT, order->amount);
    form_set_uint(&in, NAME_UNIT, order->unit);
    form_set_text(&in, NAME_PAYER, order->payer);
    bool done =
        courier_call(client->courier, "licence", &licence_order, key, &in, &out, NULL, failure);
    if (done) {
        snprintf(placed->instance, sizeof placed->instance, "%.16s",
                 form_text(&out, NAME_INSTANCE));
        memcpy(placed->reference, form_octets(&out, NAME_REFERENCE).data, sizeof placed->reference);
    }
    arena_free(&arena);
    return done;
}

// ---- its payment -------------------------------------------------------------------------------

static void set_envelope(struct form *in, enum name name, const struct licence_envelope *envelope) {
    struct form *form = form_add(in, name);
    form_set_octets(form, NAME_OBJECT, envelope->object);
    for (size_t i = 0; i < 3; i++)
        form_add_octets(form, NAME_CERTIFICATES, envelope->certificates[i]);
    if (envelope->attached.size > 0)
        form_set_octets(form, NAME_ATTACHED, envelope->attached);
}

static bool take_delivery(const struct form *answer, uint8_t *out, struct bytes *delivery,
                          struct failure *failure) {
    const struct object *header = form_object(answer, NAME_TICKET);
    const struct object *state = form_object(answer, NAME_STATE);
    *delivery = bytes_of(out, 0);
    if (header == NULL && state == NULL)
        return true;
    if (header == NULL || state == NULL || header->whole.size > TICKET_OBJECT_MAX ||
        state->whole.size > TICKET_OBJECT_MAX)
        return fail(failure, EXIT_REFUSED, "the service's ticket fits no card");
    memcpy(out, header->whole.data, header->whole.size);
    memcpy(out + header->whole.size, state->whole.data, state->whole.size);
    *delivery = bytes_of(out, header->whole.size + state->whole.size);
    return true;
}

bool licence_pay_order(const struct licence_client *client, const char *key, const char *instance,
                       const struct licence_envelope *receipt,
                       const struct licence_envelope *reception, uint8_t *out,
                       struct bytes *delivery, struct failure *failure) {
    struct arena arena;
    struct form in, answer;
    arena_init(&arena, client->memory);
    form_init(&in, licence_payment.request, &arena);
    form_init(&answer, licence_payment.answer, &arena);
    form_set_text(&in, NAME_INSTANCE, instance);
    set_envelope(&in, NAME_RECEIPT, receipt);
    if (reception != NULL)
        set_envelope(&in, NAME_RECEPTION, reception);
    bool done = courier_call(client->courier, "licence", &licence_payment, key, &in, &answer, NULL,
                             failure) &&
                take_delivery(&answer, out, delivery, failure);
    arena_free(&arena);
    return done;
}

// ---- money that goes back ----------------------------------------------------------------------

bool licence_cancel_receipt(const struct licence_client *client, const char *enterprise,
                            const struct licence_envelope *receipt, struct failure *failure) {
    struct arena arena;
    struct form in, answer;
    char key[LICENCE_REQUEST_KEY];
    arena_init(&arena, client->memory);
    form_init(&in, licence_cancellation.request, &arena);
    form_init(&answer, licence_cancellation.answer, &arena);
    form_set_text(&in, NAME_ENTERPRISE, enterprise);
    set_envelope(&in, NAME_RECEIPT, receipt);
    bool done = licence_request_key(client, key, failure) &&
                courier_call(client->courier, "licence", &licence_cancellation, key, &in, &answer,
                             NULL, failure);
    arena_free(&arena);
    return done;
}
