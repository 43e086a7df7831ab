// SPDX-License-Identifier: Apache-2.0
// REQUEST: the payee commits a numbered opening with its terms and reserved room, then signs them
// for one challenge and one counter of the payer. The same sale keeps its number. docs/purse.md,
// "A payment".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/window.h"
#include "card/applets/purse/transfer.h"
#include "card/identity/identity.h"
#include "card/identity/peers.h"

#include <string.h>

static const struct schema_field TERMS[] = {
    {FIELD_PAYER, false},      {FIELD_COUNTER, false}, {FIELD_CHALLENGE, false},
    {FIELD_AMOUNT, false},     {FIELD_UNIT, false},    {FIELD_REFERENCE, false},
    {FIELD_POLICY_HASH, true},
};

struct request {
    struct purse *purse;
    struct object terms; // fields of the payment request; spans point into the command and below
    uint8_t payee[HOLDER_MAX];
    uint8_t n[4];
    uint64_t amount;
    struct peer payer;
    struct pocket pocket;
    struct once once;
    struct window_record record;
};

static uint16_t check_form(struct request *request) {
    struct object *terms = &request->terms;
    if (!fields_decode(request->purse->call->command.data, TERMS, sizeof TERMS / sizeof TERMS[0],
                       terms->fields))
        return SW_WRONG_DATA;
    terms->type = OBJECT_PAYMENT_REQUEST;
    terms->fields[FIELD_PAYEE] =
        identity_text(request->purse->call, IDENTITY_HOLDER, request->payee);
    request->amount = object_uint(terms, FIELD_AMOUNT);
    if (bytes_equal(terms->fields[FIELD_PAYER], terms->fields[FIELD_PAYEE]))
        return SW_WRONG_PARTY;
    return request->amount == 0 ? SW_ZERO_AMOUNT : SW_OK;
}

static uint16_t check_own(struct request *request) {
    return own_check(request->purse->call);
}

static uint16_t check_payer(struct request *request) {
    uint16_t sw = peer_find(request->purse->call, request->terms.fields[FIELD_PAYER], ROLE_PURSES,
                            &request->payer);
    if (sw != SW_OK)
        return sw;
    return transfer_check(request->payer.roles, request->purse->roles,
                          request->terms.fields[FIELD_REFERENCE]);
}

static uint16_t check_unit(struct request *request) {
    return pocket_find(request->purse, object_unit(&request->terms), &request->pocket)
               ? SW_OK
               : SW_WRONG_UNIT;
}

typedef uint16_t request_check(struct request *request);

static uint16_t run_checks(struct request *request, request_check *const *checks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint16_t sw = checks[i](request);
        if (sw != SW_OK)
            return sw;
    }
    return SW_OK;
}

/// Gives the terms their number; the digest says whether two requests have the same terms.
static bool number_terms(struct request *request, uint32_t n, uint8_t digest[SHA256_SIZE]) {
    size_t size = bytes_be_size(n);
    bytes_put_be(request->n, size, n);
    request->terms.fields[FIELD_N] = bytes_of(request->n, size);
    return object_terms_digest(&request->terms, request->purse->call->crypto, digest);
}

// What follows is asked only for a new number: a repetition has its room already.

static uint16_t check_window(struct request *request) {
    return once_room(&request->once);
}

static uint16_t check_counter(struct request *request) {
    return state_room(request->purse);
}

static uint16_t check_room(struct request *request) {
    const struct pocket *pocket = &request->pocket;
    uint64_t limit = number_get(request->purse, NUMBER_LIMIT_BALANCE);
    uint64_t taken = pocket_balance(pocket) + pocket->open;
    if (!pocket_has_room(pocket, request->amount))
        return SW_OVERFLOW;
    return taken > limit || request->amount > limit - taken ? SW_LIMIT : SW_OK;
}

static uint16_t check_budget(struct request *request) {
    bool till = (request->purse->roles & ROLE_TILL) != 0;
    return till ? budget_check(request->purse, request->amount) : SW_OK;
}

static void fill_record(struct request *request) {
    struct window_record *record = &request->record;
    struct bytes payer = request->terms.fields[FIELD_PAYER];
    struct bytes reference = request->terms.fields[FIELD_REFERENCE];
    memcpy(record->payer, payer.data, payer.size);
    record->payer_size = (uint8_t)payer.size;
    memcpy(record->reference, reference.data, reference.size);
    record->reference_size = (uint8_t)reference.size;
    record->unit = object_unit(&request->terms);
    record->amount = request->amount;
    memcpy(record->key, request->payer.point, sizeof record->key);
}

static uint16_t open_new(struct request *request) {
    static request_check *const CHECKS[] = {check_window, check_counter, check_room, check_budget};
    struct purse *purse = request->purse;
    uint16_t sw = run_checks(request, CHECKS, sizeof CHECKS / sizeof CHECKS[0]);
    if (sw != SW_OK)
        return sw;
    request->record = (struct window_record){0};
    fill_record(request);
    if (!number_terms(request, request->once.next, request->record.digest))
        return SW_UNKNOWN;
    window_open(purse, &request->once, &request->record);
    request->pocket.open += request->amount;
    pocket_store(purse, &request->pocket);
    budget_open(purse, request->amount, true);
    peer_touch(purse->call, &request->payer);
    return SW_OK;
}

/// The sale has an open number: the same terms of the same payer keep it, others must void it
/// first. A holder's new key is another payer: the log of its debit would not be credited.
static uint16_t open_again(struct request *request, uint32_t n) {
    uint8_t digest[SHA256_SIZE];
    if (!number_terms(request, n, digest))
        return SW_UNKNOWN;
    bool same = memcmp(digest, request->record.digest, sizeof digest) == 0 &&
                memcmp(request->payer.point, request->record.key, P256_COMPRESSED_SIZE) == 0;
    return same ? SW_OK : SW_MISMATCH;
}

static uint16_t answer(struct request *request) {
    struct object_writer writer;
    uint8_t buffer[256];
    const struct object_schema *schema = object_schema(OBJECT_PAYMENT_REQUEST);
    object_begin(&writer, OBJECT_PAYMENT_REQUEST, buffer, sizeof buffer);
    for (size_t i = 0; i < schema->field_count; i++)
        object_copy(&writer, schema->fields[i].field, &request->terms);
    return identity_answer(request->purse->call, &writer);
}

uint16_t purse_request(struct purse *purse) {
    static request_check *const CHECKS[] = {check_form, check_own, check_payer, check_unit};
    struct request request = {.purse = purse};
    uint32_t n = 0;
    uint16_t sw = run_checks(&request, CHECKS, sizeof CHECKS / sizeof CHECKS[0]);
    if (sw != SW_OK)
        return sw;
    request.once = window_at(purse);
    bool again = window_find_sale(purse, &request.once, request.terms.fields[FIELD_PAYER],
                                  request.terms.fields[FIELD_REFERENCE], &n, &request.record);
    sw = again ? open_again(&request, n) : open_new(&request);
    return sw == SW_OK ? answer(&request) : sw;
}
