// SPDX-License-Identifier: Apache-2.0
// What the owner decides: consent by PIN, by small limits, by an armed tap; free reading; offline
// budgets; and what the interface a command came by has to do with it (T10).
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <string.h>

static struct trio t;

/// A wallet that pays 1000 without PIN, 1500 in sum, 3 times.
static void begin(void) {
    struct scene_profile careful = trio_wallet_profile();
    t = trio_begin(&careful, NULL, NULL);
    struct scene_issue terms = scene_issue_for(t.wallet, 0);
    uint8_t octets[512];
    terms.no_pin_single = 1000;
    terms.no_pin_sum = 1500;
    terms.no_pin_count = 3;
    scene_show_center(t.wallet);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_ISSUE,
                        scene_issue_object(t.scene, &terms, octets, sizeof octets)));
    scene_introduce(t.wallet, t.till);
}

static uint16_t verify(const char *pin) {
    return scene_send(t.wallet, COMMAND_PURSE_VERIFY, bytes_of_string(pin));
}

/// Finishes a payment that has its request.
static void finish(struct scene_payment *payment) {
    ACCEPTED(scene_step_debit(payment));
    ACCEPTED(scene_step_credit(payment));
    ACCEPTED(scene_step_ratify(payment));
}

static void pay(uint64_t amount, const char *text) {
    struct scene_payment payment = trio_requested(&t, amount, text);
    finish(&payment);
}

static void test_small_payments(void) {
    begin();
    struct scene_payment payment = trio_requested(&t, 1001, "A");
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED); // single
    pay(1000, "B");
    payment = trio_requested(&t, 501, "C");
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED); // sum
    pay(1, "D");
    pay(1, "E");
    payment = trio_requested(&t, 1, "F");
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED); // count
    ACCEPTED(verify("1234"));                                 // the same challenge still serves
    finish(&payment);
    pay(1000, "G"); // and the sums began anew
    trio_end(&t);
}

// One PIN verification allows one debit, however small or large, in this selection only.
static void test_pin_allows_one(void) {
    begin();
    struct scene_payment payment = trio_requested(&t, 1200, "A");
    ACCEPTED(verify("1234"));
    finish(&payment);
    payment = trio_requested(&t, 1200, "B");
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED);
    ACCEPTED(verify("1234"));
    scene_select(t.wallet, NULL); // selected anew: the verification is gone
    ACCEPTED(scene_step_request(&payment));
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED);
    ACCEPTED(verify("1234"));
    CU_ASSERT_EQUAL(verify("9999"), SW_TRIES_LEFT | 2); // a wrong PIN takes it back
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED);
    ACCEPTED(verify("1234"));
    ACCEPTED(scene_step_debit(&payment));
    struct scene_payment again = payment; // a repetition needs no consent
    REFUSED(&t, scene_step_debit(&again), SW_OK);
    trio_end(&t);
}

// Over contactless nothing that has to do with the PIN is even looked at.
static void test_contactless(void) {
    uint8_t tap[32];
    begin();
    t.wallet->interface = CARD_CONTACTLESS;
    scene_select(t.wallet, NULL);
    for (int i = 0; i < 5; i++)
        REFUSED(&t, verify("9999"), SW_INTERFACE);
    struct scene_payment payment = trio_requested(&t, 1200, "A");
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED);
    struct tlv_writer writer = tlv_writer_over(tap, sizeof tap);
    tlv_put(&writer, 0x81, bytes_of_string("TILL1"));
    tlv_put_uint(&writer, 0x86, 1200);
    tlv_put(&writer, 0x87, bytes_of("\x01\x88", 2));
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_ARM, tlv_writer_bytes(&writer)), SW_INTERFACE);
    uint8_t options = 0;
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_SET_OPTIONS, bytes_of(&options, 1)),
            SW_INTERFACE);
    pay(1000, "B"); // small ones go
    t.wallet->interface = CARD_CONTACT;
    scene_select(t.wallet, NULL);
    CU_ASSERT_EQUAL(scene_send(t.wallet, COMMAND_PURSE_VERIFY, bytes_of(NULL, 0)),
                    SW_TRIES_LEFT | 3);
    // a PIN verified by contact does not follow the card into the field
    ACCEPTED(verify("1234"));
    t.wallet->interface = CARD_CONTACTLESS;
    ACCEPTED(scene_step_request(&payment));
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED);
    trio_end(&t);
}

static uint16_t arm(const char *payee, uint64_t amount) {
    uint8_t tap[32];
    struct tlv_writer writer = tlv_writer_over(tap, sizeof tap);
    tlv_put(&writer, 0x81, bytes_of_string(payee));
    tlv_put_uint(&writer, 0x86, amount);
    tlv_put(&writer, 0x87, bytes_of("\x01\x88", 2));
    return scene_send(t.wallet, COMMAND_PURSE_ARM, tlv_writer_bytes(&writer));
}

/// From inside the phone: PIN, then ARM.
static void arm_inside(const char *payee, uint64_t amount) {
    t.wallet->interface = CARD_INTERNAL;
    scene_select(t.wallet, NULL);
    ACCEPTED(verify("1234"));
    ACCEPTED(arm(payee, amount));
    t.wallet->interface = CARD_CONTACTLESS;
}

// A phone arms one tap: this payee, this amount, once, gone with a reset.
static void test_armed_tap(void) {
    begin();
    t.wallet->interface = CARD_INTERNAL;
    scene_select(t.wallet, NULL);
    REFUSED(&t, arm("TILL1", 1200), SW_PIN_REQUIRED);
    arm_inside("TILL2", 1200);
    struct scene_payment payment = trio_requested(&t, 1200, "A");
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED); // another payee
    arm_inside("TILL1", 1199);
    ACCEPTED(scene_step_request(&payment));
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED); // another amount
    arm_inside("TILL1", 1200);
    t.wallet->interface = CARD_CONTACT;
    ACCEPTED(scene_step_request(&payment));
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED); // no tap
    t.wallet->interface = CARD_CONTACTLESS;
    ACCEPTED(scene_step_request(&payment));
    finish(&payment);
    payment = trio_requested(&t, 1200, "B");
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED); // only once
    arm_inside("TILL1", 1200);
    scene_reset(t.wallet);
    ACCEPTED(scene_step_request(&payment));
    REFUSED(&t, scene_step_debit(&payment), SW_PIN_REQUIRED);
    t.wallet->interface = CARD_INTERNAL;
    scene_select(t.wallet, NULL);
    ACCEPTED(verify("1234"));
    REFUSED(&t, arm("TILL1", 0), SW_ZERO_AMOUNT);
    ACCEPTED(arm("TILL1", 1200));
    REFUSED(&t, arm("TILL1", 1200), SW_PIN_REQUIRED); // one PIN arms one tap
    trio_end(&t);
}

// G7: what a wallet holds is its owner's business, until he says otherwise.
static void test_free_reading(void) {
    struct scene_profile shy = trio_wallet_profile();
    const uint8_t on = PURSE_FREE_READING, odd = 0x80;
    struct tlv found;
    shy.free_reading = false;
    t = trio_begin(&shy, NULL, NULL);
    scene_select(t.wallet, NULL);
    CU_ASSERT(tlv_find(t.wallet->answer, 0x6F, &found));
    CU_ASSERT(tlv_find(found.value, 0xA5, &found));
    CU_ASSERT(!tlv_find(found.value, PURSE_TAG_BALANCES, &found));
    REFUSED(
        &t,
        scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_DATA, PURSE_DATA_POCKETS, bytes_of(NULL, 0)),
        SW_SECURITY_STATUS);
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_SET_OPTIONS, bytes_of(&on, 1)),
            SW_SECURITY_STATUS);
    struct scene_payment payment = trio_debited(&t, 5, "A");
    REFUSED(&t, scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_LOG, 0, bytes_of(NULL, 0)),
            SW_SECURITY_STATUS); // its payee gets it in answer to DEBIT
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    REFUSED(&t, scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_LOG, 0, bytes_of(NULL, 0)),
            SW_SECURITY_STATUS); // closed: nobody's business any more
    REFUSED(&t, scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_LOG, 1, bytes_of(NULL, 0)),
            SW_RECORD_NOT_FOUND);
    ACCEPTED(verify("1234"));
    ACCEPTED(scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_LOG, 0, bytes_of(NULL, 0)));
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_SET_OPTIONS, bytes_of(&odd, 1)), SW_WRONG_DATA);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_SET_OPTIONS, bytes_of(&on, 1)));
    scene_select(t.wallet, NULL);
    ACCEPTED(
        scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_DATA, PURSE_DATA_POCKETS, bytes_of(NULL, 0)));
    trio_end(&t);
}

static uint16_t get(uint16_t data) {
    return scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_DATA, data, bytes_of(NULL, 0));
}

// A stranger's reader learns from a shy wallet what a payment needs, and not whose it is.
static void test_stranger_over_contactless(void) {
    struct scene_profile shy = trio_wallet_profile();
    struct tlv found;
    shy.free_reading = false;
    t = trio_begin(&shy, NULL, NULL);
    t.wallet->interface = CARD_CONTACTLESS;
    scene_select(t.wallet, NULL);
    REFUSED(&t, get(PURSE_DATA_POCKETS), SW_SECURITY_STATUS);
    REFUSED(&t, get(PURSE_DATA_LIMITS), SW_SECURITY_STATUS);
    REFUSED(&t, get(PURSE_DATA_PEERS), SW_INTERFACE);
    ACCEPTED(get(PURSE_DATA_IDENTITY));
    CU_ASSERT(tlv_find(t.wallet->answer, 0x9F32, &found));
    CU_ASSERT(!tlv_find(t.wallet->answer, 0x97, &found));
    CU_ASSERT(!tlv_find(t.wallet->answer, 0x96, &found));
    ACCEPTED(get(PURSE_DATA_CERTIFICATE));
    CU_ASSERT(bytes_equal(t.wallet->answer, t.wallet->certificate));
    struct scene_payment payment = trio_debited(&t, 5, "A");
    REFUSED(&t, scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_LOG, 0, bytes_of(NULL, 0)),
            SW_SECURITY_STATUS); // to its payee alone
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    REFUSED(&t, scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_LOG, 0, bytes_of(NULL, 0)),
            SW_SECURITY_STATUS);
    t.wallet->interface = CARD_CONTACT;
    scene_select(t.wallet, NULL);
    ACCEPTED(get(PURSE_DATA_IDENTITY));
    CU_ASSERT(tlv_find(t.wallet->answer, 0x97, &found));
    trio_end(&t);
}

static uint16_t two(enum purse_command id, const char *first, const char *second) {
    uint8_t data[32];
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    tlv_put(&writer, 0x80, bytes_of_string(first));
    tlv_put(&writer, 0x81, bytes_of_string(second));
    return scene_send(t.wallet, id, tlv_writer_bytes(&writer));
}

static void test_pin_commands(void) {
    begin();
    scene_select(t.wallet, NULL);
    CU_ASSERT_EQUAL(two(COMMAND_PURSE_CHANGE_PIN, "1111", "5678"), SW_TRIES_LEFT | 2);
    ACCEPTED(two(COMMAND_PURSE_CHANGE_PIN, "1234", "56789"));
    CU_ASSERT_EQUAL(verify("1234"), SW_TRIES_LEFT | 2);
    CU_ASSERT_EQUAL(verify("1234"), SW_TRIES_LEFT | 1);
    CU_ASSERT_EQUAL(verify("1234"), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(verify("56789"), SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(two(COMMAND_PURSE_RESET_RETRY, "87654321", "2468"), SW_TRIES_LEFT | 2);
    ACCEPTED(two(COMMAND_PURSE_RESET_RETRY, "12345678", "2468"));
    ACCEPTED(verify("2468"));
    trio_end(&t);
}

// ---- offline budgets ---------------------------------------------------------------------------

static uint16_t refill(struct scene_card *card, uint32_t version, uint64_t count, uint64_t sum) {
    struct object_writer writer;
    uint8_t out[512];
    object_begin(&writer, OBJECT_ACKNOWLEDGEMENT, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    object_put_uint(&writer, FIELD_VERSION, version);
    object_put_uint(&writer, FIELD_OFFLINE_COUNT, count);
    object_put_uint(&writer, FIELD_OFFLINE_SUM, sum);
    return scene_send(card, COMMAND_PURSE_ACKNOWLEDGE, scene_sign(t.scene, &writer));
}

// A till's budget counts what it was paid and what it has asked for; only the center refills it.
static void test_till_budget(void) {
    struct scene_profile tight = trio_machine_profile();
    tight.offline_count = 3;
    tight.offline_sum = 1000;
    t = trio_begin(NULL, &tight, NULL);
    scene_show_center(t.till);
    scene_introduce(t.wallet, t.till);
    struct scene_payment big = scene_payment(t.wallet, t.till, 1001, "A");
    REFUSED(&t, scene_step_request(&big), SW_BUDGET);
    pay(600, "B");
    struct scene_payment open = trio_requested(&t, 400, "C"), more;
    more = scene_payment(t.wallet, t.till, 1, "D");
    REFUSED(&t, scene_step_request(&more), SW_BUDGET);
    ACCEPTED(scene_step_void(&open)); // what was not paid uses nothing
    ACCEPTED(scene_step_request(&more));
    finish(&more);
    pay(1, "E");
    more = scene_payment(t.wallet, t.till, 1, "F");
    REFUSED(&t, scene_step_request(&more), SW_BUDGET); // three times
    scene_power(t.till);
    scene_select(t.till, NULL);
    REFUSED(&t, scene_step_request(&more), SW_BUDGET);
    ACCEPTED(refill(t.till, 1, 2, 50));
    REFUSED(&t, refill(t.till, 1, 2, 50), SW_OK);
    pay(40, "G");
    REFUSED(&t, refill(t.till, 1, 2, 50), SW_OK); // the same refill does not refill again
    more = scene_payment(t.wallet, t.till, 11, "H");
    REFUSED(&t, scene_step_request(&more), SW_BUDGET);
    trio_end(&t);
}

static void test_float_budget(void) {
    struct scene_profile tight = trio_machine_profile();
    tight.offline_count = 2;
    tight.offline_sum = 1000;
    t = trio_begin(NULL, NULL, &tight);
    scene_introduce(t.floater, t.wallet);
    struct scene_payment deposit = scene_payment(t.floater, t.wallet, 1001, "A");
    ACCEPTED(scene_step_request(&deposit));
    REFUSED(&t, scene_step_debit(&deposit), SW_BUDGET);
    ACCEPTED(scene_step_void(&deposit));
    ACCEPTED(scene_pay(t.floater, t.wallet, 10, "B"));
    ACCEPTED(scene_pay(t.floater, t.wallet, 10, "C"));
    deposit = scene_payment(t.floater, t.wallet, 1, "D");
    ACCEPTED(scene_step_request(&deposit));
    REFUSED(&t, scene_step_debit(&deposit), SW_BUDGET);
    trio_end(&t);
}

static void test_single_limit(void) {
    struct scene_profile limited = trio_machine_profile();
    t = trio_begin(NULL, NULL, &limited);
    struct scene_issue terms = scene_issue_for(t.floater, 0);
    uint8_t octets[512];
    terms.single = 2000;
    scene_show_center(t.floater);
    ACCEPTED(scene_send(t.floater, COMMAND_PURSE_ISSUE,
                        scene_issue_object(t.scene, &terms, octets, sizeof octets)));
    scene_introduce(t.floater, t.wallet);
    struct scene_payment deposit = scene_payment(t.floater, t.wallet, 2001, "A");
    ACCEPTED(scene_step_request(&deposit));
    REFUSED(&t, scene_step_debit(&deposit), SW_LIMIT); // a float's single load
    ACCEPTED(scene_step_void(&deposit));
    ACCEPTED(scene_pay(t.floater, t.wallet, 2000, "B"));
    trio_end(&t);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"T10: small payments without PIN, up to three limits", test_small_payments, NULL},
        {"T10: one PIN verification, one debit", test_pin_allows_one, NULL},
        {"T10: nothing about the PIN over contactless", test_contactless, NULL},
        {"T10: a phone arms one tap", test_armed_tap, NULL},
        {"balance and logs are shown to whom the owner allows", test_free_reading, "G7"},
        {"what a stranger's reader learns", test_stranger_over_contactless, "G7"},
        {"PIN and PUK", test_pin_commands, NULL},
        {"T10: a till's offline budget", test_till_budget, NULL},
        {"T10: a float's offline budget", test_float_budget, NULL},
        {"a float's single-load limit", test_single_limit, NULL},
    };
    return suite_main("test-purse-owner", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
