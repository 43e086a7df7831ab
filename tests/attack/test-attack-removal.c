// SPDX-License-Identifier: Apache-2.0
// Value is not erased: whoever has the issuer's keys cannot remove a purse that holds money, has
// promised some or cannot prove what it took. The refusal has its own reason and changes nothing.
#include "card/applets/isd/isd.h"
#include "tests/kit/clearing.h"
#include "tests/kit/scene/target.h"
#include "tests/kit/suite.h"

static struct scene *scene;
static struct scene_card *wallet, *till;

static void start(void) {
    struct scene_profile profile = {.user = "USER1",
                                    .offline_count = 9,
                                    .offline_sum = 9000,
                                    .no_pin_single = 5000,
                                    .no_pin_sum = 5000,
                                    .no_pin_count = 5,
                                    .pin = "1234"};
    scene = scene_open(65536);
    wallet = scene_add(scene, "WALLET1", ROLE_WALLET, &profile);
    till = scene_add(scene, "TILL1", ROLE_TILL, &profile);
    scene->all_applets = true;
}

static uint16_t removal(struct scene_card *card, enum card_interface interface) {
    card->interface = interface;
    struct issuer *issuer = issuer_at(card);
    CU_ASSERT_EQUAL_FATAL(issuer_open(issuer), GP_OK);
    uint16_t sw = issuer_delete(issuer, "purse");
    CU_ASSERT_EQUAL(issuer->undocumented, 0);
    issuer_leave(issuer);
    return sw;
}

static void kept(struct scene_card *card) {
    uint64_t balance = scene_balance(card, SCENE_UNIT), state = scene_number(card, NUMBER_STATE);
    CU_ASSERT_EQUAL_FATAL(removal(card, CARD_CONTACT), SW_HOLDS_VALUE);
    CU_ASSERT_EQUAL(removal(card, CARD_INTERNAL), SW_HOLDS_VALUE);
    card->interface = CARD_CONTACT;
    CU_ASSERT_EQUAL(scene_balance(card, SCENE_UNIT), balance);
    CU_ASSERT_EQUAL(scene_number(card, NUMBER_STATE), state);
}

static void test_money_stays(void) {
    start();
    CU_ASSERT_EQUAL(scene_issue(wallet, 3000), SW_OK);
    kept(wallet);
    CU_ASSERT_EQUAL(scene_pay(wallet, till, 3000, "NO_1"), SW_OK);
    CU_ASSERT_EQUAL(scene_balance(wallet, SCENE_UNIT), 0);
    kept(till);
    CU_ASSERT_EQUAL(removal(wallet, CARD_CONTACT), SW_OK); // empty, and all is ratified
    scene_close(scene);
}

static void test_empty_goes(void) {
    start();
    CU_ASSERT_EQUAL(removal(wallet, CARD_CONTACT), SW_OK);
    CU_ASSERT_EQUAL(removal(till, CARD_CONTACT), SW_OK);
    scene_close(scene);
}

/// A number that is asked for may still be paid: it is ended first.
static void test_open_number_stays(void) {
    start();
    CU_ASSERT_EQUAL(scene_issue(wallet, 3000), SW_OK);
    scene_introduce(wallet, till);
    struct scene_payment payment = scene_payment(wallet, till, 1000, "NO_1");
    CU_ASSERT_EQUAL(scene_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_balance(till, SCENE_UNIT), 0);
    kept(till);
    CU_ASSERT_EQUAL(scene_select(till, NULL), SW_OK);
    CU_ASSERT_EQUAL(scene_step_void(&payment), SW_OK);
    CU_ASSERT_EQUAL(removal(till, CARD_CONTACT), SW_OK);
    scene_close(scene);
}

/// Nothing is left, but who was paid cannot prove it yet.
static void test_unratified_stays(void) {
    start();
    CU_ASSERT_EQUAL(scene_issue(wallet, 3000), SW_OK);
    scene_introduce(wallet, till);
    struct scene_payment payment = scene_payment(wallet, till, 3000, "NO_1");
    CU_ASSERT_EQUAL(scene_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_debit(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_balance(wallet, SCENE_UNIT), 0);
    kept(wallet);
    CU_ASSERT_EQUAL(scene_select(wallet, NULL), SW_OK);
    CU_ASSERT_EQUAL(scene_step_credit(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_ratify(&payment), SW_OK);
    CU_ASSERT_EQUAL(removal(wallet, CARD_CONTACT), SW_OK);
    scene_close(scene);
}

/// The center takes the value back, for the state that it saw, and the way is open.
static void test_cash_out_opens_the_way(void) {
    start();
    CU_ASSERT_EQUAL(scene_issue(wallet, 3000), SW_OK);
    kept(wallet);
    CU_ASSERT_EQUAL(scene_select(wallet, NULL), SW_OK);
    uint64_t state = scene_number(wallet, NUMBER_STATE);
    CU_ASSERT_EQUAL(clearing_cash_out(wallet, "WALLET1", 2999, state), SW_OK);
    kept(wallet);
    CU_ASSERT_EQUAL(scene_select(wallet, NULL), SW_OK);
    CU_ASSERT_EQUAL(clearing_cash_out(wallet, "WALLET1", 1, state + 1), SW_OK);
    CU_ASSERT_EQUAL(removal(wallet, CARD_CONTACT), SW_OK);
    scene_close(scene);
}

/// Keys of a card that is made are somebody's; those of a card on its way are not.
static void test_identity_stays(void) {
    struct issuer *host = target_with_piv();
    host->card->scene->all_applets = true;
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    SW(issuer_set_status(host, 0x80, CARD_INITIALIZED, NULL), SW_OK);
    SW(issuer_set_status(host, 0x80, CARD_SECURED, NULL), SW_OK);
    target_remember(host);
    for (int interface = CARD_CONTACT; interface <= CARD_INTERNAL; interface++) {
        if (interface == CARD_CONTACTLESS)
            continue;
        host->card->interface = (enum card_interface)interface;
        OPEN();
        SW(issuer_delete(host, "piv"), SW_HOLDS_KEYS);
    }
    host->card->interface = CARD_CONTACT;
    target_unchanged(host);
    OPEN();
    SW(issuer_set_status(host, 0x40, 0x80, "piv"), SW_OK);
    SW(issuer_delete(host, "piv"), SW_OK);
    target_end(host);
    host = target_with_piv(); // half made
    OPEN();
    SW(issuer_delete(host, "piv"), SW_OK);
    target_end(host);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a purse with money is not removed", test_money_stays, NULL},
        {"a purse without value is", test_empty_goes, NULL},
        {"a purse with an open number is not removed", test_open_number_stays, NULL},
        {"a purse with an unratified payment is not removed", test_unratified_stays, NULL},
        {"a redemption of the center opens the way", test_cash_out_opens_the_way, NULL},
        {"an identity in use is not removed", test_identity_stays, NULL},
    };
    return suite_main("test-attack-removal", tests, sizeof tests / sizeof *tests, argc, argv);
}
