// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/trio.h"

#include <stdio.h>

struct scene_profile trio_wallet_profile(void) {
    return (struct scene_profile){.device = "DEV1",
                                  .user = "USER1",
                                  .free_reading = true,
                                  .no_pin_single = 1000000,
                                  .no_pin_sum = 1000000000,
                                  .no_pin_count = 60000,
                                  .pin = "1234"};
}

struct scene_profile trio_machine_profile(void) {
    return (struct scene_profile){
        .user = "USER1", .free_reading = true, .offline_count = 100000, .offline_sum = 1000000000};
}

struct trio trio_begin(const struct scene_profile *wallet, const struct scene_profile *till,
                       const struct scene_profile *floater) {
    struct scene_profile person = trio_wallet_profile(), machine = trio_machine_profile();
    struct trio trio = {.scene = scene_open(7)};
    trio.wallet = scene_add(trio.scene, "WALLET1", ROLE_WALLET, wallet != NULL ? wallet : &person);
    trio.till = scene_add(trio.scene, "TILL1", ROLE_TILL, till != NULL ? till : &machine);
    trio.floater =
        scene_add(trio.scene, "FLOAT1", ROLE_FLOAT, floater != NULL ? floater : &machine);
    ACCEPTED(scene_issue(trio.wallet, 3000));
    ACCEPTED(scene_issue(trio.floater, 50000));
    scene_show_center(trio.till);
    scene_introduce(trio.wallet, trio.till);
    scene_introduce(trio.wallet, trio.floater);
    scene_introduce(trio.wallet, trio.till); // both selected last
    return trio;
}

void trio_audit(struct trio *trio) {
    bool sound = scene_audit(trio->scene);
    if (!sound)
        fprintf(stderr, "audit: %s\n", trio->scene->fault);
    CU_ASSERT(sound);
}

void trio_end(struct trio *trio) {
    trio_audit(trio);
    scene_close(trio->scene);
    *trio = (struct trio){0};
}

struct scene_payment trio_requested(struct trio *trio, uint64_t amount, const char *text) {
    struct scene_payment payment = scene_payment(trio->wallet, trio->till, amount, text);
    ACCEPTED(scene_step_request(&payment));
    return payment;
}

struct scene_payment trio_debited(struct trio *trio, uint64_t amount, const char *text) {
    struct scene_payment payment = trio_requested(trio, amount, text);
    ACCEPTED(scene_step_debit(&payment));
    return payment;
}

bool trio_refused(struct trio *trio, struct scene_snapshot *before, uint16_t sw, uint16_t expected,
                  const char *what) {
    bool unchanged = scene_unchanged(trio->scene, before);
    scene_forget(before);
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
