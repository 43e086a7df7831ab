// SPDX-License-Identifier: Apache-2.0
// Attacks on what a till took: money back for what it never sold, twice, or out of what is handed
// in already; batches that end otherwise than their center decided. Each is refused for its own
// reason and leaves every image as it was, over contacts and contactless.
#include "tests/kit/clearing.h"
#include "tests/kit/scene/trio.h"

#include <string.h>

static struct trio t;
static struct clearing batch, other;
static enum card_interface reader;

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    for (size_t i = 0; i < t.scene->count; i++)
        t.scene->cards[i]->interface = reader;
    scene_introduce(t.wallet, t.till);
}

static void end(void) {
    trio_end(&t);
}

/// Runs a test by contact and by air.
static void both(void (*test)(void)) {
    for (reader = CARD_CONTACT; reader <= CARD_CONTACTLESS; reader++) {
        begin();
        test();
        end();
    }
}

static uint32_t sell(uint64_t amount, const char *text) {
    struct scene_payment payment = trio_debited(&t, amount, text);
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    return payment.n;
}

static void reach_till(enum card_interface interface) {
    if (t.till->interface == interface)
        return;
    t.till->interface = interface;
    ACCEPTED(scene_select(t.till, NULL));
}

/// BATCH is for the till's own terminal.
static void hand_in(struct clearing *clearing) {
    reach_till(CARD_CONTACT);
    ACCEPTED(clearing_batch(t.till, clearing));
    reach_till(reader);
}

/// The wallet asks for it; the till says no.
static void refund_refused(uint32_t n, uint8_t turn, uint64_t amount, uint16_t sw) {
    struct scene_payment refund = clearing_refund(t.till, t.wallet, n, turn, amount);
    ACCEPTED(scene_step_request(&refund));
    REFUSED(&t, scene_step_debit(&refund), sw);
    ACCEPTED(scene_step_void(&refund));
}

static void refund_paid(uint32_t n, uint8_t turn, uint64_t amount) {
    struct scene_payment refund = clearing_refund(t.till, t.wallet, n, turn, amount);
    ACCEPTED(scene_step_request(&refund));
    ACCEPTED(scene_step_debit(&refund));
    ACCEPTED(scene_step_credit(&refund));
    ACCEPTED(scene_step_ratify(&refund));
}

// ---- refunds -----------------------------------------------------------------------------------

// The friend's refund: money that others paid, for no sale at all.
static void refund_without_sale(void) {
    sell(1000, "NO_1");
    struct scene_payment open = trio_requested(&t, 50, "NO_2");
    struct scene_payment gone = trio_requested(&t, 60, "NO_3");
    ACCEPTED(scene_step_void(&gone));
    refund_refused(open.n, 0, 50, SW_STILL_OPEN);
    refund_refused(gone.n, 0, 60, SW_VOIDED);
    refund_refused(9, 0, 1, SW_NOT_OPEN);
    refund_refused(0, 0, 1, SW_BATCHED);
    refund_refused(1, 0, 1001, SW_INSUFFICIENT);
}

static void test_refund_without_sale(void) {
    both(refund_without_sale);
}

static void refund_of_another(void) {
    struct scene_profile person = trio_wallet_profile();
    uint32_t n = sell(1000, "NO_1");
    struct scene_card *friend = scene_add(t.scene, "FRIEND", ROLE_WALLET, &person);
    friend->interface = reader;
    scene_introduce(friend, t.till);
    struct scene_payment refund = clearing_refund(t.till, friend, n, 0, 1000);
    ACCEPTED(scene_step_request(&refund));
    REFUSED(&t, scene_step_debit(&refund), SW_WRONG_PARTY);
}

static void test_refund_of_another(void) {
    both(refund_of_another);
}

// A terminal that forgot everything asks for the same refund again, under a new number.
static void refund_after_reboot(void) {
    uint32_t n = sell(1000, "NO_1");
    refund_paid(n, 0, 500);
    scene_power(t.till);
    scene_power(t.wallet);
    scene_select(t.till, NULL);
    scene_select(t.wallet, NULL);
    refund_refused(n, 0, 500, SW_REFUND_DONE);
    refund_refused(n, 2, 500, SW_WRONG_COUNTER);
    refund_paid(n, 1, 500);
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 3000);
}

static void test_refund_after_reboot(void) {
    both(refund_after_reboot);
}

// What is handed in stays handed in, settled or not.
static void refund_of_batched(void) {
    uint32_t n = sell(1000, "NO_1");
    hand_in(&batch);
    sell(800, "NO_2");
    refund_refused(n, 0, 1, SW_BATCHED);
    ACCEPTED(clearing_settle(t.till, &batch));
    refund_refused(n, 0, 1, SW_BATCHED);
    refund_paid(2, 0, 800);
}

static void test_refund_of_batched(void) {
    both(refund_of_batched);
}

// A request that was signed before the batch is no way around it.
static void refund_across_batch(void) {
    uint32_t n = sell(1000, "NO_1");
    struct scene_payment refund = clearing_refund(t.till, t.wallet, n, 0, 400);
    ACCEPTED(scene_step_request(&refund));
    hand_in(&batch);
    REFUSED(&t, scene_step_debit(&refund), SW_BATCHED);
    ACCEPTED(clearing_give_back(t.till, &batch));
    ACCEPTED(scene_step_debit(&refund)); // released: it may go on
    ACCEPTED(scene_step_credit(&refund));
    REFUSED(&t, scene_step_debit(&refund), SW_OK); // the stored log
    hand_in(&other);
    CU_ASSERT_EQUAL(bytes_get_be(other.sums.data + 2, 8), 600);
}

static void test_refund_across_batch(void) {
    reader = CARD_CONTACT; // by air a challenge does not outlive BATCH
    begin();
    refund_across_batch();
    end();
}

// Neither side takes a refund that does not name a sale and a turn.
static void refund_in_another_form(void) {
    sell(1000, "NO_1");
    for (uint8_t size = 1; size <= 8; size++) {
        struct scene_payment refund = clearing_refund(t.till, t.wallet, 1, 0, 1);
        refund.terms.reference_size = size;
        if (size != REFERENCE_REFUND_SIZE)
            REFUSED(&t, scene_step_request(&refund), SW_WRONG_REFERENCE);
    }
}

static void test_refund_in_another_form(void) {
    both(refund_in_another_form);
}

// ---- receipts and releases ---------------------------------------------------------------------

static void settle_refused(const struct clearing *clearing, uint16_t sw) {
    REFUSED(&t, clearing_settle(t.till, clearing), sw);
}

static void give_back_refused(const struct clearing *clearing, uint16_t sw) {
    REFUSED(&t, clearing_give_back(t.till, clearing), sw);
}

/// What an honest end says, with the parts that a test changes.
static struct clearing like(const struct clearing *from) {
    struct clearing copy = {.purse = from->purse, .number = from->number, .sums = from->sums};
    memcpy(copy.hash, from->hash, sizeof copy.hash);
    return copy;
}

static void receipts_that_lie(void) {
    uint8_t sums[20];
    sell(1000, "NO_1");
    hand_in(&batch);
    struct clearing lie = like(&batch);
    memcpy(sums, batch.sums.data, 10);
    lie.sums = bytes_of(sums, 10);
    bytes_put_be(sums + 2, 8, 999);
    settle_refused(&lie, SW_MISMATCH);
    bytes_put_be(sums + 2, 8, 1001);
    settle_refused(&lie, SW_MISMATCH);
    bytes_put_be(sums, 2, SCENE_POINTS);
    settle_refused(&lie, SW_MISMATCH);
    lie.sums = bytes_of(sums, 0);
    settle_refused(&lie, SW_MISMATCH);
    lie = like(&batch);
    lie.hash[31] ^= 1;
    settle_refused(&lie, SW_MISMATCH);
    give_back_refused(&lie, SW_MISMATCH);
    lie = like(&batch);
    lie.number = 2;
    settle_refused(&lie, SW_WRONG_COUNTER);
    give_back_refused(&lie, SW_WRONG_COUNTER);
    lie = like(&batch);
    lie.purse = "TILL2";
    settle_refused(&lie, SW_WRONG_PARTY);
    give_back_refused(&lie, SW_WRONG_PARTY);
    ACCEPTED(clearing_settle(t.till, &batch));
}

static void test_receipts_that_lie(void) {
    both(receipts_that_lie);
}

/// Signed by another than the center, in its name.
static void forged_end(enum object_type type, enum purse_command command) {
    struct object_writer writer;
    struct bytes forged;
    uint8_t out[512];
    object_begin(&writer, type, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string("TILL1"));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    if (type == OBJECT_SETTLEMENT_RECEIPT)
        object_put(&writer, FIELD_SUMS, batch.sums);
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(batch.hash));
    object_put_uint(&writer, FIELD_BATCH_NUMBER, batch.number);
    CU_ASSERT_FATAL(object_sign(&writer, &t.scene->purses.signer, &forged));
    REFUSED(&t, scene_send(t.till, command, forged), SW_BAD_SIGNATURE);
}

static void forged_ends(void) {
    sell(1000, "NO_1");
    hand_in(&batch);
    forged_end(OBJECT_SETTLEMENT_RECEIPT, COMMAND_PURSE_SETTLE);
    forged_end(OBJECT_RELEASE, COMMAND_PURSE_RELEASE);
}

static void test_forged_ends(void) {
    both(forged_ends);
}

// A center restored from a backup signs the other end, too: the till has seen the first.
static void both_ends(void) {
    sell(1000, "NO_1");
    hand_in(&batch);
    ACCEPTED(clearing_settle(t.till, &batch));
    give_back_refused(&batch, SW_STALE);
    sell(500, "NO_2");
    hand_in(&other);
    give_back_refused(&batch, SW_STALE);
    ACCEPTED(clearing_give_back(t.till, &other));
    settle_refused(&other, SW_STALE);
    settle_refused(&batch, SW_OK); // the very same receipt
    CU_ASSERT_EQUAL(scene_balance(t.till, SCENE_UNIT), 500);
}

static void test_both_ends(void) {
    both(both_ends);
}

// Yesterday's release does not free today's batch, though it lists the same.
static void old_release(void) {
    sell(1000, "NO_1");
    hand_in(&batch);
    ACCEPTED(clearing_give_back(t.till, &batch));
    hand_in(&other);
    REFUSED(&t, clearing_give_back(t.till, &batch), SW_OK); // the very same: nothing happens
    settle_refused(&batch, SW_STALE);
    ACCEPTED(clearing_settle(t.till, &other));
    give_back_refused(&other, SW_STALE);
    CU_ASSERT_EQUAL(scene_balance(t.till, SCENE_UNIT), 0);
}

static void test_old_release(void) {
    both(old_release);
}

// Whoever passes by may not set the day's takings aside, which would stop refunds.
static void test_batch_by_air(void) {
    static const uint8_t n[] = {0x82, 1, 1};
    reader = CARD_CONTACTLESS;
    begin();
    sell(1000, "NO_1");
    REFUSED(&t, clearing_batch(t.till, &batch), SW_INTERFACE);
    REFUSED(&t, scene_send(t.till, COMMAND_PURSE_GET_SALE, BYTES_OF(n)), SW_INTERFACE);
    end();
}

// ---- the center's other objects ----------------------------------------------------------------

// A till's window follows settlement: nothing that it sold falls out of every batch.
static void acknowledged_past_settlement(void) {
    sell(100, "NO_1");
    REFUSED(&t, clearing_acknowledge(t.till, &(struct clearing_ack){.version = 1, .base = 2}),
            SW_UNSETTLED);
    hand_in(&batch);
    REFUSED(&t, clearing_acknowledge(t.till, &(struct clearing_ack){.version = 1, .base = 2}),
            SW_UNSETTLED);
    ACCEPTED(clearing_settle(t.till, &batch));
    ACCEPTED(clearing_acknowledge(t.till, &(struct clearing_ack){.version = 1, .base = 2}));
    REFUSED(&t, clearing_acknowledge(t.till, &(struct clearing_ack){.version = 2, .base = 1}),
            SW_STALE);
}

static void test_acknowledged_past_settlement(void) {
    both(acknowledged_past_settlement);
}

// Without the payee's receive log a debit stays under way while the payee could still void it.
static void acknowledged_unproven(void) {
    struct scene_payment payment = trio_debited(&t, 100, "NO_1");
    struct clearing_ack ack = {.version = 1, .counter = 1, .date = SCENE_UNTIL};
    REFUSED(&t, clearing_acknowledge(t.wallet, &ack), SW_UNPROVEN);
    ACCEPTED(scene_step_void(&payment));
    ACCEPTED(scene_step_take_void(&payment));
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_UNIT), 3000);
    ACCEPTED(clearing_acknowledge(t.wallet, &ack)); // nothing to end any more
}

static void test_acknowledged_unproven(void) {
    both(acknowledged_unproven);
}

// The payee is gone for good: its certificate has run out, and the center ends the debit.
static void acknowledged_after_the_payee(void) {
    struct scene_payment payment = trio_debited(&t, 100, "NO_1");
    ACCEPTED(scene_step_credit(&payment));
    struct clearing_ack ack = {.version = 1, .counter = 1, .date = 20260201};
    ACCEPTED(clearing_acknowledge(t.wallet, &ack));
    CU_ASSERT_EQUAL(scene_number(t.wallet, NUMBER_UNRATIFIED), 0);
    REFUSED(&t, scene_step_ratify(&payment), SW_OK);
}

static void test_acknowledged_after_the_payee(void) {
    both(acknowledged_after_the_payee);
}

// What a till has leaves by settlement alone.
static void cash_out_of_a_till(void) {
    sell(100, "NO_1");
    REFUSED(&t, clearing_cash_out(t.till, "TILL1", 100, scene_number(t.till, NUMBER_STATE)),
            SW_WRONG_ROLE);
}

static void test_cash_out_of_a_till(void) {
    both(cash_out_of_a_till);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"T12: no refund without a sale", test_refund_without_sale, NULL},
        {"T12: no refund of another's sale", test_refund_of_another, NULL},
        {"T12: no refund twice after a loss of memory", test_refund_after_reboot, NULL},
        {"T12: no refund of what is in a batch", test_refund_of_batched, NULL},
        {"T12: a request from before the batch", test_refund_across_batch, NULL},
        {"T12: a refund names a sale and a turn", test_refund_in_another_form, NULL},
        {"T13: receipts and releases for something else", test_receipts_that_lie, NULL},
        {"T13: receipts and releases by somebody else", test_forged_ends, NULL},
        {"T13: never both ends", test_both_ends, NULL},
        {"T13: yesterday's release", test_old_release, NULL},
        {"T13: no batch by air", test_batch_by_air, NULL},
        {"no acknowledgement past settlement", test_acknowledged_past_settlement, NULL},
        {"no acknowledgement without proof", test_acknowledged_unproven, NULL},
        {"T4: an acknowledgement ends what a dead payee left", test_acknowledged_after_the_payee,
         NULL},
        {"T11: no cash out of a till", test_cash_out_of_a_till, NULL},
    };
    return suite_main("test-till-attacks", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
