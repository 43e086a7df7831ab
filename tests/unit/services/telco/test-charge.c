// SPDX-License-Identifier: Apache-2.0
// Proxy settlement, on every engine: a docket becomes a line of the right subscriber's bill and the
// seller's money, once; the registry decides where it is asked; nobody else's docket, header or
// answer settles anything.
#include "services/charge/charge.h"
#include "services/core/keeper/outbox.h"
#include "services/wire/api/registry_api.h"
#include "tests/kit/services/sweep.h"
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#include <stdio.h>
#include <string.h>

#define INSTANCE "00112233445566aa"
#define SECOND   "00112233445566bb"

/// Nothing is billed, ordered or paid.
static bool untouched(struct town *town) {
    return town_book(town, "UNBILLED:" TOWN_PHONE) == 0 && town_money(town, "SHOP") == 0 &&
           licensing_count(&town->charge, "SELECT count(*) FROM content_charge") == 0 &&
           licensing_count(&town->licence, "SELECT count(*) FROM settled") == 0;
}

/// Billed once, paid once, settled once.
static bool settled(struct town *town, uint32_t day) {
    char query[100];
    snprintf(query, sizeof query, "SELECT count(*) FROM settled WHERE settled_date = %u", day);
    return town_book(town, "UNBILLED:" TOWN_PHONE) == 1000 && town_money(town, "SHOP") == 1000 &&
           town_money(town, "TELCO") == -1000 && town_book(town, "DUE:ID_2000") == 0 &&
           town_book(town, "ORDERED:ID_2000") == 0 && town_book(town, "BANK") == -1000 &&
           licensing_count(&town->licence, query) == 1 &&
           licensing_count(&town->licence, "SELECT count(*) FROM unsettled") == 0 &&
           licensing_stores_hold(&town->licence);
}

// ---- the way of a docket -----------------------------------------------------------------------

static void docket(struct town *town) {
    struct town_ticket ticket;
    uint8_t octets[512];
    struct object answer;
    town_order(town, &ticket, 1, INSTANCE);
    struct told told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"accepted\""));
    CU_ASSERT_TRUE_FATAL(object_decode_as(OBJECT_SETTLEMENT_ANSWER,
                                          licensing_field(&told, "object", octets, sizeof octets),
                                          &answer));
    CU_ASSERT_TRUE(object_verify(&answer, licensing.crypto, licensing.telco.signer.point));
    CU_ASSERT_TRUE(answer.fields[FIELD_RESULT].data[0] == 1 &&
                   bytes_equal(answer.fields[FIELD_ACTIVATOR], bytes_of_string("telco-1")));
    CU_ASSERT_EQUAL(licensing_count(&town->charge,
                                    "SELECT count(*) FROM content_charge WHERE phone = '" TOWN_PHONE
                                    "' AND amount = 1000 AND date = 20040211 AND text = 'NO_1'"),
                    1);
    CU_ASSERT_EQUAL(town_book(town, "ORDERED:ID_2000"), 1000); // as yet the bank has not moved it
    town_day(town, 20040218);
    town_deliver(town);
    CU_ASSERT_TRUE(settled(town, 20040218));
    CU_ASSERT_EQUAL(
        licensing_count(
            &town->bank,
            "SELECT count(*) FROM booking WHERE from_account = 'TELCO' AND to_account = 'SHOP' AND "
            "amount = 1000 AND date = 20040211 AND number = 'NO_1' AND mail = '" LICENSING_MAIL
            "'"),
        1);
    // again, under another key: the same answer, nothing twice
    char first[200];
    snprintf(first, sizeof first, "%.190s", told.body);
    told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "accepted") && strncmp(told.body, first, 190) == 0);
    town_deliver(town);
    CU_ASSERT_TRUE(settled(town, 20040218));
}

static void test_docket(void) {
    town_on_every_engine(false, docket);
}

// At midnight the phone may think that it is another day: the seller's date is what counts.
static void midnight(struct town *town) {
    struct town_ticket ticket;
    struct town_docket late = town_docket;
    late.date = 20040212;
    town_order(town, &ticket, 1, INSTANCE);
    town_day(town, 20040212);
    struct told told = town_send_docket(town, &licensing_buyer, &ticket, &late);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "accepted"));
    town_deliver(town);
    CU_ASSERT_TRUE(settled(town, 20040212));
}

static void test_midnight(void) {
    town_on_every_engine(false, midnight);
}

// ---- whose docket ------------------------------------------------------------------------------

static void strangers(struct town *town) {
    struct town_ticket ticket;
    struct town_docket wrong = town_docket;
    town_order(town, &ticket, 1, INSTANCE);
    // phone-2 hands in phone-1's docket, or its own for phone-1's ticket
    struct told told = town_send_docket(town, &licensing_other, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"docket\""));
    wrong.by = &licensing.other;
    wrong.buyer = "phone-2";
    told = town_send_docket(town, &licensing_other, &ticket, &wrong);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"docket\""));
    wrong.buyer = "phone-1"; // signed by another card
    told = town_send_docket(town, &licensing_buyer, &ticket, &wrong);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"docket\""));
    wrong = town_docket;
    wrong.by = &licensing.till;
    told = town_send_docket(town, &licensing_buyer, &ticket, &wrong);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"docket\""));
    CU_ASSERT_TRUE(untouched(town));
    CU_ASSERT_EQUAL(licensing_count(&town->charge, "SELECT count(*) FROM docket"), 0);
}

static void test_strangers(void) {
    town_on_every_engine(false, strangers);
}

// A phone that names somebody else's mail address bills nobody, and hears so for ever.
static void stranger_billed(struct town *town) {
    struct town_ticket ticket;
    struct town_docket wrong = town_docket;
    struct told told = licensing_ask(
        &town->charge, &town_operator, "PUT", "/v1/subscribers/090-0000-0000",
        "{\"mail\":\"rich@xx.xxx\",\"trm\":\"phone-9\",\"tariff\":\"plan-a\",\"services\":[]}");
    CU_ASSERT_EQUAL(told.status, 200);
    wrong.mail = "rich@xx.xxx";
    town_order(town, &ticket, 1, INSTANCE);
    told = town_send_docket(town, &licensing_buyer, &ticket, &wrong);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"no-subscriber\""));
    told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket); // refused stays refused
    CU_ASSERT_TRUE(licensing_says(&told, 200, "no-subscriber"));
    told = licensing_ask(&town->charge, &town_operator, "PUT", "/v1/subscribers/090-0000-0001",
                         "{\"mail\":\"" LICENSING_MAIL
                         "\",\"trm\":\"phone-8\",\"tariff\":\"plan-a\",\"services\":[]}");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "subscriber-taken"));
    town_deliver(town);
    CU_ASSERT_TRUE(untouched(town));
}

static void test_stranger_billed(void) {
    town_on_every_engine(false, stranger_billed);
}

static void old_sales(struct town *town) {
    struct town_ticket ticket;
    town_order(town, &ticket, 1, INSTANCE);
    town->charge.now_ms -= UINT64_C(3) * 24 * 3600 * 1000; // the sale is yet to come
    struct told told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"docket\""));
    CU_ASSERT_TRUE(untouched(town));
}

static void test_old_sales(void) {
    town_on_every_engine(false, old_sales);
}

static void no_payee(struct town *town) {
    struct town_ticket ticket;
    shop_script(&town->charge, "DELETE FROM payee");
    town_order(town, &ticket, 1, INSTANCE);
    struct told told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"no-payee\""));
    CU_ASSERT_TRUE(untouched(town));
}

static void test_no_payee(void) {
    town_on_every_engine(false, no_payee);
}

// ---- the registry ------------------------------------------------------------------------------

static void trusted(struct town *town) {
    struct town_ticket ticket;
    town_order(town, &ticket, 1, INSTANCE);
    struct told told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 202, "asking"));
    CU_ASSERT_TRUE(untouched(town)); // nothing settles before the answer
    town_deliver(town);
    told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "accepted"));
    CU_ASSERT_TRUE(settled(town, 20040211));
    CU_ASSERT_EQUAL(
        licensing_count(
            &town->registry,
            "SELECT count(*) FROM inquiry WHERE enterprise = 'ID_2000' AND asker = 'telco-1'"),
        1);
}

static void test_trusted(void) {
    town_on_every_engine(true, trusted);
}

// The docket of system 4, a year after the other systems' examples: (NO_1, 1000 yen,
// matsushita@xx.xxx, 2005/3/22, ID_2000); the enterprise is what the registry is asked about.
#define FOURTH                                                                                     \
    "SELECT count(*) FROM docket WHERE number = 'NO_1' AND amount = 1000 AND unit = 392 AND mail"  \
    " = 'matsushita@xx.xxx' AND date = 20050322 AND enterprise = 'ID_2000' AND state = "
static void fourth_system(struct town *town) {
    struct town_ticket ticket;
    struct town_docket docket = town_docket;
    docket.date = 20050322;
    town_day(town, docket.date);
    town_order(town, &ticket, 1, INSTANCE);
    CU_ASSERT_EQUAL(town_send_docket(town, &licensing_buyer, &ticket, &docket).status, 202);
    CU_ASSERT_EQUAL(licensing_count(&town->charge, FOURTH "0"), 1);
    town_deliver(town);
    CU_ASSERT_EQUAL(licensing_count(&town->charge, FOURTH "1"), 1);
    CU_ASSERT_EQUAL(
        licensing_count(
            &town->registry,
            "SELECT count(*) FROM inquiry WHERE enterprise = 'ID_2000' AND trusted = 1"),
        1);
    CU_ASSERT_TRUE(settled(town, 20050322));
}

static void test_fourth_system(void) {
    licensing_open_of(20050301, 20050331);
    town_on_every_engine(true, fourth_system);
    licensing_close();
}

static void not_trusted(struct town *town) {
    struct town_ticket ticket;
    char target[80];
    struct told told =
        licensing_ask(&town->registry, &town_registrar, "DELETE", "/v1/enterprises/ID_2000", NULL);
    CU_ASSERT_EQUAL(told.status, 200);
    town_order(town, &ticket, 1, INSTANCE);
    told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_EQUAL(told.status, 202);
    town_deliver(town);
    snprintf(target, sizeof target, "/v1/dockets/%s", ticket.sale);
    told = licensing_ask(&town->charge, &licensing_buyer, "GET", target, NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"not-trusted\""));
    told = licensing_ask(&town->charge, &licensing_other, "GET", target, NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "\"owner\""));
    // trusted again: what was refused stays so, else it might be paid twice
    licensing_ask(&town->registry, &town_registrar, "PUT", "/v1/enterprises/ID_2000", "{}");
    told = town_send_docket(town, &licensing_buyer, &ticket, &town_docket);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "not-trusted"));
    town_deliver(town);
    CU_ASSERT_TRUE(untouched(town));
    town_order(town, &ticket, 2, SECOND);
    CU_ASSERT_EQUAL(town_send_docket(town, &licensing_buyer, &ticket, &town_docket).status, 202);
    town_deliver(town);
    CU_ASSERT_EQUAL(town_money(town, "SHOP"), 1000); // the next sale is settled
}

static void test_not_trusted(void) {
    town_on_every_engine(true, not_trusted);
}

// The registry is away: no decision, and none by default.
static void silent(struct town *town) {
    struct town_ticket ticket;
    town->of_charge[0].listener = NULL;
    town_order(town, &ticket, 1, INSTANCE);
    CU_ASSERT_EQUAL(town_send_docket(town, &licensing_buyer, &ticket, &town_docket).status, 202);
    town_deliver(town);
    CU_ASSERT_EQUAL(town_send_docket(town, &licensing_buyer, &ticket, &town_docket).status, 202);
    CU_ASSERT_TRUE(untouched(town));
}

static void test_silent(void) {
    town_on_every_engine(true, silent);
}

/// A registry that answers what it likes: for another challenge, another enterprise, another
/// inquirer, by an answer of yesterday, or signed by somebody who is none.
struct liar {
    struct listener listener;
    struct town *town;
    const struct sample_party *by, *authority;
    const char *holder, *enterprise;
    bool other_challenge;
    uint32_t expiry;
};

static bool liar_admit(const struct listener *listener, struct exchange *exchange,
                       struct admission *admission) {
    const struct liar *liar = (const struct liar *)(const void *)listener;
    return liar->town->registry.front.listener.admit(&liar->town->registry.front.listener, exchange,
                                                     admission);
}

static struct bytes lie(const struct liar *liar, const struct bytes challenge, uint8_t out[512]) {
    struct object_writer writer;
    struct bytes made = {0};
    uint8_t yes = 1, other[16] = {9};
    object_begin(&writer, OBJECT_REGISTRY_ANSWER, out, 512);
    object_put(&writer, FIELD_CHALLENGE, liar->other_challenge ? BYTES_OF(other) : challenge);
    object_put_date(&writer, FIELD_DATE, 20040211);
    object_put_date(&writer, FIELD_EXPIRY, liar->expiry);
    object_put_uint(&writer, FIELD_VERSION, 7);
    object_put(&writer, FIELD_HOLDER, bytes_of_string(liar->holder));
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string(liar->enterprise));
    object_put(&writer, FIELD_RESULT, bytes_of(&yes, 1));
    CU_ASSERT_FATAL(object_sign(&writer, &liar->by->signer, &made));
    return made;
}

static void liar_take(const struct listener *listener, struct exchange *exchange) {
    const struct liar *liar = (const struct liar *)(const void *)listener;
    static char envelope[2000], body[2400];
    uint8_t octets[512];
    struct form in;
    struct problem problem;
    form_init(&in, registry_inquiry.request, &exchange->arena);
    CU_ASSERT_FATAL(form_from_octets(&in, exchange->request.body, &problem));
    town_envelope(envelope, lie(liar, form_octets(&in, NAME_CHALLENGE), octets), liar->authority,
                  liar->by);
    snprintf(body, sizeof body, "{\"trusted\":true,\"version\":7,\"object\":%s}", envelope);
    exchange->answer.status = 200;
    exchange->answer.content_type = "application/json";
    exchange->answer.body = arena_copy(&exchange->arena, bytes_of_string(body));
    exchange->finish(exchange);
}

static void liars(struct town *town) {
    const struct liar all[] = {
        {.by = &licensing.bank,
         .authority = &licensing.houses,
         .holder = "telco-1",
         .enterprise = "ID_2000",
         .expiry = 20040212},
        {.by = &licensing.registry,
         .authority = &licensing.trade,
         .holder = "telco-1",
         .enterprise = "ID_2000",
         .expiry = 20040212},
        {.by = &licensing.registry,
         .authority = &licensing.houses,
         .holder = "telco-2",
         .enterprise = "ID_2000",
         .expiry = 20040212},
        {.by = &licensing.registry,
         .authority = &licensing.houses,
         .holder = "telco-1",
         .enterprise = "ID_2500",
         .expiry = 20040212},
        {.by = &licensing.registry,
         .authority = &licensing.houses,
         .holder = "telco-1",
         .enterprise = "ID_2000",
         .expiry = 20040210},
        {.by = &licensing.registry,
         .authority = &licensing.houses,
         .holder = "telco-1",
         .enterprise = "ID_2000",
         .expiry = 20040212,
         .other_challenge = true},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct liar liar = all[i];
        struct town_ticket ticket;
        char instance[17];
        liar.town = town;
        liar.listener = (struct listener){.admit = liar_admit, .take = liar_take};
        town->of_charge[0].listener = &liar.listener;
        snprintf(instance, sizeof instance, "%016zx", i + 1);
        town_order(town, &ticket, (uint32_t)i + 1, instance);
        CU_ASSERT_EQUAL(town_send_docket(town, &licensing_buyer, &ticket, &town_docket).status,
                        202);
        town_deliver(town);
        CU_ASSERT_EQUAL(town_send_docket(town, &licensing_buyer, &ticket, &town_docket).status,
                        202);
        CU_ASSERT_TRUE(untouched(town));
    }
}

static void test_liars(void) {
    town_on_every_engine(true, liars);
}

// ---- endpoints ---------------------------------------------------------------------------------

static void test_sweep(void) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct shop shop;
        licensing_open_shop(&shop, &charge_service, engine, &licensing.telco);
        CU_ASSERT_TRUE(sweep_service(&shop) > 200);
        shop_close(&shop);
    }
}

static const struct suite_test tests[] = {
    {"every row is swept", test_sweep, NULL},
    {"a docket is billed, paid and settled once", test_docket,
     "W7 W8 W10 P1-28 P1-29 P1-30 P1-31 P1-35 G5 G15 P4-07"},
    {"rule 18: a docket at midnight", test_midnight, "P1-23"},
    {"rule 20: nobody else's docket counts", test_strangers, "P1-41"},
    {"billing a stranger: his mail address bills nobody", test_stranger_billed,
     "P1-35 P1-41 P4-11"},
    {"sales that are yet to come", test_old_sales, NULL},
    {"an enterprise without an account", test_no_payee, "M05b"},
    {"the registry is asked before anything settles", test_trusted,
     "P4-04 P4-05 P4-07 G13 G14 M18b"},
    {"the docket of system 4", test_fourth_system, "W9 P4-04 P4-05"},
    {"who is not trusted is refused for ever", test_not_trusted, "P4-08 P4-10 G13"},
    {"a silent registry decides nothing", test_silent, "G14"},
    {"rule 23: a forged registry answer decides nothing", test_liars, "G14"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-charge", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
