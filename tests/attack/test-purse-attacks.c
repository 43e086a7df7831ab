// SPDX-License-Identifier: Apache-2.0
// Attacks on a payment, rule by rule (T1 to T7, T9 of docs/purse.md): each is refused for its own
// reason and leaves every image as it was, octet by octet.
#include "tests/kit/scene/forger.h"
#include "tests/kit/scene/trio.h"

#include "card/applets/once.h"

#include <stdio.h>
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

static void keep_log(struct scene_object *log) {
    log->size = t.wallet->answer.size;
    memcpy(log->octets, t.wallet->answer.data, log->size);
}

// ---- flipped bits ------------------------------------------------------------------------------

/// Every single bit of an object: refused, nothing changed.
static void flip_all(struct scene_card *card, enum purse_command id, struct bytes object) {
    uint8_t octets[512];
    struct scene_snapshot before = scene_save(t.scene);
    size_t accepted = 0, changed = 0;
    memcpy(octets, object.data, object.size);
    for (size_t bit = 0; bit < object.size * 8; bit++) {
        octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += scene_send(card, id, bytes_of(octets, object.size)) == SW_OK;
        changed += !scene_unchanged(t.scene, &before);
        octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT_EQUAL(accepted, 0);
    CU_ASSERT_EQUAL(changed, 0);
    scene_forget(&before);
    ACCEPTED(scene_send(card, id, object));
}

static void test_flipped_payment(void) {
    begin();
    struct scene_payment payment = trio_requested(&t, 1000, "NO_1");
    flip_all(t.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&payment.request));
    ACCEPTED(scene_step_debit(&payment));
    flip_all(t.till, COMMAND_PURSE_CREDIT, scene_bytes(&payment.log));
    ACCEPTED(scene_step_credit(&payment));
    flip_all(t.wallet, COMMAND_PURSE_RATIFY, scene_bytes(&payment.receipt));
    trio_audit(&t);
    struct scene_payment other = trio_debited(&t, 500, "NO_2");
    ACCEPTED(scene_step_void(&other));
    flip_all(t.wallet, COMMAND_PURSE_TAKE_VOID, scene_bytes(&other.receipt));
    trio_audit(&t);
    end();
}

static void test_flipped_certificate(void) {
    struct sample_party fresh;
    begin();
    scene_certify(t.scene, &fresh, "FRESH", ROLE_TILL, &t.scene->purses, SCENE_FROM, SCENE_UNTIL);
    flip_all(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, fresh.certificate);
    end();
}

// ---- T1, T2 ------------------------------------------------------------------------------------

// T1: power cut at every write of DEBIT: no log leaves unless it is committed, and the next tap
// gets it or finds nothing debited.
static void test_log_leaves_after_commit(void) {
    begin();
    struct scene_snapshot before = scene_save(t.scene);
    for (uint32_t cut = 0;; cut++) {
        scene_restore(t.scene, &before);
        scene_select(t.till, NULL);
        struct scene_payment payment = trio_requested(&t, 1000, "NO_1");
        memory_port_cut(&t.wallet->port, cut, 5);
        uint16_t sw = scene_step_debit(&payment);
        if (!t.wallet->port.off) {
            CU_ASSERT(cut > 0);
            break;
        }
        scene_power(t.wallet);
        uint64_t left = scene_balance(t.wallet, SCENE_UNIT);
        CU_ASSERT(left == 3000 || left == 2000);
        CU_ASSERT(sw != SW_OK || left == 2000);
        struct scene_payment again = trio_requested(&t, 1000, "NO_1");
        ACCEPTED(scene_step_debit(&again));
        CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 2000);
        trio_audit(&t);
    }
    scene_forget(&before);
    end();
}

// T2: one number for one sale; the same number with other content is refused on both sides.
static void test_one_sale_one_number(void) {
    struct scene_object request, log, other;
    begin();
    struct scene_payment payment = trio_requested(&t, 1000, "NO_1");
    struct scene_payment dearer = scene_payment(t.wallet, t.till, 1001, "NO_1");
    REFUSED(&t, scene_step_request(&dearer), SW_MISMATCH);
    ACCEPTED(scene_step_void(&payment));
    ACCEPTED(scene_step_request(&dearer));
    CU_ASSERT_EQUAL(dearer.n, payment.n + 1);

    struct forged terms = evil_terms(1, 100);
    forge_request(&evil, &terms, &request);
    ACCEPTED(debit(&request));
    keep_log(&log);
    terms = evil_terms(1, 100);
    forge_request(&evil, &terms, &other);
    struct scene_snapshot before = scene_save(t.scene);
    ACCEPTED(debit(&other)); // same terms, new challenge: the stored log
    CU_ASSERT(bytes_equal(t.wallet->answer, scene_bytes(&log)));
    CU_ASSERT(scene_unchanged(t.scene, &before));
    scene_forget(&before);
    terms.amount = 200;
    forge_request(&evil, &terms, &other);
    REFUSED(&t, debit(&other), SW_MISMATCH);
    terms.amount = 100;
    terms.reference[1] = 'Y';
    forge_request(&evil, &terms, &other);
    REFUSED(&t, debit(&other), SW_MISMATCH);
    end();
}

// A torn DEBIT whose terminal forgot everything: the same sale under a new number is not paid again
// while the old log is out, neither before nor after the old number was voided.
static void test_sale_paid_twice_after_tear(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct scene_payment torn = trio_debited(&t, 1000, "NO_1");
    memset(&torn.log, 0, sizeof torn.log); // the log was lost
    scene_power(t.wallet);
    scene_power(t.till);
    scene_select(t.till, NULL);
    ACCEPTED(scene_step_void(&torn)); // the terminal gives the sale up ..
    struct scene_payment again = scene_payment(t.wallet, t.till, 1000, "NO_1");
    ACCEPTED(scene_step_request(&again)); // .. and begins it anew
    CU_ASSERT_EQUAL(again.n, torn.n + 1);
    REFUSED(&t, scene_step_debit(&again), SW_PAYEE_UNRATIFIED);
    ACCEPTED(scene_step_take_void(&torn));
    ACCEPTED(scene_step_request(&again));
    ACCEPTED(scene_step_debit(&again));
    ACCEPTED(scene_step_credit(&again));
    ACCEPTED(scene_step_ratify(&again));
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 2000);
    trio_end(&t);
}

// ---- T3 ----------------------------------------------------------------------------------------

static void test_challenge_serves_once(void) {
    struct scene_object first, second;
    begin();
    struct forged terms = evil_terms(1, 100);
    forge_request(&evil, &terms, &first);
    ACCEPTED(debit(&first));
    struct scene_object log, receipt;
    keep_log(&log);
    forge_receipt(t.scene, &evil, &log, &receipt);
    ACCEPTED(send(t.wallet, COMMAND_PURSE_RATIFY, &receipt));
    terms.n = 2;
    terms.counter++;
    forge_request(&evil, &terms, &second);
    REFUSED(&t, debit(&second), SW_BAD_CHALLENGE); // two debits under one challenge
    terms = evil_terms(2, 100);
    forge_request(&evil, &terms, &second);
    scene_select(t.wallet, NULL);
    REFUSED(&t, debit(&second), SW_BAD_CHALLENGE); // deselected in between
    terms = evil_terms(2, 100);
    forge_request(&evil, &terms, &second);
    scene_reset(t.wallet);
    CU_ASSERT(debit(&second) != SW_OK); // reset: nothing is selected
    scene_select(t.wallet, NULL);
    REFUSED(&t, debit(&second), SW_BAD_CHALLENGE);
    end();
}

static void test_void_kills_challenge(void) {
    struct scene_object made, live;
    begin();
    struct forged terms = evil_terms(7, 100);
    forge_request(&evil, &terms, &live);
    forge_void(t.scene, &evil, &live, &made);
    REFUSED(&t, send(t.wallet, COMMAND_PURSE_TAKE_VOID, &made), SW_RECORD_NOT_FOUND);
    REFUSED(&t, debit(&live), SW_BAD_CHALLENGE); // voided before it was debited
    end();
}

static void test_counter_is_the_next(void) {
    struct scene_object request;
    begin();
    struct forged terms = evil_terms(1, 100);
    terms.counter++;
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_WRONG_COUNTER);
    terms.counter -= 2;
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_WRONG_COUNTER);
    end();
}

// ---- T4 ----------------------------------------------------------------------------------------

static void test_one_unratified_a_payee(void) {
    struct scene_object request;
    begin();
    struct forged terms = evil_terms(1, 100);
    forge_request(&evil, &terms, &request);
    ACCEPTED(debit(&request));
    terms = evil_terms(2, 100);
    forge_request(&evil, &terms, &request);
    REFUSED(&t, debit(&request), SW_PAYEE_UNRATIFIED);
    end();
}

/// Has a payee of this number, with a key of its own, debit 1 and keep the log.
static uint16_t debit_for(struct sample_party *payee, unsigned number, struct scene_object *log) {
    char name[13];
    struct scene_object request;
    struct scene_selected selected;
    snprintf(name, sizeof name, "P%u", number);
    scene_certify(t.scene, payee, name, ROLE_TILL, &t.scene->purses, SCENE_FROM, SCENE_UNTIL);
    scene_select(t.wallet, &selected);
    scene_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, payee->certificate);
    struct forged terms = forged_terms(payee->holder, 1, t.wallet, &selected, 1);
    forge_request(payee, &terms, &request);
    if (debit(&request) == SW_OK)
        keep_log(log);
    return t.wallet->sw;
}

// The ring filled on purpose: the next debit is refused, no entry is lost, one ratified makes room,
// and a payee whose certificate left the cache long ago still ratifies.
static void test_ring_filled(void) {
    struct sample_party payees[RING_SMALL + 1];
    struct scene_object logs[RING_SMALL + 1], receipt;
    begin();
    for (unsigned i = 0; i < RING_SMALL; i++)
        ACCEPTED(debit_for(&payees[i], i, &logs[i]));
    CU_ASSERT_EQUAL(scene_number(t.wallet, NUMBER_UNRATIFIED), RING_SMALL);
    CU_ASSERT_EQUAL(debit_for(&payees[RING_SMALL], RING_SMALL, &logs[RING_SMALL]), SW_RING_FULL);
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 3000 - RING_SMALL);
    forge_receipt(t.scene, &payees[0], &logs[0], &receipt);
    ACCEPTED(send(t.wallet, COMMAND_PURSE_RATIFY, &receipt));
    ACCEPTED(debit_for(&payees[RING_SMALL], RING_SMALL, &logs[RING_SMALL]));
    for (unsigned i = 1; i <= RING_SMALL; i++) {
        forge_receipt(t.scene, &payees[i], &logs[i], &receipt);
        ACCEPTED(send(t.wallet, COMMAND_PURSE_RATIFY, &receipt));
    }
    CU_ASSERT_EQUAL(scene_number(t.wallet, NUMBER_UNRATIFIED), 0);
    end();
}

// ---- T5 ----------------------------------------------------------------------------------------

// A dishonest payee signs receive log and void for one debit: whichever comes first counts, once,
// whatever is repeated and however often the card is restarted.
static void test_endings_count_once(void) {
    struct scene_object request, log, made, receipt;
    for (int first = 0; first < 2; first++) {
        begin();
        struct forged terms = evil_terms(1, 100);
        forge_request(&evil, &terms, &request);
        ACCEPTED(debit(&request));
        keep_log(&log);
        forge_void(t.scene, &evil, &log, &made);
        forge_receipt(t.scene, &evil, &log, &receipt);
        ACCEPTED(first == 0 ? send(t.wallet, COMMAND_PURSE_TAKE_VOID, &made)
                            : send(t.wallet, COMMAND_PURSE_RATIFY, &receipt));
        CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), first == 0 ? 3000 : 2900);
        REFUSED(&t, send(t.wallet, COMMAND_PURSE_TAKE_VOID, &made), SW_OK);
        REFUSED(&t, send(t.wallet, COMMAND_PURSE_RATIFY, &receipt), SW_OK);
        scene_power(t.wallet);
        scene_select(t.wallet, NULL);
        REFUSED(&t, send(t.wallet, COMMAND_PURSE_TAKE_VOID, &made), SW_OK);
        REFUSED(&t, send(t.wallet, COMMAND_PURSE_RATIFY, &receipt), SW_OK);
        end();
    }
}

static void test_endings_by_others(void) {
    struct scene_object request, log, made, receipt;
    struct sample_party other;
    begin();
    scene_certify(t.scene, &other, "EVIL2", ROLE_TILL, &t.scene->purses, SCENE_FROM, SCENE_UNTIL);
    scene_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, other.certificate);
    struct forged terms = evil_terms(1, 100);
    forge_request(&evil, &terms, &request);
    ACCEPTED(debit(&request));
    keep_log(&log);
    forge_void(t.scene, &other, &log, &made);
    REFUSED(&t, send(t.wallet, COMMAND_PURSE_TAKE_VOID, &made), SW_BAD_SIGNATURE);
    forge_receipt(t.scene, &other, &log, &receipt);
    REFUSED(&t, send(t.wallet, COMMAND_PURSE_RATIFY, &receipt), SW_BAD_SIGNATURE);
    terms.amount = 99; // void and receipt of a cheaper sale under this number
    forge_request(&evil, &terms, &request);
    forge_void(t.scene, &evil, &request, &made);
    REFUSED(&t, send(t.wallet, COMMAND_PURSE_TAKE_VOID, &made), SW_MISMATCH);
    forge_log(&evil, &terms, &log);
    forge_receipt(t.scene, &evil, &log, &receipt);
    REFUSED(&t, send(t.wallet, COMMAND_PURSE_RATIFY, &receipt), SW_MISMATCH);
    end();
}

// Two logs of a dishonest payer for one number: the first is credited, the second refused.
static void test_two_logs_for_one_number(void) {
    struct sample_party thief;
    struct scene_object log, second;
    struct object request;
    begin();
    scene_certify(t.scene, &thief, "THIEF", ROLE_WALLET, &t.scene->purses, SCENE_FROM, SCENE_LONG);
    scene_select(t.till, NULL);
    ACCEPTED(scene_send(t.till, COMMAND_PURSE_EXCHANGE_CERTIFICATES, thief.certificate));
    struct scene_card as_payer = {0};
    snprintf(as_payer.holder, sizeof as_payer.holder, "THIEF");
    struct scene_selected selected = {.counter = 5};
    struct scene_terms asked = scene_terms(&as_payer, &selected, 100, REFERENCE_GOODS, "X");
    ACCEPTED(scene_request(t.till, &asked, &log));
    CU_ASSERT_FATAL(object_decode_as(OBJECT_PAYMENT_REQUEST, scene_bytes(&log), &request));
    struct forged terms =
        forged_terms("TILL1", (uint32_t)object_uint(&request, FIELD_N), &as_payer, &selected, 100);
    forge_log(&thief, &terms, &log);
    terms.spent = 1;
    forge_log(&thief, &terms, &second);
    ACCEPTED(send(t.till, COMMAND_PURSE_CREDIT, &log));
    REFUSED(&t, send(t.till, COMMAND_PURSE_CREDIT, &second), SW_MISMATCH);
    CU_ASSERT_EQUAL(scene_balance(t.till, SCENE_UNIT), 100);
    end();
}

static void test_log_that_was_not_asked_for(void) {
    begin();
    struct scene_payment payment = trio_debited(&t, 1000, "NO_1");
    struct scene_payment elsewhere = payment;
    elsewhere.payee = t.floater;
    scene_select(t.floater, NULL);
    REFUSED(&t, scene_step_credit(&elsewhere), SW_WRONG_PARTY);
    struct sample_party thief;
    struct scene_object log;
    scene_certify(t.scene, &thief, "THIEF", ROLE_WALLET, &t.scene->purses, SCENE_FROM, SCENE_LONG);
    struct forged terms = forged_terms("TILL1", payment.n, t.wallet, &payment.selected, 1000);
    memcpy(terms.reference, payment.terms.reference, sizeof terms.reference);
    terms.reference_size = payment.terms.reference_size;
    forge_log(&thief, &terms, &log); // the right terms, another's signature
    REFUSED(&t, send(t.till, COMMAND_PURSE_CREDIT, &log), SW_BAD_SIGNATURE);
    terms.n++;
    forge_log(&thief, &terms, &log);
    REFUSED(&t, send(t.till, COMMAND_PURSE_CREDIT, &log), SW_NOT_OPEN);
    ACCEPTED(scene_step_credit(&payment));
    end();
}

// ---- T6, T7 ------------------------------------------------------------------------------------

// The room of an open deposit is reserved: nothing that comes in between can fill it, and the log
// is credited without any limit being asked again.
static void test_room_is_reserved(void) {
    struct scene_profile poor = trio_wallet_profile();
    poor.balance = 5000;
    begin();
    end();
    t = trio_begin(&poor, NULL, NULL);
    struct scene_issue limited = scene_issue_for(t.wallet, 0);
    uint8_t octets[512];
    limited.balance = 5000;
    scene_show_center(t.wallet);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_ISSUE,
                        scene_issue_object(t.scene, &limited, octets, sizeof octets)));
    scene_introduce(t.floater, t.wallet);
    struct scene_payment deposit = scene_payment(t.floater, t.wallet, 1500, "D1");
    struct scene_payment more = scene_payment(t.floater, t.wallet, 501, "D2");
    ACCEPTED(scene_step_request(&deposit));
    REFUSED(&t, scene_step_request(&more), SW_LIMIT);
    ACCEPTED(scene_step_request(&deposit));
    ACCEPTED(scene_step_debit(&deposit));
    struct scene_issue issue = scene_issue_for(t.wallet, 501);
    issue.balance = 5000;
    REFUSED(&t,
            scene_send(t.wallet, COMMAND_PURSE_ISSUE,
                       scene_issue_object(t.scene, &issue, octets, sizeof octets)),
            SW_LIMIT);
    ACCEPTED(scene_step_credit(&deposit));
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 4500);
    ACCEPTED(scene_step_ratify(&deposit));
    REFUSED(&t, scene_step_request(&more), SW_LIMIT);
    trio_end(&t);
}

// T7: a deposit's void gives the float its value back, and the wallet never credits it.
static void test_deposit_voided(void) {
    t = trio_begin(NULL, NULL, NULL);
    scene_introduce(t.floater, t.wallet);
    struct scene_payment deposit = scene_payment(t.floater, t.wallet, 2000, "D1");
    ACCEPTED(scene_step_request(&deposit));
    ACCEPTED(scene_step_debit(&deposit));
    ACCEPTED(scene_step_void(&deposit));
    ACCEPTED(scene_step_take_void(&deposit));
    CU_ASSERT_EQUAL(scene_balance(t.floater, SCENE_UNIT), 50000);
    struct scene_payment late = deposit;
    ACCEPTED(scene_step_credit(&late));
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 3000);
    trio_end(&t);
}

// ---- window ------------------------------------------------------------------------------------

// The window filled on purpose: REQUEST has its own refusal, nothing slides, every open number can
// still be credited or voided.
static void test_window_filled(void) {
    char text[8];
    t = trio_begin(NULL, NULL, NULL);
    scene_introduce(t.floater, t.wallet);
    struct scene_payment last = {0};
    for (unsigned i = 0; i < WINDOW_SMALL; i++) {
        snprintf(text, sizeof text, "D%u", i);
        last = scene_payment(t.floater, t.wallet, 1, text);
        ACCEPTED(scene_step_request(&last));
    }
    struct scene_payment more = scene_payment(t.floater, t.wallet, 1, "MORE");
    REFUSED(&t, scene_step_request(&more), SW_WINDOW_FULL);
    ACCEPTED(scene_step_request(&last)); // the open ones go on
    ACCEPTED(scene_step_debit(&last));
    ACCEPTED(scene_step_credit(&last));
    ACCEPTED(scene_step_ratify(&last));
    ACCEPTED(scene_step_void(&(struct scene_payment){.payee = t.wallet, .n = 1}));
    REFUSED(&t, scene_step_request(&more), SW_WINDOW_FULL); // closed is not forgotten
    trio_end(&t);
}

// ---- T9 ----------------------------------------------------------------------------------------

static void test_payer_counter_ends(void) {
    struct scene_profile old = trio_wallet_profile();
    old.first_counter = COUNTER_LAST - RING_SMALL;
    t = trio_begin(&old, NULL, NULL);
    struct scene_payment payment = trio_debited(&t, 1, "NO_1");
    struct scene_payment next = scene_payment(t.wallet, t.till, 1, "NO_2");
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    ACCEPTED(scene_step_request(&next));
    REFUSED(&t, scene_step_debit(&next), SW_COUNTER_END);
    trio_end(&t);
}

static void test_payee_counter_ends(void) {
    struct scene_profile old = trio_machine_profile();
    old.first_n = COUNTER_LAST - WINDOW_LARGE;
    t = trio_begin(NULL, &old, NULL);
    struct scene_payment payment = trio_debited(&t, 1, "NO_1");
    struct scene_payment next = scene_payment(t.wallet, t.till, 1, "NO_2");
    REFUSED(&t, scene_step_request(&next), SW_COUNTER_END);
    ACCEPTED(scene_step_credit(&payment)); // what is made finishes
    ACCEPTED(scene_step_ratify(&payment));
    trio_end(&t);
}

// At the end of the state number nothing new begins, but every void and credit still goes through.
static void test_state_number_ends(void) {
    struct scene_profile old = trio_wallet_profile();
    old.first_state = COUNTER_LAST - (RING_SMALL + WINDOW_SMALL + 16) - 3;
    t = trio_begin(&old, NULL, NULL); // one issue: two changes are left
    scene_introduce(t.floater, t.wallet);
    struct scene_payment deposit = scene_payment(t.floater, t.wallet, 10, "D1");
    ACCEPTED(scene_step_request(&deposit));
    ACCEPTED(scene_step_debit(&deposit));
    scene_introduce(t.wallet, t.till);
    struct scene_payment payment = trio_debited(&t, 1, "NO_1");
    struct scene_payment other = scene_payment(t.wallet, t.till, 1, "NO_2");
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    ACCEPTED(scene_step_request(&other));
    ACCEPTED(scene_step_debit(&other));
    struct scene_payment more = scene_payment(t.floater, t.wallet, 10, "D2");
    REFUSED(&t, scene_step_request(&more), SW_COUNTER_END);
    CU_ASSERT_EQUAL(scene_issue(t.wallet, 5), SW_COUNTER_END);
    ACCEPTED(scene_step_void(&other));
    ACCEPTED(scene_step_take_void(&other));
    ACCEPTED(scene_step_credit(&deposit));
    ACCEPTED(scene_step_ratify(&deposit));
    struct scene_payment late = scene_payment(t.wallet, t.till, 1, "NO_3");
    ACCEPTED(scene_step_request(&late));
    REFUSED(&t, scene_step_debit(&late), SW_COUNTER_END);
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 3009);
    trio_end(&t);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"any flipped bit of request, log, receipt and void", test_flipped_payment, NULL},
        {"any flipped bit of a certificate", test_flipped_certificate, "S08"},
        {"T1: no log leaves before its commit", test_log_leaves_after_commit, NULL},
        {"T2: one sale, one number, one content", test_one_sale_one_number, NULL},
        {"T2: a sale is not paid twice after a torn debit", test_sale_paid_twice_after_tear, NULL},
        {"T3: a challenge serves one debit, one selection", test_challenge_serves_once, NULL},
        {"T3: a void kills the challenge", test_void_kills_challenge, NULL},
        {"T3: only the next counter", test_counter_is_the_next, NULL},
        {"T4: one unratified log a payee", test_one_unratified_a_payee, NULL},
        {"T4: the ring filled on purpose", test_ring_filled, NULL},
        {"T5: receive log and void of one debit count once", test_endings_count_once, NULL},
        {"T5: endings by others or for other terms", test_endings_by_others, NULL},
        {"T5: two logs for one number", test_two_logs_for_one_number, NULL},
        {"T5: a log that was not asked for", test_log_that_was_not_asked_for, NULL},
        {"T6: reserved room, no limit at CREDIT", test_room_is_reserved, NULL},
        {"T7: a voided deposit", test_deposit_voided, NULL},
        {"the window filled on purpose", test_window_filled, NULL},
        {"T9: payer counter at its end", test_payer_counter_ends, NULL},
        {"T9: payee counter at its end", test_payee_counter_ends, NULL},
        {"T9: state number at its end", test_state_number_ends, NULL},
    };
    return suite_main("test-purse-attacks", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
