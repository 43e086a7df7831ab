// SPDX-License-Identifier: Apache-2.0
// From unsettled to settled: by the notice of a bank or telco that agrees in date, number and
// destination, all three, and over the charge, in our account; or by a receipt of our own till;
// once each. A settled sale's ticket may be unsealed.
#include "services/licence/licence_private.h"

#include <stdio.h>
#include <string.h>

void sale_settle(struct call *call, struct session *session, const char *instance, uint32_t day,
                 const char *kind, struct bytes object) {
    struct value row[3];
    (void)call;
    if (sql_run(session, &licence_sql[UNSETTLED_TAKE], IN(value_text(instance)), row) == STORE_ROW)
        sql_run(session, &licence_sql[SETTLED_ADD],
                IN(value_text(instance), value_int(day), value_text(kind), value_octets(object),
                   row[0], row[1], row[2]),
                NULL);
}

// ---- notices -----------------------------------------------------------------------------------

enum { TERMS_SIZE = 240 };

/// What a notice says, in one text: the same notice again says the same.
static void write_terms(const struct call *call, char *out, size_t capacity) {
    const char *instance = form_text(&call->in, NAME_INSTANCE);
    snprintf(out, capacity, "%lld %s %s %lld %lld %s", (long long)form_int(&call->in, NAME_DATE),
             form_text(&call->in, NAME_NUMBER), form_text(&call->in, NAME_MAIL),
             (long long)form_int(&call->in, NAME_AMOUNT), (long long)form_int(&call->in, NAME_UNIT),
             instance != NULL ? instance : "-");
}

/// The oldest sale that the notice pays for. False: none, or the session failed.
static bool find_paid(struct call *call, struct session *session, struct value row[1]) {
    if (strcmp(form_text(&call->in, NAME_ENTERPRISE), licence_party(call)->enterprise) != 0)
        return call_refuse(call, &licence_no_match, "%s is paid, who is not the seller here",
                           form_text(&call->in, NAME_ENTERPRISE));
    if (sql_run(session, &licence_sql[UNSETTLED_FIND],
                IN(in_int(call, NAME_DATE), in_text(call, NAME_NUMBER), in_text(call, NAME_MAIL),
                   in_text(call, NAME_INSTANCE), in_int(call, NAME_AMOUNT),
                   in_int(call, NAME_UNIT)),
                row) == STORE_NONE)
        return call_refuse(call, &licence_no_match,
                           "No sale of that day, number, destination and charge waits for its "
                           "payment");
    return session->failed == STORE_DONE;
}

bool licence_settlement_transact(struct call *call, struct session *session) {
    struct value row[2] = {0};
    char terms[TERMS_SIZE];
    uint32_t day = form_has(&call->in, NAME_SETTLED) ? (uint32_t)form_uint(&call->in, NAME_SETTLED)
                                                     : call->today;
    write_terms(call, terms, sizeof terms);
    if (sql_run(session, &licence_sql[NOTICE_READ],
                IN(value_text(call->sender->id), in_text(call, NAME_TRANSFER)), row) == STORE_ROW) {
        if (strcmp(value_string(&row[1]), terms) != 0)
            return call_refuse(call, &licence_no_match, "The transfer %s was told of another sale",
                               form_text(&call->in, NAME_TRANSFER));
        form_set_uint(&call->out, NAME_SETTLED, (uint64_t)row[0].number);
        return true;
    }
    if (!find_paid(call, session, row))
        return false;
    sale_settle(call, session, value_string(&row[0]), day, "notice",
                bytes_of_string(form_text(&call->in, NAME_TRANSFER)));
    sql_run(session, &licence_sql[NOTICE_ADD],
            IN(value_text(call->sender->id), in_text(call, NAME_TRANSFER), value_int(day),
               value_text(terms)),
            NULL);
    form_set_uint(&call->out, NAME_SETTLED, day);
    return true;
}

// ---- activation --------------------------------------------------------------------------------

bool licence_activation_check(struct call *call) {
    struct receipt *receipt;
    if (!form_has(&call->in, NAME_RECEIPT))
        return true;
    receipt = arena_take(call->arena, sizeof *receipt);
    if (receipt == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    call->command = receipt;
    return receipt_take(call, form_inner(&call->in, NAME_RECEIPT), receipt);
}

/// A receipt that comes behind its ticket.
static bool pay(struct call *call, struct session *session, const struct receipt *receipt,
                const struct object *header, const char *instance) {
    struct receipt_terms terms = receipt_terms_of(header);
    if (!receipt_pays(call, receipt, &terms))
        return false;
    if (!receipt_use(call, session, receipt, instance))
        return false;
    sale_settle(call, session, instance, call->today, "receipt", BYTES_OF(receipt->digest));
    return true;
}

static bool sign_activation(struct call *call, struct session *session, const struct object *header,
                            const char *instance) {
    uint8_t octets[TICKET_MAX], name[TICKET_NAME_SIZE], result = 1;
    struct party_signer own;
    struct object_writer writer;
    struct bytes made;
    party_signer(licence_party(call), call->crypto, &own);
    bool done = ticket_name(header, call->crypto, name);
    object_begin(&writer, OBJECT_SETTLEMENT_ANSWER, octets, sizeof octets);
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put(&writer, FIELD_TICKET, BYTES_OF(name));
    object_put(&writer, FIELD_ACTIVATOR, bytes_of_string(licence_party(call)->id));
    object_put(&writer, FIELD_RESULT, bytes_of(&result, 1));
    done = done && object_sign(&writer, &own.signer, &made);
    bytes_erase(&own, sizeof own);
    if (!done)
        return call_refuse(call, &problem_busy, "The activation cannot be signed now; ask again");
    sql_run(session, &licence_sql[ACTIVATION_ADD], IN(value_text(instance), value_octets(made)),
            NULL);
    form_set_octets(&call->out, NAME_OBJECT, made);
    return true;
}

bool licence_activation_transact(struct call *call, struct session *session) {
    const char *instance = form_text(&call->in, NAME_INSTANCE);
    struct value row[3] = {0};
    struct object header;
    if (sql_run(session, &licence_sql[ACTIVATION_READ], IN(value_text(instance)), row) ==
        STORE_ROW) {
        form_set_octets(&call->out, NAME_OBJECT, row[0].octets);
        return true;
    }
    sql_run(session, &licence_sql[SALE_BY_INSTANCE], IN(value_text(instance)), row);
    if (session->failed != STORE_DONE ||
        !object_decode_as(OBJECT_TICKET_HEADER, row[1].octets, &header))
        return false;
    struct value day[1];
    if (sql_run(session, &licence_sql[SETTLED_READ], IN(value_text(instance)), day) == STORE_NONE &&
        (call->command == NULL
             ? !call_refuse(call, &licence_unsettled, "The sale %s is not paid for yet", instance)
             : !pay(call, session, call->command, &header, instance)))
        return false;
    return sign_activation(call, session, &header, instance);
}
