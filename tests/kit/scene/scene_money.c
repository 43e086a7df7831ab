// SPDX-License-Identifier: Apache-2.0
// Payments and the center's objects in the test scene.
#include "tests/kit/clearing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Keeps the card's answer when it is 9000; returns the status word.
static uint16_t keep(const struct scene_card *card, struct scene_object *object) {
    if (card->sw != SW_OK || card->answer.size > sizeof object->octets)
        return card->sw;
    object->size = card->answer.size;
    if (object->size > 0)
        memcpy(object->octets, card->answer.data, object->size);
    return SW_OK;
}

struct scene_terms scene_terms(const struct scene_card *payer,
                               const struct scene_selected *selected, uint64_t amount,
                               enum reference_kind kind, const char *text) {
    struct scene_terms terms = {.payer = payer->holder,
                                .counter = selected->counter,
                                .amount = amount,
                                .unit = SCENE_UNIT,
                                .reference = {(uint8_t)kind},
                                .reference_size = (uint8_t)(1 + strlen(text))};
    memcpy(terms.challenge, selected->challenge, sizeof terms.challenge);
    memcpy(terms.reference + 1, text, strlen(text));
    return terms;
}

uint16_t scene_request(struct scene_card *payee, const struct scene_terms *terms,
                       struct scene_object *request) {
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
    scene_send(payee, COMMAND_PURSE_REQUEST, tlv_writer_bytes(&writer));
    return keep(payee, request);
}

// ---- one payment -------------------------------------------------------------------------------

enum reference_kind scene_kind(const struct scene_card *payer, const struct scene_card *payee) {
    if ((payer->roles & ROLE_FLOAT) != 0)
        return REFERENCE_DEPOSIT;
    return (payee->roles & ROLE_WALLET) != 0 ? REFERENCE_REFUND : REFERENCE_TICKET;
}

struct scene_payment scene_payment(struct scene_card *payer, struct scene_card *payee,
                                   uint64_t amount, const char *text) {
    struct scene_payment payment = {.payer = payer, .payee = payee};
    enum reference_kind kind = scene_kind(payer, payee);
    if (kind == REFERENCE_REFUND && (payer->roles & ROLE_TILL) != 0) {
        uint32_t n;
        uint8_t turn;
        clearing_find_sale(payer, payee, amount, &n, &turn);
        return clearing_refund(payer, payee, n, turn, amount);
    }
    payment.terms = scene_terms(payer, &payment.selected, amount, kind, text);
    return payment;
}

uint16_t scene_step_request(struct scene_payment *payment) {
    struct object request;
    if (scene_select(payment->payer, &payment->selected) != SW_OK)
        return payment->payer->sw;
    payment->terms.counter = payment->selected.counter;
    memcpy(payment->terms.challenge, payment->selected.challenge, 16);
    if (scene_request(payment->payee, &payment->terms, &payment->request) != SW_OK)
        return payment->payee->sw;
    if (object_decode_as(OBJECT_PAYMENT_REQUEST, scene_bytes(&payment->request), &request))
        payment->n = (uint32_t)object_uint(&request, FIELD_N);
    return SW_OK;
}

uint16_t scene_step_debit(struct scene_payment *payment) {
    scene_send(payment->payer, COMMAND_PURSE_DEBIT, scene_bytes(&payment->request));
    return keep(payment->payer, &payment->log);
}

uint16_t scene_step_credit(struct scene_payment *payment) {
    scene_send(payment->payee, COMMAND_PURSE_CREDIT, scene_bytes(&payment->log));
    return keep(payment->payee, &payment->receipt);
}

uint16_t scene_step_void(struct scene_payment *payment) {
    uint8_t data[8];
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&writer, 0x82, payment->n);
    scene_send(payment->payee, COMMAND_PURSE_VOID, tlv_writer_bytes(&writer));
    return keep(payment->payee, &payment->receipt);
}

uint16_t scene_step_ratify(struct scene_payment *payment) {
    return scene_send(payment->payer, COMMAND_PURSE_RATIFY, scene_bytes(&payment->receipt));
}

uint16_t scene_step_take_void(struct scene_payment *payment) {
    return scene_send(payment->payer, COMMAND_PURSE_TAKE_VOID, scene_bytes(&payment->receipt));
}

uint16_t scene_pay(struct scene_card *payer, struct scene_card *payee, uint64_t amount,
                   const char *text) {
    static uint16_t (*const STEPS[])(struct scene_payment *) = {
        scene_step_request, scene_step_debit, scene_step_credit, scene_step_ratify};
    struct scene_payment payment = scene_payment(payer, payee, amount, text);
    scene_introduce(payer, payee);
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
    fprintf(stderr, "scene: object not signed\n");
    abort();
}

struct bytes scene_sign(struct scene *scene, struct object_writer *writer) {
    return sign_by(&scene->center, writer);
}

struct scene_issue scene_issue_for(struct scene_card *card, uint64_t transfer) {
    uint64_t serial = scene_number(card, NUMBER_SERIAL);
    struct scene_issue issue = {
        .purse = card->holder,
        .center = card->scene->center.holder,
        .user = "USER1",
        .serial = serial != 0 ? serial : card->scene->serial,
        .revision = serial != 0 ? scene_number(card, NUMBER_REVISION) + 1 : 1,
        .state = scene_number(card, NUMBER_STATE),
        .allowance = scene_balance(card, SCENE_UNIT) + transfer,
        .transfer = transfer,
        .unit = SCENE_UNIT,
        .date = SCENE_FROM,
        .expiry = SCENE_LONG,
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

struct bytes scene_issue_object(struct scene *scene, const struct scene_issue *issue, uint8_t *out,
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
    return sign_by(issue->signer != NULL ? issue->signer : &scene->center, &writer);
}

uint16_t scene_issue(struct scene_card *card, uint64_t transfer) {
    uint8_t octets[512];
    struct scene_issue issue = scene_issue_for(card, transfer);
    struct bytes object = scene_issue_object(card->scene, &issue, octets, sizeof octets);
    scene_show_center(card);
    return scene_send(card, COMMAND_PURSE_ISSUE, object);
}
