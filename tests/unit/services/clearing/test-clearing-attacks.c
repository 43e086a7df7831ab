// SPDX-License-Identifier: Apache-2.0
// Whoever wants money twice at the clearing center, on every engine: copies of cards, older states
// of them, tills that hide or rewrite, objects of somebody else, backups that were put back.
#include "apdu/object/object.h"
#include "base/calendar.h"
#include "tests/kit/house/house.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

// ---- logs --------------------------------------------------------------------------------------

// A void again and again, and then the receive log: one end, whoever came first.
static void void_pump(struct shop *shop) {
    struct deal deal, late;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_debit(&alice, &till, 1000, NULL, &deal);
    struct told told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_EQUAL(house_account(shop, "AIR:till-1:JPY"), 1000);
    late = deal;
    house_credit(&till, &late); // a till that signs both
    house_void(&alice, &till, &deal);
    for (unsigned i = 0; i < 3; i++)
        told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "again"));
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 3000);
    told = house_upload(shop, &house_shop, &till, &late, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:two-ends"));
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:till-1:JPY"), 0);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT state FROM purse WHERE id = 'till-1'"), 1);
}

static void test_void_pump(void) {
    house_on_every_engine(void_pump);
}

// Two bodies for one counter: the payee's is kept apart, the payer gets nothing any more.
static void twins(struct shop *shop) {
    struct deal deals[2];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    struct card copy = alice, rival = house_card(&house.other);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_pay(&copy, &rival, 2000, NULL, &deals[1]);
    struct told told = house_upload(shop, &house_shop, &till, &deals[0], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    told = house_upload(shop, &house_rival, &rival, &deals[1], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "suspense:twin"));
    told = house_upload(shop, &house_rival, &rival, &deals[1], 1);
    CU_ASSERT_EQUAL(house_account(shop, "LOSS::JPY"), 2000); // once
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 2000);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    house_batch(&rival);
    told = house_end(shop, &house_rival, &rival, "batches", false);
    CU_ASSERT_TRUE(house_says(&told, 200, "settled"));
    CU_ASSERT_EQUAL(house_account(shop, "SUSPENSE:till-9:JPY"), 2000);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1000);
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_says(&told, 409, "hotlisted"));
    told = house_ask(shop, &house_alice, "GET", "/v1/hotlist/machines", NULL);
    CU_ASSERT_EQUAL(told.status, 200);
    told = house_ask(shop, &house_operator, "POST", "/v1/suspense/till-9",
                     "{\"n\":1,\"batch-number\":1,\"unit\":\"JPY\",\"outcome\":\"write-off\"}");
    CU_ASSERT_TRUE(house_says(&told, 200, "write-off"));
    CU_ASSERT_EQUAL(house_account(shop, "LOSS::JPY"), 0);
    told = house_ask(shop, &house_operator, "POST", "/v1/suspense/till-9",
                     "{\"n\":1,\"batch-number\":1,\"unit\":\"JPY\",\"outcome\":\"pay\"}");
    CU_ASSERT_TRUE(house_says(&told, 404, "unknown-log")); // decided once
}

static void test_twins(void) {
    house_on_every_engine(twins);
}

// An older state of a card goes on under counters that nobody saw yet: its totals tell.
static void rolled_back(struct shop *shop) {
    struct deal deals[3];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    struct card before = alice;
    house_pay(&alice, &till, 1000, NULL, &deals[1]);
    before.counter += 5;
    before.state += 1;
    house_pay(&before, &till, 500, NULL, &deals[2]);
    struct told told = house_upload(shop, &house_shop, &till, deals, 3);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted") &&
                   house_outcome_is(&told, 1, "accepted"));
    CU_ASSERT_TRUE(house_outcome_is(&told, 2, "suspense:clone"));
    told = house_tell(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_says(&told, 409, "rolled-back")); // the other one is ahead
}

static void test_rolled_back(void) {
    house_on_every_engine(rolled_back);
}

// Value that another center issued.
static void foreign_center(struct shop *shop) {
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    alice.issued += 5000; // by whom?
    house_pay(&alice, &till, 4000, NULL, &deal);
    struct told told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "suspense:books"));
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "SUSPENSE:till-1:JPY"), 4000);
    shop_script(shop, "DELETE FROM posting WHERE transfer LIKE 'P:%'"); // below 0: it is a crime
    shop_script(shop, "DELETE FROM posting WHERE transfer LIKE 'S:%'");
    shop_script(shop, "DELETE FROM batch_sum");
}

static void test_foreign_center(void) {
    house_on_every_engine(foreign_center);
}

// One bit, anywhere; certificates that are missing, expired, of another root, or another's.
static void forged_logs(struct shop *shop) {
    struct deal deal, spoilt;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    struct card stranger = alice;
    house_pay(&alice, &till, 1000, NULL, &deal);
    for (size_t bit = 40; bit < 8 * deal.end_size; bit += 37) {
        spoilt = deal;
        spoilt.end[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct told told = house_upload(shop, &house_shop, &till, &spoilt, 1);
        CU_ASSERT_TRUE(told.status != 200 || strncmp(house_outcome(&told, 0), "refused", 7) == 0);
    }
    for (size_t bit = 40; bit < 8 * deal.usage_size; bit += 53) {
        spoilt = deal;
        spoilt.usage[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct told told = house_upload(shop, &house_shop, &till, &spoilt, 1);
        CU_ASSERT_TRUE(told.status != 200 || strncmp(house_outcome(&told, 0), "refused", 7) == 0);
    }
    stranger.key = &house.twin; // the name, another key
    house_pay(&stranger, &till, 5, NULL, &spoilt);
    struct told told = house_upload(shop, &house_shop, &till, &spoilt, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:certificate"));
    struct card bob = house_card(&house.bob);
    told = house_upload(shop, &house_bob, &bob, &deal, 1); // neither payer nor payee
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:owner"));
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM usage"), 0);
    shop->now_ms = (uint64_t)time_of_date(20260215) * 1000; // run out since, but known: it is late
    told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
}

static void test_forged_logs(void) {
    house_on_every_engine(forged_logs);
}

// ---- tills -------------------------------------------------------------------------------------

static void withheld(struct shop *shop) {
    struct deal deals[2];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    char body[5000];
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_refund(&till, &alice, 1, 300, &deals[1]);
    CU_ASSERT_TRUE(house_settles(shop, &till, "missing", false));
    house_upload(shop, &house_shop, &till, deals, 1); // the refund is hidden
    CU_ASSERT_TRUE(house_settles(shop, &till, "refund-missing", false));
    snprintf(body, sizeof body, "{\"statement\":%s}", house_statement(shop, &house_shop, &till));
    struct told told =
        house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/acknowledgements", body);
    CU_ASSERT_TRUE(house_says(&told, 409, "withheld")); // no new budget
    house_upload(shop, &house_shop, &till, &deals[1], 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 700);
    snprintf(body, sizeof body, "{\"statement\":%s}", house_statement(shop, &house_shop, &till));
    told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/acknowledgements", body);
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_TRUE(told.body[0] == '{');
}

static void test_withheld(void) {
    house_on_every_engine(withheld);
}

// ---- refunds of a till ------------------------------------------------------------------------

/// A sale of 1000 of which 500 are paid back, both handed in.
static void half_back(struct shop *shop, struct card *alice, struct card *till,
                      struct deal *deals) {
    *alice = house_alice_with(shop, 3000);
    *till = house_card(&house.till);
    house_pay(alice, till, 1000, NULL, &deals[0]);
    house_refund(till, alice, 1, 500, &deals[1]);
    house_upload(shop, &house_shop, till, deals, 2);
}

// A terminal that lost its memory asks again: the same turn is the same refund, and the rest is
// 500.
static void reboot(struct shop *shop) {
    struct deal deals[3];
    struct card alice, till, before;
    half_back(shop, &alice, &till, deals);
    before = till;
    struct told told = house_upload(shop, &house_shop, &till, &deals[1], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "again"));
    CU_ASSERT_EQUAL(house_account(shop, "AIR:alice-p:JPY"), 500);
    house_refund(&before, &alice, 1, 600, &deals[2]); // 1100 of 1000
    told = house_upload(shop, &house_shop, &before, &deals[2], 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:sale"));
    house_credit(&alice, &deals[1]);
    house_upload(shop, &house_shop, &till, &deals[1], 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 500);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 2500);
}

static void test_reboot(void) {
    house_on_every_engine(reboot);
}

// The batch has set the sale aside; a refund of it would be paid out of other sales.
static void refund_of_batched(struct shop *shop) {
    struct deal deals[3];
    struct card alice, till;
    half_back(shop, &alice, &till, deals);
    house_batch(&till);
    struct card forged = till;
    forged.first = 1;
    house_refund(&forged, &alice, 1, 100, &deals[2]);
    house_upload(shop, &house_shop, &forged, &deals[2], 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "twin", false)); // the till's totals do not know it
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 0);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT state FROM purse WHERE id = 'till-1'"), 1);
}

static void test_refund_of_batched(void) {
    house_on_every_engine(refund_of_batched);
}

// ---- shares ------------------------------------------------------------------------------------

#define SHARES_HALF  "\0\1\6prov-1\0\1\7ID_2000"
#define SHARES_ALL   "\0\1\7ID_2000"
#define SHARES(text) bytes_of(text, sizeof(text) - 1)

/// A content of 1000 is paid under these terms and settled.
static void sells_content(struct shop *shop, const struct terms *terms) {
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, terms, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "SUSPENSE:till-1:JPY"), 1000);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM payout"), 0);
}

// A content sold as if nobody else had a share in it.
static void policy_left_out(struct shop *shop) {
    const struct terms terms = {.kind = REFERENCE_CONTENT};
    sells_content(shop, &terms);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM suspense WHERE word ="
                                       " 'policy-missing'"),
                    1);
}

static void test_policy_left_out(void) {
    house_on_every_engine(policy_left_out);
}

// Shares of the till's own making, under a hash of its own; no seller can make them known.
static void split_rewritten(struct shop *shop) {
    uint8_t policy[SHA256_SIZE], own[SHA256_SIZE];
    const struct terms terms = {.kind = REFERENCE_CONTENT, .policy = own};
    CU_ASSERT_EQUAL(house_policy(shop, SHARES(SHARES_HALF), policy).status, 200);
    CU_ASSERT_EQUAL(house_policy_by(shop, &house.till, SHARES(SHARES_ALL), own).status, 422);
    sells_content(shop, &terms);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM suspense WHERE word ="
                                       " 'policy-unknown'"),
                    1);
}

static void test_split_rewritten(void) {
    house_on_every_engine(split_rewritten);
}

// ---- older states of a till --------------------------------------------------------------------

// A till whose older state signs another batch under the same number.
static void till_put_back(struct shop *shop) {
    struct deal deals[2];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    struct card before = till;
    house_upload(shop, &house_shop, &till, deals, 1);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    house_pay(&alice, &before, 500, NULL, &deals[1]);
    house_upload(shop, &house_shop, &before, &deals[1], 1);
    CU_ASSERT_TRUE(house_settles(shop, &before, "twin", false));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 1000);
}

static void test_till_put_back(void) {
    house_on_every_engine(till_put_back);
}

// ---- value that leaves -------------------------------------------------------------------------

static struct told redeem(struct shop *shop, const struct card *card, unsigned amount) {
    char body[5000];
    snprintf(body, sizeof body, "{\"statement\":%s,\"amount\":%u,\"unit\":\"JPY\"}",
             house_statement(shop, &house_alice, card), amount);
    return house_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/redemptions", body);
}

// The bank is asked when the statement tells that it left, not when it was signed.
static void cash_out(struct shop *shop) {
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    struct told told = redeem(shop, &alice, 3001);
    CU_ASSERT_TRUE(house_says(&told, 409, "insufficient"));
    told = redeem(shop, &alice, 500);
    struct told again = redeem(shop, &alice, 500);
    CU_ASSERT_STRING_EQUAL(told.body, again.body);
    house_pay(&alice, &till, 2900, NULL, &deal); // it spends instead: what was signed is stale
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM payout"), 0);
    told = redeem(shop, &alice, 100);
    CU_ASSERT_EQUAL(told.status, 200);
    alice.redeemed += 100;
    alice.state++;
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:alice:JPY"), 100);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 2900);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT amount FROM payout WHERE party = 'alice'"), 100);
    house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 0);
}

static void test_cash_out(void) {
    house_on_every_engine(cash_out);
}

static void seller_refunds(struct shop *shop) {
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    static const char order[] = "{\"n\":1,\"amount\":600}";
    struct told told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders", order);
    CU_ASSERT_TRUE(house_says(&told, 409, "insufficient")); // not settled yet
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    told = house_ask(shop, &house_rival, "POST", "/v1/purses/till-1/orders", order);
    CU_ASSERT_EQUAL(told.status, 404);
    told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders", order);
    CU_ASSERT_TRUE(house_says(&told, 200, "alice-p"));
    told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders", order);
    CU_ASSERT_TRUE(house_says(&told, 409, "insufficient")); // 400 are left
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:ID_2000:JPY"), 400);
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:alice-p:JPY"), 600);
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_take(&alice, &told));
    CU_ASSERT_EQUAL(house_balance(&alice), 2600);
}

static void test_seller_refunds(void) {
    house_on_every_engine(seller_refunds);
}

static void lost_card(struct shop *shop) {
    struct deal deal;
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    static const char ask[] = "{\"unit\":\"JPY\"}";
    house_tell(shop, &house_alice, &alice);
    struct told told = house_ask(shop, &house_operator, "POST", "/v1/purses/alice-p/refunds", ask);
    CU_ASSERT_TRUE(house_says(&told, 200, "{\"outcome\":\"waiting\",\"date\":\"2027-02-09\""));
    house_pay(&alice, &till, 1000, NULL, &deal); // whoever found it, offline
    house_upload(shop, &house_shop, &till, &deal, 1);
    shop->now_ms = (uint64_t)time_of_date(20270210) * 1000;
    told = house_ask(shop, &house_operator, "POST", "/v1/purses/alice-p/refunds", ask);
    CU_ASSERT_TRUE(house_says(&told, 200, "{\"outcome\":\"paid\""));
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:alice:JPY"), 2000);
    told = house_ask(shop, &house_operator, "POST", "/v1/purses/alice-p/refunds", ask);
    CU_ASSERT_EQUAL(house_account(shop, "PAYABLE:alice:JPY"), 2000); // once
    house_pay(&alice, &till, 70, NULL, &deal); // a log after that is nobody's money
    told = house_upload(shop, &house_shop, &till, &deal, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_EQUAL(house_account(shop, "LOSS::JPY"), 70);
}

static void test_lost_card(void) {
    house_on_every_engine(lost_card);
}

// ---- the center --------------------------------------------------------------------------------

// Empty books again, as a backup from before would be: the same orders to the bank, and nothing for
// purses that say more than the books.
static void backup(struct shop *shop) {
    struct deal deal;
    struct shop restored;
    char first[64], second[64];
    static const struct statement ids = {"SELECT id FROM payout ORDER BY id", "", "t"};
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    struct card again = till;
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    shop_dump(shop, &ids, 1, first, sizeof first);
    house_open(&restored, shop->engine);
    house_transfer(&restored, "b-1", "alice-p", 3000); // the bank tells it again
    struct told told = house_issue(&restored, &house_alice, &alice);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"books\""));
    house_upload(&restored, &house_shop, &again, &deal, 1);
    house_batch(&again);
    house_end(&restored, &house_shop, &again, "batches", false);
    shop_dump(&restored, &ids, 1, second, sizeof second);
    CU_ASSERT_STRING_EQUAL(second, ""); // what it does not know of waits for a person
    shop_close(&restored);
}

// A backup from after the issue log and before the batch: the bank is asked under the same ids.
static void backup_of_the_morning(struct shop *shop) {
    struct deal deal;
    struct shop restored;
    char first[128], second[128];
    static const struct statement ids = {"SELECT id, amount FROM payout ORDER BY id", "", "ti"};
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    struct card again = till;
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    shop_dump(shop, &ids, 1, first, sizeof first);
    house_open(&restored, shop->engine);
    restored.now_ms += 3600 * 1000;
    house_alice_with(&restored, 3000);
    house_upload(&restored, &house_shop, &again, &deal, 1);
    CU_ASSERT_TRUE(house_settles(&restored, &again, "settled", false));
    shop_dump(&restored, &ids, 1, second, sizeof second);
    CU_ASSERT_TRUE(first[0] != '\0');
    CU_ASSERT_STRING_EQUAL(first, second);
    shop_close(&restored);
}

static void test_backup(void) {
    house_on_every_engine(backup);
    house_on_every_engine(backup_of_the_morning);
}

// The till is settled, and the center has forgotten so: it releases nothing on an old statement,
// nor on none, nor on one of the till as it is.
static void release_of_backup(struct shop *shop) {
    struct deal deal;
    struct shop restored;
    char old[9000];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    house_batch(&till);
    struct card open = till;
    snprintf(old, sizeof old, "%s", house_statement(shop, &house_shop, &open));
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", false));
    house_open(&restored, shop->engine);
    struct told told = house_end_with(&restored, &house_shop, &open, "releases", old);
    CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"statement\""));
    told = house_end_with(&restored, &house_shop, &open, "releases", NULL);
    CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"batch\""));
    char now[9000];
    snprintf(now, sizeof now, "%s", house_statement(&restored, &house_shop, &till));
    told = house_end_with(&restored, &house_shop, &open, "releases", now);
    CU_ASSERT_TRUE(told.status >= 400);
    CU_ASSERT_EQUAL(house_number(&restored, "SELECT count(*) FROM batch"), 0);
    shop_close(&restored);
}

static void test_release_of_backup(void) {
    house_on_every_engine(release_of_backup);
}

// What the center signed for one card is nothing to another.
static void replayed(struct shop *shop) {
    struct card alice = house_card(&house.alice), bob = house_card(&house.bob);
    house_transfer(shop, "b-1", "alice-p", 3000);
    struct told told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_FALSE(house_take(&bob, &told));
    CU_ASSERT_TRUE(house_take(&alice, &told));
    CU_ASSERT_FALSE(house_take(&alice, &told));
}

static void test_replayed(void) {
    house_on_every_engine(replayed);
}

// Whose thing a request touches is its host's alone.
static void others_things(struct shop *shop) {
    static const char *const targets[] = {"statements", "issue-logs",       "logs",       "batches",
                                          "releases",   "acknowledgements", "redemptions"};
    struct card alice = house_alice_with(shop, 3000);
    char target[80], body[9000];
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const char *envelope = house_stated(&alice, bytes_of("0123456789abcdef", 16));
        snprintf(target, sizeof target, "/v1/purses/alice-p/%s", targets[i]);
        snprintf(body, sizeof body, "{\"statement\":%s,\"unit\":\"JPY\",\"amount\":1}", envelope);
        struct told told = house_ask(shop, &house_bob, "POST", target, body);
        CU_ASSERT_TRUE(told.status == 404 || told.status == 400);
        told = house_ask(shop, &house_auditor, "POST", target, body);
        CU_ASSERT_EQUAL(told.status, 403);
    }
    struct told told =
        house_ask(shop, &house_bob, "GET", "/v1/purses/alice-p/issue-logs?unit=JPY", NULL);
    CU_ASSERT_EQUAL(told.status, 404);
    told = house_ask(shop, &house_alice, "GET", "/v1/status", NULL);
    CU_ASSERT_EQUAL(told.status, 403);
}

static void test_others_things(void) {
    house_on_every_engine(others_things);
}

static const struct suite_test tests[] = {
    {"void pump: a number has one end, however often it comes", test_void_pump, "S03b S17"},
    {"(payer, counter) twin: listed, and the second one's money waits", test_twins, "S08"},
    {"rolled-back card: told by its totals", test_rolled_back, "S04a"},
    {"foreign center: its value waits", test_foreign_center, "S04a"},
    {"a flipped bit, another's certificate, another's log", test_forged_logs,
     "S02b S03b S08 S16 S17 S22"},
    {"withheld upload: settles nothing and refills nothing", test_withheld, "S01e"},
    {"partial refund and reboot: the same turn again, and more than is left", test_reboot, "S01e"},
    {"refund between batch and settlement", test_refund_of_batched, "S01e"},
    {"policy hash left out", test_policy_left_out, "S01c S06b"},
    {"split rewritten by the till", test_split_rewritten, "S06b S06c"},
    {"an older state of a till", test_till_put_back, "S01e"},
    {"stale cash-out: paid when it has left", test_cash_out, "S01f"},
    {"a seller gives a settled sale back, once", test_seller_refunds, "S01e"},
    {"a lost card is paid when nobody can pay with it", test_lost_card, "S04a"},
    {"backup restored: the same orders, nothing beyond its books", test_backup, "S01e S01f"},
    {"release after settle, asked of a backup", test_release_of_backup, "S01e"},
    {"a center's object replayed to another card", test_replayed, "S05b"},
    {"nobody touches another's things", test_others_things, "S03a S05a"},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-clearing-attacks", tests, sizeof tests / sizeof tests[0], argc, argv);
    house_close();
    return code;
}
