// SPDX-License-Identifier: Apache-2.0
// Receipts: the receive log of a till of our own enterprise with the usage log that it answers. It
// pays for one sale: its reference is that sale's id, its payer the buyer.
#include "services/licence/licence_private.h"

#include <stdio.h>
#include <string.h>

enum { CHAIN = 3 };

const struct object *envelope_object(const struct call *call, const struct form *envelope,
                                     enum object_type type, uint32_t roles,
                                     struct certificate *signer) {
    const struct object *object =
        party_envelope(licence_party(call), call, envelope, type, roles, signer);
    struct bytes below[CHAIN - 1];
    size_t count = 0;
    const struct form *list = form_list(envelope, NAME_CERTIFICATES, &count);
    if (object == NULL)
        return NULL;
    for (size_t i = 0; i < CHAIN - 1; i++)
        below[i] = form_certificate(&list[i + 1], NAME_CERTIFICATE)->whole;
    return revoked_any(call, below, CHAIN - 1) ? NULL : object;
}

static void read_text(const struct object *object, enum field field, char out[HOLDER_MAX + 1]) {
    struct bytes value = object->fields[field];
    snprintf(out, HOLDER_MAX + 1, "%.*s", (int)value.size, (const char *)value.data);
}

static bool refuse(struct call *call, const char *what) {
    return call_refuse(call, &licence_receipt, "The receipt %s", what);
}

/// The usage log that the receipt names by its hash.
static bool take_usage(struct call *call, const struct form *envelope, const struct object *log,
                       struct object *usage) {
    struct bytes attached = form_octets(envelope, NAME_ATTACHED);
    uint8_t digest[SHA256_SIZE];
    static const enum field same[] = {FIELD_PAYEE, FIELD_N, FIELD_PAYER};
    if (attached.data == NULL || !object_decode_as(OBJECT_USAGE_LOG, attached, usage) ||
        !object_digest(usage, call->crypto, digest) ||
        !bytes_equal(log->fields[FIELD_LOG_HASH], BYTES_OF(digest)))
        return refuse(call, "comes without the usage log that it answers");
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (!bytes_equal(log->fields[same[i]], usage->fields[same[i]]))
            return refuse(call, "and its usage log are of two payments");
    return true;
}

bool receipt_take(struct call *call, const struct form *envelope, struct receipt *receipt) {
    struct certificate till;
    struct object usage;
    const struct object *log =
        envelope_object(call, envelope, OBJECT_RECEIVE_LOG, ROLE_TILL, &till);
    if (log == NULL)
        return refuse(call, "is not signed by a till that is certified now");
    if (!bytes_equal(till.enterprise, bytes_of_string(licence_party(call)->enterprise)))
        return refuse(call, "is of another enterprise's till");
    if (!bytes_equal(till.holder, log->fields[FIELD_PAYEE]))
        return refuse(call, "names another till than its signer");
    if (!take_usage(call, envelope, log, &usage))
        return false;
    struct bytes reference = usage.fields[FIELD_REFERENCE];
    if (reference.size != 1 + SALE_ID_SIZE || reference.data[0] != REFERENCE_TICKET)
        return refuse(call, "is for no ticket");
    memcpy(receipt->sale, reference.data + 1, SALE_ID_SIZE);
    read_text(log, FIELD_PAYEE, receipt->till);
    read_text(log, FIELD_PAYER, receipt->payer);
    receipt->n = object_uint(log, FIELD_N);
    receipt->amount = object_uint(&usage, FIELD_AMOUNT);
    receipt->unit = object_unit(&usage);
    return object_digest(log, call->crypto, receipt->digest) || refuse(call, "cannot be hashed");
}

struct receipt_terms receipt_terms_of(const struct object *header) {
    return (struct receipt_terms){.number = header->fields[FIELD_NUMBER],
                                  .instance = header->fields[FIELD_INSTANCE],
                                  .payer = header->fields[FIELD_BUYER],
                                  .amount = object_uint(header, FIELD_AMOUNT),
                                  .unit = object_unit(header)};
}

bool receipt_pays(struct call *call, const struct receipt *receipt,
                  const struct receipt_terms *terms) {
    uint8_t sale[SALE_ID_SIZE];
    struct bytes enterprise = bytes_of_string(licence_party(call)->enterprise);
    if (!ticket_sale_id(call->crypto, enterprise, terms->number, terms->instance, sale) ||
        memcmp(sale, receipt->sale, sizeof sale) != 0)
        return refuse(call, "is for another sale");
    if (!bytes_equal(bytes_of_string(receipt->payer), terms->payer))
        return refuse(call, "is somebody else's");
    return (receipt->amount == terms->amount && receipt->unit == terms->unit) ||
           refuse(call, "is over another amount than the charge");
}

bool receipt_use(struct call *call, struct session *session, const struct receipt *receipt,
                 const char *instance) {
    struct value row[1] = {0};
    if (sql_run(session, &licence_sql[RECEIPT_ADD],
                IN(value_text(receipt->till), value_int((int64_t)receipt->n), value_text(instance),
                   value_octets(BYTES_OF(receipt->digest))),
                row) == STORE_ROW)
        return true;
    if (session->failed != STORE_DONE ||
        sql_run(session, &licence_sql[RECEIPT_READ],
                IN(value_text(receipt->till), value_int((int64_t)receipt->n)), row) != STORE_ROW)
        return false;
    return strcmp(value_string(&row[0]), instance) == 0 ||
           call_refuse(call, &licence_receipt_used, "Number %llu of %s %s",
                       (unsigned long long)receipt->n, receipt->till,
                       strcmp(value_string(&row[0]), RECEIPT_CANCELLED) == 0
                           ? "was cancelled: its money goes back"
                           : "has paid for another sale");
}

// ---- cancelled ---------------------------------------------------------------------------------

bool licence_cancellation_check(struct call *call) {
    struct receipt *receipt = arena_take(call->arena, sizeof *receipt);
    call->command = receipt;
    return receipt != NULL ? receipt_take(call, form_inner(&call->in, NAME_RECEIPT), receipt)
                           : call_refuse(call, &problem_busy, "There is no memory for this now");
}

bool licence_cancellation_transact(struct call *call, struct session *session) {
    const struct receipt *receipt = call->command;
    form_set_uint(&call->out, NAME_N, receipt->n);
    return receipt_use(call, session, receipt, RECEIPT_CANCELLED);
}
