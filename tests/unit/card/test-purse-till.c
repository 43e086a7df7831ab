// SPDX-License-Identifier: Apache-2.0
// What a till does with what it took: refunds of its sales, batches, their settlement or release,
// what comes back late, a window for a whole day. After every step the till's balance is what its
// batch reserves, what it carries and what is left of its sales (scene_audit).
#include "tests/kit/clearing.h"
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <string.h>

static struct trio t;
static struct clearing first, second;

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    scene_introduce(t.wallet, t.till);
}

static void end(void) {
    trio_end(&t);
}

static uint64_t balance(struct scene_card *card) {
    return scene_balance(card, SCENE_UNIT);
}

/// A sale that is paid; its number.
static uint32_t sell(uint64_t amount, const char *text) {
    struct scene_payment payment = trio_debited(&t, amount, text);
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    trio_audit(&t);
    return payment.n;
}

static uint64_t sum_of(const struct clearing *clearing) {
    return clearing->sums.size == 0 ? 0 : bytes_get_be(clearing->sums.data + 2, 8);
}

static uint64_t said(const struct clearing *clearing, enum field field) {
    return object_uint(&clearing->batch, field);
}

/// A refund up to its debit.
static struct scene_payment refund_debited(uint32_t n, uint8_t turn, uint64_t amount) {
    struct scene_payment refund = clearing_refund(t.till, t.wallet, n, turn, amount);
    ACCEPTED(scene_step_request(&refund));
    ACCEPTED(scene_step_debit(&refund));
    trio_audit(&t);
    return refund;
}

static void refund_whole(uint32_t n, uint8_t turn, uint64_t amount) {
    struct scene_payment refund = refund_debited(n, turn, amount);
    ACCEPTED(scene_step_credit(&refund));
    ACCEPTED(scene_step_ratify(&refund));
    trio_audit(&t);
}

// ---- refunds -----------------------------------------------------------------------------------

static void test_refunds(void) {
    begin();
    uint32_t n = sell(1000, "NO_1");
    refund_whole(n, 0, 300);
    refund_whole(n, 1, 700);
    CU_ASSERT_EQUAL(balance(t.wallet), 3000);
    CU_ASSERT_EQUAL(balance(t.till), 0);
    struct scene_payment more = clearing_refund(t.till, t.wallet, n, 2, 1);
    ACCEPTED(scene_step_request(&more));
    REFUSED(&t, scene_step_debit(&more), SW_INSUFFICIENT);
    end();
}

static void test_get_sale(void) {
    static const uint8_t n1[] = {0x82, 1, 1}, n9[] = {0x82, 1, 9}, no_n[] = {0x83, 1, 1};
    struct tlv found;
    begin();
    sell(1000, "NO_1");
    refund_whole(1, 0, 300);
    ACCEPTED(scene_send(t.till, COMMAND_PURSE_GET_SALE, BYTES_OF(n1)));
    CU_ASSERT(tlv_find(t.till->answer, PURSE_TAG_REFUNDED, &found));
    CU_ASSERT_EQUAL(bytes_get_be(found.value.data, found.value.size), 300);
    CU_ASSERT(tlv_find(t.till->answer, PURSE_TAG_REFUNDS, &found));
    CU_ASSERT_EQUAL(found.value.data[0], 1);
    CU_ASSERT(tlv_find(t.till->answer, PURSE_TAG_STATE, &found));
    CU_ASSERT_EQUAL(found.value.data[0], 2);
    CU_ASSERT(tlv_find(t.till->answer, PURSE_TAG_OPEN, &found));
    CU_ASSERT(tlv_find(found.value, 0x86, &found));
    CU_ASSERT_EQUAL(bytes_get_be(found.value.data, found.value.size), 1000);
    REFUSED(&t, scene_send(t.till, COMMAND_PURSE_GET_SALE, BYTES_OF(n9)), SW_NOT_OPEN);
    REFUSED(&t, scene_send(t.till, COMMAND_PURSE_GET_SALE, BYTES_OF(no_n)), SW_WRONG_DATA);
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_GET_SALE, BYTES_OF(n1)), SW_WRONG_ROLE);
    ACCEPTED(clearing_close(t.till));
    REFUSED(&t, scene_send(t.till, COMMAND_PURSE_GET_SALE, BYTES_OF(n1)), SW_ASK_CENTER);
    end();
}

// A refund that the wallet voids goes back to its sale, with its turn.
static void test_void_before_batch(void) {
    begin();
    uint32_t n = sell(1000, "NO_1");
    struct scene_payment gone = refund_debited(n, 0, 400);
    ACCEPTED(scene_step_void(&gone));
    ACCEPTED(scene_step_take_void(&gone));
    trio_audit(&t);
    refund_whole(n, 0, 1000);
    CU_ASSERT_EQUAL(balance(t.till), 0);
    end();
}

// ---- batches -----------------------------------------------------------------------------------

static void test_batch(void) {
    begin();
    sell(100, "NO_1");
    struct scene_payment gone = trio_requested(&t, 200, "NO_2");
    ACCEPTED(scene_step_void(&gone));
    sell(300, "NO_3");
    refund_whole(3, 0, 50);
    trio_requested(&t, 400, "NO_4");
    ACCEPTED(clearing_batch(t.till, &first));
    trio_audit(&t);
    CU_ASSERT(object_verify(&first.batch, t.scene->crypto, t.till->signing_point));
    CU_ASSERT_EQUAL(said(&first, FIELD_FIRST_N), 1);
    CU_ASSERT_EQUAL(said(&first, FIELD_LAST_N), 3); // up to the first open one
    CU_ASSERT_EQUAL(said(&first, FIELD_COUNTER), 2);
    CU_ASSERT_EQUAL(first.number, 1);
    CU_ASSERT_EQUAL(first.batch.fields[FIELD_OUTCOMES].data[0], 0xA0); // paid, void, paid
    CU_ASSERT_EQUAL(sum_of(&first), 350);
    const uint8_t *pocket = first.batch.fields[FIELD_POCKETS].data;
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 2, 8), 350);  // balance
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 50, 8), 350); // reserved
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 58, 8), 0);   // carried
    end();
}

// Asked again, whatever was sold meanwhile: the same octets, and nothing changes.
static void test_batch_again(void) {
    begin();
    sell(100, "NO_1");
    ACCEPTED(clearing_batch(t.till, &first));
    sell(200, "NO_2");
    struct scene_snapshot before = scene_save(t.scene);
    scene_power(t.till);
    scene_select(t.till, NULL);
    ACCEPTED(clearing_batch(t.till, &second));
    CU_ASSERT(scene_unchanged(t.scene, &before));
    scene_forget(&before);
    CU_ASSERT(
        bytes_equal(bytes_of(first.octets, first.size), bytes_of(second.octets, second.size)));
    end();
}

static void test_nothing_to_batch(void) {
    begin();
    REFUSED(&t, clearing_batch(t.till, &first), SW_EMPTY_BATCH);
    trio_requested(&t, 100, "NO_1");
    REFUSED(&t, clearing_batch(t.till, &first), SW_STILL_OPEN);
    REFUSED(&t, clearing_batch(t.wallet, &first), SW_WRONG_ROLE);
    REFUSED(&t, clearing_batch(t.floater, &first), SW_WRONG_ROLE);
    end();
}

static void test_settlement(void) {
    begin();
    sell(100, "NO_1");
    ACCEPTED(clearing_batch(t.till, &first));
    sell(200, "NO_2");
    ACCEPTED(clearing_settle(t.till, &first));
    trio_audit(&t);
    CU_ASSERT_EQUAL(balance(t.till), 200);
    CU_ASSERT_EQUAL(scene_window_state(t.till, 1), 4);   // forgotten: the center has it
    REFUSED(&t, clearing_settle(t.till, &first), SW_OK); // the very same receipt
    ACCEPTED(clearing_batch(t.till, &second));
    CU_ASSERT_EQUAL(second.number, 2);
    CU_ASSERT_EQUAL(said(&second, FIELD_FIRST_N), 2);
    CU_ASSERT_EQUAL(sum_of(&second), 200);
    ACCEPTED(clearing_settle(t.till, &second));
    CU_ASSERT_EQUAL(balance(t.till), 0);
    end();
}

// A release gives all back; the next batch is another object, refunds go on.
static void test_release(void) {
    begin();
    sell(100, "NO_1");
    sell(300, "NO_2");
    ACCEPTED(clearing_batch(t.till, &first));
    ACCEPTED(clearing_give_back(t.till, &first));
    trio_audit(&t);
    CU_ASSERT_EQUAL(balance(t.till), 400);
    refund_whole(2, 0, 100);
    ACCEPTED(clearing_batch(t.till, &second));
    CU_ASSERT_EQUAL(second.number, 2);
    CU_ASSERT_EQUAL(said(&second, FIELD_FIRST_N), 1);
    CU_ASSERT_EQUAL(sum_of(&second), 300);
    CU_ASSERT_NOT_EQUAL(memcmp(first.hash, second.hash, sizeof first.hash), 0);
    ACCEPTED(clearing_settle(t.till, &second));
    CU_ASSERT_EQUAL(balance(t.till), 0);
    end();
}

/// A refund of 300 that the till takes back behind the batch of its sale.
static void late_void(void) {
    uint32_t n = sell(1000, "NO_1");
    struct scene_payment gone = refund_debited(n, 0, 300);
    ACCEPTED(clearing_batch(t.till, &first));
    CU_ASSERT_EQUAL(sum_of(&first), 700);
    ACCEPTED(scene_step_void(&gone));
    ACCEPTED(scene_step_take_void(&gone));
    trio_audit(&t);
    CU_ASSERT_EQUAL(balance(t.till), 1000);
}

// The amount belongs to no sale any more: the next batch carries it, without a number.
static void test_carry(void) {
    begin();
    late_void();
    ACCEPTED(clearing_settle(t.till, &first));
    trio_audit(&t);
    ACCEPTED(clearing_batch(t.till, &second));
    CU_ASSERT_EQUAL(said(&second, FIELD_FIRST_N), 2);
    CU_ASSERT_EQUAL(said(&second, FIELD_LAST_N), 1); // none
    CU_ASSERT_EQUAL(second.batch.fields[FIELD_OUTCOMES].size, 0);
    CU_ASSERT_EQUAL(sum_of(&second), 300);
    ACCEPTED(clearing_settle(t.till, &second));
    CU_ASSERT_EQUAL(balance(t.till), 0);
    REFUSED(&t, clearing_batch(t.till, &first), SW_EMPTY_BATCH);
    end();
}

// Released, what was carried is carried again, beside the sale.
static void test_carry_released(void) {
    begin();
    late_void();
    ACCEPTED(clearing_settle(t.till, &first));
    sell(50, "NO_2");
    ACCEPTED(clearing_batch(t.till, &second));
    CU_ASSERT_EQUAL(sum_of(&second), 350);
    ACCEPTED(clearing_give_back(t.till, &second));
    trio_audit(&t);
    struct scene_payment more = clearing_refund(t.till, t.wallet, 2, 0, 51);
    ACCEPTED(scene_step_request(&more));
    REFUSED(&t, scene_step_debit(&more), SW_INSUFFICIENT); // what is carried is no sale's
    ACCEPTED(scene_step_void(&more));
    refund_whole(2, 0, 50);
    ACCEPTED(clearing_batch(t.till, &first));
    CU_ASSERT_EQUAL(sum_of(&first), 300);
    CU_ASSERT_EQUAL(first.number, 3);
    end();
}

// A batch that is released after the late void: the sale has its own again, the rest is carried.
static void test_released_after_late_void(void) {
    begin();
    late_void();
    ACCEPTED(clearing_give_back(t.till, &first));
    trio_audit(&t);
    ACCEPTED(clearing_batch(t.till, &second));
    CU_ASSERT_EQUAL(sum_of(&second), 1000);
    ACCEPTED(clearing_settle(t.till, &second));
    CU_ASSERT_EQUAL(balance(t.till), 0);
    end();
}

// Pockets never mix: a batch has a sum for each unit.
static void test_two_units(void) {
    begin();
    struct scene_issue points = scene_issue_for(t.wallet, 40);
    uint8_t octets[512];
    points.unit = SCENE_POINTS;
    points.allowance = 40;
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_ISSUE,
                        scene_issue_object(t.scene, &points, octets, sizeof octets)));
    sell(100, "NO_1");
    struct scene_payment payment = scene_payment(t.wallet, t.till, 40, "NO_2");
    payment.terms.unit = SCENE_POINTS;
    ACCEPTED(scene_step_request(&payment));
    ACCEPTED(scene_step_debit(&payment));
    ACCEPTED(scene_step_credit(&payment));
    struct scene_payment wrong = clearing_refund(t.till, t.wallet, payment.n, 0, 1);
    ACCEPTED(scene_step_request(&wrong));
    REFUSED(&t, scene_step_debit(&wrong), SW_WRONG_UNIT);
    ACCEPTED(clearing_batch(t.till, &first));
    trio_audit(&t);
    CU_ASSERT_EQUAL(first.sums.size, 20);
    CU_ASSERT_EQUAL(bytes_get_be(first.sums.data + 10, 2), SCENE_POINTS);
    CU_ASSERT_EQUAL(bytes_get_be(first.sums.data + 12, 8), 40);
    ACCEPTED(clearing_settle(t.till, &first));
    CU_ASSERT_EQUAL(scene_balance(t.till, SCENE_POINTS), 0);
    end();
}

// ---- a day -------------------------------------------------------------------------------------

/// One number that is void: an opening and its end.
static void walk_away(char text[8], unsigned number) {
    struct scene_payment gone = scene_payment(t.wallet, t.till, 1, "");
    snprintf(text, 8, "%u", number);
    memcpy(gone.terms.reference + 1, text, strlen(text));
    gone.terms.reference_size = (uint8_t)(1 + strlen(text));
    ACCEPTED(scene_step_request(&gone));
    ACCEPTED(scene_step_void(&gone));
}

// 1024 numbers fit, then the window is full until a batch of them all is settled.
static void test_whole_day(void) {
    char text[8];
    begin();
    sell(100, "FIRST");
    for (unsigned i = 2; i <= 1024; i++)
        walk_away(text, i);
    struct scene_payment more = scene_payment(t.wallet, t.till, 1, "MORE");
    REFUSED(&t, scene_step_request(&more), SW_WINDOW_FULL);
    ACCEPTED(clearing_batch(t.till, &first));
    CU_ASSERT_EQUAL(first.batch.fields[FIELD_OUTCOMES].size, 128);
    CU_ASSERT_EQUAL(first.batch.fields[FIELD_OUTCOMES].data[0], 0x80);
    REFUSED(&t, scene_step_request(&more), SW_WINDOW_FULL);
    ACCEPTED(clearing_settle(t.till, &first));
    CU_ASSERT_EQUAL(sell(7, "NEXT"), 1025); // in the row of number 1
    refund_whole(1025, 0, 7);
    end();
}

// The number of an earlier card under this id is never used again: batches begin where its numbers
// do.
static void test_first_number(void) {
    struct scene_profile later = trio_machine_profile();
    later.first_n = later.first_counter = later.first_state = 0x01000001;
    t = trio_begin(NULL, &later, NULL);
    scene_introduce(t.wallet, t.till);
    sell(100, "NO_1");
    ACCEPTED(clearing_batch(t.till, &first));
    CU_ASSERT_EQUAL(first.number, 0x01000001);
    CU_ASSERT_EQUAL(said(&first, FIELD_FIRST_N), 0x01000001);
    ACCEPTED(clearing_settle(t.till, &first));
    end();
}

// A statement names the open batch and the number of the last one.
static void test_statement(void) {
    struct object_writer writer;
    struct object told;
    uint8_t out[256];
    static const uint8_t challenge[16] = {1};
    begin();
    sell(100, "NO_1");
    for (unsigned round = 0; round < 3; round++) {
        object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, out, sizeof out);
        object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
        object_put(&writer, FIELD_CENTER, bytes_of_string(t.scene->center.holder));
        object_put(&writer, FIELD_PURSE, bytes_of_string("TILL1"));
        object_put_date(&writer, FIELD_DATE, SCENE_FROM);
        ACCEPTED(scene_send(t.till, COMMAND_PURSE_STATEMENT, scene_sign(t.scene, &writer)));
        CU_ASSERT_FATAL(object_decode_as(OBJECT_STATEMENT, t.till->answer, &told));
        CU_ASSERT_EQUAL(object_has(&told, FIELD_BATCH_HASH), round == 1);
        CU_ASSERT_EQUAL(object_uint(&told, FIELD_BATCH_NUMBER), round > 0);
        CU_ASSERT_EQUAL(object_uint(&told, FIELD_BASE), round == 2 ? 2 : 1);
        if (round == 0)
            ACCEPTED(clearing_batch(t.till, &first));
        if (round == 1) {
            CU_ASSERT(bytes_equal(told.fields[FIELD_BATCH_HASH], BYTES_OF(first.hash)));
            ACCEPTED(clearing_settle(t.till, &first));
        }
    }
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"T12: a sale is paid back in parts, up to what is left", test_refunds, NULL},
        {"GET SALE tells what a refund must know", test_get_sale, NULL},
        {"a refund that was voided goes back to its sale", test_void_before_batch, NULL},
        {"T13: a batch is the next in order, with net sums", test_batch, NULL},
        {"a batch asked again is the same", test_batch_again, NULL},
        {"nothing to batch", test_nothing_to_batch, NULL},
        {"T11, T13: settlement, batch after batch, once", test_settlement, NULL},
        {"a release gives everything back", test_release, NULL},
        {"what comes back late is carried", test_carry, NULL},
        {"what was carried is carried again after a release", test_carry_released, NULL},
        {"a release after a late void", test_released_after_late_void, NULL},
        {"a batch has a sum for each unit", test_two_units, NULL},
        {"a day of 1024 numbers", test_whole_day, NULL},
        {"batches begin where numbers do", test_first_number, NULL},
        {"a statement names the open batch", test_statement, NULL},
    };
    return suite_main("test-purse-till", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
