// SPDX-License-Identifier: Apache-2.0
#include "host/service/slip_order.h"

#include "apdu/octets/tlv.h"
#include "services/wire/api/charge_api.h"

#include <poll.h>
#include <stdio.h>

enum { ASK_TIMES = 60, ASK_PAUSE_MS = 500, CHAIN = 3 };

static void fill(const struct slip_order *order, const struct slip *slip, struct form *in) {
    const struct bytes chain[CHAIN] = {order->root, order->authority, slip->till};
    service_client_form(order->charge, &charge_purchase, in);
    struct form *envelope = form_add(in, NAME_REQUEST);
    form_set_octets(envelope, NAME_OBJECT, slip->request.whole);
    for (size_t i = 0; i < CHAIN; i++)
        form_add_octets(envelope, NAME_CERTIFICATES, chain[i]);
    form_set_text(in, NAME_MAIL, order->mail);
    form_set_text(in, NAME_TEXT, slip->text);
}

/// Until it is decided.
static bool ask(const struct slip_order *order, const struct slip *slip, struct form *out) {
    struct form in;
    char key[SLIP_NAME_MAX + 16];
    snprintf(key, sizeof key, "purchase-%s", slip->name);
    fill(order, slip, &in);
    for (unsigned i = 0; i < ASK_TIMES; i++) {
        if (!service_client_repeat(order->charge, &charge_purchase, key, &in, out, order->failure))
            return false;
        if (form_has(out, NAME_OBJECT))
            return true;
        poll(NULL, 0, ASK_PAUSE_MS);
    }
    return fail(order->failure, EXIT_OPEN,
                "the telephone company has not decided yet: run it again");
}

/// The answer as the machine takes it.
static bool keep(const struct slip_order *order, const struct slip *slip, const struct form *out) {
    uint8_t octets[SLIP_ANSWER_MAX];
    struct tlv_writer writer = tlv_writer_over(octets, sizeof octets);
    size_t count = 0;
    const struct form *list = form_list(out, NAME_CERTIFICATES, &count);
    if (count != CHAIN)
        return fail(order->failure, EXIT_REFUSED, "the telephone company shows no certificate");
    tlv_put(&writer, SLIP_ANSWER, form_object(out, NAME_OBJECT)->whole);
    tlv_put(&writer, SLIP_AUTHORITY, form_certificate(&list[1], NAME_CERTIFICATE)->whole);
    tlv_put(&writer, SLIP_SIGNER, form_certificate(&list[2], NAME_CERTIFICATE)->whole);
    tlv_put(&writer, SLIP_OUTCOME, bytes_of_string(form_text(out, NAME_OUTCOME)));
    return (tlv_writer_ok(&writer) ||
            fail(order->failure, EXIT_REFUSED, "the telephone company's answer is too long")) &&
           slip_keep_answer(order->state, slip->name, tlv_writer_bytes(&writer), order->failure);
}

static bool bring(void *context, const struct slip *slip) {
    const struct slip_order *order = context;
    struct form out;
    if (!ask(order, slip, &out) || !keep(order, slip, &out))
        return false;
    order->told(slip, form_text(&out, NAME_OUTCOME));
    return true;
}

bool slip_order_run(struct slip_order *order) {
    return slip_each_open(order->state, bring, order, order->failure);
}
