// SPDX-License-Identifier: Apache-2.0
// Dockets, which the card of a ticket's buyer signs, and purchases, which a machine's till asks
// for: what they say, checked before the transaction; and how they are kept, one for each sale.
#include "services/charge/charge_private.h"

#include "apdu/crypto/binding.h"
#include "apdu/object/ticket.h"
#include "base/calendar.h"

#include <stdio.h>
#include <string.h>

enum { OLDEST_DAYS = 35, AHEAD_DAYS = 1 };

void sale_to_text(const uint8_t octets[16], char out[CHARGE_SALE_SIZE + 1]) {
    for (size_t i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", octets[i]);
}

/// Copies an id of an object into the call's arena.
static const char *keep(struct call *call, struct bytes id) {
    struct value kept = value_keep(call->arena, &(struct value){VALUE_TEXT, 0, id});
    return value_string(&kept);
}

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

static bool refuse(struct call *call, const char *what) {
    return call_refuse(call, &charge_docket_bad, "The docket %s", what);
}

/// The docket is the sender's own, and of this header.
static bool check_docket(struct call *call, const struct object *header, struct docket *out) {
    struct certificate buyer;
    uint8_t name[TICKET_NAME_SIZE];
    const struct object *docket =
        party_envelope(charge_party(call), call, form_inner(&call->in, NAME_DOCKET), OBJECT_DOCKET,
                       ROLE_WALLET, &buyer);
    if (docket == NULL)
        return refuse(call, "is not signed by a card that is certified now");
    if (!bytes_equal(buyer.holder, bytes_of_string(call->sender->id)) ||
        !bytes_equal(docket->fields[FIELD_BUYER], buyer.holder) ||
        !bytes_equal(header->fields[FIELD_BUYER], buyer.holder))
        return refuse(call, "or its ticket is somebody else's");
    if (!ticket_name(header, call->crypto, name) ||
        !bytes_equal(docket->fields[FIELD_TICKET], BYTES_OF(name)))
        return refuse(call, "is of another ticket");
    memcpy(out->ticket, name, sizeof out->ticket);
    out->mail = keep(call, docket->fields[FIELD_SUBSCRIBER]);
    return true;
}

/// Charge, enterprise and day are the seller's word, which the phone can't alter.
static const struct object *check_header(struct call *call) {
    struct certificate seller;
    const struct object *header =
        party_envelope(charge_party(call), call, form_inner(&call->in, NAME_HEADER),
                       OBJECT_TICKET_HEADER, ROLE_SELLER, &seller);
    if (header == NULL || !bytes_equal(header->fields[FIELD_SELLER], seller.holder) ||
        !bytes_equal(header->fields[FIELD_ENTERPRISE], seller.enterprise)) {
        refuse(call, "has a header that is not signed by a seller of its enterprise");
        return NULL;
    }
    uint32_t day = object_date(header, FIELD_DATE);
    if (day > date_add_days(call->today, AHEAD_DAYS) ||
        date_add_days(day, OLDEST_DAYS) < call->today) {
        refuse(call, "is of a sale that is too old, or yet to come");
        return NULL;
    }
    return header;
}

static void take_header(struct call *call, const struct object *header, struct docket *docket) {
    char instance[17];
    struct bytes octets = header->fields[FIELD_INSTANCE];
    for (size_t i = 0; i < 8; i++)
        snprintf(instance + 2 * i, 3, "%02x", octets.data[i]);
    docket->kind = "content";
    docket->number = docket->text = keep(call, header->fields[FIELD_NUMBER]);
    docket->enterprise = keep(call, header->fields[FIELD_ENTERPRISE]);
    docket->instance = keep(call, bytes_of_string(instance));
    docket->amount = (int64_t)object_uint(header, FIELD_AMOUNT);
    docket->unit = object_unit(header);
    docket->date = object_date(header, FIELD_DATE);
}

bool charge_docket_check(struct call *call) {
    uint8_t sale[TICKET_NAME_SIZE];
    struct docket *docket = make_docket(call);
    const struct object *header = docket != NULL ? check_header(call) : NULL;
    if (header == NULL || !check_docket(call, header, docket))
        return false;
    take_header(call, header, docket);
    if (!ticket_sale(header, call->crypto, sale) || docket->amount <= 0)
        return refuse(call, "has no charge");
    sale_to_text(sale, docket->sale);
    return !call->arena->failed || call_refuse(call, &problem_busy, "There is no memory now");
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
    sale_to_text(digest, docket->sale);
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
    docket->enterprise = keep(call, till.enterprise);
    docket->amount = (int64_t)object_uint(request, FIELD_AMOUNT);
    docket->unit = object_unit(request);
    docket->date = call->today;
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
        return call_refuse(call, &charge_mismatch,
                           "The sale is another ticket's, or another "
                           "card's");
    form_set_text(&call->out, NAME_SALE, docket.sale);
    form_set_text(&call->out, NAME_OUTCOME,
                  state == DOCKET_ASKING     ? "asking"
                  : state == DOCKET_ACCEPTED ? "accepted"
                                             : word);
    if (state == DOCKET_ASKING) {
        call->status = 202;
        return true;
    }
    form_set_octets(&call->out, NAME_OBJECT, object);
    for (size_t i = 0; i < call->context->certificate_count; i++)
        form_add_octets(&call->out, NAME_CERTIFICATES, call->context->certificates[i]);
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
