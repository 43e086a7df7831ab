// SPDX-License-Identifier: Apache-2.0
// What comes to the clearing center long after it happened, on every engine: claims that nobody
// proves, logs that a wallet hands in, tills that are no more, objects that an older key signed,
// books that were put back.
#include "base/calendar.h"
#include "services/clearing/clearing_private.h"
#include "tests/kit/house/house.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static const struct peer machine_host = {.roles = ROLE_FLOAT, .id = "float-1"};
static const char ask_rest[] = "{\"unit\":\"JPY\"}";

static void on_day(struct shop *shop, uint32_t day) {
    shop->now_ms = (uint64_t)time_of_date(day) * 1000;
}

// ---- claims ------------------------------------------------------------------------------------

/// bob was loaded by a machine whose operator has not handed in.
static void load(struct shop *shop, struct card *machine, struct card *bob, struct deal *deal) {
    const struct terms deposit = {.kind = REFERENCE_DEPOSIT};
    *bob = house_card(&house.bob);
    *machine = house_funded(shop, &machine_host, &house.machine, 100000);
    house_pay(machine, bob, 2000, &deposit, deal);
    CU_ASSERT_EQUAL(house_tell(shop, &house_bob, bob).status, 200);
    CU_ASSERT_EQUAL(house_transfer(shop, "b-2", "bob-p", 500).status, 200);
}

static int64_t findings(struct shop *shop) {
    struct failure failure;
    CU_ASSERT_TRUE(clearing_claims_job(&shop->context, shop->crypto, &failure));
    return house_number(shop, "SELECT count(*) FROM finding WHERE word = 'claim'");
}

// It keeps what it has and pays; more is issued when the log has come.
static void overdue(struct shop *shop) {
    struct deal loaded, sale;
    struct card machine, bob, till = house_card(&house.till);
    load(shop, &machine, &bob, &loaded);
    on_day(shop, date_add_days(HOUSE_DAY, 71));
    struct told told = house_issue(shop, &house_bob, &bob);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"claim\""));
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:bob-p:JPY"), 500);
    CU_ASSERT_EQUAL(findings(shop), 1);
    CU_ASSERT_EQUAL(findings(shop), 1); // once
    house_pay(&bob, &till, 300, NULL, &sale);
    told = house_upload(shop, &house_shop, &till, &sale, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    told = house_upload(shop, &machine_host, &machine, &loaded, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_EQUAL(house_account(shop, "CLAIM:bob-p:JPY"), 0);
    told = house_issue(shop, &house_bob, &bob);
    CU_ASSERT_TRUE(house_take(&bob, &told));
    CU_ASSERT_EQUAL(house_balance(&bob), 2200);
}

static void test_overdue(void) {
    house_on_every_engine(overdue);
}

static void in_time(struct shop *shop) {
    struct deal loaded;
    struct card machine, bob;
    load(shop, &machine, &bob, &loaded);
    on_day(shop, date_add_days(HOUSE_DAY, 70));
    CU_ASSERT_EQUAL(findings(shop), 0);
    struct told told = house_issue(shop, &house_bob, &bob);
    CU_ASSERT_TRUE(house_take(&bob, &told));
}

static void test_in_time(void) {
    house_on_every_engine(in_time);
}

// No statement comes, as of whoever made its money by itself: a till's logs tell what was loaded.
// The older one tells less and takes nothing back; what was loaded is proven in the end.
static void told_by_logs(struct shop *shop) {
    const struct terms deposit = {.kind = REFERENCE_DEPOSIT};
    struct deal loads[2], sales[2];
    struct card bob = house_card(&house.bob), till = house_card(&house.till);
    struct card machine = house_funded(shop, &machine_host, &house.machine, 100000);
    for (size_t i = 0; i < 2; i++) {
        house_pay(&machine, &bob, i == 0 ? 2000 : 1000, &deposit, &loads[i]);
        house_pay(&bob, &till, 300, NULL, &sales[i]);
    }
    for (size_t i = 2; i-- > 0;) {
        struct told told = house_upload(shop, &house_shop, &till, &sales[i], 1);
        CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
        CU_ASSERT_EQUAL(house_account(shop, "CLAIM:bob-p:JPY"), 3000);
    }
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:bob-p:JPY"), 2400);
    house_upload(shop, &house_shop, &till, sales, 2);
    CU_ASSERT_EQUAL(house_account(shop, "CLAIM:bob-p:JPY"), 3000);
    on_day(shop, date_add_days(HOUSE_DAY, 71));
    CU_ASSERT_EQUAL(findings(shop), 1);
    house_upload(shop, &machine_host, &machine, loads, 2);
    CU_ASSERT_EQUAL(house_account(shop, "CLAIM:bob-p:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:bob-p:JPY"), 2400);
}

static void test_told_by_logs(void) {
    house_on_every_engine(told_by_logs);
}

// A lost card is paid what is proven, whenever the log comes.
static void lost_claim(struct shop *shop) {
    struct deal loaded;
    struct card machine, bob;
    load(shop, &machine, &bob, &loaded);
    CU_ASSERT_EQUAL(
        house_ask(shop, &house_operator, "POST", "/v1/purses/bob-p/refunds", ask_rest).status, 200);
    on_day(shop, date_add_days(HOUSE_DAY, 71));
    struct told told =
        house_ask(shop, &house_operator, "POST", "/v1/purses/bob-p/refunds", ask_rest);
    CU_ASSERT_TRUE(house_says(&told, 200, "\"outcome\":\"paid\""));
    CU_ASSERT_TRUE(house_says(&told, 200, "\"balance\":0"));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:bob:JPY"), 0);
}

static void test_lost_claim(void) {
    house_on_every_engine(lost_claim);
}

// ---- wallets hand in ---------------------------------------------------------------------------

// The till's host lost its disk: the payer's log comes from the payer, its end from the till.
static void by_wallet(struct shop *shop) {
    struct deal deal, usage;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    usage = deal;
    usage.end_size = 0;
    struct told told = house_upload(shop, &house_alice, &alice, &usage, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_EQUAL(house_account(shop, "AIR:till-1:JPY"), 1000);
    CU_ASSERT_TRUE(house_settles(shop, &till, "missing", false)); // no end that the till signed
    told = house_upload(shop, &house_alice, &alice, &deal, 1);    // the wallet was ratified
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1000);
}

static void test_by_wallet(void) {
    house_on_every_engine(by_wallet);
}

// ---- a till that is no more --------------------------------------------------------------------

static void dead_till(struct shop *shop) {
    static const char target[] = "/v1/purses/till-1/refunds";
    struct deal deals[2];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_pay(&alice, &till, 500, NULL, &deals[1]);
    house_upload(shop, &house_shop, &till, &deals[0], 1);
    struct told told = house_ask(shop, &house_operator, "POST", target, ask_rest);
    CU_ASSERT_TRUE(house_says(&told, 200, "waiting"));
    on_day(shop, 20260331);
    told = house_ask(shop, &house_operator, "POST", target, ask_rest);
    CU_ASSERT_TRUE(house_says(&told, 200, "paid"));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1000);
    house_upload(shop, &house_shop, &till, &deals[1], 1); // its host finds one more
    house_ask(shop, &house_operator, "POST", target, ask_rest);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1500);
    house_batch(&till); // and its last batch turns up
    told = house_end(shop, &house_shop, &till, "batches", false);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"ended\""));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1500);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:till-1:JPY"), 0);
}

static void test_dead_till(void) {
    house_on_every_engine(dead_till);
}

// ---- another key of the center -----------------------------------------------------------------

static void renewed(struct shop *shop) {
    struct deal deal;
    struct card alice = house_card(&house.alice), till = house_card(&house.till);
    house_transfer(shop, "b-1", "alice-p", 3000);
    struct told old = house_issue(shop, &house_alice, &alice);
    house_renew_center(shop);
    CU_ASSERT_FALSE(house_take(&alice, &old)); // the card knows the present key
    struct told told = house_issue(shop, &house_alice, &alice);
    struct card other = alice;
    CU_ASSERT_TRUE(house_take(&alice, &told));
    told = house_ask(shop, &house_alice, "GET", "/v1/purses/alice-p/issue-logs?unit=JPY", NULL);
    CU_ASSERT_TRUE(house_take(&other, &told));
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM issue"), 1); // not made anew
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    house_batch(&till);
    CU_ASSERT_EQUAL(house_end(shop, &house_shop, &till, "batches", false).status, 200);
    house_renew_center(shop);
    told = house_end(shop, &house_shop, &till, "batches", false);
    CU_ASSERT_TRUE(house_take_end(&till, &told));
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM batch"), 1);
}

static void test_renewed(void) {
    house_on_every_engine(renewed);
}

static const struct suite_test tests[] = {
    {"rule 9: a claim of more than 70 days is a finding, stops issue logs, and freezes nothing",
     test_overdue, "S04a"},
    {"rule 9: a claim has 70 days", test_in_time, NULL},
    {"rule 9: a load that only usage logs tell is claimed", test_told_by_logs, NULL},
    {"rule 12: a lost card is paid what is proven", test_lost_claim, NULL},
    {"rule 7: a log that a wallet hands in is under way until its end is here", test_by_wallet,
     "S03b"},
    {"rule 10: what a till took that is no more is paid once", test_dead_till, "S01e"},
    {"rule 15: what an older key signed is signed again and not made anew", test_renewed, "S12a"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-clearing-late", tests, sizeof tests / sizeof tests[0], argc, argv);
    house_close();
    return code;
}
