// SPDX-License-Identifier: Apache-2.0
// An id that is given to a second card: what was signed for the first one must mean nothing to the
// second. Without counters of its own the second card takes an old issue log (value out of nothing)
// and an old usage log (goods for nothing); the bench therefore begins its counters elsewhere.
#include "personalization/bench.h"
#include "tests/suite.h"
#include "tests/trio.h"

#include <string.h>

static struct world_profile following(struct world_profile profile, size_t earlier) {
    struct bench_order order = bench_order_for("X", ROLE_WALLET);
    struct failure failure = {0};
    CU_ASSERT_FATAL(bench_order_follow(&order, earlier, &failure));
    profile.first_counter = order.first_counter;
    profile.first_n = order.first_n;
    profile.first_state = order.first_state;
    return profile;
}

/// The issue log of the first card, presented to a second one of the same id.
static uint16_t old_issue_log(size_t earlier) {
    struct world *world = world_open(31);
    struct world_profile profile = trio_wallet_profile();
    uint8_t octets[512];
    struct world_card *first = world_add(world, "WALLET", ROLE_WALLET, &profile);
    struct world_issue issue = world_issue_for(first, 3000);
    struct bytes log = world_issue_object(world, &issue, octets, sizeof octets);
    world_show_center(first);
    CU_ASSERT_EQUAL(world_send(first, COMMAND_PURSE_ISSUE, log), SW_OK);
    profile = following(profile, earlier);
    struct world_card *second = world_add(world, "WALLET", ROLE_WALLET, &profile);
    world_show_center(second);
    uint16_t sw = world_send(second, COMMAND_PURSE_ISSUE, log);
    CU_ASSERT_EQUAL(world_balance(second, WORLD_UNIT), sw == SW_OK ? 3000 : 0);
    world_close(world);
    return sw;
}

static void test_old_issue_log(void) {
    CU_ASSERT_EQUAL(old_issue_log(0), SW_OK); // the attack: this is why
    CU_ASSERT_EQUAL(old_issue_log(1), SW_STALE);
    CU_ASSERT_EQUAL(old_issue_log(7), SW_STALE);
}

/// The usage log of a sale at the first till, presented to a second till of the same id that asks
/// for the same sale.
static uint16_t old_usage_log(size_t earlier) {
    struct trio trio = trio_begin(NULL, NULL, NULL);
    struct world_payment payment = trio_debited(&trio, 1000, "NO_1");
    CU_ASSERT_EQUAL(world_step_credit(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_ratify(&payment), SW_OK);
    struct world_profile profile = following(trio_machine_profile(), earlier);
    struct world_card *second = world_add(trio.world, trio.till->holder, ROLE_TILL, &profile);
    world_introduce(trio.wallet, second);
    struct world_payment again = world_payment(trio.wallet, second, 1000, "NO_1");
    CU_ASSERT_EQUAL(world_step_request(&again), SW_OK);
    again.log = payment.log;
    uint16_t sw = world_step_credit(&again);
    CU_ASSERT_EQUAL(world_balance(second, WORLD_UNIT), sw == SW_OK ? 1000 : 0);
    world_close(trio.world);
    return sw;
}

static void test_old_usage_log(void) {
    CU_ASSERT_EQUAL(old_usage_log(0), SW_OK); // the attack: this is why
    CU_ASSERT_EQUAL(old_usage_log(1), SW_ASK_CENTER);
}

/// Generations end before counters do.
static void test_generations_end(void) {
    struct bench_order order = bench_order_for("X", ROLE_TILL);
    struct failure failure = {0};
    CU_ASSERT(bench_order_follow(&order, 0, &failure));
    CU_ASSERT_EQUAL(order.first_n, 0); // the usual 1
    CU_ASSERT(bench_order_follow(&order, 200, &failure));
    CU_ASSERT(order.first_n == (200u << 24 | 1) && order.first_counter == order.first_n &&
              order.first_state == order.first_n);
    CU_ASSERT_FALSE(bench_order_follow(&order, 201, &failure));
    CU_ASSERT(strstr(failure.text, "choose a new id") != NULL);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"an old issue log is stale for the next card of an id", test_old_issue_log, NULL},
        {"an old usage log pays nothing at the next till of an id", test_old_usage_log, NULL},
        {"generations of an id end before the counters", test_generations_end, NULL},
    };
    return suite_main("test-reissue", tests, sizeof tests / sizeof *tests, argc, argv);
}
