// SPDX-License-Identifier: Apache-2.0
// Issue logs of the clearing center, on every engine: over what arrived and no more, on top of what
// the purse says that it holds, one at a time, the same for whoever asks twice.
#include "apdu/object/object.h"
#include "base/calendar.h"
#include "tests/kit/house/house.h"
#include "tests/kit/services/sweep.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static void sweep(struct shop *shop) {
    CU_ASSERT_TRUE(sweep_service(shop) > 100);
}

static void test_sweep(void) {
    house_on_every_engine(sweep);
}

/// The numbers of an issue log in an answer.
struct log_numbers {
    uint64_t serial, revision, allowance, transfer;
    bool user, device;
};

static struct log_numbers numbers_of(const struct told *told) {
    uint8_t octets[HOUSE_OBJECT_MAX];
    struct object log;
    CU_ASSERT_FATAL(object_decode_as(OBJECT_ISSUE_LOG,
                                     house_field(told, "object", octets, sizeof octets), &log));
    return (struct log_numbers){
        object_uint(&log, FIELD_SERIAL),    object_uint(&log, FIELD_REVISION),
        object_uint(&log, FIELD_ALLOWANCE), object_uint(&log, FIELD_TRANSFER),
        object_has(&log, FIELD_USER),       object_has(&log, FIELD_DEVICE)};
}

static bool is_log(const struct told *told, uint64_t serial, uint64_t revision, uint64_t allowance,
                   uint64_t transfer) {
    struct log_numbers log = numbers_of(told);
    bool right = log.serial == serial && log.revision == revision && log.allowance == allowance &&
                 log.transfer == transfer;
    if (!right)
        printf("\n    #%llu.%llu %llu %llu", (unsigned long long)log.serial,
               (unsigned long long)log.revision, (unsigned long long)log.allowance,
               (unsigned long long)log.transfer);
    return right;
}

// ---- transfers ---------------------------------------------------------------------------------

static void transfers(struct shop *shop) {
    struct card alice = house_card(&house.alice), bob = house_card(&house.bob);
    struct told told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_says(&told, 409, "no-transfer"));
    CU_ASSERT_EQUAL(house_transfer(shop, "b-1", "alice-p", 3000).status, 200);
    CU_ASSERT_EQUAL(house_transfer(shop, "b-1", "alice-p", 3000).status, 200); // told twice
    told = house_transfer(shop, "b-1", "alice-p", 3001);
    CU_ASSERT_TRUE(house_says(&told, 409, "transfer-taken"));
    told = house_transfer(shop, "b-1", "bob-p", 3000);
    CU_ASSERT_TRUE(house_says(&told, 409, "transfer-taken"));
    told = house_transfer(shop, "b-2", "nobody", 3000);
    CU_ASSERT_TRUE(house_says(&told, 404, "unknown-purse"));
    CU_ASSERT_EQUAL(house_account(shop, "BANK::JPY"), 3000);
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:alice-p:JPY"), 3000);
    told = house_issue(shop, &house_bob, &bob); // another's transfer
    CU_ASSERT_TRUE(house_says(&told, 409, "no-transfer"));
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(is_log(&told, 1, 1, 3000, 3000));
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:alice-p:JPY"), 0);
    CU_ASSERT_EQUAL(house_account(shop, "OPEN:alice-p:JPY"), 3000);
    CU_ASSERT_TRUE(house_take(&alice, &told));
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(house_says(&told, 409, "no-transfer"));
    CU_ASSERT_EQUAL(house_transfer(shop, "b-3", "alice-p", 500).status, 200);
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(is_log(&told, 1, 2, 3500, 500)); // nothing was spent: the next revision
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 3000);
}

static void test_transfers(void) {
    house_on_every_engine(transfers);
}

// ---- one at a time -----------------------------------------------------------------------------

static void repeated(struct shop *shop) {
    struct card alice = house_card(&house.alice);
    house_transfer(shop, "b-1", "alice-p", 3000);
    struct told first = house_issue(shop, &house_alice, &alice);
    struct told again = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_STRING_EQUAL(first.body, again.body); // the same octets
    again = house_ask(shop, &house_alice, "GET", "/v1/purses/alice-p/issue-logs?unit=JPY", NULL);
    CU_ASSERT_STRING_EQUAL(first.body, again.body);
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM issue"), 1);
    house_transfer(shop, "b-2", "alice-p", 200); // more arrived before it was taken
    again = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(is_log(&again, 1, 1, 3200, 3200));
    CU_ASSERT_EQUAL(house_account(shop, "OPEN:alice-p:JPY"), 3200);
    struct card smaller = alice;
    CU_ASSERT_TRUE(house_take(&smaller, &first)); // it takes the smaller one of the two
    CU_ASSERT_FALSE(house_take(&smaller, &again));
    again = house_issue(shop, &house_alice, &smaller); // and gets the rest
    CU_ASSERT_TRUE(is_log(&again, 1, 2, 3200, 200));
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 3000);
    CU_ASSERT_EQUAL(house_account(shop, "OPEN:alice-p:JPY"), 200);
}

static void test_repeated(void) {
    house_on_every_engine(repeated);
}

// An open log is dead when the purse has moved on without it.
static void dead_logs(struct shop *shop) {
    struct card alice = house_card(&house.alice);
    house_transfer(shop, "b-1", "alice-p", 3000);
    struct told first = house_issue(shop, &house_alice, &alice);
    alice.state++; // a deposit, say
    struct told second = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(is_log(&second, 2, 1, 3000, 3000));
    CU_ASSERT_FALSE(house_take(&alice, &first));
    CU_ASSERT_EQUAL(house_account(shop, "OPEN:alice-p:JPY"), 3000);
    CU_ASSERT_TRUE(house_take(&alice, &second));
}

static void test_dead_logs(void) {
    house_on_every_engine(dead_logs);
}

// Its days are over before the purse took it: without another one the transfer would be stuck; with
// two, the purse takes one.
static void expired(struct shop *shop) {
    struct card alice = house_card(&house.alice);
    house_transfer(shop, "b-1", "alice-p", 3000);
    struct told first = house_issue(shop, &house_alice, &alice);
    shop->now_ms = (uint64_t)time_of_date(20260120) * 1000;
    struct told second = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_STRING_EQUAL(first.body, second.body); // its days are not over
    shop_script(shop, "UPDATE issue SET expiry = 20260119 WHERE state = 0");
    second = house_issue(shop, &house_alice, &alice); // made anew for the same state
    CU_ASSERT_TRUE(is_log(&second, 1, 1, 3000, 3000) && strcmp(first.body, second.body) != 0);
    CU_ASSERT_EQUAL(house_account(shop, "OPEN:alice-p:JPY"), 3000);
    CU_ASSERT_TRUE(house_take(&alice, &second));
    CU_ASSERT_FALSE(house_take(&alice, &first));
    CU_ASSERT_EQUAL(house_tell(shop, &house_alice, &alice).status, 200);
    CU_ASSERT_EQUAL(house_account(shop, "PURSE:alice-p:JPY"), 3000);
}

static void test_expired(void) {
    house_on_every_engine(expired);
}

// ---- who asks ----------------------------------------------------------------------------------

static void strangers(struct shop *shop) {
    struct card alice = house_card(&house.alice), twin = house_card(&house.twin);
    struct card stranger = house_card(&house.stranger);
    char body[5000];
    house_transfer(shop, "b-1", "alice-p", 3000);
    struct told told = house_ask(shop, &house_bob, "POST", "/v1/purses/alice-p/challenges", "{}");
    CU_ASSERT_TRUE(house_says(&told, 404, "owner"));
    told = house_ask(shop, &house_bank, "POST", "/v1/purses/alice-p/challenges", "{}");
    CU_ASSERT_TRUE(house_says(&told, 403, "role"));
    told = house_issue(shop, &house_alice, &twin); // the name, another key
    CU_ASSERT_TRUE(house_says(&told, 422, "certificate"));
    stranger.key = &house.stranger;
    house.stranger.signer = house.bob.signer; // a signature that is not the certificate's
    told = house_issue(shop, &house_alice, &stranger);
    CU_ASSERT_TRUE(house_says(&told, 422, "certificate"));
    snprintf(body, sizeof body, "{\"statement\":%s,\"unit\":\"JPY\"}",
             house_stated(&alice, bytes_of("0123456789abcdef", 16)));
    told = house_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/issue-logs", body);
    CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"statement\"")); // nobody asked for it
    snprintf(body, sizeof body, "{\"statement\":%s,\"unit\":\"JPY\"}",
             house_statement(shop, &house_alice, &alice));
    told = house_ask(shop, &house_bob, "POST", "/v1/purses/bob-p/issue-logs", body);
    CU_ASSERT_TRUE(house_says(&told, 422, "certificate")); // another's statement
    shop->now_ms += 11 * 60 * 1000;                        // the challenge is old
    told = house_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/issue-logs", body);
    CU_ASSERT_TRUE(house_says(&told, 422, "\"word\":\"statement\""));
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:alice-p:JPY"), 3000);
}

static void test_strangers(void) {
    house_on_every_engine(strangers);
}

// The answer of one request, whoever takes its key.
static void hijack(struct shop *shop) {
    struct card alice = house_card(&house.alice);
    char body[5000];
    house_transfer(shop, "b-1", "alice-p", 3000);
    snprintf(body, sizeof body, "{\"statement\":%s,\"unit\":\"JPY\"}",
             house_statement(shop, &house_alice, &alice));
    struct told told =
        shop_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/issue-logs", "a.1", body);
    CU_ASSERT_EQUAL(told.status, 200);
    struct told other =
        shop_ask(shop, &house_bob, "POST", "/v1/purses/alice-p/issue-logs", "a.1", body);
    CU_ASSERT_EQUAL(other.status, 404); // the key is its sender's alone
    other = shop_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/issue-logs", "a.1", body);
    CU_ASSERT_STRING_EQUAL(told.body, other.body);
    snprintf(body, sizeof body, "{\"statement\":%s,\"unit\":\"JPY\"}",
             house_statement(shop, &house_alice, &alice));
    other = shop_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/issue-logs", "a.1", body);
    CU_ASSERT_TRUE(house_says(&other, 422, "key-reused"));
}

static void test_hijack(void) {
    house_on_every_engine(hijack);
}

// A card that was put back, and one whose books are another center's.
static void rolled_back(struct shop *shop) {
    struct card alice = house_card(&house.alice), bob = house_card(&house.bob);
    house_transfer(shop, "b-1", "alice-p", 3000);
    struct told told = house_issue(shop, &house_alice, &alice);
    struct card before = alice;
    CU_ASSERT_TRUE(house_take(&alice, &told));
    told = house_issue(shop, &house_alice, &alice); // tells that it was taken
    CU_ASSERT_TRUE(house_says(&told, 409, "no-transfer"));
    house_transfer(shop, "b-2", "alice-p", 1000);
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_EQUAL(told.status, 200);
    told = house_issue(shop, &house_alice, &before);
    CU_ASSERT_TRUE(house_says(&told, 409, "rolled-back"));
    house_transfer(shop, "b-3", "bob-p", 100);
    bob.issued = 5; // by whom?
    told = house_issue(shop, &house_bob, &bob);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"books\""));
    CU_ASSERT_EQUAL(house_account(shop, "WAIT:bob-p:JPY"), 100);
}

static void test_rolled_back(void) {
    house_on_every_engine(rolled_back);
}

static void amounts(struct shop *shop) {
    struct card alice = house_card(&house.alice);
    CU_ASSERT_EQUAL(house_transfer(shop, "b-1", "alice-p", INT64_MAX).status, 200);
    struct told told = house_transfer(shop, "b-2", "alice-p", 1);
    CU_ASSERT_TRUE(house_says(&told, 409, "overflow"));
    told = house_transfer(shop, "b-3", "alice-p", (uint64_t)INT64_MAX + 1);
    CU_ASSERT_TRUE(house_says(&told, 400, "too big"));
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(is_log(&told, 1, 1, INT64_MAX, INT64_MAX));
}

static void test_amounts(void) {
    house_on_every_engine(amounts);
}

static void names(struct shop *shop) {
    struct told told = house_register(shop, &house.twin, "");
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"known\""));
    told = house_register(shop, &house.center, ""); // no purse
    CU_ASSERT_TRUE(house_says(&told, 422, "certificate"));
    CU_ASSERT_EQUAL(house_register(shop, &house.alice, ",\"device\":\"d-1\"").status, 200);
    struct card alice = house_card(&house.alice);
    house_transfer(shop, "b-1", "alice-p", 3000);
    told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE(numbers_of(&told).device && !numbers_of(&told).user);
    struct card bob = house_card(&house.bob);
    house_transfer(shop, "b-2", "bob-p", 3000);
    told = house_issue(shop, &house_bob, &bob);
    CU_ASSERT_TRUE(numbers_of(&told).device && numbers_of(&told).user);
    shop->now_ms = (uint64_t)time_of_date(20260201) * 1000; // certificates have run out
    told = house_register(shop, &house.bob, "");
    CU_ASSERT_TRUE(house_says(&told, 422, "certificate"));
}

static void test_names(void) {
    house_on_every_engine(names);
}

static const struct suite_test tests[] = {
    {"every row is swept", test_sweep, "S08"},
    {"an issue log allows what was transferred, once, for whom it was transferred", test_transfers,
     "S01e S04a S04b S12a S12b S13a S13b S18 S23 S24"},
    {"issue log asked twice for one transfer: the same; made anew, taken once", test_repeated,
     "S12a"},
    {"a dead log is replaced", test_dead_logs, "S12a"},
    {"expired open issue log: made anew, and one of them is taken", test_expired, "S12a"},
    {"nobody gets another's issue log", test_strangers, "S05a S08 S19"},
    {"request-id hijack: a request's key is its sender's", test_hijack, "S05a"},
    {"a card that was put back gets nothing, nor one of other books", test_rolled_back, "S04a"},
    {"amounts at their end", test_amounts, "S12a"},
    {"a name is one card's; device, user or both", test_names, "S09"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-clearing-issue", tests, sizeof tests / sizeof tests[0], argc, argv);
    house_close();
    return code;
}
