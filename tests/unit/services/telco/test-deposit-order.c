// SPDX-License-Identifier: Apache-2.0
// Online deposits at the telephone company, on every engine: the right password bills an amount and
// pays it to the center for the same card, once; a wrong one does nothing, and waits; whatever is
// lost is asked again.
#include "services/core/keeper/outbox.h"
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#include <stdio.h>
#include <string.h>

#define ID    "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"
#define RIGHT "correct horse"

static struct told put(struct town *town, const char *target, const char *body) {
    return licensing_ask(&town->charge, &town_operator, "PUT", target, body);
}

static void take_deposits(struct town *town) {
    CU_ASSERT_EQUAL(licensing_ask(&town->bank, &town_clerk, "PUT", "/v1/accounts/CENTER",
                                  "{\"owner\":\"center-1\",\"unit\":\"JPY\"}")
                        .status,
                    200);
    CU_ASSERT_EQUAL(put(town, "/v1/deposit-account", "{\"account\":\"CENTER\"}").status, 200);
    CU_ASSERT_EQUAL(put(town, "/v1/passwords/" TOWN_PHONE, "{\"password\":\"" RIGHT "\"}").status,
                    200);
}

static struct told deposit(struct town *town, const struct peer *peer, const char *id,
                           const char *password, const char *amount) {
    char body[250];
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"password\":\"%s\",\"amount\":%s}", id, password,
             amount);
    return licensing_ask(&town->charge, peer, "POST", "/v1/deposits", body);
}

static bool says(const struct told *told, unsigned status, const char *outcome) {
    char part[60];
    snprintf(part, sizeof part, "\"outcome\":\"%s\"", outcome);
    return licensing_says(told, status, part);
}

static bool untouched(struct town *town) {
    town_deliver(town);
    return town_book(town, "UNBILLED:" TOWN_PHONE) == 0 && town_money(town, "CENTER") == 0 &&
           licensing_count(&town->charge, "SELECT count(*) FROM content_charge") == 0;
}

static void once(struct town *town) {
    take_deposits(town);
    struct told told = deposit(town, &licensing_buyer, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 202, "ordered"));
    CU_ASSERT_EQUAL(town_money(town, "CENTER"), 0); // no notice, no value
    for (int i = 0; i < 2; i++) {
        town_deliver(town);
        told = deposit(town, &licensing_buyer, ID, RIGHT, "2000");
        CU_ASSERT_TRUE(says(&told, 200, "completed"));
    }
    CU_ASSERT_TRUE(town_money(town, "CENTER") == 2000 && town_money(town, "TELCO") == -2000);
    CU_ASSERT_EQUAL(licensing_count(&town->bank, "SELECT count(*) FROM booking WHERE payer ="
                                                 " 'phone-1' AND to_account = 'CENTER'"),
                    1);
    CU_ASSERT_EQUAL(town_book(town, "UNBILLED:" TOWN_PHONE), 2000);
    CU_ASSERT_TRUE(town_book(town, "DUE:center") == 0 && town_book(town, "ORDERED:center") == 0);
    told = deposit(town, &licensing_buyer, ID, RIGHT, "2001");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "deposit-reused"));
    // on the bill, beside the telephone
    town_day(town, 20040301);
    licensing_ask(&town->charge, &town_operator, "POST", "/v1/closes/2004-02", "{}");
    told = licensing_ask(&town->charge, &licensing_buyer, "GET", "/v1/bills/" TOWN_PHONE "/2004-02",
                         NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200,
                                  "{\"kind\":\"deposit\",\"text\":\"Deposit\",\"date\":\"2004-02-"
                                  "11\",\"amount\":2000}"));
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"total\":4300"));
}

static void test_once(void) {
    town_on_every_engine(false, once);
}

// The tenth wrong one locks; before, each lets the next wait, also the right one.
static void wrong(struct town *town) {
    take_deposits(town);
    for (unsigned i = 0; i < 10; i++) {
        struct told told = deposit(town, &licensing_buyer, ID, "guess", "2000");
        CU_ASSERT_TRUE(says(&told, 200, "wrong-password"));
        if (i == 4) {
            told = deposit(town, &licensing_buyer, ID, RIGHT, "2000");
            CU_ASSERT_TRUE(says(&told, 200, "wait"));
        }
        town->charge.now_ms += 600000;
    }
    struct told told = deposit(town, &licensing_buyer, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 200, "locked"));
    CU_ASSERT_TRUE(untouched(town));
    put(town, "/v1/passwords/" TOWN_PHONE, "{\"password\":\"another one\"}");
    told = deposit(town, &licensing_buyer, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 200, "wrong-password"));
    told = deposit(town, &licensing_buyer, ID, "another one", "2000");
    CU_ASSERT_TRUE(says(&told, 202, "ordered"));
    CU_ASSERT_EQUAL(licensing_count(&town->charge, "SELECT wrong FROM secret"), 0);
}

static void test_wrong(void) {
    town_on_every_engine(false, wrong);
}

// Rule 25: with the subscriber's password another card loads nothing, neither itself nor him.
static void stranger(struct town *town) {
    take_deposits(town);
    struct told told = deposit(town, &licensing_other, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 200, "no-subscriber"));
    put(town, "/v1/subscribers/090-2",
        "{\"mail\":\"2@xx.xxx\",\"trm\":\"phone-2\",\"tariff\":\"plan-a\",\"services\":[]}");
    told = deposit(town, &licensing_other, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 200, "no-password"));
    put(town, "/v1/passwords/090-2", "{\"password\":\"one of its own\"}");
    told = deposit(town, &licensing_other, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 200, "wrong-password"));
    CU_ASSERT_TRUE(untouched(town));
}

static void test_stranger(void) {
    town_on_every_engine(false, stranger);
}

// The bank is away: nothing is complete; when it is back, it is, once.
static void lost(struct town *town) {
    take_deposits(town);
    town->of_charge[1].listener = NULL;
    for (int i = 0; i < 2; i++) {
        struct told told = deposit(town, &licensing_buyer, ID, RIGHT, "2000");
        CU_ASSERT_TRUE(says(&told, 202, "ordered"));
        town_deliver(town);
    }
    CU_ASSERT_EQUAL(town_money(town, "CENTER"), 0);
    town->of_charge[1].listener = &town->bank.front.listener;
    town->charge.now_ms += 600000;
    town_deliver(town);
    struct told told = deposit(town, &licensing_buyer, ID, "whatever", "2000");
    CU_ASSERT_TRUE(says(&told, 200, "completed"));
    CU_ASSERT_TRUE(town_money(town, "CENTER") == 2000 &&
                   town_book(town, "UNBILLED:" TOWN_PHONE) == 2000);
}

static void test_lost(void) {
    town_on_every_engine(false, lost);
}

// The bank refuses: the line is off the bill, and the next one is another deposit.
static void refused(struct town *town) {
    take_deposits(town);
    put(town, "/v1/deposit-account", "{\"account\":\"NOBODY\"}");
    deposit(town, &licensing_buyer, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(untouched(town));
    struct told told = deposit(town, &licensing_buyer, ID, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 200, "failed"));
    CU_ASSERT_TRUE(town_book(town, "DUE:center") == 0 && town_book(town, "ORDERED:center") == 0);
    put(town, "/v1/deposit-account", "{\"account\":\"CENTER\"}");
    told = deposit(town, &licensing_buyer, OTHER, RIGHT, "2000");
    CU_ASSERT_TRUE(says(&told, 202, "ordered"));
    town_deliver(town);
    CU_ASSERT_EQUAL(town_money(town, "CENTER"), 2000);
}

static void test_refused(void) {
    town_on_every_engine(false, refused);
}

static const struct suite_test tests[] = {
    {"the right password bills it and pays the center, once", test_once, "M12a M12c M12d"},
    {"a wrong password does nothing, waits, and locks", test_wrong, "M12b"},
    {"rule 25: nobody else's card, nobody else's password", test_stranger, "M12b"},
    {"a bank that is away: complete when it is back, once", test_lost, "M12d"},
    {"a bank that refuses leaves no line", test_refused, "M12d"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-deposit-order", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
