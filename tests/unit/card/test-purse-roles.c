// SPDX-License-Identifier: Apache-2.0
// Who may pay whom, for what, in which unit: the matrix on both sides, against dishonest partners
// too.
#include "tests/kit/scene/forger.h"
#include "tests/kit/scene/trio.h"

#include <string.h>

static struct trio t;
static struct sample_party evil; // a till whose key is known

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    scene_certify(t.scene, &evil, "EVIL", ROLE_TILL, &t.scene->purses, SCENE_FROM, SCENE_UNTIL);
    scene_select(t.wallet, NULL);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, evil.certificate));
}

static void end(void) {
    scene_close(t.scene); // value paid to EVIL is not in the scene: no audit
    t = (struct trio){0};
}

static uint16_t send(struct scene_card *card, enum purse_command id,
                     const struct scene_object *object) {
    return scene_send(card, id, scene_bytes(object));
}

static uint16_t debit(const struct scene_object *request) {
    return send(t.wallet, COMMAND_PURSE_DEBIT, request);
}

/// A request by EVIL for the wallet as selected now.
static struct forged evil_terms(uint32_t n, uint64_t amount) {
    struct scene_selected selected;
    scene_select(t.wallet, &selected);
    return forged_terms("EVIL", n, t.wallet, &selected, amount);
}

// ---- who may pay whom --------------------------------------------------------------------------

static void test_role_matrix(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct scene_card *second = scene_add(t.scene, "WALLET2", ROLE_WALLET | ROLE_STORE, NULL);
    struct scene_card *cards[] = {t.wallet, second, t.till, t.floater};
    for (size_t payer = 0; payer < 4; payer++)
        for (size_t payee = 0; payee < 4; payee++) {
            if (payer == payee)
                continue;
            scene_introduce(cards[payer], cards[payee]);
            for (int kind = 1; kind <= 6; kind++) {
                uint16_t from = cards[payer]->roles & ROLE_PURSES;
                uint16_t to = cards[payee]->roles & ROLE_PURSES;
                struct scene_payment payment = scene_payment(cards[payer], cards[payee], 1, "X");
                payment.terms.reference[0] = (uint8_t)kind;
                bool exists = (from == ROLE_WALLET && to == ROLE_TILL) ||
                              (from == ROLE_FLOAT && to == ROLE_WALLET) ||
                              (from == ROLE_TILL && to == ROLE_WALLET);
                bool fits = from == ROLE_FLOAT  ? kind == REFERENCE_DEPOSIT
                            : from == ROLE_TILL ? kind == REFERENCE_REFUND
                                                : kind <= REFERENCE_CONTENT;
                if (exists && fits) {
                    ACCEPTED(scene_step_request(&payment));
                    continue;
                }
                REFUSED(&t, scene_step_request(&payment),
                        exists ? SW_WRONG_REFERENCE : SW_WRONG_ROLE);
            }
        }
    trio_end(&t);
}

// The payer asks the table itself: a dishonest payee's signed request does not help.
static void test_payer_checks_roles(void) {
    struct sample_party wallet2, center;
    struct scene_object request;
    begin();
    scene_certify(t.scene, &wallet2, "W2", ROLE_WALLET, &t.scene->purses, SCENE_FROM, SCENE_LONG);
    scene_certify(t.scene, &center, "C2", ROLE_CENTER, &t.scene->centers, SCENE_FROM, SCENE_LONG);
    struct sample_party *const payees[] = {&wallet2, &center};
    for (size_t i = 0; i < 2; i++) {
        struct forged terms = evil_terms(1, 100);
        terms.payee = payees[i]->holder;
        ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, payees[i]->certificate));
        forge_request(payees[i], &terms, &request);
        REFUSED(&t, debit(&request), i == 0 ? SW_WRONG_ROLE : SW_UNKNOWN_CERTIFICATE);
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
    terms.unit = SCENE_POINTS; // pockets never mix: no points, whatever the yen
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
    struct scene_payment payment = scene_payment(t.wallet, t.till, 0, "NO_1");
    REFUSED(&t, scene_step_request(&payment), SW_ZERO_AMOUNT);
    payment = scene_payment(t.wallet, t.till, 100, "NO_1");
    payment.terms.unit = 840;
    REFUSED(&t, scene_step_request(&payment), SW_WRONG_UNIT);
    payment = scene_payment(t.wallet, t.till, 100, "NO_1");
    payment.terms.payer = "NOBODY";
    REFUSED(&t, scene_step_request(&payment), SW_UNKNOWN_CERTIFICATE);
    payment.terms.payer = "TILL1";
    REFUSED(&t, scene_step_request(&payment), SW_WRONG_PARTY);
    REFUSED(&t, scene_step_void(&(struct scene_payment){.payee = t.till, .n = 1}), SW_NOT_OPEN);
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
