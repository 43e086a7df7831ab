// SPDX-License-Identifier: Apache-2.0
// A clearing center whose books were put back from a copy, on every engine: what it signed since is
// shown to it by those whom it was signed for, and binds it.
#include "services/clearing/clearing_private.h"
#include "tests/kit/house/house.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

// ---- books that were put back ------------------------------------------------------------------

/// What the center signed for a purse, shown to another one by its host.
static struct told show(struct shop *shop, const struct peer *host, const char *purse,
                        const struct told *const *signed_then, size_t count) {
    char target[80], body[6000];
    uint8_t octets[HOUSE_OBJECT_MAX];
    snprintf(target, sizeof target, "/v1/purses/%s/evidence", purse);
    int size =
        snprintf(body, sizeof body,
                 "{\"certificates\":[\"%s\",\"%s\"],"
                 "\"evidence\":[",
                 house_text(house.centers.certificate), house_text(house.center.certificate));
    for (size_t i = 0; i < count; i++)
        size += snprintf(body + size, sizeof body - (size_t)size, "%s{\"object\":\"%s\"}",
                         i > 0 ? "," : "",
                         house_text(house_field(signed_then[i], "object", octets, sizeof octets)));
    snprintf(body + size, sizeof body - (size_t)size, "]}");
    return house_ask(shop, host, "POST", target, body);
}

/// A day that the copy knows nothing of: two issue logs, a sale behind each, a batch that is
/// settled.
struct day {
    struct card alice, till;
    struct deal deals[2];
    struct told issued[2], receipt;
};

static void live(struct shop *shop, struct day *day) {
    day->alice = house_card(&house.alice);
    day->till = house_card(&house.till);
    for (size_t i = 0; i < 2; i++) {
        house_transfer(shop, i == 0 ? "b-1" : "b-2", "alice-p", i == 0 ? 3000 : 500);
        day->issued[i] = house_issue(shop, &house_alice, &day->alice);
        CU_ASSERT_TRUE(house_take(&day->alice, &day->issued[i]));
        house_pay(&day->alice, &day->till, 1000, NULL, &day->deals[i]);
    }
    house_upload(shop, &house_shop, &day->till, day->deals, 2);
    house_batch(&day->till);
    day->receipt = house_end(shop, &house_shop, &day->till, "batches", false); // lost on its way
    CU_ASSERT_EQUAL(day->receipt.status, 200);
}

/// As it was before that day; the bank tells of its transfers again.
static void put_back(struct shop *shop, struct shop *restored, const struct day *day) {
    const struct told *const shown[] = {&day->issued[0], &day->issued[1]};
    house_open(restored, shop->engine);
    struct told told = show(restored, &house_alice, "alice-p", shown, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "waits:no-transfer"));
    house_transfer(restored, "b-1", "alice-p", 3000);
    house_transfer(restored, "b-2", "alice-p", 500);
}

static void tells_the_same(struct shop *shop, struct shop *restored) {
    static const struct statement books = {
        "SELECT account, CAST(SUM(amount) AS BIGINT) FROM posting GROUP BY account"
        " HAVING SUM(amount) <> 0 ORDER BY account",
        "", "ti"};
    char first[1024], second[1024];
    shop_dump(shop, &books, 1, first, sizeof first);
    shop_dump(restored, &books, 1, second, sizeof second);
    CU_ASSERT_STRING_EQUAL(first, second);
    CU_ASSERT_TRUE(house_holds(restored));
}

// The till comes first: nobody is listed for what the copy does not know.
static void shown_behind_logs(struct shop *shop) {
    struct day day;
    struct shop restored;
    live(shop, &day);
    put_back(shop, &restored, &day);
    const struct told *const issued[] = {&day.issued[0], &day.issued[1]};
    CU_ASSERT_EQUAL(
        house_ask(&restored, &house_operator, "PUT", "/v1/restored", "{\"date\":\"2026-02-14\"}")
            .status,
        200);
    struct told told = house_upload(&restored, &house_shop, &day.till, day.deals, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:books"));
    CU_ASSERT_EQUAL(house_number(&restored, "SELECT count(*) FROM purse WHERE state <> 0"), 0);
    told = show(&restored, &house_alice, "alice-p", issued, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_TRUE(house_outcome_is(&told, 1, "accepted"));
    told = show(&restored, &house_alice, "alice-p", issued, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 1, "again"));
    CU_ASSERT_EQUAL(house_account(&restored, "OPEN:alice-p:JPY"), 3500);
    told = house_upload(&restored, &house_shop, &day.till, day.deals, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    CU_ASSERT_TRUE(house_outcome_is(&told, 1, "accepted"));
    told = house_end(&restored, &house_shop, &day.till, "batches", false);
    CU_ASSERT_TRUE(house_take_end(&day.till, &told));
    tells_the_same(shop, &restored);
    told = house_tell(&restored, &house_alice, &day.alice);
    CU_ASSERT_EQUAL(told.status, 200);
    shop_close(&restored);
}

// The wallet comes first, and took both.
static void shown_before_logs(struct shop *shop) {
    struct day day;
    struct shop restored;
    live(shop, &day);
    put_back(shop, &restored, &day);
    const struct told *const issued[] = {&day.issued[1], &day.issued[0]};
    struct told told = house_tell(&restored, &house_alice, &day.alice);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"books\"")); // nothing is issued over it
    told = show(&restored, &house_operator, "alice-p", issued, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 1, "accepted"));
    told = house_tell(&restored, &house_alice, &day.alice);
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_EQUAL(house_account(&restored, "PURSE:alice-p:JPY"), 3500);
    house_upload(&restored, &house_shop, &day.till, day.deals, 2);
    house_end(&restored, &house_shop, &day.till, "batches", false);
    tells_the_same(shop, &restored);
    shop_close(&restored);
}

// The batch was settled and the till has not heard: a copy that forgot so may not give it back.
static void shown_end_stands(struct shop *shop) {
    struct day day;
    struct shop restored;
    uint8_t octets[2][HOUSE_OBJECT_MAX];
    live(shop, &day);
    put_back(shop, &restored, &day);
    const struct told *const receipt[] = {&day.receipt};
    struct told told = show(&restored, &house_shop, "till-1", receipt, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "accepted"));
    told = house_end(&restored, &house_shop, &day.till, "releases", true);
    CU_ASSERT_TRUE(house_says(&told, 409, "\"word\":\"ended\""));
    const struct told *const issued[] = {&day.issued[0], &day.issued[1]};
    show(&restored, &house_alice, "alice-p", issued, 2);
    house_upload(&restored, &house_shop, &day.till, day.deals, 2);
    restored.now_ms += 86400 * 1000; // the same object, not one of another day
    told = house_end(&restored, &house_shop, &day.till, "batches", false);
    struct bytes now = house_field(&told, "object", octets[0], sizeof octets[0]),
                 then = house_field(&day.receipt, "object", octets[1], sizeof octets[1]);
    CU_ASSERT_TRUE(bytes_equal(now, then));
    CU_ASSERT_TRUE(house_take_end(&day.till, &told));
    tells_the_same(shop, &restored);
    shop_close(&restored);
}

// One that was released elsewhere is settled by nobody; both ends of one batch are a finding.
static void two_ends(struct shop *shop) {
    struct day day;
    struct shop other;
    live(shop, &day);
    house_open(&other, shop->engine);
    struct told released = house_end(&other, &house_shop, &day.till, "releases", true);
    CU_ASSERT_TRUE(house_says(&released, 200, "released"));
    const struct told *const ends[] = {&released, &day.receipt};
    struct told told = show(shop, &house_shop, "till-1", ends, 2);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:two-ends"));
    CU_ASSERT_TRUE(house_outcome_is(&told, 1, "again"));
    CU_ASSERT_EQUAL(house_number(shop, "SELECT count(*) FROM finding WHERE word = 'two-ends'"), 1);
    shop_close(&other);
}

static void foreign(struct shop *shop) {
    struct day day;
    live(shop, &day);
    const struct told *const issued[] = {&day.issued[0]};
    struct told told = show(shop, &house_bob, "bob-p", issued, 1);
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:purse"));
    told = show(shop, &house_bob, "alice-p", issued, 1);
    CU_ASSERT_TRUE(house_says(&told, 404, "owner"));
    struct sample_party own = house.center;
    house.center = house.stranger;
    told = show(shop, &house_alice, "alice-p", issued, 1);
    house.center = own;
    CU_ASSERT_TRUE(house_outcome_is(&told, 0, "refused:certificate"));
}

static void test_shown(void) {
    house_on_every_engine(shown_behind_logs);
    house_on_every_engine(shown_before_logs);
}

static void test_shown_ends(void) {
    house_on_every_engine(shown_end_stands);
    house_on_every_engine(two_ends);
}

static void test_foreign(void) {
    house_on_every_engine(foreign);
}

static const struct suite_test tests[] = {
    {"rule 14: issue logs that are shown are in the books again, whoever comes first", test_shown,
     "S01e"},
    {"rule 14: a batch's end that is shown is the only one it has", test_shown_ends, "S15"},
    {"rule 14: what another center signed, or for another purse, is no evidence", test_foreign,
     NULL},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-clearing-restored", tests, sizeof tests / sizeof tests[0], argc, argv);
    house_close();
    return code;
}
