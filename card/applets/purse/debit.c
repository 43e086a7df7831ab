// SPDX-License-Identifier: Apache-2.0
// DEBIT: the payer answers a payment request with a usage log. A request it has answered before
// gets the stored log; a fresh one passes every check below, in this order, and one commit changes
// balance, counters, totals and ring together before the log leaves. docs/purse.md, "A payment".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/consent.h"
#include "card/applets/purse/identity.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/ring.h"
#include "card/applets/purse/transfer.h"
#include "card/applets/purse/trust.h"

#include <string.h>

struct debit {
    struct card_call *call;
    struct object request;
    struct bytes payee;
    uint64_t amount;
    struct ring_view view;
    struct ring_proof proof;
    struct peer peer;
    struct pocket pocket;
};

typedef uint16_t debit_check(struct debit *debit);

static uint16_t check_form(struct debit *debit) {
    if (!object_decode_as(OBJECT_PAYMENT_REQUEST, debit->call->command.data, &debit->request))
        return SW_BAD_OBJECT;
    debit->payee = debit->request.fields[FIELD_PAYEE];
    debit->amount = object_uint(&debit->request, FIELD_AMOUNT);
    if (!text_equals(debit->call, TEXT_HOLDER, debit->request.fields[FIELD_PAYER]))
        return SW_WRONG_PARTY;
    return debit->amount == 0 ? SW_ZERO_AMOUNT : SW_OK;
}

static uint16_t look_up(struct debit *debit) {
    ring_look(debit->call, debit->payee, (uint32_t)object_uint(&debit->request, FIELD_N),
              &debit->view);
    return object_terms_digest(&debit->request, debit->call->crypto, debit->proof.terms)
               ? SW_OK
               : SW_UNKNOWN;
}

/// The ring has this request's number: same terms get what was answered then.
static uint16_t answer_again(struct debit *debit) {
    struct ring_proof stored;
    uint8_t log[RING_LOG_MAX];
    ring_proof(debit->call, debit->view.entry.slot, &stored);
    if (memcmp(stored.terms, debit->proof.terms, sizeof stored.terms) != 0)
        return SW_MISMATCH;
    if (debit->view.entry.state == PURSE_ENTRY_VOIDED)
        return SW_VOIDED;
    size_t size = ring_log(debit->call, debit->view.entry.slot, log);
    tlv_put_raw(&debit->call->answer, bytes_of(log, size));
    return SW_OK;
}

static uint16_t check_own(struct debit *debit) {
    return own_check(debit->call);
}

static uint16_t check_payee(struct debit *debit) {
    uint16_t sw = peer_find(debit->call, debit->payee, &debit->peer);
    if (sw != SW_OK)
        return sw;
    memcpy(debit->proof.key, debit->peer.point, sizeof debit->proof.key);
    return transfer_check(purse_roles(debit->call), debit->peer.roles,
                          debit->request.fields[FIELD_REFERENCE]);
}

static uint16_t check_signature(struct debit *debit) {
    return object_verify(&debit->request, debit->call->crypto, debit->peer.point)
               ? SW_OK
               : SW_BAD_SIGNATURE;
}

static uint16_t check_challenge(struct debit *debit) {
    const struct session *session = session_of(debit->call);
    return session->challenge_live &&
                   bytes_equal_secret(session->challenge,
                                      debit->request.fields[FIELD_CHALLENGE].data, CHALLENGE_SIZE)
               ? SW_OK
               : SW_BAD_CHALLENGE;
}

static uint16_t check_counter(struct debit *debit) {
    uint64_t counter = number_get(debit->call, NUMBER_COUNTER);
    if (object_uint(&debit->request, FIELD_COUNTER) != counter)
        return SW_WRONG_COUNTER;
    if (counter > COUNTER_LAST - geometry(debit->call).ring)
        return SW_COUNTER_END;
    return state_room(debit->call);
}

static uint16_t check_ring(struct debit *debit) {
    if (debit->view.payee_unratified)
        return SW_PAYEE_UNRATIFIED;
    return debit->view.has_room ? SW_OK : SW_RING_FULL;
}

static uint16_t check_pocket(struct debit *debit) {
    if (!pocket_find(debit->call, object_unit(&debit->request), &debit->pocket))
        return SW_WRONG_UNIT;
    return pocket_has_room(&debit->pocket, debit->amount) ? SW_OK : SW_OVERFLOW;
}

static uint16_t check_limits(struct debit *debit) {
    uint64_t expiry = number_get(debit->call, NUMBER_ISSUE_EXPIRY);
    if (expiry != 0 && clock_today(debit->call) > expiry)
        return SW_EXPIRED;
    if (debit->amount > number_get(debit->call, NUMBER_LIMIT_SINGLE))
        return SW_LIMIT;
    return budget_check(debit->call, debit->amount);
}

static uint16_t check_balance(struct debit *debit) {
    return debit->amount <= pocket_balance(&debit->pocket) ? SW_OK : SW_INSUFFICIENT;
}

static uint16_t check_consent(struct debit *debit) {
    return consent_check(debit->call, debit->payee, debit->amount, debit->pocket.unit);
}

static debit_check *const CHECKS[] = {
    check_own,  check_payee,  check_signature, check_challenge, check_counter,
    check_ring, check_pocket, check_limits,    check_balance,   check_consent,
};

/// Writes the usage log that states pocket and numbers as they are after this debit.
static bool make_log(struct debit *debit, uint8_t *buffer, struct bytes *log) {
    static const enum field COPIED[] = {FIELD_PAYEE,     FIELD_N,          FIELD_PAYER,
                                        FIELD_COUNTER,   FIELD_AMOUNT,     FIELD_UNIT,
                                        FIELD_REFERENCE, FIELD_POLICY_HASH};
    struct object_writer writer;
    const struct pocket *pocket = &debit->pocket;
    uint64_t serial = number_get(debit->call, NUMBER_SERIAL);
    object_begin(&writer, OBJECT_USAGE_LOG, buffer, RING_LOG_MAX);
    for (size_t i = 0; i < sizeof COPIED / sizeof COPIED[0]; i++)
        object_copy(&writer, COPIED[i], &debit->request);
    if (serial != 0) {
        object_put_uint(&writer, FIELD_SERIAL, serial);
        object_put_uint(&writer, FIELD_REVISION, number_get(debit->call, NUMBER_REVISION));
    }
    object_put_uint(&writer, FIELD_STATE_NUMBER, number_get(debit->call, NUMBER_STATE));
    object_put_uint(&writer, FIELD_ISSUED, pocket->issued);
    object_put_uint(&writer, FIELD_LOADED, pocket->loaded);
    object_put_uint(&writer, FIELD_RECREDITED, pocket->recredited);
    object_put_uint(&writer, FIELD_SPENT, pocket->spent);
    if (pocket->redeemed != 0)
        object_put_uint(&writer, FIELD_REDEEMED, pocket->redeemed);
    return identity_sign(debit->call, &writer, log);
}

static void store_entry(struct debit *debit, struct bytes log) {
    struct ring_entry entry = {
        .slot = debit->view.room,
        .state = PURSE_ENTRY_UNRATIFIED,
        .counter = (uint32_t)object_uint(&debit->request, FIELD_COUNTER),
        .n = (uint32_t)object_uint(&debit->request, FIELD_N),
        .payee_size = (uint8_t)debit->payee.size,
    };
    memcpy(entry.payee, debit->payee.data, debit->payee.size);
    ring_store(debit->call, &entry, &debit->proof, log);
}

static uint16_t answer_fresh(struct debit *debit) {
    struct card_call *call = debit->call;
    struct object made;
    struct bytes log;
    uint8_t buffer[RING_LOG_MAX];
    debit->pocket.spent += debit->amount;
    debit->pocket.under_way += debit->amount;
    pocket_store(call, &debit->pocket);
    state_advance(call);
    number_set(call, NUMBER_COUNTER, number_get(call, NUMBER_COUNTER) + 1);
    if (!make_log(debit, buffer, &log) || !object_decode_as(OBJECT_USAGE_LOG, log, &made) ||
        !object_digest(&made, call->crypto, debit->proof.digest))
        return SW_UNKNOWN;
    store_entry(debit, log);
    budget_use(call, debit->amount);
    consent_use(call, debit->payee, debit->amount, debit->pocket.unit);
    peer_touch(call, &debit->peer);
    session_spend_challenge(call);
    tlv_put_raw(&call->answer, log);
    return SW_OK;
}

uint16_t purse_debit(struct card_call *call) {
    struct debit debit = {.call = call};
    uint16_t sw = check_form(&debit);
    if (sw == SW_OK)
        sw = look_up(&debit);
    if (sw != SW_OK)
        return sw;
    if (debit.view.found)
        return answer_again(&debit);
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0]; i++) {
        sw = CHECKS[i](&debit);
        if (sw != SW_OK)
            return sw;
    }
    return answer_fresh(&debit);
}
