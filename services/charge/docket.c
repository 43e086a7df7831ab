// SPDX-License-Identifier: Apache-2.0
// Dockets, which the card of a ticket's buyer signs, and purchases, which a machine's till asks
// for: what they say, checked before the transaction; and how they are kept, one for each sale.
#include "services/charge/charge_private.h"

#include "apdu/crypto/binding.h"

#include <stdio.h>
#include <string.h>

static struct docket *make_docket(struct call *call) {
    struct docket *docket = arena_take(call->arena, sizeof *docket);
    if (docket == NULL ||
        !call->crypto->ops->random(call->crypto, docket->challenge, sizeof docket->challenge)) {
        call_refuse(call, &problem_busy, "There is no memory or randomness for this now");
        return NULL;
    }
    docket->trm = call->sender->id;
    call->command = docket;
    return docket;
}

// ---- dockets -----------------------------------------------------------------------------------

bool charge_docket_check(struct call *call) {
    struct settlement settlement;
    struct docket *docket = make_docket(call);
    if (docket == NULL || !settlement_check(call, charge_party(call), &settlement))
        return false;
    docket->kind = "content";
    docket->text = settlement.number;
    docket->number = settlement.number;
    docket->mail = settlement.mail;
    docket->enterprise = settlement.enterprise;
    docket->instance = settlement.instance;
    docket->amount = settlement.amount;
    docket->unit = settlement.unit;
    docket->date = settlement.date;
    memcpy(docket->sale, settlement.sale, sizeof docket->sale);
    memcpy(docket->ticket, settlement.ticket, sizeof docket->ticket);
    return true;
}

// ---- purchases ---------------------------------------------------------------------------------

static bool refuse_request(struct call *call, const char *what) {
    return call_refuse(call, &charge_request_bad, "The request %s", what);
}

/// One name for a number of a till: bind("goods", till, n).
static bool name_goods(struct call *call, const struct object *request, struct docket *docket) {
    struct binding binding;
    uint8_t digest[SHA256_SIZE], n[4];
    bytes_put_be(n, sizeof n, object_uint(request, FIELD_N));
    binding_begin(&binding, "goods");
    binding_add(&binding, request->fields[FIELD_PAYEE]);
    binding_add(&binding, BYTES_OF(n));
    if (!call->crypto->ops->sha256(call->crypto, binding_bytes(&binding), digest))
        return call_refuse(call, &problem_busy, "The cryptography failed; ask again");
    settlement_text(digest, 16, docket->sale);
    return object_digest(request, call->crypto, digest) &&
           memcpy(docket->ticket, digest, sizeof docket->ticket) != NULL;
}

/// The machine's till names the card that it asks, goods, and an amount.
bool charge_purchase_check(struct call *call) {
    struct certificate till;
    struct docket *docket = make_docket(call);
    if (docket == NULL)
        return false;
    const struct object *request =
        party_envelope(charge_party(call), call, form_inner(&call->in, NAME_REQUEST),
                       OBJECT_PAYMENT_REQUEST, ROLE_TILL, &till);
    if (request == NULL || till.enterprise.size == 0 ||
        !bytes_equal(request->fields[FIELD_PAYEE], till.holder))
        return refuse_request(call, "is not signed by an operator's till that is certified now");
    if (!bytes_equal(request->fields[FIELD_PAYER], bytes_of_string(call->sender->id)))
        return refuse_request(call, "asks somebody else");
    if (request->fields[FIELD_REFERENCE].data[0] != REFERENCE_GOODS)
        return refuse_request(call, "is for no goods");
    docket->kind = "goods";
    docket->text = form_text(&call->in, NAME_TEXT);
    docket->mail = form_text(&call->in, NAME_MAIL);
    docket->enterprise = settlement_keep(call, till.enterprise);
    docket->amount = (int64_t)object_uint(request, FIELD_AMOUNT);
    docket->unit = object_unit(request);
    docket->date = call->today;
    if (docket->amount <= 0)
        return refuse_request(call, "is over no amount that there is");
    return name_goods(call, request, docket);
}

// ---- as they are kept --------------------------------------------------------------------------

bool docket_read(struct session *session, const char *sale, struct docket *out,
                 enum docket_state *state, const char **word, struct bytes *answer) {
    struct value row[15] = {0};
    if (sql_run(session, &charge_sql[DOCKET_READ], IN(value_text(sale)), row) != STORE_ROW)
        return false;
    *out = (struct docket){.kind = value_string(&row[0]),
                           .text = value_string(&row[1]),
                           .trm = value_string(&row[2]),
                           .mail = value_string(&row[3]),
                           .enterprise = value_string(&row[4]),
                           .number = value_string(&row[5]),
                           .instance = value_string(&row[6]),
                           .amount = row[9].number,
                           .unit = (uint16_t)row[10].number,
                           .date = (uint32_t)row[11].number};
    snprintf(out->sale, sizeof out->sale, "%s", sale);
    memcpy(out->ticket, row[7].octets.data, sizeof out->ticket);
    memcpy(out->challenge, row[8].octets.data, sizeof out->challenge);
    *state = (enum docket_state)row[12].number;
    *word = value_string(&row[13]);
    *answer = row[14].octets;
    return true;
}

static bool add(struct session *session, const struct docket *docket) {
    struct value row[1] = {0};
    return sql_run(session, &charge_sql[DOCKET_ADD],
                   IN(value_text(docket->sale), value_text(docket->kind), value_text(docket->text),
                      value_text(docket->trm), value_text(docket->mail),
                      value_text(docket->enterprise), value_text(docket->number),
                      value_text(docket->instance), value_octets(BYTES_OF(docket->ticket)),
                      value_octets(BYTES_OF(docket->challenge)), value_int(docket->amount),
                      value_int(docket->unit), value_int(docket->date)),
                   row) == STORE_ROW;
}

/// How it stands: 202 while the registry is asked.
static bool answer(struct call *call, struct session *session, const struct docket *asked) {
    struct docket docket;
    enum docket_state state;
    const char *word;
    struct bytes object;
    if (!docket_read(session, asked->sale, &docket, &state, &word, &object))
        return false;
    if (memcmp(docket.ticket, asked->ticket, sizeof docket.ticket) != 0 ||
        strcmp(docket.trm, asked->trm) != 0)
        return call_refuse(call, &docket_mismatch,
                           "The sale is another ticket's, or another "
                           "card's");
    settlement_answer(call, docket.sale,
                      state == DOCKET_ASKING     ? "asking"
                      : state == DOCKET_ACCEPTED ? "accepted"
                                                 : word,
                      object);
    return true;
}

bool charge_docket_transact(struct call *call, struct session *session) {
    const struct docket *docket = call->command;
    return (!add(session, docket) || docket_run(call, session, docket)) &&
           session->failed == STORE_DONE && answer(call, session, docket);
}

bool charge_docket_read_transact(struct call *call, struct session *session) {
    struct docket docket;
    enum docket_state state;
    const char *word;
    struct bytes object;
    return docket_read(session, form_text(&call->in, NAME_SALE), &docket, &state, &word, &object) &&
           answer(call, session, &docket);
}
