// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/proxy.h"

#include "apdu/object/ticket.h"
#include "host/tickets/ticket_failure.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { ASK_TIMES = 60, ASK_PAUSE_MS = 500 };

// ---- the ticket --------------------------------------------------------------------------------

static bool went(const struct proxy *proxy, enum ticket_outcome outcome, struct failure *failure) {
    return ticket_went(proxy->store, outcome, failure);
}

/// Is this row the order's: its instance stands in the header.
static bool is_ours(struct proxy *proxy, const struct ticket_row *row, struct failure *failure) {
    struct object header;
    struct ticket_left left;
    char text[LICENCE_INSTANCE_SIZE + 1];
    if (row->destination[0] != '\0' || strcmp(row->number, proxy->order->number) != 0 ||
        !went(proxy, ticket_client_read(proxy->store, row->name, &header, &left), failure))
        return false;
    for (size_t i = 0; i < LICENCE_INSTANCE_SIZE / 2; i++)
        snprintf(text + 2 * i, 3, "%02x", header.fields[FIELD_INSTANCE].data[i]);
    return strcmp(text, proxy->order->instance) == 0;
}

bool proxy_find(struct proxy *proxy, bool *sealed, struct failure *failure) {
    struct ticket_row rows[TICKET_PAGE_ROWS];
    size_t count = 1;
    *failure = (struct failure){0};
    for (uint16_t from = 0; count > 0; from = (uint16_t)(rows[count - 1].slot + 1)) {
        if (!went(proxy, ticket_client_list(proxy->store, from, rows, &count), failure))
            return false;
        for (size_t i = 0; i < count; i++)
            if (is_ours(proxy, &rows[i], failure)) {
                memcpy(proxy->name, rows[i].name, sizeof proxy->name);
                *sealed = (rows[i].left.flags & LEFT_SEALED) != 0;
                return true;
            } else if (failure->code != 0)
                return false;
        if (count == 0)
            return false;
    }
    return false;
}

/// Shows a certificate to a store that does not know its holder, and says it again.
static bool activate(struct proxy *proxy, struct bytes answer, struct bytes certificate,
                     struct failure *failure) {
    struct bytes own;
    enum ticket_outcome outcome = ticket_client_activate(proxy->store, answer);
    if (outcome == TICKET_REFUSED &&
        (proxy->store->sw == SW_UNKNOWN_CERTIFICATE || proxy->store->sw == SW_EXPIRED)) {
        outcome = ticket_client_exchange(proxy->store, certificate, &own);
        outcome = outcome == TICKET_OK ? ticket_client_activate(proxy->store, answer) : outcome;
    }
    return went(proxy, outcome, failure);
}

// ---- by proxy ----------------------------------------------------------------------------------

static void put(struct form *in, enum name name, struct bytes object, const struct bytes chain[3]) {
    struct form *envelope = form_add(in, name);
    form_set_octets(envelope, NAME_OBJECT, object);
    for (size_t i = 0; i < LICENCE_CHAIN; i++)
        form_add_octets(envelope, NAME_CERTIFICATES, chain[i]);
}

/// Docket and header with their certificates. *refused: the card has the refusal already.
static bool fill(struct proxy *proxy, struct service_client *settler, struct form *in,
                 bool *refused, struct failure *failure) {
    struct bytes docket;
    struct object header;
    struct ticket_left left;
    struct bytes chain[LICENCE_CHAIN] = {proxy->order->root, proxy->order->authority,
                                         proxy->seller->buyer};
    enum ticket_outcome outcome =
        ticket_client_docket(proxy->store, proxy->name, proxy->today, proxy->order->mail, &docket);
    *refused = outcome == TICKET_REFUSED && proxy->store->sw == SW_VOIDED;
    if (*refused)
        return true;
    if (!went(proxy, outcome, failure))
        return false;
    service_client_form(settler, proxy->settles, in);
    put(in, NAME_DOCKET, docket, chain);
    if (!went(proxy, ticket_client_read(proxy->store, proxy->name, &header, &left), failure))
        return false;
    put(in, NAME_HEADER, header.whole, proxy->seller->chain);
    return true;
}

/// Asks until it is decided: the same request, under one key. Not the sale's: another run makes
/// another docket, which is signed anew, and the service holds the sale to once by itself.
static bool ask(const struct proxy *proxy, struct service_client *settler, const struct form *in,
                struct form *out, struct failure *failure) {
    char key[REQUEST_KEY_SIZE];
    if (!service_client_key(settler, key))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    for (unsigned i = 0; i < ASK_TIMES; i++) {
        if (!service_client_repeat(settler, proxy->settles, key, in, out, failure))
            return false;
        if (form_has(out, NAME_OBJECT))
            return true;
        poll(NULL, 0, ASK_PAUSE_MS);
    }
    return fail(failure, EXIT_OPEN, "the %s service has not decided yet: run it again",
                settler->name);
}

static bool take_decision(struct proxy *proxy, const struct form *out, struct failure *failure) {
    size_t count = 0;
    const struct form *list = form_list(out, NAME_CERTIFICATES, &count);
    const struct object *answer = form_object(out, NAME_OBJECT);
    if (count != LICENCE_CHAIN)
        return fail(failure, EXIT_REFUSED, "who settles it shows no certificate");
    snprintf(proxy->outcome, sizeof proxy->outcome, "%.23s", form_text(out, NAME_OUTCOME));
    proxy->settled = answer->fields[FIELD_RESULT].data[0] == 1;
    return activate(proxy, answer->whole,
                    form_certificate(&list[LICENCE_CHAIN - 1], NAME_CERTIFICATE)->whole, failure);
}

bool proxy_run(struct proxy *proxy, struct service_client *settler, struct failure *failure) {
    struct form in, out;
    bool refused = false;
    if (!fill(proxy, settler, &in, &refused, failure))
        return false;
    proxy->settled = false;
    snprintf(proxy->outcome, sizeof proxy->outcome, "refused");
    return refused ||
           (ask(proxy, settler, &in, &out, failure) && take_decision(proxy, &out, failure));
}

// ---- by the purse ------------------------------------------------------------------------------

static bool set_terms(const struct proxy *proxy, struct purse_terms *terms) {
    terms->amount = proxy->order->amount;
    terms->unit = proxy->order->unit;
    terms->reference[0] = REFERENCE_TICKET;
    terms->reference_size = 1 + TICKET_NAME_SIZE;
    return licence_purchase_sale(proxy->seller, terms->reference + 1);
}

/// The seller's answer goes to the store of the card that paid.
static bool take_receipt(struct proxy *proxy, struct meeting *meeting, struct bytes till,
                         struct failure *failure) {
    struct bytes answer;
    struct ticket_client store;
    const struct flow *flow = &meeting->flow;
    struct licence_receipt receipt = {.log = bytes_of(flow->receipt.octets, flow->receipt.size),
                                      .usage = bytes_of(flow->log.octets, flow->log.size),
                                      .chain = {proxy->order->root, proxy->order->authority, till}};
    ticket_client_over(&store, meeting->payer->link);
    proxy->store = &store;
    proxy->settled = licence_activate(proxy->seller, &receipt, &answer, failure) &&
                     went(proxy, ticket_client_select(&store), failure) &&
                     activate(proxy, answer, proxy->seller->seller.certificate, failure);
    proxy->store = NULL;
    return proxy->settled;
}

bool proxy_pay(struct proxy *proxy, struct meeting *meeting, struct failure *failure) {
    struct flow *flow = &meeting->flow;
    struct bytes certificate;
    uint8_t till[CERTIFICATE_MAX];
    if (!set_terms(proxy, &flow->terms))
        return fail(failure, EXIT_REFUSED, "the order cannot be named");
    payment_run(flow);
    if (!fail_flow(flow, NULL, failure))
        return false;
    if (client_read_certificate(&meeting->payee->client, &certificate) != PURSE_OK ||
        certificate.size > sizeof till)
        return fail(failure, EXIT_OPEN, "paid, but the till shows no certificate: run it again");
    memcpy(till, certificate.data, certificate.size);
    return take_receipt(proxy, meeting, bytes_of(till, certificate.size), failure);
}
