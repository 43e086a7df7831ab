// SPDX-License-Identifier: Apache-2.0
// Who may pay whom, for what, in which unit: the matrix on both sides, against dishonest partners
// too.
#include "tests/forger.h"
#include "tests/trio.h"

#include <string.h>

static struct trio t;
static struct sample_party evil; // a till whose key is known

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    world_certify(t.world, &evil, "EVIL", ROLE_TILL, &t.world->purses, WORLD_FROM, WORLD_UNTIL);
    world_select(t.wallet, NULL);
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, evil.certificate));
}

static void end(void) {
    world_close(t.world); // value paid to EVIL is not in the world: no audit
    t = (struct trio){0};
}

static uint16_t send(struct world_card *card, enum command_id id,
                     const struct world_object *object) {
    return world_send(card, id, world_bytes(object));
}

static uint16_t debit(const struct world_object *request) {
    return send(t.wallet, COMMAND_PURSE_DEBIT, request);
}

/// A request by EVIL for the wallet as selected now.
static struct forged evil_terms(uint32_t n, uint64_t amount) {
    struct world_selected selected;
    world_select(t.wallet, &selected);
    return forged_terms("EVIL", n, t.wallet, &selected, amount);
}

// ---- who may pay whom --------------------------------------------------------------------------

static void test_role_matrix(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct world_card *second = world_add(t.world, "WALLET2", ROLE_WALLET | ROLE_STORE, NULL);
    struct world_card *cards[] = {t.wallet, second, t.till, t.floater};
    for (size_t payer = 0; payer < 4; payer++)
        for (size_t payee = 0; payee < 4; payee++) {
            if (payer == payee)
                continue;
            world_introduce(cards[payer], cards[payee]);
            for (int kind = 1; kind <= 6; kind++) {
                uint16_t from = cards[payer]->roles & ROLE_PURSES;
                uint16_t to = cards[payee]->roles & ROLE_PURSES;
                struct world_payment payment = world_payment(cards[payer], cards[payee], 1, "X");
                payment.terms.reference[0] = (uint8_t)kind;
                bool exists = (from == ROLE_WALLET && to == ROLE_TILL) ||
                              (from == ROLE_FLOAT && to == ROLE_WALLET) ||
                              (from == ROLE_TILL && to == ROLE_WALLET);
                bool fits = from == ROLE_FLOAT  ? kind == REFERENCE_DEPOSIT
                            : from == ROLE_TILL ? kind == REFERENCE_REFUND
                                                : kind <= REFERENCE_CONTENT;
                if (exists && fits) {
                    ACCEPTED(world_step_request(&payment));
                    continue;
                }
                REFUSED(&t, world_step_request(&payment),
                        exists ? SW_WRONG_REFERENCE : SW_WRONG_ROLE);
            }
        }
    trio_end(&t);
}

// The payer asks the table itself: a dishonest payee's signed request does not help.
static void test_payer_checks_roles(void) {
    struct sample_party wallet2, center;
    struct world_object request;
    begin();
    world_certify(t.world, &wallet2, "W2", ROLE_WALLET, &t.world->purses, WORLD_FROM, WORLD_LONG);
    world_certify(t.world, &center, "C2", ROLE_CENTER, &t.world->centers, WORLD_FROM, WORLD_LONG);
    struct sample_party *const payees[] = {&wallet2, &center};
    for (size_t i = 0; i < 2; i++) {
        struct forged terms = evil_terms(1, 100);
        terms.payee = payees[i]->holder;
        ACCEPTED(world_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, payees[i]->certificate));
        forge_request(payees[i], &terms, &request);
        REFUSED(&t, debit(&request), SW_WRONG_ROLE);
    }
    struct forged terms = evil_terms(1, 100);
    terms.reference[0] = REFERENCE_DEPOSIT;
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_WRONG_REFERENCE);
    terms = evil_terms(1, 100);
    terms.payer = "WALLET2";
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_WRONG_PARTY);
    terms = evil_terms(1, 0);
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_ZERO_AMOUNT);
    terms = evil_terms(1, 100);
    terms.unit = 840;
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_WRONG_UNIT);
    terms = evil_terms(1, 100);
    terms.unit = WORLD_POINTS; // pockets never mix: no points, whatever the yen
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_INSUFFICIENT);
    terms = evil_terms(1, UINT64_MAX);
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_OVERFLOW);
    terms = evil_terms(1, 100);
    terms.payee = "TILL1"; // the key of EVIL in the name of TILL1
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_BAD_SIGNATURE);
    terms = evil_terms(1, 100);
    terms.payee = "NOBODY";
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_UNKNOWN_CERTIFICATE);
    end();
}

static void test_requests_that_are_refused(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct world_payment payment = world_payment(t.wallet, t.till, 0, "NO_1");
    REFUSED(&t, world_step_request(&payment), SW_ZERO_AMOUNT);
    payment = world_payment(t.wallet, t.till, 100, "NO_1");
    payment.terms.unit = 840;
    REFUSED(&t, world_step_request(&payment), SW_WRONG_UNIT);
    payment = world_payment(t.wallet, t.till, 100, "NO_1");
    payment.terms.payer = "NOBODY";
    REFUSED(&t, world_step_request(&payment), SW_UNKNOWN_CERTIFICATE);
    payment.terms.payer = "TILL1";
    REFUSED(&t, world_step_request(&payment), SW_WRONG_PARTY);
    REFUSED(&t, world_step_void(&(struct world_payment){.payee = t.till, .n = 1}), SW_NOT_OPEN);
    trio_end(&t);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"roles: who pays whom for what", test_role_matrix, NULL},
        {"roles: the payer checks for itself", test_payer_checks_roles, NULL},
        {"requests that are refused", test_requests_that_are_refused, NULL},
    };
    return suite_main("test-purse-roles", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
