// SPDX-License-Identifier: Apache-2.0
#include "tests/trio.h"

#include <stdio.h>

struct world_profile trio_wallet_profile(void) {
    return (struct world_profile){.device = "DEV1",
                                  .user = "USER1",
                                  .free_reading = true,
                                  .no_pin_single = 1000000,
                                  .no_pin_sum = 1000000000,
                                  .no_pin_count = 60000,
                                  .pin = "1234"};
}

struct world_profile trio_machine_profile(void) {
    return (struct world_profile){
        .user = "USER1", .free_reading = true, .offline_count = 100000, .offline_sum = 1000000000};
}

struct trio trio_begin(const struct world_profile *wallet, const struct world_profile *till,
                       const struct world_profile *floater) {
    struct world_profile person = trio_wallet_profile(), machine = trio_machine_profile();
    struct trio trio = {.world = world_open(7)};
    trio.wallet = world_add(trio.world, "WALLET1", ROLE_WALLET, wallet != NULL ? wallet : &person);
    trio.till = world_add(trio.world, "TILL1", ROLE_TILL, till != NULL ? till : &machine);
    trio.floater =
        world_add(trio.world, "FLOAT1", ROLE_FLOAT, floater != NULL ? floater : &machine);
    ACCEPTED(world_issue(trio.wallet, 3000));
    ACCEPTED(world_issue(trio.floater, 50000));
    world_show_center(trio.till);
    world_introduce(trio.wallet, trio.till);
    world_introduce(trio.wallet, trio.floater);
    world_introduce(trio.wallet, trio.till); // both selected last
    return trio;
}

void trio_audit(struct trio *trio) {
    bool sound = world_audit(trio->world);
    if (!sound)
        fprintf(stderr, "audit: %s\n", trio->world->fault);
    CU_ASSERT(sound);
}

void trio_end(struct trio *trio) {
    trio_audit(trio);
    world_close(trio->world);
    *trio = (struct trio){0};
}

struct world_payment trio_requested(struct trio *trio, uint64_t amount, const char *text) {
    struct world_payment payment = world_payment(trio->wallet, trio->till, amount, text);
    ACCEPTED(world_step_request(&payment));
    return payment;
}

struct world_payment trio_debited(struct trio *trio, uint64_t amount, const char *text) {
    struct world_payment payment = trio_requested(trio, amount, text);
    ACCEPTED(world_step_debit(&payment));
    return payment;
}

bool trio_refused(struct trio *trio, struct world_snapshot *before, uint16_t sw, uint16_t expected,
                  const char *what) {
    bool unchanged = world_unchanged(trio->world, before);
    world_forget(before);
    if (sw != expected)
        fprintf(stderr, "%s: %04X (%s) instead of %04X (%s)\n", what, sw, status_text(sw), expected,
                status_text(expected));
    if (!unchanged)
        fprintf(stderr, "%s: an image changed\n", what);
    return sw == expected && unchanged;
}

bool trio_accepted(uint16_t sw, const char *what) {
    if (sw != SW_OK)
        fprintf(stderr, "%s: %04X (%s)\n", what, sw, status_text(sw));
    return sw == SW_OK;
}
