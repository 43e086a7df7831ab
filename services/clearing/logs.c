// SPDX-License-Identifier: Apache-2.0
// Uploads: up to CLEARING_LOGS_MOST logs with the certificates that verify them, each judged by
// itself. Everything that costs time is done here, before the transaction.
#include "services/clearing/logs.h"

#include <string.h>

/// Certificates of an upload; each is verified once.
struct wallet_of_certificates {
    const struct form *list;
    size_t count;
    struct judged {
        bool tried, good;
        struct evidence evidence;
    } * judged;
};

static const struct evidence *evidence_of(const struct call *call,
                                          struct wallet_of_certificates *all, struct bytes holder) {
    for (size_t i = 0; i < all->count; i++) {
        struct judged *judged = &all->judged[i];
        if (!bytes_equal(form_certificate(&all->list[i], NAME_CERTIFICATE)->holder, holder))
            continue;
        if (!judged->tried)
            judged->good =
                evidence_find(call, all->list, all->count, holder, ROLE_PURSES, &judged->evidence);
        judged->tried = true;
        return judged->good ? &judged->evidence : NULL;
    }
    return NULL;
}

// ---- one log -----------------------------------------------------------------------------------

static const char *take_end(const struct form *form, struct log_item *item) {
    item->ended = form_object(form, NAME_END);
    if (item->ended == NULL)
        return NULL;
    if (item->ended->type != OBJECT_RECEIVE_LOG && item->ended->type != OBJECT_VOID)
        return "object";
    item->end = item->ended->type == OBJECT_VOID ? END_VOID : END_CREDITED;
    return NULL;
}

/// Both are about one payment, and the end answers this usage log.
static const char *match(const struct call *call, struct log_item *item) {
    static const enum field same[] = {FIELD_PAYEE, FIELD_N, FIELD_PAYER};
    uint8_t terms[SHA256_SIZE];
    if (item->usage == NULL)
        return item->end == END_VOID ? NULL : "usage-missing";
    if (!object_digest(item->usage, call->crypto, item->usage_digest) ||
        !object_terms_digest(item->usage, call->crypto, terms))
        return "object";
    if (item->ended == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (!bytes_equal(item->usage->fields[same[i]], item->ended->fields[same[i]]))
            return "mismatch";
    if (item->end == END_VOID)
        return bytes_equal(item->ended->fields[FIELD_REQUEST_HASH], BYTES_OF(terms)) ? NULL
                                                                                     : "mismatch";
    return bytes_equal(item->ended->fields[FIELD_LOG_HASH], BYTES_OF(item->usage_digest))
               ? NULL
               : "mismatch";
}

/// A total that is not there is 0; what passes 64 bits passes any other sum.
static uint64_t total(const struct object *usage, enum field field) {
    return object_has(usage, field) ? object_uint(usage, field) : 0;
}

static bool is_overdrawn(const struct object *usage) {
    uint64_t in, out;
    if (__builtin_add_overflow(total(usage, FIELD_ISSUED), total(usage, FIELD_LOADED), &in) ||
        __builtin_add_overflow(in, total(usage, FIELD_RECREDITED), &in) || in > INT64_MAX ||
        total(usage, FIELD_LOADED) > CLAIM_MOST)
        return true;
    return __builtin_add_overflow(total(usage, FIELD_SPENT), total(usage, FIELD_REDEEMED), &out) ||
           out > in;
}

static const char *read_usage(struct log_item *item) {
    const struct object *usage = item->usage;
    struct bytes reference = usage->fields[FIELD_REFERENCE];
    if (object_uint(usage, FIELD_AMOUNT) > INT64_MAX ||
        object_uint(usage, FIELD_SPENT) > INT64_MAX ||
        object_uint(usage, FIELD_ISSUED) > INT64_MAX ||
        object_uint(usage, FIELD_SERIAL) > INT64_MAX)
        return "amount";
    item->amount = (int64_t)object_uint(usage, FIELD_AMOUNT);
    item->spent = (int64_t)object_uint(usage, FIELD_SPENT);
    item->issued = (int64_t)object_uint(usage, FIELD_ISSUED);
    item->serial = (int64_t)object_uint(usage, FIELD_SERIAL);
    item->counter = (uint32_t)object_uint(usage, FIELD_COUNTER);
    item->state = (uint32_t)object_uint(usage, FIELD_STATE_NUMBER);
    item->unit = object_unit(usage);
    item->kind = reference.data[0];
    item->overdrawn = is_overdrawn(usage);
    item->loaded = item->overdrawn ? 0 : (int64_t)total(usage, FIELD_LOADED);
    if (item->kind == REFERENCE_REFUND && reference.size == REFERENCE_REFUND_SIZE)
        item->sale = (uint32_t)bytes_get_be(reference.data + 1, 4);
    return item->amount > 0 ? NULL : "amount";
}

static const char *verify(const struct call *call, struct wallet_of_certificates *all,
                          struct log_item *item, const struct object *any) {
    item->by_payer =
        item->usage != NULL ? evidence_of(call, all, item->usage->fields[FIELD_PAYER]) : NULL;
    item->by_payee = item->ended != NULL ? evidence_of(call, all, any->fields[FIELD_PAYEE]) : NULL;
    if ((item->usage != NULL && item->by_payer == NULL) ||
        (item->ended != NULL && item->by_payee == NULL))
        return "certificate";
    if (item->usage != NULL &&
        !object_verify(item->usage, call->crypto, item->by_payer->certificate.signing_point))
        return "signature";
    if (item->ended == NULL)
        return NULL;
    return object_verify(item->ended, call->crypto, item->by_payee->certificate.signing_point) &&
                   object_digest(item->ended, call->crypto, item->end_digest)
               ? NULL
               : "signature";
}

static const char *judge(const struct call *call, struct wallet_of_certificates *all,
                         const struct form *form, struct log_item *item) {
    struct bytes uploader = bytes_of_string(form_text(&call->in, NAME_PURSE));
    item->usage = form_object(form, NAME_USAGE);
    const char *fault = take_end(form, item);
    const struct object *any = item->usage != NULL ? item->usage : item->ended;
    if (fault != NULL || any == NULL)
        return "object";
    item->payer = name_of(any->fields[FIELD_PAYER]);
    item->payee = name_of(any->fields[FIELD_PAYEE]);
    item->n = (uint32_t)object_uint(any, FIELD_N);
    if (!bytes_equal(any->fields[FIELD_PAYEE], uploader) &&
        !bytes_equal(any->fields[FIELD_PAYER], uploader))
        return "owner";
    fault = match(call, item);
    if (fault == NULL && item->usage != NULL)
        fault = read_usage(item);
    return fault != NULL ? fault : verify(call, all, item, any);
}

// ---- the upload --------------------------------------------------------------------------------

bool clearing_logs_check(struct call *call) {
    struct upload *upload = arena_take(call->arena, sizeof *upload);
    struct wallet_of_certificates all = {0};
    const struct form *logs = NULL;
    all.list = form_list(&call->in, NAME_CERTIFICATES, &all.count);
    all.judged = arena_take(call->arena, all.count * sizeof *all.judged);
    call->command = upload;
    if (upload != NULL) {
        logs = form_list(&call->in, NAME_LOGS, &upload->count);
        upload->items = arena_take(call->arena, upload->count * sizeof *upload->items);
    }
    if (upload == NULL || upload->items == NULL || all.judged == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    for (size_t i = 0; i < upload->count; i++)
        upload->items[i].fault = judge(call, &all, &logs[i], &upload->items[i]);
    return true;
}

bool clearing_logs_transact(struct call *call, struct session *session) {
    const struct upload *upload = call->command;
    struct meetings meetings = {0};
    for (size_t i = 0; i < upload->count; i++) {
        struct log_outcome outcome = {"refused", upload->items[i].fault};
        if (outcome.word == NULL &&
            !log_book(call, session, &upload->items[i], &meetings, &outcome))
            return false;
        struct form *told = form_add(&call->out, NAME_LOGS);
        form_set_text(told, NAME_OUTCOME, outcome.outcome);
        if (outcome.word != NULL)
            form_set_text(told, NAME_WORD, outcome.word);
    }
    return session->failed == STORE_DONE;
}
