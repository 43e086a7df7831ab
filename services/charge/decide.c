// SPDX-License-Identifier: Apache-2.0
// How dockets end: the registry says whether the enterprise is trusted; then the subscriber's bill
// gets a line and the bank an order, in one transaction with the signed answer; or the answer is a
// refusal. What is decided stays so.
#include "services/charge/charge_private.h"

#include "services/core/keeper/outbox.h"
#include "services/wire/api/bank_api.h"
#include "services/wire/api/registry_api.h"

#include <stdio.h>
#include <string.h>

enum { CALL_ID_MAX = 64 };

// ---- the registry ------------------------------------------------------------------------------

static void call_id(const char *what, const char *sale, char out[CALL_ID_MAX]) {
    snprintf(out, CALL_ID_MAX, "%s-%s", what, sale);
}

static void ask_registry(struct call *call, struct session *session, const struct docket *docket) {
    char id[CALL_ID_MAX];
    struct form inquiry;
    call_id("ask", docket->sale, id);
    form_init(&inquiry, registry_inquiry.request, call->arena);
    form_set_text(&inquiry, NAME_ENTERPRISE, docket->enterprise);
    form_set_octets(&inquiry, NAME_CHALLENGE, BYTES_OF(docket->challenge));
    outbox_put(session, id, "registry", &registry_inquiry, &inquiry, call->now_ms);
}

/// Only a registry's own signature counts, whoever is at the other end.
bool charge_inquiry_check(struct call *call) {
    struct certificate registry;
    const struct object *answer =
        party_envelope(charge_party(call), call, form_inner(&call->in, NAME_OBJECT),
                       OBJECT_REGISTRY_ANSWER, ROLE_REGISTRY, &registry);
    call->command = (void *)(uintptr_t)answer;
    return answer != NULL || call_refuse(call, &problem_signature, "The answer is no registry's");
}

static bool is_answer_to(const struct call *call, const struct object *answer,
                         const struct docket *docket) {
    const struct party *own = charge_party(call);
    return bytes_equal(answer->fields[FIELD_CHALLENGE], BYTES_OF(docket->challenge)) &&
           bytes_equal(answer->fields[FIELD_HOLDER], bytes_of_string(own->id)) &&
           bytes_equal(answer->fields[FIELD_ENTERPRISE], bytes_of_string(docket->enterprise)) &&
           object_date(answer, FIELD_EXPIRY) >= call->today;
}

bool charge_inquiry_reply(struct call *call, struct session *session) {
    struct docket docket;
    enum docket_state state;
    const char *word;
    struct bytes object;
    const struct object *answer = call->command;
    if (!docket_read(session, call->key + strlen("ask-"), &docket, &state, &word, &object))
        return call_refuse(call, &problem_internal, "There is no docket of this answer");
    if (state != DOCKET_ASKING)
        return true;
    if (answer == NULL || !is_answer_to(call, answer, &docket))
        return call_refuse(call, &problem_signature, "The registry answers another inquiry");
    return docket_decide(call, session, &docket,
                         answer->fields[FIELD_RESULT].data[0] == 1 ? NULL : "not-trusted");
}

// ---- the decision ------------------------------------------------------------------------------

/// What the seller finds the sale by goes along.
static void order(struct call *call, struct session *session, const struct docket *docket,
                  const struct settings *settings, const char *payee) {
    char id[CALL_ID_MAX];
    struct form form;
    call_id("pay", docket->sale, id);
    form_init(&form, bank_transfer.request, call->arena);
    form_set_text(&form, NAME_ID, docket->sale);
    form_set_text(&form, NAME_FROM, settings->account);
    form_set_text(&form, NAME_TO, payee);
    form_set_uint(&form, NAME_AMOUNT, (uint64_t)docket->amount);
    form_set_uint(&form, NAME_UNIT, docket->unit);
    if (docket->number != NULL) {
        struct form *sale = form_add(&form, NAME_SALE);
        form_set_uint(sale, NAME_DATE, docket->date);
        form_set_text(sale, NAME_NUMBER, docket->number);
        form_set_text(sale, NAME_MAIL, docket->mail);
        form_set_text(sale, NAME_INSTANCE, docket->instance);
    }
    outbox_put(session, id, "bank", &bank_transfer, &form, call->now_ms);
}

/// The bill's line and what is due to the enterprise; ordered at once.
static bool bill(struct call *call, struct session *session, const struct docket *docket,
                 const struct settings *settings, const char *phone) {
    char due[CALL_ID_MAX], ordered[CALL_ID_MAX];
    call_id("due", docket->sale, due);
    call_id("ordered", docket->sale, ordered);
    const struct move moves[] = {
        {due, "docket", "UNBILLED", phone, "DUE", docket->enterprise, docket->amount, docket->unit},
        {ordered, "order", "DUE", docket->enterprise, "ORDERED", docket->enterprise, docket->amount,
         docket->unit},
    };
    sql_run(session, &charge_sql[CONTENT_ADD],
            IN(value_text(docket->sale), value_text(phone), value_text(docket->kind),
               value_text(docket->text), value_int(docket->date), value_int(docket->amount),
               value_int(month_of_day(local_day(settings, call->now_ms)))),
            NULL);
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        if (!charge_move(call, session, &moves[i]))
            return session->failed == STORE_DONE &&
                   call_refuse(call, &problem_internal, "The books do not take %s", docket->sale);
    return true;
}

/// Whose phone pays, on which account; or why nobody does.
static const char *find_parties(struct session *session, const struct docket *docket,
                                const struct settings *settings, const char **phone,
                                const char **payee) {
    struct value row[1] = {0};
    if (sql_run(session, &charge_sql[SUBSCRIBER_OF_TRM],
                IN(value_text(docket->trm), value_text(docket->mail)), row) != STORE_ROW)
        return "no-subscriber";
    *phone = value_string(&row[0]);
    if (sql_run(session, &charge_sql[PAYEE_READ], IN(value_text(docket->enterprise)), row) !=
        STORE_ROW)
        return "no-payee";
    *payee = value_string(&row[0]);
    if (settings->account == NULL)
        return "no-account";
    return docket->unit == settings->unit ? NULL : "wrong-unit";
}

bool docket_decide(struct call *call, struct session *session, const struct docket *docket,
                   const char *refusal) {
    uint8_t octets[SETTLEMENT_ANSWER_MAX];
    struct bytes made;
    struct settings settings;
    const char *phone = NULL, *payee = NULL;
    charge_settings_read(session, &settings);
    if (refusal == NULL)
        refusal = find_parties(session, docket, &settings, &phone, &payee);
    if (session->failed != STORE_DONE ||
        !settlement_sign(call, charge_party(call), docket->ticket, refusal == NULL, octets, &made))
        return false;
    sql_run(session, &charge_sql[DOCKET_DECIDE],
            IN(value_text(docket->sale),
               value_int(refusal == NULL ? DOCKET_ACCEPTED : DOCKET_REFUSED), value_text(refusal),
               value_octets(made)),
            NULL);
    if (refusal != NULL)
        return true;
    if (!bill(call, session, docket, &settings, phone))
        return false;
    order(call, session, docket, &settings, payee);
    return true;
}

bool docket_run(struct call *call, struct session *session, const struct docket *docket) {
    struct settings settings;
    const char *phone, *payee;
    charge_settings_read(session, &settings);
    const char *refusal = find_parties(session, docket, &settings, &phone, &payee);
    if (refusal != NULL || !settings.registry)
        return docket_decide(call, session, docket, refusal);
    ask_registry(call, session, docket);
    return true;
}

// ---- the bank ----------------------------------------------------------------------------------

/// Done, or refused: then it is due again, and a person has to see why.
bool charge_transfer_reply(struct call *call, struct session *session) {
    if (strncmp(call->key, DEPOSIT_ORDER, strlen(DEPOSIT_ORDER)) == 0)
        return charge_deposit_reply(call, session);
    struct docket docket;
    enum docket_state state;
    const char *word;
    struct bytes object;
    char id[CALL_ID_MAX];
    if (!docket_read(session, call->key + strlen("pay-"), &docket, &state, &word, &object))
        return call_refuse(call, &problem_internal, "There is no docket of this transfer");
    bool done = call->refused == NULL;
    call_id(done ? "paid" : "unpaid", docket.sale, id);
    const struct move move = {.id = id,
                              .kind = done ? "paid" : "not-paid",
                              .debit = "ORDERED",
                              .debit_of = docket.enterprise,
                              .credit = done ? "BANK" : "DUE",
                              .credit_of = done ? "" : docket.enterprise,
                              .amount = docket.amount,
                              .unit = docket.unit};
    sql_run(session, &charge_sql[DOCKET_PAID],
            IN(value_text(docket.sale),
               value_text(done ? form_text(&call->in, NAME_TRANSFER) : call->refused->word)),
            NULL);
    return charge_move(call, session, &move) || session->failed != STORE_DONE ||
           call_refuse(call, &problem_internal, "The books do not take %s", id);
}
