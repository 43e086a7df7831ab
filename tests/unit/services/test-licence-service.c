// SPDX-License-Identifier: Apache-2.0
// The licence service on every engine: keys and rights make offers, offers make tickets for one
// card. How they are paid: test-licence-settlement.c.
#include "apdu/object/object.h"
#include "base/calendar.h"
#include "base/files.h"
#include "services/licence/licence.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/services/sweep.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static void offers(struct shop *shop) {
    struct told told = licensing_offer(shop, "ID_0001", "\"amount\":1000,\"plays\":3");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "unmatched")); // no key yet
    told = licensing_hand_over(shop, "ID_0001", LICENSING_KEY);
    CU_ASSERT_EQUAL(told.status, 200);
    told = licensing_hand_over(shop, "ID_0001", LICENSING_KEY); // again
    CU_ASSERT_EQUAL(told.status, 200);
    told = licensing_hand_over(shop, "ID_0001", "another");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "key-taken"));
    told = licensing_offer(shop, "ID_0001", "\"amount\":1000,\"plays\":3");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"number\":\"2000-000001-"));
    char known[64]; // the whole of it
    snprintf(known, sizeof known, "%.60s", told.body);
    told = licensing_offer(shop, "ID_0001", "\"amount\":1000,\"plays\":3"); // the same again
    CU_ASSERT_STRING_EQUAL(told.body, known);
    told = licensing_offer(shop, "ID_0001", "\"amount\":1500,\"plays\":3");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"number\":\"2000-000002-"));
    told = licensing_offer(shop, "ID_0001", "\"amount\":1000,\"copies\":2,\"number\":\"NO_1\"");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"number\":\"NO_1\""));
    told = licensing_offer(shop, "ID_0001",
                           "\"amount\":9,\"first-day\":\"2004-02-01\",\"last-day\":\"2004-03-01\","
                           "\"number\":\"NO_1\"");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "number-taken"));
    told = licensing_offer(shop, "ID_0001",
                           "\"amount\":9,\"first-day\":\"2004-03-01\",\"last-day\":\"2004-02-01\"");
    CU_ASSERT_EQUAL(told.status, 400);
    told =
        licensing_offer(shop, "ID_0001", "\"amount\":9,\"actions\":24"); // marks that open nothing
    CU_ASSERT_EQUAL(told.status, 400);
    told = licensing_ask(shop, &licensing_buyer, "GET", "/v1/offers?content=ID_0001", NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200,
                                  "{\"number\":\"NO_1\",\"enterprise\":\"ID_2000\",\"amount\":1000,"
                                  "\"unit\":\"JPY\",\"copies\":2}"));
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"plays\":3"));
    told = licensing_ask(shop, &licensing_buyer, "GET", "/v1/offers/NO_1", NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200,
                                  "{\"number\":\"NO_1\",\"enterprise\":\"ID_2000\",\"amount\":1000,"
                                  "\"unit\":\"JPY\",\"copies\":2,\"content\":\"ID_0001\","));
    CU_ASSERT_TRUE(licensing_says(&told, 200, licensing_text(licensing.seller.certificate)));
    told = licensing_ask(shop, &licensing_buyer, "GET", "/v1/offers/2000-000003-XX", NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "unknown-offer"));
}

static void test_offers(void) {
    licensing_on_every_engine(offers);
}

// From a medium, or typed by hand: a file named by its content, which is gone afterwards.
static void files(struct shop *shop) {
    char path[128];
    struct failure failure = {0};
    snprintf(path, sizeof path, "%s/keys/ID_0007", shop->directory);
    CU_ASSERT_FATAL(
        files_write(path, bytes_of_string(LICENSING_KEY "\n"), FILES_SECRET, FILES_NEW));
    CU_ASSERT_TRUE(licence_service.jobs[0].run(&shop->context, licensing.crypto, &failure));
    CU_ASSERT_FALSE(files_write(path, bytes_of(NULL, 0), FILES_SECRET, FILES_NEW) == false);
    struct told told = licensing_offer(shop, "ID_0007", "\"amount\":1");
    CU_ASSERT_EQUAL(told.status, 200);
    told = licensing_hand_over(shop, "ID_0007", LICENSING_KEY); // the same key by the network
    CU_ASSERT_EQUAL(told.status, 200);
}

static void test_files(void) {
    licensing_on_every_engine(files);
}

static void foreign_keys(struct shop *shop) {
    char body[400];
    snprintf(body, sizeof body,
             "{\"id\":\"ID_0001\",\"fingerprint\":\"%022d\",\"wrapped-key\":\"%080d\"}", 0, 0);
    struct told told = licensing_ask(shop, &licensing_provider, "POST", "/v1/keys", body);
    CU_ASSERT_EQUAL(told.status, 400); // base64url of zeros has no such letters at its end
    memset(strstr(body, "fingerprint") + 14, 'A', 22);
    memset(strstr(body, "wrapped-key") + 14, 'A', 80);
    told = licensing_ask(shop, &licensing_provider, "POST", "/v1/keys", body);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "bad-key"));
}

static void test_foreign_keys(void) {
    licensing_on_every_engine(foreign_keys);
}

static void sales(struct shop *shop) {
    static char once[4096];
    char instance[40], target[80];
    licensing_stock(shop, ",\"sealed\":true");
    struct told told =
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":999");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "\"word\":\"charge\""));
    told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_2", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "unknown-offer"));
    told = licensing_order(shop, &licensing_buyer, &licensing_first, "2000-000042-BG",
                           "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "its character 14 looks wrong"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM unsettled"), 0);
    told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1",
                           "\"amount\":1000,\"named\":[\"home-1\",\"home-2\"]");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"enterprise\":\"ID_2000\""));
    CU_ASSERT_TRUE(licensing_opens(&told, LEFT_SEALED));
    strcpy(once, told.body);
    told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1",
                           "\"amount\":1000"); // the same reception
    CU_ASSERT_STRING_EQUAL(told.body, once);
    snprintf(instance, sizeof instance, "%.16s", strstr(once, "\"instance\":\"") + 12);
    snprintf(target, sizeof target, "/v1/sales/%s", instance);
    told = licensing_ask(shop, &licensing_buyer, "GET", target, NULL);
    CU_ASSERT_STRING_EQUAL(told.body, once);
    told = licensing_ask(shop, &licensing_other, "GET", target, NULL);
    CU_ASSERT_EQUAL(told.status, 404);
    CU_ASSERT_EQUAL(licensing_count(shop,
                                    "SELECT count(*) FROM unsettled WHERE sent_date = 20040211 AND "
                                    "number = 'NO_1' AND mail = '" LICENSING_MAIL "'"),
                    1);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_sales(void) {
    licensing_on_every_engine(sales);
}

static void wrong_receptions(struct shop *shop) {
    static const struct reception wrong[] = {
        {&licensing.other, "shop-1", "phone-2", 1, 0}, // another's own
        {&licensing.other, "shop-1", "phone-1", 1, 0}, // signed by another
        {&licensing.buyer, "shop-9", "phone-1", 1, 0}, // for another seller
        {&licensing.till, "shop-1", "till-1", 1, 0},   // no ticket store
    };
    licensing_stock(shop, "");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct told told =
            licensing_order(shop, &licensing_buyer, &wrong[i], "NO_1", "\"amount\":1000");
        CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    }
    shop->now_ms = (uint64_t)time_of_date(20040301) * 1000; // certificates have run out
    struct told told =
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 0);
}

static void test_wrong_receptions(void) {
    licensing_on_every_engine(wrong_receptions);
}

// The key of a content is nowhere in the database.
static void vault(struct shop *shop) {
    char dump[64];
    licensing_stock(shop, "");
    static const struct statement all[] = {{"SELECT sealed FROM content_key", "", "b"}};
    shop_dump(shop, all, 1, dump, sizeof dump);
    CU_ASSERT_PTR_NULL(strstr(dump, "68633432364439")); // "hc426D9"
}

static void test_vault(void) {
    licensing_on_every_engine(vault);
}

// ---- who is revoked ----------------------------------------------------------------------------

static void revoked(struct shop *shop) {
    struct reception second = licensing_first;
    static const struct reception others = {&licensing.other, "shop-1", "phone-2", 1, 0};
    char path[80];
    second.n = 2;
    licensing_stock(shop, "");
    struct told told =
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000");
    CU_ASSERT_EQUAL(told.status, 200); // there is no list
    licensing_revoke(shop, &licensing.buyer, NULL);
    shop->now_ms += 10000;
    told = licensing_order(shop, &licensing_buyer, &second, "NO_1", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    snprintf(path, sizeof path, "%s/hotlist", shop->directory);
    CU_ASSERT_TRUE(files_write(path, bytes_of_string("no list"), FILES_PUBLIC, FILES_REPLACE));
    shop->now_ms += 10000; // what was in force stays so
    told = licensing_order(shop, &licensing_buyer, &second, "NO_1", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(shop->reported, "hotlist"));
    told = licensing_order(shop, &licensing_other, &others, "NO_1", "\"amount\":1000");
    CU_ASSERT_EQUAL(told.status, 200);
    licensing_revoke(shop, &licensing.till, &licensing.other);
    shop->now_ms += 10000;
    told = licensing_order(shop, &licensing_buyer, &second, "NO_1", "\"amount\":1000");
    CU_ASSERT_EQUAL(told.status, 200); // a newer list without it
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 3);
}

static void test_revoked(void) {
    licensing_on_every_engine(revoked);
}

// Another center below the same root signs a list in the place of ours: whom we listed stays so.
static void foreign_list(struct shop *shop) {
    licensing_stock(shop, "");
    licensing_spare(shop); // the first list that lies there is a stranger's: nobody is let through
    struct told told =
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    licensing_revoke(shop, &licensing.buyer, NULL);
    shop->now_ms += 10000;
    told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    licensing_spare(shop);
    shop->now_ms += 10000;
    told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(shop->reported, "wrong-center: signed by ANOTHER"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 0);
}

static void test_foreign_list(void) {
    licensing_on_every_engine(foreign_list);
}

static void revoked_till(struct shop *shop) {
    static char more[LICENSING_BODY_MAX / 2];
    licensing_stock(shop, "");
    licensing_revoke(shop, &licensing.till, NULL);
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"%s\",%s", LICENSING_INSTANCE,
             licensing_receipt(&licensing_paid, &licensing.till));
    struct told told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", more);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"receipt\""));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 0);
}

static void test_revoked_till(void) {
    licensing_on_every_engine(revoked_till);
}

// A list that is there and cannot be read lets nobody through.
static void unreadable_list(struct shop *shop) {
    char path[80];
    licensing_stock(shop, "");
    licensing_revoke(shop, NULL, NULL); // its certificates stay
    snprintf(path, sizeof path, "%s/hotlist", shop->directory);
    CU_ASSERT_TRUE(files_write(path, bytes_of_string("no list"), FILES_PUBLIC, FILES_REPLACE));
    struct told told =
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"reception\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(shop->reported, "hotlist"));
}

static void test_unreadable_list(void) {
    licensing_on_every_engine(unreadable_list);
}

static void sweep(struct shop *shop) {
    CU_ASSERT_TRUE(sweep_service(shop) > 100);
}

static void test_sweep(void) {
    licensing_on_every_engine(sweep);
}

static const struct suite_test tests[] = {
    {"every row is swept", test_sweep, "P1-18"},
    {"keys and rights make offers, each with a number", test_offers,
     "W6 P1-09 P1-10 P1-12 P1-13 P1-14 P1-15 P1-16 P1-17 P4-02"},
    {"keys come by a medium or by hand", test_files, "P1-06 P1-07"},
    {"a key that was not sealed for us", test_foreign_keys, "P1-08"},
    {"a ticket is for one card, once, and waits in the unsettled store", test_sales,
     "P1-19 P1-20 P1-21 P2-03 P4-03 M21a"},
    {"nobody gets another's ticket", test_wrong_receptions, "S08"},
    {"the database has no key", test_vault, "P1-18"},
    {"a card that is revoked gets no ticket", test_revoked, "S08"},
    {"another center's hotlist counts for nothing", test_foreign_list, "S08"},
    {"a till that is revoked writes no receipt", test_revoked_till, "P2-10"},
    {"a hotlist that cannot be read lets nobody through", test_unreadable_list, NULL},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-licence-service", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
