// SPDX-License-Identifier: Apache-2.0
// DEBIT: the payer answers a payment request with a usage log. A request it has answered before
// gets the stored log; a fresh one passes every check below, in this order, and one commit changes
// balance, counters, totals and ring together before the log leaves. docs/purse.md, "A payment".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/ring.h"
#include "card/applets/purse/state/sale.h"
#include "card/applets/purse/transfer.h"
#include "card/identity/claims.h"
#include "card/identity/identity.h"
#include "card/identity/peers.h"

#include <string.h>

struct debit {
    struct purse *purse;
    struct object request;
    struct bytes payee;
    uint64_t amount;
    struct ring_view view;
    struct ring_proof proof;
    struct peer peer;
    struct refund refund; // of a till
    struct pocket pocket;
};

typedef uint16_t debit_check(struct debit *debit);

static uint16_t check_form(struct debit *debit) {
    if (!object_decode_as(OBJECT_PAYMENT_REQUEST, debit->purse->call->command.data,
                          &debit->request))
        return SW_BAD_OBJECT;
    debit->payee = debit->request.fields[FIELD_PAYEE];
    debit->amount = object_uint(&debit->request, FIELD_AMOUNT);
    if (!identity_is(debit->purse->call, debit->request.fields[FIELD_PAYER]))
        return SW_WRONG_PARTY;
    return debit->amount == 0 ? SW_ZERO_AMOUNT : SW_OK;
}

static uint16_t look_up(struct debit *debit) {
    ring_look(debit->purse, debit->payee, (uint32_t)object_uint(&debit->request, FIELD_N),
              &debit->view);
    return object_terms_digest(&debit->request, debit->purse->call->crypto, debit->proof.terms)
               ? SW_OK
               : SW_UNKNOWN;
}

static uint16_t check_challenge(struct debit *debit) {
    const struct session *session = session_of(debit->purse->call);
    return session->challenge_live &&
                   bytes_equal_secret(session->challenge,
                                      debit->request.fields[FIELD_CHALLENGE].data, CHALLENGE_SIZE)
               ? SW_OK
               : SW_BAD_CHALLENGE;
}

/// A log tells totals: where the reader may not see them, it must be the payee's, who signs the
/// request anew for this very meeting.
static uint16_t check_reader(struct debit *debit, const struct ring_proof *stored) {
    if (session_tells_totals(debit->purse))
        return SW_OK;
    if (!object_verify(&debit->request, debit->purse->call->crypto, stored->key))
        return SW_BAD_SIGNATURE;
    return check_challenge(debit);
}

/// The ring has this request's number: same terms get what was answered then.
static uint16_t answer_again(struct debit *debit) {
    struct ring_proof stored;
    uint8_t log[RING_LOG_MAX];
    ring_proof(debit->purse, debit->view.entry.slot, &stored);
    if (memcmp(stored.terms, debit->proof.terms, sizeof stored.terms) != 0)
        return SW_MISMATCH;
    if (debit->view.entry.state == PURSE_ENTRY_VOIDED)
        return SW_VOIDED;
    uint16_t sw = check_reader(debit, &stored);
    if (sw != SW_OK)
        return sw;
    size_t size = ring_log(debit->purse, debit->view.entry.slot, log);
    tlv_put_raw(&debit->purse->call->answer, bytes_of(log, size));
    return SW_OK;
}

static uint16_t check_own(struct debit *debit) {
    return own_check(debit->purse->call);
}

static uint16_t check_payee(struct debit *debit) {
    uint16_t sw = peer_find(debit->purse->call, debit->payee, ROLE_PURSES, &debit->peer);
    if (sw != SW_OK)
        return sw;
    memcpy(debit->proof.key, debit->peer.point, sizeof debit->proof.key);
    debit->proof.until = debit->peer.until;
    return transfer_check(debit->purse->roles, debit->peer.roles,
                          debit->request.fields[FIELD_REFERENCE]);
}

static uint16_t check_signature(struct debit *debit) {
    return object_verify(&debit->request, debit->purse->call->crypto, debit->peer.point)
               ? SW_OK
               : SW_BAD_SIGNATURE;
}

static uint16_t check_counter(struct debit *debit) {
    uint64_t counter = number_get(debit->purse, NUMBER_COUNTER);
    if (object_uint(&debit->request, FIELD_COUNTER) != counter)
        return SW_WRONG_COUNTER;
    if (counter > COUNTER_LAST - debit->purse->tables.ring)
        return SW_COUNTER_END;
    return state_room(debit->purse);
}

static uint16_t check_ring(struct debit *debit) {
    if (debit->view.payee_unratified)
        return SW_PAYEE_UNRATIFIED;
    return debit->view.has_room ? SW_OK : SW_RING_FULL;
}

/// A till pays back what it sold, and nothing else.
static uint16_t check_sale(struct debit *debit) {
    debit->refund = (struct refund){.reference = debit->request.fields[FIELD_REFERENCE],
                                    .payer = debit->payee,
                                    .unit = object_unit(&debit->request),
                                    .amount = debit->amount};
    bool till = (debit->purse->roles & ROLE_TILL) != 0;
    return till ? sale_check(debit->purse, &debit->refund) : SW_OK;
}

static uint16_t check_pocket(struct debit *debit) {
    if (!pocket_find(debit->purse, object_unit(&debit->request), &debit->pocket))
        return SW_WRONG_UNIT;
    return pocket_has_room(&debit->pocket, debit->amount) ? SW_OK : SW_OVERFLOW;
}

static uint16_t check_limits(struct debit *debit) {
    uint64_t expiry = number_get(debit->purse, NUMBER_ISSUE_EXPIRY);
    if (expiry != 0 && clock_today(debit->purse->call) > expiry)
        return SW_EXPIRED;
    if (debit->amount > number_get(debit->purse, NUMBER_LIMIT_SINGLE))
        return SW_LIMIT;
    return budget_check(debit->purse, debit->amount);
}

static uint16_t check_balance(struct debit *debit) {
    return debit->amount <= pocket_balance(&debit->pocket) ? SW_OK : SW_INSUFFICIENT;
}

static uint16_t check_consent(struct debit *debit) {
    return consent_check(debit->purse, debit->payee, debit->amount, debit->pocket.unit);
}

static debit_check *const CHECKS[] = {
    check_own,  check_payee,  check_signature, check_challenge, check_counter, check_ring,
    check_sale, check_pocket, check_limits,    check_balance,   check_consent,
};

/// Writes the usage log that states pocket and numbers as they are after this debit.
static bool make_log(struct debit *debit, uint8_t *buffer, struct bytes *log) {
    static const enum field COPIED[] = {FIELD_PAYEE,     FIELD_N,          FIELD_PAYER,
                                        FIELD_COUNTER,   FIELD_AMOUNT,     FIELD_UNIT,
                                        FIELD_REFERENCE, FIELD_POLICY_HASH};
    struct object_writer writer;
    const struct pocket *pocket = &debit->pocket;
    uint64_t serial = number_get(debit->purse, NUMBER_SERIAL);
    object_begin(&writer, OBJECT_USAGE_LOG, buffer, RING_LOG_MAX);
    for (size_t i = 0; i < sizeof COPIED / sizeof COPIED[0]; i++)
        object_copy(&writer, COPIED[i], &debit->request);
    if (serial != 0) {
        object_put_uint(&writer, FIELD_SERIAL, serial);
        object_put_uint(&writer, FIELD_REVISION, number_get(debit->purse, NUMBER_REVISION));
    }
    object_put_uint(&writer, FIELD_STATE_NUMBER, number_get(debit->purse, NUMBER_STATE));
    object_put_uint(&writer, FIELD_ISSUED, pocket->issued);
    object_put_uint(&writer, FIELD_LOADED, pocket->loaded);
    object_put_uint(&writer, FIELD_RECREDITED, pocket->recredited);
    object_put_uint(&writer, FIELD_SPENT, pocket->spent);
    if (pocket->redeemed != 0)
        object_put_uint(&writer, FIELD_REDEEMED, pocket->redeemed);
    return identity_sign(debit->purse->call, &writer, log);
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
    ring_store(debit->purse, &entry, &debit->proof, log);
}

static uint16_t answer_fresh(struct debit *debit) {
    struct purse *purse = debit->purse;
    struct object made;
    struct bytes log;
    uint8_t buffer[RING_LOG_MAX];
    debit->pocket.spent += debit->amount;
    debit->pocket.under_way += debit->amount;
    if ((purse->roles & ROLE_TILL) != 0)
        sale_refund(purse, &debit->refund, &debit->pocket);
    pocket_store(purse, &debit->pocket);
    state_advance(purse);
    number_set(purse, NUMBER_COUNTER, number_get(purse, NUMBER_COUNTER) + 1);
    if (!make_log(debit, buffer, &log) || !object_decode_as(OBJECT_USAGE_LOG, log, &made) ||
        !object_digest(&made, purse->call->crypto, debit->proof.digest))
        return SW_UNKNOWN;
    store_entry(debit, log);
    budget_use(purse, debit->amount);
    consent_use(purse, debit->payee, debit->amount, debit->pocket.unit);
    peer_touch(purse->call, &debit->peer);
    session_spend_challenge(purse);
    tlv_put_raw(&purse->call->answer, log);
    return SW_OK;
}

/// A ticket's sale is billed by docket or paid, never both.
static uint16_t claim_sale(struct debit *debit) {
    bool wallet = (debit->purse->roles & ROLE_WALLET) != 0;
    return wallet ? claim_pay(debit->purse->call, debit->request.fields[FIELD_REFERENCE]) : SW_OK;
}

uint16_t purse_debit(struct purse *purse) {
    struct debit debit = {.purse = purse};
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
    sw = claim_sale(&debit);
    return sw == SW_OK ? answer_fresh(&debit) : sw;
}
