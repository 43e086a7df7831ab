// SPDX-License-Identifier: Apache-2.0
// Logs and batches at the clearing center, on every engine: each log once, every posting under the
// rule that it follows from, a till seen whole, one end for each batch, shares that sum.
#include "apdu/object/object.h"
#include "base/calendar.h"
#include "tests/kit/house/house.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

#define SHARES_50_30_20 "\0\5\6prov-1\0\3\7ID_2000\0\2\10center-1"
#define SHARES_1_1_1    "\0\1\6prov-1\0\1\7ID_2000\0\1\10center-1"
#define SHARES(text)    bytes_of(text, sizeof(text) - 1)

// ---- the golden run ----------------------------------------------------------------------------

// 3000 arrive, 1000 are spent by a policy, 1500 arrive: the source's figures.
static void golden(struct shop *shop) {
    uint8_t policy[SHA256_SIZE];
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    const struct terms content = {.kind = REFERENCE_CONTENT, .policy = policy};
    CU_ASSERT_EQUAL(house_policy(shop, SHARES(SHARES_50_30_20), policy).status, 200);
    house_pay(&alice, &till, 1000, &content, &deal);
    CU_ASSERT_EQUAL(house_balance(&alice), 2000);
    house_transfer(shop, "b-2", "alice-p", 1500);
    struct told told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE_FATAL(house_take(&alice, &told));
    CU_ASSERT_EQUAL(house_balance(&alice), 3500);
    CU_ASSERT_EQUAL(alice.serial, 2); // the payment under the first one is unsettled
    told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted")); // late, under its old serial
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:till-1:JPY"), 1000);
    told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "again"));
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:prov-1:JPY"), 500);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 300);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:center-1:JPY"), 200);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:till-1:JPY"), 0);
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 3500);
    house_transfer(shop, "b-3", "alice-p", 10);
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_take(&alice, &told));
    CU_ASSERT_TRUE(alice.serial == 2 && alice.revision == 2); // everything is settled
}

static void test_golden(void) {
    house_on_every_engine(golden);
}

static void thirds(struct shop *shop) {
    uint8_t policy[SHA256_SIZE];
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    const struct terms content = {.kind = REFERENCE_CONTENT, .policy = policy};
    house_policy(shop, SHARES(SHARES_1_1_1), policy);
    house_pay(&alice, &till, 1000, &content, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:prov-1:JPY"), 334);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 333);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:center-1:JPY"), 333);
}

static void test_thirds(void) {
    house_on_every_engine(thirds);
}

// ---- refunds of a till -------------------------------------------------------------------------

static void refunds(struct shop *shop) {
    struct deal deals[3];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_refund(&till, &alice, 1, 300, &deals[1]);
    struct told told = house_upload(shop, &house_shop, &till, &deals[1], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:sale")); // its sale is not here yet
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM usage"), 0);
    told = house_upload(shop, &house_shop, &till, deals, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted") &&
                   house_outcome_is(&told, 1, "accepted"));
    CU_ASSERT_EQUAL(house_account(shop, "AIR:alice-p:JPY"), 300); // under way
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:till-1:JPY"), 700);
    house_credit(&alice, &deals[1]);
    told = house_upload(shop, &house_shop, &till, &deals[1], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_EQUAL(house_account(shop, "AIR:alice-p:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 2300);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 700); // net
}

static void test_refunds(void) {
    house_on_every_engine(refunds);
}

// A refund that goes back: to its sale before the batch, into the carry behind it.
static void voided_refunds(struct shop *shop) {
    struct deal deals[3];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_refund(&till, &alice, 1, 300, &deals[1]);
    house_refund(&till, &alice, 1, 200, &deals[2]);
    house_upload(shop, &house_shop, &till, deals, 3);
    house_void(&till, &alice, &deals[1]); // before the batch
    struct told told = house_upload(shop, &house_shop, &till, &deals[1], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true)); // 800
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 800);
    house_void(&till, &alice, &deals[2]); // behind it
    house_upload(shop, &house_shop, &till, &deals[2], 1);
    CU_ASSERT_EQUAL(till.carry, 200);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true)); // lists no number
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1000);
    CU_ASSERT_EQUAL(house_account(shop, "AIR:alice-p:JPY"), 0);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM suspense"), 0);
}

static void test_voided_refunds(void) {
    house_on_every_engine(voided_refunds);
}

// ---- floats ------------------------------------------------------------------------------------

static void deposits(struct shop *shop) {
    struct deal deals[2];
    const struct peer host = {.roles = ROLE_FLOAT, .id = "float-1"};
    struct card machine = house_funded(shop, &host, &house.machine, 100000);
    struct card bob = house_card(&house.bob);
    const struct terms deposit = {.kind = REFERENCE_DEPOSIT};
    house_pay(&machine, &bob, 2000, &deposit, &deals[0]);
    house_debit(&machine, &bob, 500, &deposit, &deals[1]); // left the field
    struct told told = house_upload(shop, &host, &machine, deals, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted") &&
                   house_outcome_is(&told, 1, "accepted"));
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:bob-p:JPY"), 2000);
    CU_ASSERT_EQUAL(house_account(shop, "AIR:bob-p:JPY"), 500);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:float-1:JPY"), 97500);
    house_void(&machine, &bob, &deals[1]);
    told = house_upload(shop, &host, &machine, &deals[1], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:float-1:JPY"), 98000);
}

static void test_deposits(void) {
    house_on_every_engine(deposits);
}

// The float's log comes later than the wallet's word.
static void claims(struct shop *shop) {
    struct deal deal;
    const struct peer host = {.roles = ROLE_FLOAT, .id = "float-1"};
    struct card machine = house_funded(shop, &host, &house.machine, 100000);
    struct card bob = house_card(&house.bob);
    const struct terms deposit = {.kind = REFERENCE_DEPOSIT};
    house_pay(&machine, &bob, 2000, &deposit, &deal);
    CU_ASSERT_EQUAL(house_tell(shop, &house_bob, &bob).status, 200);
    CU_ASSERT_EQUAL(house_tell(shop, &house_bob, &bob).status, 200); // once
    CU_ASSERT_EQUAL(house_account(shop, "CLAIM:bob-p:JPY"), 2000);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:bob-p:JPY"), 2000);
    house_upload(shop, &host, &machine, &deal, 1);
    CU_ASSERT_EQUAL(house_tell(shop, &house_bob, &bob).status, 200);
    CU_ASSERT_EQUAL(house_account(shop, "CLAIM:bob-p:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:bob-p:JPY"), 2000);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:float-1:JPY"), 98000);
}

static void test_claims(void) {
    house_on_every_engine(claims);
}

// ---- suspense ----------------------------------------------------------------------------------

static void suspense(struct shop *shop) {
    uint8_t policy[SHA256_SIZE], unknown[SHA256_SIZE] = {1};
    struct deal deals[4];
    struct card alice = house_alice_with(shop, 5000), till = house_card(&house.till);
    struct card rival = house_card(&house.other);
    const struct terms named = {.kind = REFERENCE_CONTENT, .policy = policy};
    const struct terms unnamed = {.kind = REFERENCE_CONTENT}; // the policy's hash left out
    const struct terms foreign = {.kind = REFERENCE_CONTENT, .policy = unknown};
    house_policy(shop, SHARES(SHARES_50_30_20), policy);
    house_pay(&alice, &till, 999, &named, &deals[0]); // not the policy's price
    house_pay(&alice, &till, 1000, &unnamed, &deals[1]);
    house_pay(&alice, &till, 1000, &foreign, &deals[2]); // shares of the till's own
    house_upload(shop, &house_shop, &till, deals, 3);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true));
    CU_ASSERT_EQUAL(house_account(shop, "SUSPENSE:till-1:JPY"), 2999);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM suspense WHERE word = 'price'"), 1);
    CU_ASSERT_EQUAL(
        house_number(shop, "SELECT count(*) FROM suspense WHERE word = 'policy-missing'"), 1);
    CU_ASSERT_EQUAL(
        house_number(shop, "SELECT count(*) FROM suspense WHERE word = 'policy-unknown'"), 1);
    house_pay(&alice, &rival, 1000, &named, &deals[3]); // a seller that the policy does not name
    house_upload(shop, &house_rival, &rival, &deals[3], 1);
    house_batch(&rival);
    struct told told = house_end(shop, &house_rival, &rival, "batches", false);
    CU_ASSERT_TRUE(house_says(&told, 200, "settled"));
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM suspense WHERE word = 'enterprise'"),
                    1);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM payout"), 0);
}

static void test_suspense(void) {
    house_on_every_engine(suspense);
}

// ---- ends of a batch ---------------------------------------------------------------------------

static void ends(struct shop *shop) {
    struct deal deals[2];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_batch(&till);
    struct told told = house_end(shop, &house_shop, &till, "batches", true);
    CU_ASSERT_TRUE(house_says(&told, 200, "\"outcome\":\"missing\",\"missing\":[1]"));
    told = house_end(shop, &house_shop, &till, "releases", true);
    CU_ASSERT_TRUE(house_says(&told, 200, "released"));
    struct card released = till;
    CU_ASSERT_TRUE(house_take_end(&till, &told));
    told = house_end(shop, &house_shop, &released, "batches", false);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"ended\"")); // never both ends
    house_upload(shop, &house_shop, &till, deals, 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true)); // batch 2, the same number
    house_pay(&alice, &till, 500, NULL, &deals[1]);
    house_upload(shop, &house_shop, &till, &deals[1], 1);
    house_batch(&till);
    told = house_end(shop, &house_shop, &till, "batches", true);
    struct told again = house_end(shop, &house_shop, &till, "batches", false);
    CU_ASSERT_STRING_EQUAL(told.body, again.body); // the receipt was lost
    struct card settled = till;
    CU_ASSERT_TRUE(house_take_end(&till, &told));
    told = house_end(shop, &house_shop, &settled, "releases", false);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"ended\"")); // a backup asks for a release
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1500);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM finding"), 0);
}

static void test_ends(void) {
    house_on_every_engine(ends);
}

static const struct suite_test tests[] = {
    {"the golden run: 3000, 1000 spent, 1500 more, 500/300/200", test_golden,
     "S01e S03b S04b S06b S06c S11 S13b S14a S14b S15 S17 S20 S24 S25"},
    {"thirds are 334, 333 and 333", test_thirds, "S06c S20"},
    {"a till's refund is under way, received, and net in its batch", test_refunds, "S01e"},
    {"a refund that goes back: to its sale, or into the carry", test_voided_refunds, "S01e"},
    {"a float pays what was prepaid", test_deposits, "S04a"},
    {"a load that no log proves yet is claimed", test_claims, "S04a"},
    {"what does not fit its policy waits in suspense", test_suspense, "S01c S06c"},
    {"a batch has one end, the same for whoever asks twice", test_ends, "S01e"},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-clearing-settle", tests, sizeof tests / sizeof tests[0], argc, argv);
    house_close();
    return code;
}
