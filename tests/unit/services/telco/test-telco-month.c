// SPDX-License-Identifier: Apache-2.0
// A month of a telephone company, its bank and its registry ends in equal tables on every engine;
// and what somebody could try with sales that look alike, or are paid twice.
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#include <stdio.h>
#include <string.h>

enum { DUMP_SIZE = 24000 };

#define FIRST  "00112233445566aa"
#define SECOND "00112233445566bb"
#define THIRD  "00112233445566cc"

static void asked(struct shop *shop, const struct peer *peer, const char *method,
                  const char *target, const char *body) {
    CU_ASSERT_TRUE(licensing_ask(shop, peer, method, target, body).status < 300);
}

static void hand_in(struct town *town, uint32_t n, const char *instance) {
    struct town_ticket ticket;
    town_order(town, &ticket, n, instance);
    CU_ASSERT_TRUE(town_send_docket(town, &licensing_buyer, &ticket, &town_docket).status < 300);
    town_deliver(town);
}

/// Calls, a sale that is trusted and one that is not, a deposit, the bill.
static void month(struct town *town) {
    asked(&town->charge, &town_gateway, "POST", "/v1/usage",
          "{\"items\":[{\"n\":1,\"phone\":\"" TOWN_PHONE
          "\",\"time\":1076468400000,\"seconds\":61},{\"n\":2,\"phone\":\"" TOWN_PHONE
          "\",\"time\":1076468400000,\"sent\":11,\"received\":9}]}");
    hand_in(town, 1, FIRST);
    asked(&town->registry, &town_registrar, "DELETE", "/v1/enterprises/ID_2000", NULL);
    hand_in(town, 2, SECOND);
    asked(&town->bank, &town_clerk, "PUT", "/v1/accounts/CENTER",
          "{\"owner\":\"center-1\",\"unit\":\"JPY\"}");
    asked(&town->charge, &town_operator, "PUT", "/v1/deposit-account", "{\"account\":\"CENTER\"}");
    asked(&town->charge, &town_operator, "PUT", "/v1/passwords/" TOWN_PHONE,
          "{\"password\":\"correct horse\"}");
    asked(&town->charge, &licensing_buyer, "POST", "/v1/deposits",
          "{\"id\":\"0011223344556677\",\"password\":\"correct horse\",\"amount\":2000}");
    town_deliver(town);
    town_day(town, 20040301);
    asked(&town->charge, &town_operator, "POST", "/v1/closes/2004-02", "{}");
}

#define LEDGER                                                                                     \
    {"SELECT id, owner, kind, unit FROM ledger_account ORDER BY id", "", "ttti"}, {                \
        "SELECT transfer, line, account, amount FROM posting ORDER BY transfer, line", "", "titi"  \
    }

/// All but what is drawn, signed or digested anew on each engine.
static const struct statement of_charge[] = {
    {"SELECT sale, kind, text, trm, mail, enterprise, number, instance, amount, unit, date, state,"
     " word, transfer FROM docket ORDER BY sale",
     "",
     "tttttttt"
     "iiii"
     "TT"},
    {"SELECT sale, phone, kind, text, date, amount, month, billed FROM content_charge ORDER BY "
     "sale",
     "", "ttttiiii"},
    {"SELECT source, n, phone, kind, quantity, at_ms, month, charge, billed FROM usage"
     " ORDER BY source, n",
     "",
     "titt"
     "iiiii"},
    {"SELECT month, next_phone, done, bills, total FROM close", "", "itiii"},
    {"SELECT phone, month, part, total, unit FROM bill ORDER BY phone, month, part", "", "titii"},
    {"SELECT phone, month, part, line, kind, text, date, quantity, amount FROM bill_line"
     " ORDER BY phone, month, part, line",
     "", "titittIIi"},
    {"SELECT id, phone, trm, amount, unit, date, outcome, transfer FROM deposit ORDER BY id", "",
     "tttiiitT"},
    {"SELECT phone, digest, wrong FROM secret ORDER BY phone", "", "tbi"},
    LEDGER,
};
static const struct statement of_bank[] = {
    {"SELECT id, owner, enterprise, unit, notify FROM account ORDER BY id", "", "ttTiT"},
    {"SELECT id, sender, client, from_account, to_account, amount, unit, date, number, mail,"
     " instance, payer, booked, notice FROM booking ORDER BY id",
     "", "tttTtiiITTTTii"},
    LEDGER,
};
static const struct statement of_registry[] = {
    {"SELECT id, trusted, version FROM enterprise ORDER BY id", "", "tii"},
    {"SELECT asker, enterprise, trusted, version FROM inquiry ORDER BY version, enterprise", "",
     "ttii"},
};

#define DUMP(shop, queries, out)                                                                   \
    shop_dump((shop), (queries), sizeof(queries) / sizeof(queries)[0], (out), DUMP_SIZE)

static void dump_all(struct town *town, char out[3][DUMP_SIZE]) {
    DUMP(&town->charge, of_charge, out[0]);
    DUMP(&town->bank, of_bank, out[1]);
    DUMP(&town->registry, of_registry, out[2]);
}

static void test_engines(void) {
    static char all[ENGINES][3][DUMP_SIZE];
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        static struct town town;
        town_open(&town, engine, true);
        month(&town);
        dump_all(&town, all[engine]);
        town_close(&town);
        for (size_t i = 0; i < 3; i++)
            CU_ASSERT_STRING_EQUAL(all[engine][i], all[0][i]);
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(all[0][0], "deposit"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all[0][0], "not-trusted"));
    CU_ASSERT_TRUE(strlen(all[0][0]) > 1000 && strlen(all[0][1]) > 300 && strlen(all[0][2]) > 30);
}

// ---- attacks -----------------------------------------------------------------------------------

// Rule 19: two sales of one number to one address on one day have the same three fields; each is
// billed, paid and settled by its own instance.
static void twins(struct town *town) {
    static const char *const instances[] = {FIRST, SECOND, THIRD};
    static const size_t paid[] = {1, 2, 0}; // not the oldest one first
    struct town_ticket tickets[3];
    char query[100];
    for (uint32_t i = 0; i < 3; i++)
        town_order(town, &tickets[i], i + 1, instances[i]);
    for (size_t i = 0; i < 3; i++) {
        town_send_docket(town, &licensing_buyer, &tickets[paid[i]], &town_docket);
        town_deliver(town);
        snprintf(query, sizeof query, "SELECT count(*) FROM settled WHERE instance = '%s'",
                 instances[paid[i]]);
        CU_ASSERT_EQUAL(licensing_count(&town->licence, query), 1);
        CU_ASSERT_EQUAL(licensing_count(&town->licence, "SELECT count(*) FROM settled"),
                        (int64_t)i + 1);
    }
    CU_ASSERT_EQUAL(
        licensing_count(&town->bank,
                        "SELECT count(DISTINCT instance) FROM booking WHERE notice = 2"),
        3);
    CU_ASSERT_TRUE(town_money(town, "SHOP") == 3000 &&
                   town_book(town, "UNBILLED:" TOWN_PHONE) == 3000);
}

static void test_twins(void) {
    town_on_every_engine(false, twins);
}

// Rule 20: a till's receipt over a sale that the bill has paid settles nothing further.
static void docket_then_purse(struct town *town) {
    static char body[LICENSING_BODY_MAX / 2];
    struct payment payment = licensing_paid;
    hand_in(town, 1, payment.instance);
    CU_ASSERT_EQUAL(
        licensing_count(&town->licence, "SELECT count(*) FROM settled WHERE by_kind = 'notice'"),
        1);
    char target[80];
    snprintf(target, sizeof target, "/v1/sales/%s/activation", payment.instance);
    snprintf(body, sizeof body, "{%s}", licensing_receipt(&payment, &licensing.till));
    struct told told = licensing_ask(&town->licence, &licensing_buyer, "POST", target, body);
    CU_ASSERT_EQUAL(told.status, 200); // open, as it is paid for
    CU_ASSERT_EQUAL(licensing_count(&town->licence, "SELECT count(*) FROM settled"), 1);
    CU_ASSERT_EQUAL(licensing_count(&town->licence, "SELECT count(*) FROM receipt_used"),
                    0); // it can be given back
    CU_ASSERT_EQUAL(
        licensing_count(&town->licence, "SELECT count(*) FROM settled WHERE by_kind = 'receipt'"),
        0);
    CU_ASSERT_TRUE(licensing_stores_hold(&town->licence));
}

static void test_docket_then_purse(void) {
    town_on_every_engine(false, docket_then_purse);
}

static const struct suite_test tests[] = {
    {"a month ends in equal tables on every engine", test_engines, NULL},
    {"rule 19: two sales with equal three fields", test_twins, "P1-23 P1-27"},
    {"rule 20: docket then purse", test_docket_then_purse, "P4-15"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-telco-month", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
