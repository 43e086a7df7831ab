// SPDX-License-Identifier: Apache-2.0
// What cards of the house sign when they pay, and how it is handed in.
#include "apdu/object/object.h"
#include "apdu/octets/unit.h"
#include "base/base64url.h"
#include "tests/kit/house/house.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct terms house_goods = {.kind = REFERENCE_GOODS};

static size_t finish(struct object_writer *writer, const struct card *by) {
    struct bytes made;
    CU_ASSERT_FATAL(object_sign(writer, &by->key->signer, &made));
    return made.size;
}

// ---- payments ----------------------------------------------------------------------------------

static void put_reference(struct object_writer *writer, const struct terms *terms) {
    uint8_t reference[6] = {terms->kind, 'X'};
    size_t size = 2;
    if (terms->kind == REFERENCE_REFUND) {
        bytes_put_be(reference + 1, 4, terms->sale);
        reference[5] = (uint8_t)terms->turn;
        size = 6;
    }
    object_put(writer, FIELD_REFERENCE, bytes_of(reference, size));
}

static void sign_usage(const struct card *payer, const struct terms *terms, struct deal *deal) {
    struct object_writer writer;
    object_begin(&writer, OBJECT_USAGE_LOG, deal->usage, sizeof deal->usage);
    object_put(&writer, FIELD_PAYEE, bytes_of_string(deal->payee->key->holder));
    object_put_uint(&writer, FIELD_N, deal->n);
    object_put(&writer, FIELD_PAYER, bytes_of_string(payer->key->holder));
    object_put_uint(&writer, FIELD_COUNTER, payer->counter - 1);
    object_put_uint(&writer, FIELD_AMOUNT, deal->amount);
    object_put_unit(&writer, payer->unit != 0 ? payer->unit : UNIT_JPY);
    put_reference(&writer, terms);
    if (terms->policy != NULL)
        object_put(&writer, FIELD_POLICY_HASH, bytes_of(terms->policy, SHA256_SIZE));
    if (payer->serial != 0) {
        object_put_uint(&writer, FIELD_SERIAL, payer->serial);
        object_put_uint(&writer, FIELD_REVISION, payer->revision);
    }
    object_put_uint(&writer, FIELD_STATE_NUMBER, payer->state);
    object_put_uint(&writer, FIELD_ISSUED, payer->issued);
    object_put_uint(&writer, FIELD_LOADED, payer->loaded);
    object_put_uint(&writer, FIELD_RECREDITED, payer->recredited);
    object_put_uint(&writer, FIELD_SPENT, payer->spent);
    if (payer->redeemed != 0)
        object_put_uint(&writer, FIELD_REDEEMED, payer->redeemed);
    deal->usage_size = finish(&writer, payer);
}

void house_debit(struct card *payer, struct card *payee, uint64_t amount, const struct terms *terms,
                 struct deal *deal) {
    *deal = (struct deal){.payer = payer, .payee = payee, .n = payee->n++, .amount = amount};
    payer->spent += amount;
    payer->counter++;
    payer->state++;
    sign_usage(payer, terms != NULL ? terms : &house_goods, deal);
}

static void sign_end(const struct card *payee, struct deal *deal, enum object_type type) {
    struct object_writer writer;
    struct object usage;
    uint8_t hash[SHA256_SIZE];
    CU_ASSERT_FATAL(
        object_decode_as(OBJECT_USAGE_LOG, bytes_of(deal->usage, deal->usage_size), &usage));
    if (type == OBJECT_VOID)
        object_terms_digest(&usage, house.crypto, hash);
    else
        object_digest(&usage, house.crypto, hash);
    object_begin(&writer, type, deal->end, sizeof deal->end);
    object_copy(&writer, FIELD_PAYEE, &usage);
    object_copy(&writer, FIELD_N, &usage);
    object_copy(&writer, FIELD_PAYER, &usage);
    object_put(&writer, type == OBJECT_VOID ? FIELD_REQUEST_HASH : FIELD_LOG_HASH, BYTES_OF(hash));
    deal->end_size = finish(&writer, payee);
}

void house_credit(struct card *payee, struct deal *deal) {
    payee->loaded += deal->amount;
    payee->state++;
    if (deal->n < 64) {
        payee->credited[deal->n] = 1;
        payee->prices[deal->n] = deal->amount;
        payee->units[deal->n] = payee->unit;
    }
    sign_end(payee, deal, OBJECT_RECEIVE_LOG);
}

/// What a till's refund took from its sale comes back: to the sale, or to the carry when a batch
/// lists it.
static void restore(struct card *till, const struct deal *deal) {
    struct object usage;
    if (!object_decode_as(OBJECT_USAGE_LOG, bytes_of(deal->usage, deal->usage_size), &usage))
        return;
    struct bytes reference = usage.fields[FIELD_REFERENCE];
    if (reference.data[0] != REFERENCE_REFUND)
        return;
    uint32_t sale = (uint32_t)bytes_get_be(reference.data + 1, 4);
    if (sale < till->first)
        till->carry += deal->amount;
    else
        till->refunded[sale] -= deal->amount;
}

void house_void(struct card *payer, struct card *payee, struct deal *deal) {
    sign_end(payee, deal, OBJECT_VOID);
    payer->recredited += deal->amount;
    payer->state++;
    restore(payer, deal);
}

void house_pay(struct card *payer, struct card *payee, uint64_t amount, const struct terms *terms,
               struct deal *deal) {
    house_debit(payer, payee, amount, terms, deal);
    house_credit(payee, deal);
}

void house_refund(struct card *till, struct card *wallet, uint32_t sale, uint64_t amount,
                  struct deal *deal) {
    struct terms terms = {REFERENCE_REFUND, NULL, sale, till->refunds[sale]++};
    till->refunded[sale] += amount;
    house_debit(till, wallet, amount, &terms, deal);
}

// ---- handing in --------------------------------------------------------------------------------

static size_t put_certificates(char *out, const struct card *of, const struct deal *deals,
                               size_t count) {
    size_t size =
        (size_t)sprintf(out, "{\"certificates\":[\"%s\",\"%s\"",
                        house_text(house.purses.certificate), house_text(of->key->certificate));
    for (size_t i = 0; i < count; i++) {
        const struct card *other = deals[i].payer == of ? deals[i].payee : deals[i].payer;
        size += (size_t)sprintf(out + size, ",\"%s\"", house_text(other->key->certificate));
    }
    return size;
}

struct told house_upload(struct shop *shop, const struct peer *host, const struct card *of,
                         const struct deal *deals, size_t count) {
    static char body[HOUSE_BODY_MAX];
    char target[80];
    snprintf(target, sizeof target, "/v1/purses/%s/logs", of->key->holder);
    size_t size = put_certificates(body, of, deals, count);
    size += (size_t)sprintf(body + size, "],\"logs\":[");
    for (size_t i = 0; i < count; i++) {
        const struct deal *deal = &deals[i];
        size += (size_t)sprintf(body + size, "%s{", i > 0 ? "," : "");
        if (deal->usage_size > 0)
            size += (size_t)sprintf(body + size, "\"usage\":\"%s\"%s",
                                    house_text(bytes_of(deal->usage, deal->usage_size)),
                                    deal->end_size > 0 ? "," : "");
        if (deal->end_size > 0)
            size += (size_t)sprintf(body + size, "\"end\":\"%s\"",
                                    house_text(bytes_of(deal->end, deal->end_size)));
        size += (size_t)sprintf(body + size, "}");
    }
    sprintf(body + size, "]}");
    return house_ask(shop, host, "POST", target, body);
}

const char *house_outcome(const struct told *told, size_t i) {
    static char out[64];
    const char *at = told->body;
    for (size_t k = 0; k <= i && at != NULL; k++)
        at = strstr(at + 1, "{\"outcome\":\"");
    if (told->status != 200 || at == NULL) {
        snprintf(out, sizeof out, "%u %.40s", told->status, told->body);
        return out;
    }
    const char *start = at + strlen("{\"outcome\":\"");
    int size = snprintf(out, sizeof out, "%.*s", (int)strcspn(start, "\""), start);
    const char *word = start + strcspn(start, "\"");
    if (strncmp(word, "\",\"word\":\"", 10) == 0)
        snprintf(out + size, sizeof out - (size_t)size, ":%.*s", (int)strcspn(word + 10, "\""),
                 word + 10);
    return out;
}

bool house_outcome_is(const struct told *told, size_t i, const char *wanted) {
    const char *got = house_outcome(told, i);
    if (strcmp(got, wanted) != 0)
        printf("\n    %s, wanted %s", got, wanted);
    return strcmp(got, wanted) == 0;
}

// ---- batches -----------------------------------------------------------------------------------

/// What is left of the present pocket's numbers; bits: of all that were credited.
static uint64_t left_of(const struct card *till, uint8_t bits[8], uint32_t last) {
    uint64_t sum = 0;
    memset(bits, 0, 8);
    for (uint32_t n = till->first; n <= last; n++)
        if (till->credited[n]) {
            bits[(n - till->first) / 8] |= (uint8_t)(0x80 >> (n - till->first) % 8);
            if (till->units[n] == till->unit)
                sum += till->prices[n] - till->refunded[n];
        }
    return sum;
}

/// Sets a pocket's share aside and writes its row of sums, in the order of the units.
static size_t set_aside(struct card *till, uint8_t bits[8], uint32_t last, uint8_t *sums) {
    till->reserved = left_of(till, bits, last) + till->carry;
    till->carry = 0;
    if (till->reserved == 0)
        return 0;
    bytes_put_be(sums, 2, till->unit != 0 ? till->unit : UNIT_JPY);
    bytes_put_be(sums + 2, 8, till->reserved);
    return 10;
}

void house_batch(struct card *till) {
    struct object_writer writer;
    uint8_t bits[8], sums[20], pockets[132];
    uint16_t present = till->unit, rest = till->rest.unit;
    uint32_t last = till->n - 1;
    if (till->open_size > 0)
        return;
    if (rest != 0 && rest < present)
        house_turn(till, rest); // the lesser one first
    size_t size = set_aside(till, bits, last, sums);
    if (rest != 0) {
        house_turn(till, till->rest.unit);
        size += set_aside(till, bits, last, sums + size);
        house_turn(till, present != 0 ? present : UNIT_JPY);
    }
    till->batch++;
    object_begin(&writer, OBJECT_BATCH, till->open, sizeof till->open);
    object_put(&writer, FIELD_PAYEE, bytes_of_string(till->key->holder));
    object_put_uint(&writer, FIELD_COUNTER, till->counter);
    object_put_uint(&writer, FIELD_FIRST_N, till->first);
    object_put_uint(&writer, FIELD_LAST_N, last);
    object_put(&writer, FIELD_OUTCOMES, bytes_of(bits, (last + 1 - till->first + 7) / 8));
    object_put(&writer, FIELD_SUMS, bytes_of(sums, size));
    object_put(&writer, FIELD_POCKETS, house_pockets(till, pockets));
    object_put_uint(&writer, FIELD_BATCH_NUMBER, till->batch);
    till->open_size = finish(&writer, till);
    till->first = last + 1; // numbers of the open batch are refunded no more
}

struct told house_end_with(struct shop *shop, const struct peer *host, const struct card *till,
                           const char *what, const char *statement) {
    static char body[16384];
    char target[80];
    snprintf(target, sizeof target, "/v1/purses/%s/%s", till->key->holder, what);
    int size = sprintf(
        body, "{\"batch\":{\"object\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}",
        house_text(bytes_of(till->open, till->open_size)), house_text(house.root.certificate),
        house_text(house.purses.certificate), house_text(till->key->certificate));
    if (statement != NULL)
        size += sprintf(body + size, ",\"statement\":%s", statement);
    sprintf(body + size, "}");
    return house_ask(shop, host, "POST", target, body);
}

struct told house_end(struct shop *shop, const struct peer *host, const struct card *till,
                      const char *what, bool stated) {
    return house_end_with(shop, host, till, what,
                          stated ? house_statement(shop, host, till) : NULL);
}

bool house_take_end(struct card *till, const struct told *told) {
    uint8_t octets[HOUSE_OBJECT_MAX], hash[SHA256_SIZE];
    struct object end, batch;
    if (told->status != 200 || strstr(told->body, "\"object\"") == NULL ||
        !object_decode(house_field(told, "object", octets, sizeof octets), &end) ||
        !object_decode_as(OBJECT_BATCH, bytes_of(till->open, till->open_size), &batch) ||
        !object_verify(&end, house.crypto, house.center.signer.point) ||
        !object_digest(&batch, house.crypto, hash) ||
        !bytes_equal(end.fields[FIELD_BATCH_HASH], BYTES_OF(hash)) ||
        !bytes_equal(end.fields[FIELD_PURSE], bytes_of_string(till->key->holder)))
        return false;
    if (end.type == OBJECT_SETTLEMENT_RECEIPT) {
        till->redeemed += till->reserved;
        till->rest.redeemed += till->rest.reserved;
        till->rest.reserved = 0;
        till->state++;
    } else {
        uint8_t bits[8];
        till->first = (uint32_t)object_uint(&batch, FIELD_FIRST_N);
        till->carry +=
            till->reserved - left_of(till, bits, (uint32_t)object_uint(&batch, FIELD_LAST_N));
    }
    till->reserved = 0;
    till->open_size = 0;
    return true;
}

bool house_settles(struct shop *shop, struct card *till, const char *outcome, bool stated) {
    char wanted[40];
    house_batch(till);
    snprintf(wanted, sizeof wanted, "\"outcome\":\"%s\"", outcome);
    struct told told = house_end(shop, &house_shop, till, "batches", stated);
    return house_says(&told, 200, wanted) &&
           (strcmp(outcome, "settled") != 0 || house_take_end(till, &told));
}

struct told house_policy(struct shop *shop, struct bytes shares, uint8_t hash[SHA256_SIZE]) {
    return house_policy_by(shop, &house.provider, shares, hash);
}

struct told house_policy_by(struct shop *shop, const struct sample_party *signer,
                            struct bytes shares, uint8_t hash[SHA256_SIZE]) {
    static const char offer[] = "\1\x88\0\0\0\0\0\0\3\xE8\0\3\0\1";
    uint8_t octets[HOUSE_OBJECT_MAX];
    char body[6000];
    struct object_writer writer;
    struct bytes made;
    struct object policy;
    object_begin(&writer, OBJECT_POLICY, octets, sizeof octets);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string("ID_2000"));
    object_put(&writer, FIELD_CONTENT, bytes_of_string("ID_0001"));
    object_put(&writer, FIELD_OFFERS, bytes_of(offer, 14));
    object_put(&writer, FIELD_SHARES, shares);
    CU_ASSERT_FATAL(object_sign(&writer, &signer->signer, &made));
    CU_ASSERT_FATAL(object_decode(made, &policy) && object_digest(&policy, house.crypto, hash));
    snprintf(body, sizeof body,
             "{\"policy\":{\"object\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}}",
             house_text(made), house_text(house.root.certificate),
             house_text((signer == &house.provider ? &house.trade : &house.purses)->certificate),
             house_text(signer->certificate));
    return house_ask(shop, &house_provider, "POST", "/v1/policies", body);
}
