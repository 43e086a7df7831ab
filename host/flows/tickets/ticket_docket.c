// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/ticket_docket.h"

#include "host/tickets/ticket_failure.h"

#include <poll.h>
#include <stdio.h>

enum { ASK_TIMES = 60, ASK_PAUSE_MS = 500 };

bool ticket_open(struct ticket_client *store, struct bytes answer, struct bytes certificate,
                 struct failure *failure) {
    struct bytes own;
    enum ticket_outcome outcome = ticket_client_activate(store, answer);
    if (outcome == TICKET_REFUSED &&
        (store->sw == SW_UNKNOWN_CERTIFICATE || store->sw == SW_EXPIRED)) {
        outcome = ticket_client_exchange(store, certificate, &own);
        outcome = outcome == TICKET_OK ? ticket_client_activate(store, answer) : outcome;
    }
    return ticket_went(store, outcome, failure);
}

static void put(struct form *in, enum name name, struct bytes object,
                const struct bytes chain[DOCKET_CHAIN]) {
    struct form *envelope = form_add(in, name);
    form_set_octets(envelope, NAME_OBJECT, object);
    for (size_t i = 0; i < DOCKET_CHAIN; i++)
        form_add_octets(envelope, NAME_CERTIFICATES, chain[i]);
}

/// Docket and header with their certificates. *refused: the card has the refusal already.
static bool fill(const struct ticket_docket *docket, struct service_client *settler,
                 struct form *in, bool *refused, struct failure *failure) {
    struct ticket_client *store = docket->store;
    struct bytes made;
    struct object header;
    struct ticket_left left;
    enum ticket_outcome outcome =
        ticket_client_docket(store, docket->name, docket->today, docket->mail, &made);
    *refused = outcome == TICKET_REFUSED && store->sw == SW_VOIDED;
    if (*refused)
        return true;
    if (!ticket_went(store, outcome, failure))
        return false;
    service_client_form(settler, docket->settles, in);
    put(in, NAME_DOCKET, made, docket->buyer);
    if (!ticket_went(store, ticket_client_read(store, docket->name, &header, &left), failure))
        return false;
    put(in, NAME_HEADER, header.whole, docket->seller);
    return true;
}

/// Asks until it is decided. The sale itself is what makes a repetition the same: a card that is
/// asked again signs the docket anew.
static bool ask(const struct ticket_docket *docket, struct service_client *settler,
                const struct form *in, struct form *out, struct failure *failure) {
    for (unsigned i = 0; i < ASK_TIMES; i++) {
        if (!service_client_ask(settler, docket->settles, in, out, failure))
            return false;
        if (form_has(out, NAME_OBJECT))
            return true;
        poll(NULL, 0, ASK_PAUSE_MS);
    }
    return fail(failure, EXIT_OPEN, "the %s service has not decided yet: run it again",
                settler->name);
}

static bool take_decision(struct ticket_docket *docket, const struct form *out,
                          struct failure *failure) {
    size_t count = 0;
    const struct form *list = form_list(out, NAME_CERTIFICATES, &count);
    const struct object *answer = form_object(out, NAME_OBJECT);
    if (count != DOCKET_CHAIN)
        return fail(failure, EXIT_REFUSED, "who settles it shows no certificate");
    snprintf(docket->outcome, sizeof docket->outcome, "%.23s", form_text(out, NAME_OUTCOME));
    docket->settled = answer->fields[FIELD_RESULT].data[0] == 1;
    return ticket_open(docket->store, answer->whole,
                       form_certificate(&list[DOCKET_CHAIN - 1], NAME_CERTIFICATE)->whole, failure);
}

bool ticket_docket_run(struct ticket_docket *docket, struct service_client *settler,
                       struct failure *failure) {
    struct form in, out;
    bool refused = false;
    docket->settled = false;
    snprintf(docket->outcome, sizeof docket->outcome, "refused");
    if (!fill(docket, settler, &in, &refused, failure))
        return false;
    return refused ||
           (ask(docket, settler, &in, &out, failure) && take_decision(docket, &out, failure));
}
