// SPDX-License-Identifier: Apache-2.0
// Whoever asks the clearing center for money that is not there, or twice, with objects that are
// genuine: sums that no card can have, loads that nobody proves, orders over what waits for a
// person; on every engine.
#include "apdu/octets/unit.h"
#include "base/calendar.h"
#include "tests/kit/house/house.h"
#include "tests/kit/suite.h"

#include <stdio.h>

static struct told redeem(struct shop *shop, const struct card *card, unsigned amount) {
    char body[5000];
    snprintf(body, sizeof body, "{\"statement\":%s,\"amount\":%u,\"unit\":\"JPY\"}",
             house_statement(shop, &house_alice, card), amount);
    return house_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/redemptions", body);
}

// A key that was taken out of its card says what it likes: sums at the ends of their octets, one
// below another one that it has to be above, a total that came from nowhere.
static void wild_sums(struct shop *shop) {
    static const uint64_t wild[] = {UINT64_C(1) << 63, UINT64_MAX, INT64_MAX};
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    struct deal deal;
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        uint64_t *const numbers[] = {&alice.loaded,   &alice.recredited, &alice.spent,
                                     &alice.redeemed, &alice.reserved,   &alice.carry,
                                     &alice.serial};
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
            uint64_t before = *numbers[k];
            *numbers[k] = wild[i];
            struct told told = house_tell(shop, &house_alice, &alice);
            CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"statement\""));
            *numbers[k] = before;
        }
    }
    alice.lie = 1000; // more than was issued, loaded and spent
    struct told told = house_tell(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"statement\""));
    alice.lie = 0;
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    struct card wrong = till;
    wrong.redeemed = UINT64_C(1) << 63;
    house_batch(&wrong);
    told = house_end(shop, &house_shop, &wrong, "batches", false);
    CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"batch\""));
    CU_ASSERT_EQUAL(house_account(shop, "CLAIM:alice-p:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 2000);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
}

static void test_wild_sums(void) {
    house_on_every_engine(wild_sums);
}

// Loaded by a machine that nobody knows of, and at once to the bank with it. What is proven goes
// out, the rest when the machine's log is here.
static void unproven(struct shop *shop) {
    static const struct peer machine_host = {.roles = ROLE_FLOAT, .id = "float-1"};
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000);
    CU_ASSERT_EQUAL(house_transfer(shop, "b-2", house.machine.holder, 9000).status, 200);
    struct card machine = house_card(&house.machine);
    struct told told = house_issue(shop, &machine_host, &machine);
    CU_ASSERT_TRUE_FATAL(house_take(&machine, &told));
    house_pay(&machine, &alice, 2000, &(struct terms){.kind = REFERENCE_DEPOSIT}, &deal);
    told = redeem(shop, &alice, 3001);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"claim\""));
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM redemption"), 0);
    house_upload(shop, &machine_host, &machine, &deal, 1);
    told = redeem(shop, &alice, 5001);
    CU_ASSERT_TRUE(house_says(&told, 409, "insufficient"));
    told = redeem(shop, &alice, 5000);
    CU_ASSERT_EQUAL(told.status, 200);
}

static void test_unproven(void) {
    house_on_every_engine(unproven);
}

// More has left, it says, than was ordered; or less; or what nobody ordered.
static void left_otherwise(struct shop *shop) {
    static const uint64_t said[] = {500, 501, 499, 3000}; // the first before anything is ordered
    struct card alice = house_alice_with(shop, 3000);
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct card wrong = alice;
        wrong.redeemed += said[i];
        wrong.state++;
        struct told told = house_tell(shop, &house_alice, &wrong);
        CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"books\""));
        CU_ASSERT_EQUAL(redeem(shop, &alice, 500).status, 200);
    }
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM payout"), 0);
    alice.redeemed += 500;
    alice.state++;
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT amount FROM payout"), 500);
}

static void test_left_otherwise(void) {
    house_on_every_engine(left_otherwise);
}

// The money of a content without its policy waits for a person. Its seller wants it back to the
// friend who paid, who then would have it twice, by the order and by the person's decision.
static void ordered_out_of_suspense(struct shop *shop) {
    struct deal deals[2];
    const struct terms bare = {.kind = REFERENCE_CONTENT};
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, &bare, &deals[0]);
    house_pay(&alice, &till, 1000, NULL, &deals[1]);
    house_upload(shop, &house_shop, &till, deals, 2);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    static const char order[] = "{\"n\":1,\"amount\":1000}";
    struct told told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders", order);
    CU_ASSERT_TRUE(house_says(&told, 409, "insufficient"));
    told = house_ask(shop, &house_operator, "POST", "/v1/suspense/till-1",
                     "{\"n\":1,\"batch-number\":1,\"unit\":\"JPY\",\"outcome\":\"return\"}");
    CU_ASSERT_EQUAL(told.status, 200);
    told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders", order);
    CU_ASSERT_TRUE(house_says(&told, 409, "insufficient")); // nor after it
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:alice-p:JPY"), 1000);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1000);
}

static void test_ordered_out_of_suspense(void) {
    house_on_every_engine(ordered_out_of_suspense);
}

// What a person decided to pay is the seller's, who may give it back.
static void ordered_after_decision(struct shop *shop) {
    struct deal deal;
    const struct terms bare = {.kind = REFERENCE_CONTENT};
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, &bare, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    struct told told =
        house_ask(shop, &house_operator, "POST", "/v1/suspense/till-1",
                  "{\"n\":1,\"batch-number\":1,\"unit\":\"JPY\",\"outcome\":\"pay\"}");
    CU_ASSERT_EQUAL(told.status, 200);
    told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders",
                     "{\"n\":1,\"amount\":1000}");
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:alice-p:JPY"), 1000);
}

static void test_ordered_after_decision(void) {
    house_on_every_engine(ordered_after_decision);
}

// A lost card has a pocket of each unit: both are paid, each once.
static void lost_pockets(struct shop *shop) {
    enum { DOLLARS = 840 };
    struct card alice = house_alice_with(shop, 3000);
    struct told told =
        house_ask(shop, &house_bank, "POST", "/v1/incoming",
                  "{\"transfer\":\"b-2\",\"purse\":\"alice-p\",\"amount\":70,\"unit\":\"840\"}");
    CU_ASSERT_EQUAL(told.status, 200);
    house_turn(&alice, DOLLARS);
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE_FATAL(house_take(&alice, &told));
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    static const char *const asks[] = {"{\"unit\":\"JPY\"}", "{\"unit\":\"840\"}",
                                       "{\"unit\":\"JPY\"}", "{\"unit\":\"840\"}"};
    house_ask(shop, &house_operator, "POST", "/v1/purses/alice-p/refunds", asks[0]);
    shop->now_ms = (uint64_t)time_of_date(20270801) * 1000;
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        told = house_ask(shop, &house_operator, "POST", "/v1/purses/alice-p/refunds", asks[i]);
        CU_ASSERT_TRUE(house_says(&told, 200, "{\"outcome\":\"paid\""));
    }
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:alice:JPY"), 3000);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:alice:USD"), 70);
}

static void test_lost_pockets(void) {
    house_on_every_engine(lost_pockets);
}

// A key that was taken out of its card spends what was never in it; its own totals say so.
static void overdrawn(struct shop *shop) {
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 3001, NULL, &deal);
    struct told told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "suspense:books"));
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "SUSPENSE:till-1:JPY"), 3001);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT state FROM purse WHERE id = 'alice-p'"), 1);
    shop_script(shop, "DELETE FROM posting WHERE transfer LIKE 'P:%'"); // below 0: it is a crime
    shop_script(shop, "DELETE FROM posting WHERE transfer LIKE 'S:%'");
    shop_script(shop, "DELETE FROM batch_sum");
}

static void test_overdrawn(void) {
    house_on_every_engine(overdrawn);
}

// One card claims as much as a number holds: with everybody else's the sums would pass 64 bits, and
// nobody could see any more what the house holds.
static void claims_everything(struct shop *shop) {
    struct card alice = house_alice_with(shop, 3000);
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    alice.loaded = INT64_MAX - 3000;
    alice.state++;
    struct told told = house_tell(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"statement\""));
    CU_ASSERT_EQUAL(house_account(shop, "CLAIM:alice-p:JPY"), 0);
}

static void test_claims_everything(void) {
    house_on_every_engine(claims_everything);
}

static const struct suite_test tests[] = {
    {"sums that no card can have", test_wild_sums, "S04a"},
    {"a log that spends more than it tells to have", test_overdrawn, "S01b"},
    {"a claim of everything there is", test_claims_everything, NULL},
    {"a load that nobody proves goes to no bank", test_unproven, "S01f"},
    {"what has left is what was ordered", test_left_otherwise, "S01f"},
    {"what waits for a person is nobody's to order", test_ordered_out_of_suspense, "S01e"},
    {"what a person paid out is the seller's to give back", test_ordered_after_decision, NULL},
    {"a lost card's pockets are paid one by one, each once", test_lost_pockets, "S04a"},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-clearing-frauds", tests, sizeof tests / sizeof tests[0], argc, argv);
    house_close();
    return code;
}
