// SPDX-License-Identifier: Apache-2.0
// Payments and the center's objects in the test world.
#include "tests/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Keeps the card's answer when it is 9000; returns the status word.
static uint16_t keep(const struct world_card *card, struct world_object *object) {
    if (card->sw != SW_OK || card->answer.size > sizeof object->octets)
        return card->sw;
    object->size = card->answer.size;
    if (object->size > 0)
        memcpy(object->octets, card->answer.data, object->size);
    return SW_OK;
}

struct world_terms world_terms(const struct world_card *payer,
                               const struct world_selected *selected, uint64_t amount,
                               enum reference_kind kind, const char *text) {
    struct world_terms terms = {.payer = payer->holder,
                                .counter = selected->counter,
                                .amount = amount,
                                .unit = WORLD_UNIT,
                                .reference = {(uint8_t)kind},
                                .reference_size = (uint8_t)(1 + strlen(text))};
    memcpy(terms.challenge, selected->challenge, sizeof terms.challenge);
    memcpy(terms.reference + 1, text, strlen(text));
    return terms;
}

uint16_t world_request(struct world_card *payee, const struct world_terms *terms,
                       struct world_object *request) {
    uint8_t data[128], unit[2];
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    bytes_put_be(unit, sizeof unit, terms->unit);
    tlv_put(&writer, 0x83, bytes_of_string(terms->payer));
    tlv_put_uint(&writer, 0x84, terms->counter);
    tlv_put(&writer, 0x85, BYTES_OF(terms->challenge));
    tlv_put_uint(&writer, 0x86, terms->amount);
    tlv_put(&writer, 0x87, BYTES_OF(unit));
    tlv_put(&writer, 0x88, bytes_of(terms->reference, terms->reference_size));
    if (terms->policy_hash != NULL)
        tlv_put(&writer, 0x89, bytes_of(terms->policy_hash, SHA256_SIZE));
    world_send(payee, COMMAND_PURSE_REQUEST, tlv_writer_bytes(&writer));
    return keep(payee, request);
}

// ---- one payment -------------------------------------------------------------------------------

enum reference_kind world_kind(const struct world_card *payer, const struct world_card *payee) {
    if ((payer->roles & ROLE_FLOAT) != 0)
        return REFERENCE_DEPOSIT;
    return (payee->roles & ROLE_WALLET) != 0 ? REFERENCE_REFUND : REFERENCE_TICKET;
}

struct world_payment world_payment(struct world_card *payer, struct world_card *payee,
                                   uint64_t amount, const char *text) {
    struct world_payment payment = {.payer = payer, .payee = payee};
    payment.terms = world_terms(payer, &payment.selected, amount, world_kind(payer, payee), text);
    return payment;
}

uint16_t world_step_request(struct world_payment *payment) {
    struct object request;
    if (world_select(payment->payer, &payment->selected) != SW_OK)
        return payment->payer->sw;
    payment->terms.counter = payment->selected.counter;
    memcpy(payment->terms.challenge, payment->selected.challenge, 16);
    if (world_request(payment->payee, &payment->terms, &payment->request) != SW_OK)
        return payment->payee->sw;
    if (object_decode_as(OBJECT_PAYMENT_REQUEST, world_bytes(&payment->request), &request))
        payment->n = (uint32_t)object_uint(&request, FIELD_N);
    return SW_OK;
}

uint16_t world_step_debit(struct world_payment *payment) {
    world_send(payment->payer, COMMAND_PURSE_DEBIT, world_bytes(&payment->request));
    return keep(payment->payer, &payment->log);
}

uint16_t world_step_credit(struct world_payment *payment) {
    world_send(payment->payee, COMMAND_PURSE_CREDIT, world_bytes(&payment->log));
    return keep(payment->payee, &payment->receipt);
}

uint16_t world_step_void(struct world_payment *payment) {
    uint8_t data[8];
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&writer, 0x82, payment->n);
    world_send(payment->payee, COMMAND_PURSE_VOID, tlv_writer_bytes(&writer));
    return keep(payment->payee, &payment->receipt);
}

uint16_t world_step_ratify(struct world_payment *payment) {
    return world_send(payment->payer, COMMAND_PURSE_RATIFY, world_bytes(&payment->receipt));
}

uint16_t world_step_take_void(struct world_payment *payment) {
    return world_send(payment->payer, COMMAND_PURSE_TAKE_VOID, world_bytes(&payment->receipt));
}

uint16_t world_pay(struct world_card *payer, struct world_card *payee, uint64_t amount,
                   const char *text) {
    static uint16_t (*const STEPS[])(struct world_payment *) = {
        world_step_request, world_step_debit, world_step_credit, world_step_ratify};
    struct world_payment payment = world_payment(payer, payee, amount, text);
    world_introduce(payer, payee);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        uint16_t sw = STEPS[i](&payment);
        if (sw != SW_OK)
            return sw;
    }
    return SW_OK;
}

// ---- the center --------------------------------------------------------------------------------

static struct bytes sign_by(const struct sample_party *party, struct object_writer *writer) {
    struct bytes object = bytes_of(NULL, 0);
    if (object_sign(writer, &party->signer, &object))
        return object;
    fprintf(stderr, "world: object not signed\n");
    abort();
}

struct bytes world_sign(struct world *world, struct object_writer *writer) {
    return sign_by(&world->center, writer);
}

struct world_issue world_issue_for(struct world_card *card, uint64_t transfer) {
    uint64_t serial = world_number(card, NUMBER_SERIAL);
    struct world_issue issue = {
        .purse = card->holder,
        .center = card->world->center.holder,
        .user = "USER1",
        .serial = serial != 0 ? serial : card->world->serial,
        .revision = serial != 0 ? world_number(card, NUMBER_REVISION) + 1 : 1,
        .state = world_number(card, NUMBER_STATE),
        .allowance = world_balance(card, WORLD_UNIT) + transfer,
        .transfer = transfer,
        .unit = WORLD_UNIT,
        .date = WORLD_FROM,
        .expiry = WORLD_LONG,
        .no_pin_single = 1000000,
        .no_pin_sum = 1000000000,
        .no_pin_count = 60000,
    };
    return issue;
}

static void put_id(struct object_writer *writer, enum field field, const char *text) {
    if (text != NULL)
        object_put(writer, field, bytes_of_string(text));
}

static void put_limit(struct object_writer *writer, enum field field, uint64_t limit) {
    if (limit != 0)
        object_put_uint(writer, field, limit);
}

struct bytes world_issue_object(struct world *world, const struct world_issue *issue, uint8_t *out,
                                size_t capacity) {
    struct object_writer writer;
    object_begin(&writer, OBJECT_ISSUE_LOG, out, capacity);
    object_put_unit(&writer, issue->unit);
    object_put_uint(&writer, FIELD_SERIAL, issue->serial);
    object_put_uint(&writer, FIELD_REVISION, issue->revision);
    object_put_uint(&writer, FIELD_STATE_NUMBER, issue->state);
    put_id(&writer, FIELD_CENTER, issue->center);
    put_id(&writer, FIELD_PURSE, issue->purse);
    put_id(&writer, FIELD_DEVICE, issue->device);
    put_id(&writer, FIELD_USER, issue->user);
    object_put_uint(&writer, FIELD_ALLOWANCE, issue->allowance);
    object_put_uint(&writer, FIELD_TRANSFER, issue->transfer);
    object_put_date(&writer, FIELD_DATE, issue->date);
    object_put_date(&writer, FIELD_EXPIRY, issue->expiry);
    put_limit(&writer, FIELD_LIMIT_BALANCE, issue->balance);
    put_limit(&writer, FIELD_LIMIT_SINGLE, issue->single);
    put_limit(&writer, FIELD_NO_PIN_SINGLE, issue->no_pin_single);
    put_limit(&writer, FIELD_NO_PIN_SUM, issue->no_pin_sum);
    put_limit(&writer, FIELD_NO_PIN_COUNT, issue->no_pin_count);
    put_limit(&writer, FIELD_OFFLINE_COUNT, issue->offline_count);
    put_limit(&writer, FIELD_OFFLINE_SUM, issue->offline_sum);
    return sign_by(issue->signer != NULL ? issue->signer : &world->center, &writer);
}

uint16_t world_issue(struct world_card *card, uint64_t transfer) {
    uint8_t octets[512];
    struct world_issue issue = world_issue_for(card, transfer);
    struct bytes object = world_issue_object(card->world, &issue, octets, sizeof octets);
    world_show_center(card);
    return world_send(card, COMMAND_PURSE_ISSUE, object);
}
