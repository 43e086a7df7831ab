// SPDX-License-Identifier: Apache-2.0
// An id that is given to a second card: what was signed for the first one must mean nothing to the
// second. Without counters of its own the second card takes an old issue log (value out of nothing)
// and an old usage log (goods for nothing); the factory therefore begins its counters elsewhere.
#include "personalization/cards/factory.h"
#include "tests/kit/scene/trio.h"
#include "tests/kit/suite.h"

#include <string.h>

static struct scene_profile following(struct scene_profile profile, size_t earlier) {
    struct factory_order order = factory_order_for("X", ROLE_WALLET);
    struct failure failure = {0};
    CU_ASSERT_FATAL(factory_order_follow(&order, earlier, &failure));
    profile.first_counter = order.first_counter;
    profile.first_n = order.first_n;
    profile.first_state = order.first_state;
    return profile;
}

/// The issue log of the first card, presented to a second one of the same id.
static uint16_t old_issue_log(size_t earlier) {
    struct scene *scene = scene_open(31);
    struct scene_profile profile = trio_wallet_profile();
    uint8_t octets[512];
    struct scene_card *first = scene_add(scene, "WALLET", ROLE_WALLET, &profile);
    struct scene_issue issue = scene_issue_for(first, 3000);
    struct bytes log = scene_issue_object(scene, &issue, octets, sizeof octets);
    scene_show_center(first);
    CU_ASSERT_EQUAL(scene_send(first, COMMAND_PURSE_ISSUE, log), SW_OK);
    profile = following(profile, earlier);
    struct scene_card *second = scene_add(scene, "WALLET", ROLE_WALLET, &profile);
    scene_show_center(second);
    uint16_t sw = scene_send(second, COMMAND_PURSE_ISSUE, log);
    CU_ASSERT_EQUAL(scene_balance(second, SCENE_UNIT), sw == SW_OK ? 3000 : 0);
    scene_close(scene);
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
    struct scene_payment payment = trio_debited(&trio, 1000, "NO_1");
    CU_ASSERT_EQUAL(scene_step_credit(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_ratify(&payment), SW_OK);
    struct scene_profile profile = following(trio_machine_profile(), earlier);
    struct scene_card *second = scene_add(trio.scene, trio.till->holder, ROLE_TILL, &profile);
    scene_introduce(trio.wallet, second);
    struct scene_payment again = scene_payment(trio.wallet, second, 1000, "NO_1");
    CU_ASSERT_EQUAL(scene_step_request(&again), SW_OK);
    again.log = payment.log;
    uint16_t sw = scene_step_credit(&again);
    CU_ASSERT_EQUAL(scene_balance(second, SCENE_UNIT), sw == SW_OK ? 1000 : 0);
    scene_close(trio.scene);
    return sw;
}

static void test_old_usage_log(void) {
    CU_ASSERT_EQUAL(old_usage_log(0), SW_OK); // the attack: this is why
    CU_ASSERT_EQUAL(old_usage_log(1), SW_ASK_CENTER);
}

/// Generations end before counters do.
static void test_generations_end(void) {
    struct factory_order order = factory_order_for("X", ROLE_TILL);
    struct failure failure = {0};
    CU_ASSERT(factory_order_follow(&order, 0, &failure));
    CU_ASSERT_EQUAL(order.first_n, 0); // the usual 1
    CU_ASSERT(factory_order_follow(&order, 200, &failure));
    CU_ASSERT(order.first_n == (200u << 24 | 1) && order.first_counter == order.first_n &&
              order.first_state == order.first_n);
    CU_ASSERT_FALSE(factory_order_follow(&order, 201, &failure));
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
