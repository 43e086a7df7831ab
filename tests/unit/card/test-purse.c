// SPDX-License-Identifier: Apache-2.0
// The purse's golden flows with the source's own figures: deposit, payment, their ends and their
// repetitions, what each signed object says, and how little crosses the air.
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <string.h>

static struct trio t;

static uint64_t balance(struct scene_card *card) {
    return scene_balance(card, SCENE_UNIT);
}

// W3: 1000, deposit 2000, 3000. W4, W5: pay 1000 out of 3000; the sum of all does not change.
static void test_deposit_and_payment(void) {
    struct scene *scene = scene_open(7);
    struct scene_profile person = trio_wallet_profile(), machine = trio_machine_profile();
    struct scene_card *wallet = scene_add(scene, "WALLET1", ROLE_WALLET, &person);
    struct scene_card *till = scene_add(scene, "TILL1", ROLE_TILL, &machine);
    struct scene_card *floater = scene_add(scene, "FLOAT1", ROLE_FLOAT, &machine);
    ACCEPTED(scene_issue(wallet, 1000));
    ACCEPTED(scene_issue(floater, 50000));
    CU_ASSERT_EQUAL(balance(wallet), 1000);
    ACCEPTED(scene_pay(floater, wallet, 2000, "D1"));
    CU_ASSERT_EQUAL(balance(wallet), 3000);
    CU_ASSERT_EQUAL(balance(floater), 48000);
    ACCEPTED(scene_pay(wallet, till, 1000, "NO_1"));
    CU_ASSERT_EQUAL(balance(wallet), 2000);
    CU_ASSERT_EQUAL(balance(till), 1000);
    CU_ASSERT_EQUAL(balance(wallet) + balance(till), 3000);
    ACCEPTED(scene_pay(wallet, till, 250, "NO_2"));
    CU_ASSERT_EQUAL(balance(till), 1250);
    CU_ASSERT(scene_audit(scene));
    scene_close(scene);
}

static struct object decoded(enum object_type type, const struct scene_object *in) {
    struct object object;
    CU_ASSERT_FATAL(object_decode_as(type, scene_bytes(in), &object));
    return object;
}

static bool says(const struct object *object, enum field field, const char *text) {
    return bytes_equal(object->fields[field], bytes_of_string(text));
}

// S10: the usage log names the issue log, the fee and who receives it; signed by the payer.
static void test_usage_log(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct scene_payment payment = trio_debited(&t, 1000, "NO_1");
    struct object log = decoded(OBJECT_USAGE_LOG, &payment.log);
    CU_ASSERT(object_verify(&log, t.scene->crypto, t.wallet->signing_point));
    CU_ASSERT_EQUAL(object_uint(&log, FIELD_AMOUNT), 1000);
    CU_ASSERT_EQUAL(object_unit(&log), SCENE_UNIT);
    CU_ASSERT(says(&log, FIELD_PAYEE, "TILL1") && says(&log, FIELD_PAYER, "WALLET1"));
    CU_ASSERT_EQUAL(object_uint(&log, FIELD_SERIAL), scene_number(t.wallet, NUMBER_SERIAL));
    CU_ASSERT_EQUAL(object_uint(&log, FIELD_REVISION), 1);
    CU_ASSERT_EQUAL(object_uint(&log, FIELD_STATE_NUMBER), scene_number(t.wallet, NUMBER_STATE));
    CU_ASSERT_EQUAL(object_uint(&log, FIELD_ISSUED) - object_uint(&log, FIELD_SPENT),
                    balance(t.wallet));
    trio_end(&t);
}

// S11: the receive log names the usage log by its digest and the payer; signed by the payee.
static void test_receive_log(void) {
    uint8_t digest[SHA256_SIZE];
    t = trio_begin(NULL, NULL, NULL);
    struct scene_payment payment = trio_debited(&t, 1000, "NO_1");
    uint64_t state = scene_number(t.till, NUMBER_STATE);
    ACCEPTED(scene_step_credit(&payment));
    CU_ASSERT_EQUAL(scene_number(t.till, NUMBER_STATE), state + 1);
    struct object log = decoded(OBJECT_USAGE_LOG, &payment.log);
    struct object receipt = decoded(OBJECT_RECEIVE_LOG, &payment.receipt);
    CU_ASSERT(object_verify(&receipt, t.scene->crypto, t.till->signing_point));
    CU_ASSERT(object_digest(&log, t.scene->crypto, digest));
    CU_ASSERT(bytes_equal(receipt.fields[FIELD_LOG_HASH], BYTES_OF(digest)));
    CU_ASSERT(says(&receipt, FIELD_PAYER, "WALLET1") && says(&receipt, FIELD_PAYEE, "TILL1"));
    CU_ASSERT_EQUAL(object_uint(&receipt, FIELD_N), payment.n);
    ACCEPTED(scene_step_ratify(&payment));
    CU_ASSERT_EQUAL(scene_number(t.wallet, NUMBER_UNRATIFIED), 0);
    trio_end(&t);
}

// A torn tap: whatever was lost, the same sale finishes on the next tap without a second debit.
static void test_torn_taps(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct scene_payment first = trio_debited(&t, 1000, "NO_1");
    scene_power(t.wallet);
    struct scene_payment again = trio_requested(&t, 1000, "NO_1");
    CU_ASSERT_EQUAL(again.n, first.n);
    CU_ASSERT(!bytes_equal(scene_bytes(&again.request), scene_bytes(&first.request)));
    ACCEPTED(scene_step_debit(&again));
    CU_ASSERT(bytes_equal(scene_bytes(&again.log), scene_bytes(&first.log)));
    CU_ASSERT_EQUAL(balance(t.wallet), 2000);
    ACCEPTED(scene_step_credit(&again));
    struct object one = decoded(OBJECT_RECEIVE_LOG, &again.receipt);
    scene_power(t.till);
    scene_select(t.till, NULL);
    struct scene_payment repeated = again;
    ACCEPTED(scene_step_credit(&repeated));
    struct object two = decoded(OBJECT_RECEIVE_LOG, &repeated.receipt);
    CU_ASSERT(bytes_equal(one.body, two.body));
    CU_ASSERT_EQUAL(balance(t.till), 1000);
    ACCEPTED(scene_step_ratify(&again));
    struct scene_snapshot before = scene_save(t.scene);
    ACCEPTED(scene_step_ratify(&repeated));
    ACCEPTED(scene_step_debit(&again));
    CU_ASSERT(bytes_equal(scene_bytes(&again.log), scene_bytes(&first.log)));
    CU_ASSERT(scene_unchanged(t.scene, &before));
    scene_forget(&before);
    trio_end(&t);
}

// CREDIT and VOID are rivals: the first commit wins, the other answers with the winner's object.
static void test_void_wins(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct scene_payment payment = trio_debited(&t, 1000, "NO_1");
    uint64_t state = scene_number(t.wallet, NUMBER_STATE);
    ACCEPTED(scene_step_void(&payment));
    struct object made = decoded(OBJECT_VOID, &payment.receipt);
    CU_ASSERT(object_verify(&made, t.scene->crypto, t.till->signing_point));
    struct scene_payment late = payment;
    ACCEPTED(scene_step_credit(&late));
    struct object remade = decoded(OBJECT_VOID, &late.receipt);
    CU_ASSERT(bytes_equal(made.body, remade.body));
    trio_audit(&t);
    ACCEPTED(scene_step_take_void(&payment));
    CU_ASSERT_EQUAL(scene_number(t.wallet, NUMBER_STATE), state + 1);
    CU_ASSERT_EQUAL(balance(t.wallet), 3000);
    CU_ASSERT_EQUAL(balance(t.till), 0);
    REFUSED(&t, scene_step_debit(&payment), SW_VOIDED);
    ACCEPTED(scene_pay(t.wallet, t.till, 1000, "NO_1"));
    CU_ASSERT_EQUAL(balance(t.wallet), 2000);
    trio_end(&t);
}

static void test_credit_wins(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct scene_payment payment = trio_debited(&t, 1000, "NO_1");
    ACCEPTED(scene_step_credit(&payment));
    struct scene_payment late = payment;
    ACCEPTED(scene_step_void(&late));
    struct object receipt = decoded(OBJECT_RECEIVE_LOG, &late.receipt);
    CU_ASSERT(object_verify(&receipt, t.scene->crypto, t.till->signing_point));
    REFUSED(&t, scene_step_take_void(&late), SW_BAD_OBJECT);
    ACCEPTED(scene_step_ratify(&late));
    trio_end(&t);
}

static void test_refund_by_till(void) {
    t = trio_begin(NULL, NULL, NULL);
    ACCEPTED(scene_pay(t.wallet, t.till, 1000, "NO_1"));
    ACCEPTED(scene_pay(t.till, t.wallet, 400, "BACK"));
    CU_ASSERT_EQUAL(balance(t.wallet), 2400);
    CU_ASSERT_EQUAL(balance(t.till), 600);
    trio_end(&t);
}

// Closed entries make room, the oldest first: the last 16 debits can be looked up.
static void test_ring_keeps_the_latest(void) {
    char text[8];
    struct scene_payment first = {0}, second = {0};
    t = trio_begin(NULL, NULL, NULL);
    for (int i = 0; i <= RING_SMALL; i++) {
        snprintf(text, sizeof text, "S%d", i);
        struct scene_payment payment = trio_requested(&t, 1, text);
        ACCEPTED(scene_step_debit(&payment));
        ACCEPTED(scene_step_credit(&payment));
        ACCEPTED(scene_step_ratify(&payment));
        if (i == 0)
            first = payment;
        if (i == 1)
            second = payment;
    }
    REFUSED(&t, scene_step_debit(&second), SW_OK);
    REFUSED(&t, scene_step_ratify(&second), SW_OK);
    REFUSED(&t, scene_step_ratify(&first), SW_RECORD_NOT_FOUND);
    REFUSED(&t, scene_step_debit(&first), SW_BAD_CHALLENGE);
    trio_end(&t);
}

// P2-22, S01b: a fee above what the issue log allows is refused; balance and log are unchanged.
static void test_above_balance(void) {
    t = trio_begin(NULL, NULL, NULL);
    struct scene_payment payment = trio_requested(&t, 3001, "NO_1");
    REFUSED(&t, scene_step_debit(&payment), SW_INSUFFICIENT);
    CU_ASSERT_EQUAL(balance(t.wallet), 3000);
    ACCEPTED(scene_step_void(&payment));
    ACCEPTED(scene_pay(t.wallet, t.till, 3000, "NO_1"));
    CU_ASSERT_EQUAL(balance(t.wallet), 0);
    trio_end(&t);
}

// P2-15, P2-20: reading tells the balance and changes nothing. G7: without the owner it tells none.
static void test_reading(void) {
    struct scene_profile shy = trio_wallet_profile();
    struct tlv pockets;
    shy.free_reading = false;
    t = trio_begin(NULL, NULL, NULL);
    struct scene_snapshot before = scene_save(t.scene);
    scene_select(t.wallet, NULL);
    ACCEPTED(
        scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_DATA, PURSE_DATA_POCKETS, bytes_of(NULL, 0)));
    CU_ASSERT(tlv_find(t.wallet->answer, 0x9F2F, &pockets));
    CU_ASSERT_EQUAL(bytes_get_be(pockets.value.data, 2), SCENE_UNIT);
    CU_ASSERT_EQUAL(bytes_get_be(pockets.value.data + 2, 8), 3000);
    CU_ASSERT(scene_unchanged(t.scene, &before));
    scene_forget(&before);
    trio_end(&t);
    t = trio_begin(&shy, NULL, NULL);
    scene_select(t.wallet, NULL);
    REFUSED(
        &t,
        scene_send_p1p2(t.wallet, COMMAND_PURSE_GET_DATA, PURSE_DATA_POCKETS, bytes_of(NULL, 0)),
        SW_SECURITY_STATUS);
    trio_end(&t);
}

// P2-06, P2-23, G7: no command with made-up data changes a balance, whoever sends it.
static void test_nothing_else_changes_balances(void) {
    uint8_t junk[255];
    t = trio_begin(NULL, NULL, NULL);
    for (size_t id = COMMAND_PURSE_EXCHANGE_CERTIFICATES; id <= COMMAND_PURSE_GET_DATA; id++) {
        if (id == COMMAND_PURSE_SET_OPTIONS)
            continue;
        for (size_t size = purse_commands[id].lc_min;
             size <= purse_commands[id].lc_max && size <= 255; size += 7) {
            CU_ASSERT(t.scene->crypto->ops->random(t.scene->crypto, junk, sizeof junk));
            struct scene_snapshot before = scene_save(t.scene);
            CU_ASSERT(scene_send(t.wallet, (enum purse_command)id, bytes_of(junk, size)) != SW_OK);
            CU_ASSERT(scene_send(t.till, (enum purse_command)id, bytes_of(junk, size)) != SW_OK);
            CU_ASSERT(scene_unchanged(t.scene, &before));
            scene_forget(&before);
            if (size == purse_commands[id].lc_max)
                break;
        }
    }
    CU_ASSERT_EQUAL(balance(t.wallet), 3000);
    trio_end(&t);
}

// Air budget: a tap is 3 APDUs and at most 700 octets, a first meeting 4 and at most 1200.
static void test_air_budget(void) {
    t = trio_begin(NULL, NULL, NULL);
    ACCEPTED(scene_pay(t.wallet, t.till, 1, "WARM"));
    struct scene_payment payment = scene_payment(t.wallet, t.till, 123456, "TICKET-000000001");
    ACCEPTED(scene_issue(t.wallet, 1000000));
    t.wallet->apdus = 0;
    t.wallet->wire = 0;
    ACCEPTED(scene_step_request(&payment));
    ACCEPTED(scene_step_debit(&payment));
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment));
    CU_ASSERT_EQUAL(t.wallet->apdus, 3);
    CU_ASSERT(t.wallet->wire <= 700);
    printf("tap: %u APDUs, %zu octets; ", t.wallet->apdus, t.wallet->wire);
    scene_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, t.till->certificate);
    CU_ASSERT_EQUAL(t.wallet->apdus, 4);
    CU_ASSERT(t.wallet->wire <= 1200);
    printf("first meeting: %u APDUs, %zu octets\n", t.wallet->apdus, t.wallet->wire);
    trio_end(&t);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"deposit 2000 onto 1000, pay 1000 out of 3000", test_deposit_and_payment,
         "W3 W4 W5 P2-05 P2-19 P2-21"},
        {"usage log names issue log, fee and receiver", test_usage_log, "S10 P2-21"},
        {"receive log names usage log and payer", test_receive_log, "S11"},
        {"a torn tap finishes once, repetitions get the stored octets", test_torn_taps, NULL},
        {"void before credit: re-credited once, late log gets the void", test_void_wins, NULL},
        {"credit before void: void gets the receive log", test_credit_wins, NULL},
        {"a till pays back", test_refund_by_till, NULL},
        {"the ring keeps the latest debits", test_ring_keeps_the_latest, NULL},
        {"above the allowance: refused, nothing changed", test_above_balance, "P2-22 S01b"},
        {"balance is told to whom the owner allows, and reading changes nothing", test_reading,
         "P2-15 P2-20 G7"},
        {"no made-up command changes a balance", test_nothing_else_changes_balances,
         "P2-06 P2-23 G7"},
        {"a tap stays within the air budget", test_air_budget, NULL},
    };
    return suite_main("test-purse", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
