// SPDX-License-Identifier: Apache-2.0
// Bills, on every engine: the source's figures, each number once, months in their order and in the
// company's time zone, goods beside calls, content apart where it is wished; nothing is billed
// twice or on another number.
#include "base/calendar.h"
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOON "1076468400000" // of the 11th of February of 2004 in Japan

static struct told usage(struct town *town, const char *items) {
    char body[1000];
    snprintf(body, sizeof body, "{\"items\":[%s]}", items);
    return licensing_ask(&town->charge, &town_gateway, "POST", "/v1/usage", body);
}

#define CALL(n, seconds)                                                                           \
    "{\"n\":" #n ",\"phone\":\"" TOWN_PHONE "\",\"time\":" NOON ",\"seconds\":" #seconds "}"
#define PACKETS(n, out, in)                                                                        \
    "{\"n\":" #n ",\"phone\":\"" TOWN_PHONE "\",\"time\":" NOON ",\"sent\":" #out                  \
    ",\"received\":" #in "}"
/// 215 steps of 30 s, 430 steps of 10 packets.
#define SOURCE                                                                                     \
    CALL(1, 3600)                                                                                  \
    "," CALL(2, 2700) "," CALL(3, 121) "," PACKETS(4, 1000, 3000) "," PACKETS(5, 251, 42)

static struct told close_month(struct town *town, const char *month) {
    char target[40];
    snprintf(target, sizeof target, "/v1/closes/%s", month);
    return licensing_ask(&town->charge, &town_operator, "POST", target, "{}");
}

static struct told bill(struct town *town, const struct peer *peer, const char *month) {
    char target[60];
    snprintf(target, sizeof target, "/v1/bills/" TOWN_PHONE "/%s", month);
    return licensing_ask(&town->charge, peer, "GET", target, NULL);
}

/// February of the source: calls, packets, and the ticket of the 11th.
static void february(struct town *town) {
    struct town_ticket ticket;
    struct told told = usage(town, SOURCE);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"after\":5"));
    town_order(town, &ticket, 1, "00112233445566aa");
    told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "accepted"));
    town_day(town, 20040301);
}

#define TELEPHONE                                                                                  \
    "{\"kind\":\"call\",\"text\":\"Calls\",\"quantity\":6421,\"amount\":2150},"                    \
    "{\"kind\":\"packet\",\"text\":\"Packets\",\"quantity\":4293,\"amount\":430},"                 \
    "{\"kind\":\"basic\",\"text\":\"Basic charge\",\"amount\":2000},"                              \
    "{\"kind\":\"service\",\"text\":\"Voice mail\",\"amount\":300}"
#define CONTENT "{\"kind\":\"content\",\"text\":\"NO_1\",\"date\":\"2004-02-11\",\"amount\":1000}"

static void source(struct town *town) {
    february(town);
    struct told told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(
        &told, 200, "{\"month\":\"2004-02\",\"closed\":true,\"bills\":1,\"total\":5880}"));
    told = bill(town, &licensing_buyer, "2004-02");
    CU_ASSERT_TRUE(
        licensing_says(&told, 200, "\"total\":5880,\"lines\":[" TELEPHONE "," CONTENT "]}]}"));
    CU_ASSERT_EQUAL(town_book(town, "RECEIVABLE:" TOWN_PHONE), 5880);
    CU_ASSERT_EQUAL(town_book(town, "UNBILLED:" TOWN_PHONE), 0);
    CU_ASSERT_EQUAL(town_book(town, "REVENUE:call") + town_book(town, "REVENUE:packet") +
                        town_book(town, "REVENUE:monthly"),
                    4880);
    // again: the same; and the next month begins with nothing
    told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"bills\":1,\"total\":5880}"));
    town_day(town, 20040401);
    told = close_month(town, "2004-03");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"total\":2300}"));
    CU_ASSERT_EQUAL(licensing_count(&town->charge, "SELECT count(*) FROM bill"), 2);
    // whose bill it is
    told = bill(town, &licensing_other, "2004-02");
    CU_ASSERT_EQUAL(told.status, 404);
    told = bill(town, &town_operator, "2004-04");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "no-bill"));
}

static void test_source(void) {
    town_on_every_engine(false, source);
}

static void apart(struct town *town) {
    struct told told =
        licensing_ask(&town->charge, &town_operator, "PUT", "/v1/subscribers/" TOWN_PHONE,
                      "{\"mail\":\"" LICENSING_MAIL
                      "\",\"trm\":\"phone-1\",\"tariff\":\"plan-a\",\"separate\":true,"
                      "\"services\":[{\"text\":\"Voice mail\",\"amount\":300}]}");
    CU_ASSERT_EQUAL(told.status, 200);
    february(town);
    told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"bills\":2,\"total\":5880}"));
    told = bill(town, &licensing_buyer, "2004-02");
    CU_ASSERT_TRUE(licensing_says(
        &told, 200, "\"part\":\"telephone\",\"total\":4880,\"lines\":[" TELEPHONE "]}"));
    CU_ASSERT_TRUE(
        licensing_says(&told, 200, "\"part\":\"content\",\"total\":1000,\"lines\":[" CONTENT "]}"));
}

static void test_apart(void) {
    town_on_every_engine(false, apart);
}

static void html(struct town *town) {
    february(town);
    close_month(town, "2004-02");
    struct request request = {.method = "GET",
                              .target = "/v1/bills/" TOWN_PHONE "/2004-02",
                              .accept = "text/html",
                              .peer = licensing_buyer};
    struct told told = shop_request(&town->charge, &request);
    CU_ASSERT_STRING_EQUAL(told.type, "text/html; charset=utf-8");
    CU_ASSERT_TRUE(licensing_says(
        &told, 200, "<tr><td>2004/2/11</td><td>NO_1</td><td class=n>1000 JPY</td></tr>"));
    CU_ASSERT_TRUE(licensing_says(&told, 200, "<th>Total</th><th class=n>5880 JPY</th>"));
    request.target = "/v1/bills/" TOWN_PHONE "/2004-02?language=ja";
    told = shop_request(&town->charge, &request);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "<td>通話料</td><td class=n>2150 円</td>"));
    CU_ASSERT_TRUE(licensing_says(&told, 200, "<th>合計</th><th class=n>5880 円</th>"));
}

static void test_html(void) {
    town_on_every_engine(false, html);
}

// ---- metering ----------------------------------------------------------------------------------

static void metering(struct town *town) {
    struct told told = usage(town, CALL(1, 30) "," CALL(3, 31));
    CU_ASSERT_TRUE(
        licensing_says(&told, 200, "\"after\":1}")); // 2 is missing, which delays nothing
    CU_ASSERT_EQUAL(town_book(town, "UNBILLED:" TOWN_PHONE), 30);
    told = usage(town, CALL(1, 30) "," CALL(3, 61)); // again; a number that says something else
    CU_ASSERT_TRUE(licensing_says(
        &told, 200, "{\"n\":1,\"outcome\":\"again\"},{\"n\":3,\"outcome\":\"reused\"}"));
    told = usage(town, CALL(2, 0));
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"after\":3}"));
    told = usage(town,
                 "{\"n\":4,\"phone\":\"0\",\"time\":" NOON
                 ",\"seconds\":1},{\"n\":5,\"phone\":\"" TOWN_PHONE
                 "\",\"time\":1,\"seconds\":1},{\"n\":6,\"phone\":\"" TOWN_PHONE "\",\"time\":1}");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "unknown-subscriber") &&
                   licensing_says(&told, 200, "no-tariff") &&
                   licensing_says(&told, 200, "\"shape\""));
    CU_ASSERT_EQUAL(town_book(town, "UNBILLED:" TOWN_PHONE), 30);
}

static void test_metering(void) {
    town_on_every_engine(false, metering);
}

// A call at 23:59 UTC of the 29th of February is one of March in Japan.
static void zones(struct town *town) {
    char item[160];
    uint64_t edge = (uint64_t)time_of_date(20040301) * 1000 - 60000;
    for (int i = 0; i < 2; i++) {
        snprintf(item, sizeof item,
                 "{\"n\":%d,\"phone\":\"" TOWN_PHONE "\",\"time\":%" PRIu64 ",\"seconds\":30}",
                 i + 1, edge - (i == 0 ? 0 : UINT64_C(9) * 3600 * 1000));
        CU_ASSERT_EQUAL(usage(town, item).status, 200);
    }
    town->charge.now_ms = edge - UINT64_C(9) * 3600 * 1000; // still February there
    struct told told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "has not ended"));
    town->charge.now_ms = edge; // over there, though not in Greenwich
    told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"total\":2310}"));
    town_day(town, 20040401);
    told = close_month(town, "2004-03");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"total\":2310}"));
}

static void test_zones(void) {
    town_on_every_engine(false, zones);
}

// ---- closing -----------------------------------------------------------------------------------

static void order_of_months(struct town *town) {
    february(town);
    struct told told = close_month(town, "2004-03");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "has not ended"));
    CU_ASSERT_EQUAL(close_month(town, "2004-02").status, 200);
    town_day(town, 20040501);
    told = close_month(town, "2004-04");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "\"month\""));
    usage(town, CALL(9, 30)); // a late call of February stands on the next bill
    told = close_month(town, "2004-03");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"total\":2310}"));
    CU_ASSERT_EQUAL(close_month(town, "2004-04").status, 200);
    CU_ASSERT_EQUAL(close_month(town, "2004-13").status, 400);
}

static void test_order_of_months(void) {
    town_on_every_engine(false, order_of_months);
}

// More subscribers than one request bills; a close goes on where it was, whoever asks.
static void many(struct town *town) {
    char target[60], body[160];
    for (unsigned i = 0; i < 450; i++) {
        snprintf(target, sizeof target, "/v1/subscribers/080-%04u", i);
        snprintf(
            body, sizeof body,
            "{\"mail\":\"s%u@xx.xxx\",\"trm\":\"trm-%u\",\"tariff\":\"plan-a\",\"services\":[]}", i,
            i);
        licensing_ask(&town->charge, &town_operator, "PUT", target, body);
    }
    february(town);
    struct told told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"closed\":false,\"bills\":200,"));
    told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"closed\":false,\"bills\":400,"));
    told = close_month(town, "2004-02");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"closed\":true,\"bills\":451,\"total\":905880}"));
    CU_ASSERT_EQUAL(town_book(town, "REVENUE:monthly"), 902300);
}

static void test_many(void) {
    struct town town;
    town_open(&town, ENGINE_MEMORY, false);
    many(&town);
    town_close(&town);
}

static void tariffs(struct town *town) {
    static const char prices[] =
        "\"basic\":1,\"call-seconds\":1,\"call-amount\":1,\"packet-count\":1,\"packet-amount\":1}";
    static const struct {
        const char *period;
        unsigned status;
    } cases[] = {
        {"{\"first-month\":\"2004-03\",\"last-month\":\"2004-05\",", 200},
        {"{\"first-month\":\"2004-05\",", 409},
        {"{\"first-month\":\"2004-01\",\"last-month\":\"2004-03\",", 409},
        {"{\"first-month\":\"2004-06\",", 200},
        {"{\"first-month\":\"2004-01\",\"last-month\":\"2004-02\",", 200},
        {"{\"first-month\":\"2004-02\",\"last-month\":\"2004-01\",", 400},
        {"{\"first-month\":\"2004-00\",", 400},
        {"{\"first-month\":\"2005-01\",", 409},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[250];
        snprintf(body, sizeof body, "%s%s", cases[i].period, prices);
        struct told told =
            licensing_ask(&town->charge, &town_operator, "PUT", "/v1/tariffs/plan-b", body);
        CU_ASSERT_TRUE(licensing_says(&told, cases[i].status, ""));
    }
    struct told told = licensing_ask(&town->charge, &town_clerk, "PUT", "/v1/payees/ID_1",
                                     "{\"account\":\"SHOP\"}");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "\"owner\"")); // an operator of somebody else
}

static void test_tariffs(void) {
    town_on_every_engine(false, tariffs);
}

// ---- goods -------------------------------------------------------------------------------------

static struct told purchase(struct town *town, const struct peer *peer, const char *payer,
                            uint8_t kind, const struct sample_party *by) {
    static char body[TOWN_PURCHASE_MAX];
    town_purchase_body(body, payer, kind, by);
    return licensing_ask(&town->charge, peer, "POST", "/v1/purchases", body);
}

static void goods(struct town *town) {
    struct told told =
        purchase(town, &licensing_other, "phone-1", REFERENCE_GOODS, &licensing.till);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"request\""));
    told = purchase(town, &licensing_buyer, "phone-1", REFERENCE_TICKET, &licensing.till);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"request\""));
    told = purchase(town, &licensing_buyer, "phone-1", REFERENCE_GOODS, &licensing.strange);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"request\""));
    for (int i = 0; i < 2; i++) { // said twice, bought once
        told = purchase(town, &licensing_buyer, "phone-1", REFERENCE_GOODS, &licensing.till);
        CU_ASSERT_TRUE(licensing_says(&told, 200, "accepted"));
        town_deliver(town);
    }
    CU_ASSERT_EQUAL(town_money(town, "SHOP"), 120);
    town_day(town, 20040301);
    CU_ASSERT_EQUAL(close_month(town, "2004-02").status, 200);
    told = bill(town, &licensing_buyer, "2004-02");
    CU_ASSERT_TRUE(licensing_says(
        &told, 200,
        "{\"kind\":\"goods\",\"text\":\"Coffee\",\"date\":\"2004-02-11\",\"amount\":120}"));
}

// A machine whose operator has its key asks for nothing, or for so much that it is below nothing:
// that would be money on the bill of whoever stands before it.
static void wild_goods(struct town *town) {
    static const uint64_t amounts[] = {0, UINT64_C(1) << 63, UINT64_MAX - 999, UINT64_MAX};
    static char body[TOWN_PURCHASE_MAX];
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        town_purchase_over(body, "phone-1", REFERENCE_GOODS, &licensing.till, amounts[i]);
        struct told told =
            licensing_ask(&town->charge, &licensing_buyer, "POST", "/v1/purchases", body);
        CU_ASSERT_TRUE(licensing_says(&told, 422, "\"request\""));
    }
    CU_ASSERT_EQUAL(town_book(town, "UNBILLED:" TOWN_PHONE), 0);
    CU_ASSERT_EQUAL(licensing_count(&town->charge, "SELECT count(*) FROM content_charge"), 0);
    CU_ASSERT_EQUAL(licensing_count(&town->charge, "SELECT count(*) FROM docket"), 0);
}

static void test_wild_goods(void) {
    town_on_every_engine(false, wild_goods);
}

static void test_goods(void) {
    town_on_every_engine(false, goods);
}

// What was bought in the year's last hour stands on December's bill, and January follows December.
static void year_end(struct town *town) {
    town_day(town, 20041231);
    struct told told =
        purchase(town, &licensing_buyer, "phone-1", REFERENCE_GOODS, &licensing.till);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "accepted"));
    town_day(town, 20050101);
    CU_ASSERT_EQUAL(close_month(town, "2004-13").status, 400);
    told = close_month(town, "2005-01");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "2005-01 has not ended"));
    told = close_month(town, "2004-12");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"total\":2420}"));
    told = bill(town, &licensing_buyer, "2004-12");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"date\":\"2004-12-31\",\"amount\":120}"));
    town_day(town, 20050301);
    told = close_month(town, "2005-02");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "2005-02 is not the month behind"));
    told = close_month(town, "2005-01");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"total\":2300}"));
}

static void test_year_end(void) {
    licensing_open_of(20041215, 20050115);
    town_on_every_engine(false, year_end);
    licensing_close();
}

static const struct suite_test tests[] = {
    {"the source's bill: 4880 and 1000 are 5880", test_source,
     "W1 W2 P1-33 P1-34 P1-36 P1-37 P1-38 P1-39 P1-40 P1-41"},
    {"content is billed apart: 4880 and 1000", test_apart, "M07"},
    {"a page in English and in Japanese", test_html, "W2 P1-40"},
    {"calls and packets count once under the gateway's numbers", test_metering,
     "P1-32 P1-33 P1-34"},
    {"a month is one of the company's time zone", test_zones, NULL},
    {"rule 27: months are closed once, in order, when they have ended", test_order_of_months,
     "P1-39"},
    {"rule 27: an interrupted close goes on where it was", test_many, NULL},
    {"a tariff that overlaps another one's months is refused", test_tariffs, NULL},
    {"rule 27: at the year's end January follows December", test_year_end, NULL},
    {"a machine that asks for less than nothing", test_wild_goods, "P1-41"},
    {"goods of a machine stand on the bill", test_goods, "P5-03 P5-04 P5-05 M03a"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-charge-bill", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
