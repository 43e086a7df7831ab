// SPDX-License-Identifier: Apache-2.0
// Every posting of the clearing center, each as a story that is retold with messages lost,
// repeated, late, and crossed by a crash of the center. The title names the rule that it holds;
// docs/clearing.md, "Rules", says it.
#include "apdu/object/object.h"
#include "apdu/octets/unit.h"
#include "base/calendar.h"
#include "tests/kit/house/story.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

#define SHARES_50_30_20 "\0\5\6prov-1\0\3\7ID_2000\0\2\10center-1"
#define SHARES_1_1_1    "\0\1\6prov-1\0\1\7ID_2000\0\1\10center-1"
#define SHARES(text)    bytes_of(text, sizeof(text) - 1)

static const struct peer machine_host = {.roles = ROLE_FLOAT, .id = "float-1"};

// ---- what stories are made of ------------------------------------------------------------------

/// The purse takes what was issued to it.
static void take(struct card *card, uint64_t amount, uint32_t serial, uint32_t revision) {
    card->issued += amount;
    card->serial = serial;
    card->revision = revision;
    card->state++;
}

/// A purse that was issued so much and took it.
static struct card funded(struct shop *shop, const struct peer *host,
                          const struct sample_party *key, uint64_t amount) {
    struct card card = house_card(key);
    house_transfer(shop, "b-1", key->holder, amount);
    story_pin();
    house_issue(shop, host, &card);
    story_pin();
    take(&card, amount, 1, 1);
    return card;
}

static struct card alice_with(struct shop *shop, uint64_t amount) {
    return funded(shop, &house_alice, &house.alice, amount);
}

static void end_batch(struct shop *shop, struct card *till) {
    house_batch(till);
    house_end(shop, &house_shop, till, "batches", false);
}

/// The till has its receipt.
static void take_receipt(struct card *till) {
    till->redeemed += till->reserved;
    till->reserved = 0;
    till->open_size = 0;
    till->state++;
}

static void know_accounts(struct shop *shop) {
    house_ask(shop, &house_operator, "PUT", "/v1/parties/center-1", "{\"account\":\"center\"}");
    house_ask(shop, &house_operator, "PUT", "/v1/parties/ID_2000", "{\"account\":\"shop\"}");
    house_ask(shop, &house_operator, "PUT", "/v1/parties/alice", "{\"account\":\"alice\"}");
}

static void sell_content(struct shop *shop, struct bytes shares, uint64_t amount) {
    uint8_t policy[SHA256_SIZE];
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    const struct terms content = {.kind = REFERENCE_CONTENT, .policy = policy};
    house_policy(shop, shares, policy);
    story_pin();
    house_pay(&alice, &till, amount, &content, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    end_batch(shop, &till);
}

// ---- value comes in ----------------------------------------------------------------------------

static void arrive(struct shop *shop) {
    house_transfer(shop, "b-1", "alice-p", 3000);
    house_transfer(shop, "b-2", "alice-p", 500);
}

static void open_log(struct shop *shop) {
    alice_with(shop, 3000);
}

static void taken(struct shop *shop) {
    struct card alice = alice_with(shop, 3000);
    house_tell(shop, &house_alice, &alice);
}

static void dead(struct shop *shop) {
    struct card alice = house_card(&house.alice);
    house_transfer(shop, "b-1", "alice-p", 3000);
    story_pin();
    house_issue(shop, &house_alice, &alice);
    story_pin();
    alice.state++; // something else happened to the card: the log is stale
    house_tell(shop, &house_alice, &alice);
}

// 3000, of which 1000 are spent and not handed in yet, and 1500: 3500 under a new serial.
static void more_arrives(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_transfer(shop, "b-2", "alice-p", 1500);
    story_pin();
    house_issue(shop, &house_alice, &alice);
    story_pin();
    take(&alice, 1500, 2, 1);
    house_upload(shop, &house_shop, &till, &deal, 1); // late, under its old serial
    house_tell(shop, &house_alice, &alice);
}

// ---- payments ----------------------------------------------------------------------------------

static void pay(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
}

static void credit_later(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_debit(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    house_credit(&till, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
}

static void void_later(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_debit(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    house_void(&alice, &till, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
}

static void divide(struct shop *shop) {
    sell_content(shop, SHARES(SHARES_50_30_20), 1000);
}

static void divide_thirds(struct shop *shop) {
    sell_content(shop, SHARES(SHARES_1_1_1), 1000);
}

static void order_payout(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    know_accounts(shop);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    end_batch(shop, &till);
}

// ---- what does not fit -------------------------------------------------------------------------

static void wrong_price(struct shop *shop) {
    sell_content(shop, SHARES(SHARES_50_30_20), 999);
}

static void decide(struct shop *shop, const char *outcome) {
    char body[120];
    story_pin(); // the person sees it
    snprintf(body, sizeof body, "{\"n\":1,\"batch-number\":1,\"unit\":\"JPY\",\"outcome\":\"%s\"}",
             outcome);
    house_ask(shop, &house_operator, "POST", "/v1/suspense/till-1", body);
}

static void suspense_paid(struct shop *shop) {
    wrong_price(shop);
    decide(shop, "pay");
}

static void suspense_returned(struct shop *shop) {
    wrong_price(shop);
    decide(shop, "return");
}

static void copied(struct shop *shop) {
    struct deal deals[2];
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    struct card copy = alice, rival = house_card(&house.other);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_pay(&copy, &rival, 2000, NULL, &deals[1]);
    house_upload(shop, &house_shop, &till, &deals[0], 1);
    story_pin(); // who comes first is the one
    house_upload(shop, &house_rival, &rival, &deals[1], 1);
    house_batch(&rival);
    house_end(shop, &house_rival, &rival, "batches", false);
}

// ---- floats ------------------------------------------------------------------------------------

static void deposit(struct shop *shop) {
    struct deal deal;
    struct card machine = funded(shop, &machine_host, &house.machine, 100000);
    struct card bob = house_card(&house.bob);
    const struct terms terms = {.kind = REFERENCE_DEPOSIT};
    house_pay(&machine, &bob, 2000, &terms, &deal);
    house_upload(shop, &machine_host, &machine, &deal, 1);
}

static void claimed(struct shop *shop) {
    struct deal deal;
    struct card machine = funded(shop, &machine_host, &house.machine, 100000);
    struct card bob = house_card(&house.bob);
    const struct terms terms = {.kind = REFERENCE_DEPOSIT};
    house_pay(&machine, &bob, 2000, &terms, &deal);
    house_tell(shop, &house_bob, &bob);
}

static void claim_proven(struct shop *shop) {
    struct deal deal;
    struct card machine = funded(shop, &machine_host, &house.machine, 100000);
    struct card bob = house_card(&house.bob);
    const struct terms terms = {.kind = REFERENCE_DEPOSIT};
    house_pay(&machine, &bob, 2000, &terms, &deal);
    house_tell(shop, &house_bob, &bob);
    house_upload(shop, &machine_host, &machine, &deal, 1);
}

// ---- refunds of a till -------------------------------------------------------------------------

/// A sale of 1000 of which 300 go back; their log is here, their end is not.
static void refund_300(struct shop *shop, struct card *alice, struct card *till,
                       struct deal *refund) {
    struct deal sale;
    *alice = alice_with(shop, 3000);
    *till = house_card(&house.till);
    house_pay(alice, till, 1000, NULL, &sale);
    house_upload(shop, &house_shop, till, &sale, 1);
    house_refund(till, alice, 1, 300, refund);
    house_upload(shop, &house_shop, till, refund, 1);
}

static void refund_under_way(struct shop *shop) {
    struct deal refund;
    struct card alice, till;
    refund_300(shop, &alice, &till, &refund);
}

static void refund_received(struct shop *shop) {
    struct deal refund;
    struct card alice, till;
    refund_300(shop, &alice, &till, &refund);
    house_credit(&alice, &refund);
    house_upload(shop, &house_shop, &till, &refund, 1);
    end_batch(shop, &till);
}

static void refund_void(struct shop *shop) {
    struct deal refund;
    struct card alice, till;
    refund_300(shop, &alice, &till, &refund);
    house_void(&till, &alice, &refund);
    house_upload(shop, &house_shop, &till, &refund, 1);
    end_batch(shop, &till);
}

static void refund_carried(struct shop *shop) {
    struct deal refund;
    struct card alice, till;
    refund_300(shop, &alice, &till, &refund);
    end_batch(shop, &till);
    story_pin();
    take_receipt(&till);
    house_void(&till, &alice, &refund); // behind its batch
    house_upload(shop, &house_shop, &till, &refund, 1);
    end_batch(shop, &till); // lists no number
}

// The till sold and gave back after it made its batch, and the host hands that in first.
static void batch_behind(struct shop *shop) {
    struct deal sale, later, refund;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &sale);
    house_batch(&till);
    house_pay(&alice, &till, 500, NULL, &later);
    house_refund(&till, &alice, 2, 200, &refund);
    house_upload(shop, &house_shop, &till, &sale, 1);
    house_upload(shop, &house_shop, &till, &later, 1);
    house_upload(shop, &house_shop, &till, &refund, 1);
    house_end(shop, &house_shop, &till, "batches", false);
}

static void seller_orders(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_upload(shop, &house_shop, &till, &deal, 1);
    end_batch(shop, &till);
    house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders", "{\"n\":1,\"amount\":600}");
    story_single();
}

static void release(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deal);
    house_batch(&till);
    house_end(shop, &house_shop, &till, "releases", true);
    story_pin();
    till.first = 1;
    till.reserved = 0;
    till.open_size = 0;
    house_upload(shop, &house_shop, &till, &deal, 1);
    end_batch(shop, &till); // the second one, of the same number
}

// ---- value leaves ------------------------------------------------------------------------------

static void redeem(struct shop *shop, const struct card *card, unsigned amount) {
    char body[5000];
    snprintf(body, sizeof body, "{\"statement\":%s,\"amount\":%u,\"unit\":\"JPY\"}",
             house_statement(shop, &house_alice, card), amount);
    house_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/redemptions", body);
    story_pin();
}

static void cash_out(struct shop *shop) {
    struct card alice = alice_with(shop, 3000);
    redeem(shop, &alice, 500);
    alice.redeemed += 500;
    alice.state++;
    house_tell(shop, &house_alice, &alice);
}

// The card spends instead: what was signed is stale, and the bank was never asked.
static void cash_out_stale(struct shop *shop) {
    struct deal deal;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    redeem(shop, &alice, 500);
    house_pay(&alice, &till, 2900, NULL, &deal);
    house_tell(shop, &house_alice, &alice);
    house_upload(shop, &house_shop, &till, &deal, 1);
}

static void ask_rest(struct shop *shop) {
    house_ask(shop, &house_operator, "POST", "/v1/purses/alice-p/refunds", "{\"unit\":\"JPY\"}");
    story_pin();
}

static void lost_card(struct shop *shop) {
    struct deal deals[2];
    uint64_t day = shop->now_ms;
    struct card alice = alice_with(shop, 3000), till = house_card(&house.till);
    house_tell(shop, &house_alice, &alice);
    story_pin();
    ask_rest(shop);
    house_pay(&alice, &till, 1000, NULL, &deals[0]); // whoever found it
    house_upload(shop, &house_shop, &till, &deals[0], 1);
    story_pin();
    shop->now_ms = (uint64_t)time_of_date(20270210) * 1000;
    ask_rest(shop);
    house_pay(&alice, &till, 70, NULL, &deals[1]);
    house_upload(shop, &house_shop, &till, &deals[1], 1);
    shop->now_ms = day;
}

// ---- what is no money --------------------------------------------------------------------------

static const struct peer scheme_host = {
    .roles = ROLE_SELLER, .id = "points-1", .enterprise = "CLUB"};

static void grant(struct shop *shop, const char *id, unsigned amount) {
    char body[160];
    snprintf(body, sizeof body,
             "{\"transfer\":\"%s\",\"purse\":\"alice-p\",\"amount\":%u,\"unit\":\"F001\"}", id,
             amount);
    house_ask(shop, &scheme_host, "POST", "/v1/grants", body);
    story_pin();
}

/// 100 points of 2 yen each, granted and taken beside 3000 yen.
static struct card with_points(struct shop *shop) {
    struct card alice = alice_with(shop, 3000);
    house_ask(shop, &house_operator, "POST", "/v1/schemes",
              "{\"unit\":\"F001\",\"party\":\"CLUB\",\"amount\":2,\"money\":\"JPY\"}");
    story_pin();
    grant(shop, "g-1", 100);
    house_turn(&alice, UNIT_POINT);
    house_issue(shop, &house_alice, &alice);
    story_pin();
    take(&alice, 100, 1, 2);
    return alice;
}

static void points_granted(struct shop *shop) {
    struct card alice = with_points(shop);
    house_tell(shop, &house_alice, &alice);
}

/// One sale, paid with 100 points and the rest in yen: two references, one batch.
static void sell_to(struct shop *shop, struct card *alice) {
    struct deal points, yen;
    struct card till = house_card(&house.till);
    house_turn(&till, UNIT_POINT);
    house_pay(alice, &till, 100, NULL, &points);
    house_turn(alice, UNIT_JPY);
    house_turn(&till, UNIT_JPY);
    house_pay(alice, &till, 800, NULL, &yen);
    house_upload(shop, &house_shop, &till, &points, 1);
    house_upload(shop, &house_shop, &till, &yen, 1);
    end_batch(shop, &till);
}

static void sell_for_both(struct shop *shop) {
    struct card alice = with_points(shop);
    sell_to(shop, &alice);
}

static void points_redeemed(struct shop *shop) {
    struct card alice = with_points(shop);
    know_accounts(shop);
    house_transfer(shop, "c-1", "CLUB", 1000); // the scheme pays in
    story_pin();
    sell_to(shop, &alice);
}

// ---- the table ---------------------------------------------------------------------------------

#define ALL_PAID "BANK::JPY 3000, PAYABLE:ID_2000:JPY 1000, PURSE:alice-p:JPY 2000"

/// Name of the test, its story, the balances that it ends with, and the lines of behaviours.tsv.
#define STORIES(X)                                                                                 \
    X(arrive, "rule 5: what arrived waits for its purse", "BANK::JPY 3500, WAIT:alice-p:JPY 3500", \
      "S01e")                                                                                      \
    X(open_log, "rules 2 and 3: an issue log takes what waits",                                    \
      "BANK::JPY 3000, OPEN:alice-p:JPY 3000", "S12a")                                             \
    X(taken, "rule 3: a statement tells that it was taken",                                        \
      "BANK::JPY 3000, PURSE:alice-p:JPY 3000", "S12a")                                            \
    X(dead, "rule 3: a dead issue log gives back what it took",                                    \
      "BANK::JPY 3000, WAIT:alice-p:JPY 3000", "S12a")                                             \
    X(more_arrives, "rules 3 and 8: more is issued on top, a late log is the old serial's",        \
      "BANK::JPY 4500, PURSE:alice-p:JPY 3500, PURSE:till-1:JPY 1000", "S13a S14a")                \
    X(pay, "T13: a payment moves from purse to purse",                                             \
      "BANK::JPY 3000, PURSE:alice-p:JPY 2000, PURSE:till-1:JPY 1000", "S03b")                     \
    X(credit_later, "rule 7: a log is under way until its receive log comes",                      \
      "BANK::JPY 3000, PURSE:alice-p:JPY 2000, PURSE:till-1:JPY 1000", "S03b")                     \
    X(void_later, "rule 7: a void gives back what was under way",                                  \
      "BANK::JPY 3000, PURSE:alice-p:JPY 3000", "S03b")                                            \
    X(divide, "rule 16: a batch is divided by its policy, 500, 300, 200",                          \
      "BANK::JPY 3000, PAYABLE:ID_2000:JPY 300, PAYABLE:center-1:JPY 200, PAYABLE:prov-1:JPY 500," \
      " PURSE:alice-p:JPY 2000",                                                                   \
      "S01e S06c S20")                                                                             \
    X(divide_thirds, "rule 16: thirds of 1000 are 334, 333, 333",                                  \
      "BANK::JPY 3000, PAYABLE:ID_2000:JPY 333, PAYABLE:center-1:JPY 333, PAYABLE:prov-1:JPY 334," \
      " PURSE:alice-p:JPY 2000",                                                                   \
      "S06c S20")                                                                                  \
    X(order_payout, "rules 11 and 13: a payout is ordered once, to the registered account",        \
      "BANK::JPY 3000, ORDERED:ID_2000:JPY 1000, PURSE:alice-p:JPY 2000", "S01f")                  \
    X(wrong_price, "rule 16: what is not the policy's waits in suspense",                          \
      "BANK::JPY 3000, PURSE:alice-p:JPY 2001, SUSPENSE:till-1:JPY 999", "S06c")                   \
    X(suspense_paid, "rule 16: a person pays what waited",                                         \
      "BANK::JPY 3000, PAYABLE:ID_2000:JPY 999, PURSE:alice-p:JPY 2001", NULL)                     \
    X(suspense_returned, "rule 16: a person returns what waited",                                  \
      "BANK::JPY 3000, PURSE:alice-p:JPY 2001, WAIT:alice-p:JPY 999", NULL)                        \
    X(copied, "rule 8: a second body for one counter is nobody's money",                           \
      "BANK::JPY 3000, LOSS::JPY 2000, PURSE:alice-p:JPY 2000, PURSE:till-1:JPY 1000,"             \
      " SUSPENSE:till-9:JPY 2000",                                                                 \
      "S08")                                                                                       \
    X(deposit, "rule 9: a float pays what was prepaid",                                            \
      "BANK::JPY 100000, PURSE:bob-p:JPY 2000, PURSE:float-1:JPY 98000", "S04a")                   \
    X(claimed, "rule 9: a load that no log proves is claimed",                                     \
      "BANK::JPY 100000, CLAIM:bob-p:JPY 2000, OPEN:float-1:JPY 100000, PURSE:bob-p:JPY 2000",     \
      "S04a")                                                                                      \
    X(claim_proven, "rule 9: the float's log ends the claim",                                      \
      "BANK::JPY 100000, PURSE:bob-p:JPY 2000, PURSE:float-1:JPY 98000", "S04a")                   \
    X(refund_under_way, "T12: a refund is under way until the wallet has it",                      \
      "AIR:alice-p:JPY 300, BANK::JPY 3000, PURSE:alice-p:JPY 2000, PURSE:till-1:JPY 700", NULL)   \
    X(refund_received, "T12 and T13: a refund is received, its batch is net",                      \
      "BANK::JPY 3000, PAYABLE:ID_2000:JPY 700, PURSE:alice-p:JPY 2300", "S01e")                   \
    X(refund_void, "T12: a refund that goes back before its batch", ALL_PAID, "S01e")              \
    X(refund_carried, "T12 and T13: behind its batch it goes back into the carry", ALL_PAID,       \
      "S01e")                                                                                      \
    X(batch_behind, "T13: a batch is judged by what the till had done when it made it",            \
      "AIR:alice-p:JPY 200, BANK::JPY 3000, PAYABLE:ID_2000:JPY 1000, PURSE:alice-p:JPY 1500,"     \
      " PURSE:till-1:JPY 300",                                                                     \
      "S01e")                                                                                      \
    X(seller_orders, "T12: a seller gives a settled sale back",                                    \
      "BANK::JPY 3000, PAYABLE:ID_2000:JPY 400, PURSE:alice-p:JPY 2000, WAIT:alice-p:JPY 600",     \
      NULL)                                                                                        \
    X(release, "T13: a release moves nothing, the next batch settles", ALL_PAID, "S01e")           \
    X(cash_out, "rule 4: what left a purse is owed when a statement tells it",                     \
      "BANK::JPY 3000, PAYABLE:alice:JPY 500, PURSE:alice-p:JPY 2500", "S01f")                     \
    X(cash_out_stale, "rule 4: what was signed and did not leave is dead",                         \
      "BANK::JPY 3000, PURSE:alice-p:JPY 100, PURSE:till-1:JPY 2900", "S01f")                      \
    X(lost_card, "rule 12: a lost card is paid once, a log after it is a loss",                    \
      "BANK::JPY 3000, LOSS::JPY 70, PAYABLE:alice:JPY 2000, PURSE:till-1:JPY 1070", "S04a")       \
    X(points_granted, "rule 17: points are granted by their scheme, beside yen",                   \
      "BANK::JPY 3000, PURSE:alice-p:JPY 3000, PURSE:alice-p:POINT 100, SCHEME:CLUB:POINT 100",    \
      "M23")                                                                                       \
    X(sell_for_both, "rule 17: points and yen for one sale are owed apart",                        \
      "BANK::JPY 3000, PAYABLE:ID_2000:JPY 800, PAYABLE:ID_2000:POINT 100, PURSE:alice-p:JPY "     \
      "2200,"                                                                                      \
      " SCHEME:CLUB:POINT 100",                                                                    \
      "M23")                                                                                       \
    X(points_redeemed, "rule 17: a scheme redeems its points for yen that it paid in",             \
      "BANK::JPY 4000, ORDERED:ID_2000:JPY 1000, PREPAID:CLUB:JPY 800, PURSE:alice-p:JPY 2200",    \
      "M23")

#define RETELL(name, title, end, ids)                                                              \
    static void test_##name(void) {                                                                \
        static const struct story story = {title, name, end};                                      \
        story_retell(&story);                                                                      \
    }
STORIES(RETELL)

#define ROW(name, title, end, ids) {title, test_##name, ids},
static const struct suite_test tests[] = {STORIES(ROW)};

int main(int argc, char **argv) {
    int code =
        suite_main("test-clearing-postings", tests, sizeof tests / sizeof tests[0], argc, argv);
    story_close();
    return code;
}
