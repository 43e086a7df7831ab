// SPDX-License-Identifier: Apache-2.0
// The purse's golden flows: issue, deposit, payment, void, refund, with the source's own figures.
#include "tests/suite.h"
#include "tests/world.h"

#include <stdio.h>
#include <string.h>

static struct world *world;
static struct world_card *wallet, *till, *floater;

static void begin(void) {
    world = world_open(7);
    const struct world_profile profile = {.user = "USER1",
                                          .device = "DEV1",
                                          .free_reading = true,
                                          .no_pin_single = 1000000,
                                          .no_pin_sum = 1000000000,
                                          .no_pin_count = 60000,
                                          .pin = "1234"};
    const struct world_profile machine = {
        .user = "USER1", .free_reading = true, .offline_count = 100000, .offline_sum = 1000000000};
    wallet = world_add(world, "WALLET1", ROLE_WALLET, &profile);
    till = world_add(world, "TILL1", ROLE_TILL, &machine);
    floater = world_add(world, "FLOAT1", ROLE_FLOAT, &machine);
}

static void end(void) {
    CU_ASSERT(world_audit(world));
    if (world->fault[0] != '\0')
        fprintf(stderr, "audit: %s\n", world->fault);
    world_close(world);
}

static void test_deposit_and_payment(void) {
    begin();
    CU_ASSERT_EQUAL(world_issue(wallet, 1000), SW_OK);
    CU_ASSERT_EQUAL(world_issue(floater, 50000), SW_OK);
    CU_ASSERT_EQUAL(world_balance(wallet, WORLD_UNIT), 1000);
    CU_ASSERT_EQUAL(world_pay(floater, wallet, 2000, "D1"), SW_OK);
    CU_ASSERT_EQUAL(world_balance(wallet, WORLD_UNIT), 3000);
    CU_ASSERT_EQUAL(world_balance(floater, WORLD_UNIT), 48000);
    CU_ASSERT_EQUAL(world_pay(wallet, till, 1000, "NO_1"), SW_OK);
    CU_ASSERT_EQUAL(world_balance(wallet, WORLD_UNIT), 2000);
    CU_ASSERT_EQUAL(world_balance(till, WORLD_UNIT), 1000);
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"deposit 2000 onto 1000, pay 1000 out of 3000", test_deposit_and_payment, "W3 W4 W5"},
    };
    return suite_main("test-purse", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
