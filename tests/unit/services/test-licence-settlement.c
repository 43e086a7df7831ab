// SPDX-License-Identifier: Apache-2.0
// How sales of the licence service are settled, on every engine: notices of a bank that agree in
// all three fields, receipts of the seller's own till, each once; then tickets are unsealed.
#include "apdu/crypto/binding.h"
#include "apdu/object/object.h"
#include "base/buffer.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

// ---- notices -----------------------------------------------------------------------------------

/// A notice over `paid`: members of JSON.
static struct told notice_over(struct shop *shop, const char *transfer, const char *paid,
                               const char *date, const char *number, const char *mail) {
    char body[400];
    snprintf(body, sizeof body,
             "{\"transfer\":\"%s\",\"date\":\"%s\",\"number\":\"%s\",\"mail\":\"%s\",%s}", transfer,
             date, number, mail, paid);
    return licensing_ask(shop, &licensing_bank, "POST", "/v1/settlements", body);
}

#define CHARGE "\"amount\":1000,\"unit\":\"JPY\",\"enterprise\":\"ID_2000\""

static struct told notice(struct shop *shop, const char *transfer, const char *date,
                          const char *number, const char *mail, const char *settled) {
    char paid[120];
    snprintf(paid, sizeof paid, CHARGE "%s%s%s", settled != NULL ? ",\"settled\":\"" : "",
             settled != NULL ? settled : "", settled != NULL ? "\"" : "");
    return notice_over(shop, transfer, paid, date, number, mail);
}

static void notices(struct shop *shop) {
    licensing_stock(shop, ",\"sealed\":true");
    struct told told =
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000");
    CU_ASSERT_EQUAL(told.status, 200);
    told = notice(shop, "t1", "2004-02-12", "NO_1", LICENSING_MAIL, NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "no-match"));
    told = notice(shop, "t2", "2004-02-11", "NO_2", LICENSING_MAIL, NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "no-match"));
    told = notice(shop, "t3", "2004-02-11", "NO_1", "other@xx.xxx", NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "no-match"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled"), 0);
    told = notice(shop, "t4", "2004-02-11", "NO_1", LICENSING_MAIL, "2004-02-18");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "{\"settled\":\"2004-02-18\"}"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled WHERE settled_date ="
                                          " 20040218 AND sent_date = 20040211 AND number = 'NO_1'"
                                          " AND mail = '" LICENSING_MAIL "'"),
                    1);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM unsettled"), 0);
    told = notice(shop, "t4", "2004-02-11", "NO_1", LICENSING_MAIL, "2004-02-20"); // told again
    CU_ASSERT_TRUE(licensing_says(&told, 200, "2004-02-18"));
    told = notice(shop, "t5", "2004-02-11", "NO_1", LICENSING_MAIL, NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "no-match"));
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_notices(void) {
    licensing_on_every_engine(notices);
}

// Two equal sales of one day: each notice settles one, the older one first.
static void equal_sales(struct shop *shop) {
    struct reception second = licensing_first;
    second.n = 2;
    licensing_stock(shop, "");
    CU_ASSERT_EQUAL(
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000").status,
        200);
    shop->now_ms += 1000;
    CU_ASSERT_EQUAL(
        licensing_order(shop, &licensing_buyer, &second, "NO_1", "\"amount\":1000").status, 200);
    struct told told = notice(shop, "t1", "2004-02-11", "NO_1", LICENSING_MAIL, NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "2004-02-11")); // the service's own day
    CU_ASSERT_EQUAL(
        licensing_count(shop, "SELECT count(*) FROM settled NATURAL JOIN sale WHERE source_n = 1"),
        1);
    CU_ASSERT_EQUAL(notice(shop, "t1", "2004-02-11", "NO_1", LICENSING_MAIL, NULL).status, 200);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled"), 1);
    CU_ASSERT_EQUAL(notice(shop, "t2", "2004-02-11", "NO_1", LICENSING_MAIL, NULL).status, 200);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled"), 2);
    CU_ASSERT_EQUAL(notice(shop, "t3", "2004-02-11", "NO_1", LICENSING_MAIL, NULL).status, 404);
}

static void test_equal_sales(void) {
    licensing_on_every_engine(equal_sales);
}

// The right three fields over one yen.
static void one_yen(struct shop *shop) {
    licensing_stock(shop, "");
    CU_ASSERT_EQUAL(
        licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", "\"amount\":1000").status,
        200);
    struct told told =
        notice_over(shop, "t1", "\"amount\":1,\"unit\":\"JPY\",\"enterprise\":\"ID_2000\"",
                    "2004-02-11", "NO_1", LICENSING_MAIL);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "no-match"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM unsettled"), 1);
    told = notice(shop, "t2", "2004-02-11", "NO_1", LICENSING_MAIL, NULL); // and it still can be
    CU_ASSERT_EQUAL(told.status, 200);
}

static void test_one_yen(void) {
    licensing_on_every_engine(one_yen);
}

// The right three fields over other money, for a stranger's account, or of another instance.
static void wrong_money(struct shop *shop) {
    static const char *const wrong[] = {
        "\"amount\":1,\"unit\":\"JPY\",\"enterprise\":\"ID_2000\"",
        "\"amount\":1001,\"unit\":\"JPY\",\"enterprise\":\"ID_2000\"",
        "\"amount\":1000,\"unit\":\"F001\",\"enterprise\":\"ID_2000\"",
        "\"amount\":1000,\"unit\":\"JPY\",\"enterprise\":\"ID_2001\"",
        CHARGE ",\"instance\":\"00112233445566ab\"",
    };
    licensing_stock(shop, "");
    CU_ASSERT_EQUAL(licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1",
                                    "\"amount\":1000,\"instance\":\"" LICENSING_INSTANCE "\"")
                        .status,
                    200);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct told told = notice_over(shop, "t1", wrong[i], "2004-02-11", "NO_1", LICENSING_MAIL);
        CU_ASSERT_TRUE(licensing_says(&told, 404, "no-match"));
    }
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled"), 0);
    struct told told = notice_over(shop, "t1", CHARGE ",\"instance\":\"" LICENSING_INSTANCE "\"",
                                   "2004-02-11", "NO_1", LICENSING_MAIL);
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_wrong_money(void) {
    licensing_on_every_engine(wrong_money);
}

// ---- receipts ----------------------------------------------------------------------------------

static struct told order_paid(struct shop *shop, const struct reception *reception,
                              const struct payment *payment, const struct sample_party *signed_by) {
    static char more[LICENSING_BODY_MAX / 2];
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"%s\",%s", LICENSING_INSTANCE,
             licensing_receipt(payment, signed_by));
    return licensing_order(shop, &licensing_buyer, reception, "NO_1", more);
}

static void receipts(struct shop *shop) {
    static const struct payment wrong[] = {
        {&licensing.strange, "phone-1", "NO_1", LICENSING_INSTANCE, 1000,
         5}, // another enterprise's till
        {&licensing.till, "phone-2", "NO_1", LICENSING_INSTANCE, 1000, 5}, // another's payment
        {&licensing.till, "phone-1", "NO_2", LICENSING_INSTANCE, 1000, 5}, // for another ticket
        {&licensing.till, "phone-1", "NO_1", "00112233445566ab", 1000, 5}, // for another sale of it
        {&licensing.till, "phone-1", "NO_1", LICENSING_INSTANCE, 999, 5},  // too little
    };
    struct reception second = licensing_first;
    second.n = 2;
    second.last_done = 1;
    licensing_stock(shop, ",\"sealed\":true");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct told told = order_paid(shop, &licensing_first, &wrong[i], wrong[i].till);
        CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"receipt\""));
    }
    struct told told =
        order_paid(shop, &licensing_first, &licensing_paid, &licensing.buyer); // forged
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"receipt\""));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 0);
    told = order_paid(shop, &licensing_first, &licensing_paid, &licensing.till);
    CU_ASSERT_TRUE(licensing_opens(&told, LEFT_CLAIMED)); // open: it is licensing_paid for
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled WHERE by_kind = 'receipt'"),
                    1);
    char once[4096];
    strcpy(once, told.body);
    told = order_paid(shop, &licensing_first, &licensing_paid,
                      &licensing.till); // again: the same ticket
    CU_ASSERT_STRING_EQUAL(told.body, once);
    told = order_paid(shop, &second, &licensing_paid,
                      &licensing.till); // another reception: no second sale
    CU_ASSERT_TRUE(licensing_says(&told, 409, "receipt-used"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 1);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_receipts(void) {
    licensing_on_every_engine(receipts);
}

/// A kiosk is about to give the money of this payment back.
static struct told cancel(struct shop *shop, const struct payment *payment) {
    static char body[LICENSING_BODY_MAX / 2 + 40];
    snprintf(body, sizeof body, "{\"enterprise\":\"ID_2000\",%s}",
             licensing_receipt(payment, payment->till));
    return licensing_ask(shop, &licensing_till, "POST", "/v1/cancellations", body);
}

// Pay, get the receipt, get the money back, and then the ticket for the receipt.
static void refund_then_redeem(struct shop *shop) {
    licensing_stock(shop, "");
    struct payment strange = licensing_paid;
    strange.till = &licensing.strange;
    struct told told = cancel(shop, &strange);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"receipt\""));
    told = cancel(shop, &licensing_paid);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "{\"n\":5}"));
    told = cancel(shop, &licensing_paid); // the answer was lost
    CU_ASSERT_TRUE(licensing_says(&told, 200, "{\"n\":5}"));
    told = order_paid(shop, &licensing_first, &licensing_paid, &licensing.till);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "its money goes back"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 0);
}

static void test_refund_then_redeem(void) {
    licensing_on_every_engine(refund_then_redeem);
}

// The ticket first: then nothing is cancelled, and no money goes back.
static void redeem_then_refund(struct shop *shop) {
    licensing_stock(shop, "");
    struct told told = order_paid(shop, &licensing_first, &licensing_paid, &licensing.till);
    CU_ASSERT_EQUAL(told.status, 200);
    told = cancel(shop, &licensing_paid);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "receipt-used"));
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_redeem_then_refund(void) {
    licensing_on_every_engine(redeem_then_refund);
}

// ---- activation --------------------------------------------------------------------------------

static struct told activate(struct shop *shop, const struct peer *peer, const char *instance,
                            const char *with) {
    char target[80];
    static char body[LICENSING_BODY_MAX / 2 + 8];
    snprintf(target, sizeof target, "/v1/sales/%s/activation", instance);
    snprintf(body, sizeof body, "{%s}", with);
    return licensing_ask(shop, peer, "POST", target, body);
}

static void activations(struct shop *shop) {
    uint8_t octets[512];
    struct object answer;
    licensing_stock(shop, ",\"sealed\":true");
    struct told told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1",
                                       "\"amount\":1000,\"instance\":\"" LICENSING_INSTANCE "\"");
    CU_ASSERT_TRUE(licensing_opens(&told, LEFT_SEALED));
    told = activate(shop, &licensing_buyer, LICENSING_INSTANCE, "");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "unsettled"));
    told = activate(shop, &licensing_other, LICENSING_INSTANCE, "");
    CU_ASSERT_EQUAL(told.status, 404);
    struct payment less = licensing_paid;
    less.amount = 1;
    told = activate(shop, &licensing_buyer, LICENSING_INSTANCE,
                    licensing_receipt(&less, &licensing.till));
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"receipt\""));
    told = activate(shop, &licensing_buyer, LICENSING_INSTANCE,
                    licensing_receipt(&licensing_paid, &licensing.till));
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_TRUE(object_decode_as(OBJECT_SETTLEMENT_ANSWER,
                                    licensing_field(&told, "object", octets, sizeof octets),
                                    &answer));
    CU_ASSERT_TRUE(object_verify(&answer, licensing.crypto, licensing.seller.signer.point));
    CU_ASSERT_EQUAL(answer.fields[FIELD_RESULT].data[0], 1);
    char once[1024];
    snprintf(once, sizeof once, "%.1000s", told.body);
    told = activate(shop, &licensing_buyer, LICENSING_INSTANCE, "");
    CU_ASSERT_STRING_EQUAL(told.body, once);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled WHERE by_kind = 'receipt'"),
                    1);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_activations(void) {
    licensing_on_every_engine(activations);
}

static const struct suite_test tests[] = {
    {"a notice settles what agrees in all three", test_notices, "W7 P1-22 P1-23 P1-24 P1-26 P1-27"},
    {"equal sales are settled one by one", test_equal_sales, "P1-25 P1-26"},
    {"transfer of one yen with the right three fields", test_one_yen, "P1-22 P1-23"},
    {"a notice over other money settles nothing", test_wrong_money, "P1-22 P1-23"},
    {"a receipt of the seller's own till gives one ticket", test_receipts,
     "P2-08 P2-09 P2-10 P2-11"},
    {"refund then redeem", test_refund_then_redeem, "P2-10"},
    {"redeem then refund", test_redeem_then_refund, "P2-10"},
    {"a sealed ticket is opened when it is licensing_paid for", test_activations, "M13"},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-licence-settlement", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
