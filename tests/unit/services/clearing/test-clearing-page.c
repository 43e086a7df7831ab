// SPDX-License-Identifier: Apache-2.0
// The operator's page of the clearing center: its numbers are those of the books, each leads to
// what it counts, names are written out, nobody else sees it, and looking writes nothing.
#include "tests/kit/house/house.h"
#include "tests/kit/services/books.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static struct told look(struct shop *shop, const char *target) {
    struct request request = {
        .method = "GET", .target = target, .accept = "text/html", .peer = house_operator};
    return shop_request(shop, &request);
}

static bool shows(struct shop *shop, const char *target, const char *part) {
    struct told told = look(shop, target);
    bool page = told.status == 200 && strcmp(told.type, "text/html; charset=utf-8") == 0 &&
                strstr(told.body, "<script") == NULL;
    return house_says(&told, 200, part) && page;
}

/// alice has paid a till of 1000, which is settled, and of 500, which nobody has ended.
static void trade(struct shop *shop) {
    struct deal deals[2];
    struct card alice = house_alice_with(shop, 3000), till = house_card(&house.till);
    house_pay(&alice, &till, 1000, NULL, &deals[0]);
    house_upload(shop, &house_shop, &till, &deals[0], 1);
    house_settles(shop, &till, "settled", true);
    house_debit(&alice, &till, 500, NULL, &deals[1]);
    house_upload(shop, &house_alice, &alice, &deals[1], 1);
}

// ---- numbers and what they count ---------------------------------------------------------------

static void numbers(struct shop *shop) {
    trade(shop);
    CU_ASSERT_TRUE(shows(shop, "/operator", "href=\"/operator/under-way?language=en\">1</a>"));
    CU_ASSERT_TRUE(shows(shop, "/operator", "href=\"/operator/suspense?language=en\">0</a>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/under-way", "<td>alice-p 2</td><td>till-1</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/under-way", "<a href=\"/v1/trace/alice-p/2\">"));
    CU_ASSERT_TRUE(shows(shop, "/operator/logs", "<td class=n>1000 JPY</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/logs?after=alice-p&n=1", "alice-p 2"));
    CU_ASSERT_TRUE(shows(shop, "/operator/logs?after=alice-p&n=2", "<p>Nothing.</p>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/batches", "<td>till-1 1</td><td>1-1</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/transfers", "alice-p</td><td class=n>3000 JPY"));
    CU_ASSERT_TRUE(shows(shop, "/operator/purses", "<td>till-1</td><td>ID_2000</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/payouts-waiting", "<td class=n>1000 JPY</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/accounts?after=PURSE", "<td>PURSE:alice-p:JPY</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/payouts-done?language=ja", "<p>ありません。</p>"));
    CU_ASSERT_TRUE(shows(shop, "/operator?language=ja", "<html lang=\"ja\">"));
    CU_ASSERT_EQUAL(look(shop, "/operator/money").status, 404);
}

static void test_numbers(void) {
    house_on_every_engine(numbers);
}

/// Balances are what is kept, whether the keeper has been there or not.
static void balances(struct shop *shop) {
    trade(shop);
    struct told before = house_ask(shop, &house_operator, "GET", "/v1/status", NULL);
    CU_ASSERT_TRUE(
        house_says(&before, 200, "\"word\":\"PURSE\",\"unit\":\"JPY\",\"balance\":1500"));
    CU_ASSERT_TRUE(house_says(&before, 200, "\"word\":\"WAIT\",\"unit\":\"JPY\",\"balance\":0"));
    CU_ASSERT_TRUE(house_says(&before, 200, "\"word\":\"BANK\",\"unit\":\"JPY\",\"balance\":3000"));
    CU_ASSERT_TRUE(shows(shop, "/operator/accounts?after=PURSE", "<td class=n>1500 JPY</td>"));
    CU_ASSERT_TRUE(books_fold(shop) > 0);
    struct told after = house_ask(shop, &house_operator, "GET", "/v1/status", NULL);
    CU_ASSERT_STRING_EQUAL(after.body, before.body);
    CU_ASSERT_TRUE(shows(shop, "/operator/accounts?after=PURSE", "<td class=n>1500 JPY</td>"));
}

static void test_balances(void) {
    house_on_every_engine(balances);
}

/// Every word of the page leads somewhere, on every engine.
static void every_list(struct shop *shop) {
    static const char *const words[] = {"suspense",        "payouts-refused",
                                        "payouts-waiting", "calls-for-a-person",
                                        "findings",        "under-way",
                                        "open-issue-logs", "payouts-ordered",
                                        "calls-due",       "logs",
                                        "batches",         "payouts-done",
                                        "transfers",       "purses",
                                        "listed",          "accounts"};
    char target[80];
    trade(shop);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        snprintf(target, sizeof target, "/operator/%s?after=zz&n=4294967295", words[i]);
        CU_ASSERT_TRUE(shows(shop, target, "<p>Nothing.</p>"));
    }
}

static void test_every_list(void) {
    house_on_every_engine(every_list);
}

/// A hundred a page, none twice and none left out.
static void pages_of_many(struct shop *shop) {
    char text[200];
    for (int i = 0; i < 150; i++) {
        snprintf(text, sizeof text,
                 "INSERT INTO finding(id, word, purse, day) VALUES('f-%03d', 'w', 'p', 20260105)",
                 i);
        shop_script(shop, text);
    }
    CU_ASSERT_TRUE(shows(shop, "/operator/findings?after=f-049", "<td>f-050</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/findings?after=f-148", "<tr><td>f-149</td>"));
    struct told told = look(shop, "/operator/findings?after=f-149");
    CU_ASSERT_TRUE(house_says(&told, 200, "Nothing."));
    CU_ASSERT_PTR_NULL(strstr(told.body, "id=more"));
}

static void test_pages_of_many(void) {
    house_on_every_engine(pages_of_many);
}

static void hotlists(struct shop *shop) {
    CU_ASSERT_TRUE(shows(shop, "/operator", "None has been published."));
    house_ask(shop, &house_operator, "POST", "/v1/purses/bob-p/refunds", "{\"unit\":\"JPY\"}");
    CU_ASSERT_TRUE(shows(shop, "/operator", "2026-01-05</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator", "<a href=\"/v1/hotlist/hosts\">0 days old</a>"));
    shop->now_ms += 3 * 86400000ULL;
    CU_ASSERT_TRUE(shows(shop, "/operator", "<a href=\"/v1/hotlist/hosts\">3 days old</a>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/listed", "<td>bob-p</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator", "class=some><th scope=row>Findings"));
}

static void test_hotlists(void) {
    house_on_every_engine(hotlists);
}

// ---- what may go wrong -------------------------------------------------------------------------

static void names(struct shop *shop) {
    shop_script(shop, "INSERT INTO finding(id, word, purse, day) VALUES('<b>\"x''&', 'w',"
                      " '<script>alert(1)</script>', 20260105)");
    CU_ASSERT_TRUE(shows(shop, "/operator/findings", "<td>&lt;b&gt;&quot;x&#39;&amp;</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator/findings", "&lt;script&gt;alert(1)&lt;/script&gt;</td>"));
    CU_ASSERT_TRUE(shows(shop, "/operator?language=%3C%22", "<html lang=\"en\">"));
}

static void test_names(void) {
    house_on_every_engine(names);
}

static void nobody_else(struct shop *shop) {
    CU_ASSERT_EQUAL(house_ask(shop, &house_auditor, "GET", "/operator", NULL).status, 200);
    const struct peer *const others[] = {&house_alice, &house_shop, &house_bank, &house_provider};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CU_ASSERT_EQUAL(house_ask(shop, others[i], "GET", "/operator", NULL).status, 403);
        CU_ASSERT_EQUAL(house_ask(shop, others[i], "GET", "/operator/logs", NULL).status, 403);
    }
    CU_ASSERT_EQUAL(house_ask(shop, &house_operator, "POST", "/operator", "{}").status, 405);
}

static void test_nobody_else(void) {
    house_on_every_engine(nobody_else);
}

static void writes_nothing(struct shop *shop) {
    static const char everything[] = "SELECT (SELECT count(*) FROM request) + (SELECT count(*) FROM"
                                     " object) + (SELECT count(*) FROM outbox) + (SELECT count(*)"
                                     " FROM transfer) + (SELECT count(*) FROM unsealed)";
    trade(shop);
    int64_t before = house_number(shop, everything);
    look(shop, "/operator");
    look(shop, "/operator/logs");
    CU_ASSERT_EQUAL(house_number(shop, everything), before);
}

static void test_writes_nothing(void) {
    house_on_every_engine(writes_nothing);
}

static const struct suite_test tests[] = {
    {"each number leads to what it counts, in two languages", test_numbers, NULL},
    {"balances are those that are kept, folded or not", test_balances, NULL},
    {"each list can be asked for", test_every_list, NULL},
    {"a long list goes on where the page ended", test_pages_of_many, NULL},
    {"hotlists are as old as they are", test_hotlists, NULL},
    {"names are written out", test_names, NULL},
    {"operators and auditors alone see it", test_nobody_else, NULL},
    {"looking writes nothing", test_writes_nothing, NULL},
};

int main(int argc, char **argv) {
    int code = suite_main("test-clearing-page", tests, sizeof tests / sizeof tests[0], argc, argv);
    house_close();
    return code;
}
