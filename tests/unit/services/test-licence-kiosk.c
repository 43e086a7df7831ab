// SPDX-License-Identifier: Apache-2.0
// Kiosks of one seller, on every engine: an order of the right charge gets a reference, the receipt
// of its payment gets one ticket, through the kiosk or over the network, at several kiosks at once.
#include "base/heap.h"
#include "host/licence/licence_orders.h"
#include "services/wire/courier/courier_local.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTANCE = LICENCE_INSTANCE_SIZE + 1 };

static const char ordinary[] = "\"enterprise\":\"ID_2000\",\"amount\":1000,\"unit\":\"JPY\","
                               "\"payer\":\"phone-1\",\"number\":\"NO_1\"";

static struct told place(struct shop *shop, const struct peer *till, const char *members) {
    char body[400];
    snprintf(body, sizeof body, "{%s}", members);
    return licensing_ask(shop, till, "POST", "/v1/orders", body);
}

/// An order of NO_1 for phone-1; its instance.
static void order(struct shop *shop, const struct peer *till, char instance[INSTANCE]) {
    uint8_t reference[32];
    struct told told = place(shop, till, ordinary);
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "\"instance\":\""));
    struct bytes octets = licensing_field(&told, "reference", reference, sizeof reference);
    CU_ASSERT_TRUE(octets.size == 17 && octets.data[0] == 1);
    snprintf(instance, INSTANCE, "%.16s", strstr(told.body, "\"instance\":\"") + 12);
}

/// Brings a receipt, with more members of JSON ("" or ",..").
static struct told pay(struct shop *shop, const struct peer *till, const char *instance,
                       const char *receipt, const char *more) {
    static char body[2 * LICENSING_BODY_MAX];
    char target[80];
    snprintf(target, sizeof target, "/v1/orders/%s/payment", instance);
    snprintf(body, sizeof body, "{%s%s}", receipt, more);
    return licensing_ask(shop, till, "POST", target, body);
}

static const char *with_reception(const struct reception *reception) {
    static char more[LICENSING_BODY_MAX];
    snprintf(more, sizeof more, ",%s", licensing_reception(reception));
    return more;
}

/// What a payment of the order's charge at till-1 looks like.
static struct payment payment_of(const char *instance) {
    struct payment payment = licensing_paid;
    payment.instance = instance;
    return payment;
}

static bool nothing_is_sold(struct shop *shop) {
    return licensing_count(shop, "SELECT count(*) FROM sale") == 0 &&
           licensing_count(shop, "SELECT count(*) FROM receipt_used") == 0 &&
           licensing_count(shop, "SELECT count(*) FROM sale_order WHERE paid IS NOT NULL") == 0;
}

// ---- orders ------------------------------------------------------------------------------------

static void orders(struct shop *shop) {
    static const struct {
        const char *members;
        unsigned status;
        const char *part;
    } wrong[] = {
        {"\"enterprise\":\"ID_2000\",\"amount\":999,\"unit\":\"JPY\",\"payer\":\"phone-1\","
         "\"number\":\"NO_1\"",
         409, "The charge of NO_1 is 1000"},
        {"\"enterprise\":\"ID_2000\",\"amount\":1001,\"unit\":\"JPY\",\"payer\":\"phone-1\","
         "\"number\":\"NO_1\"",
         409, "\"word\":\"charge\""},
        {"\"enterprise\":\"ID_2000\",\"amount\":1000,\"unit\":\"F001\",\"payer\":\"phone-1\","
         "\"number\":\"NO_1\"",
         409, "\"word\":\"charge\""},
        {"\"enterprise\":\"ID_2000\",\"amount\":1000,\"unit\":\"JPY\",\"payer\":\"phone-1\","
         "\"number\":\"NO_2\"",
         404, "unknown-offer"},
        {"\"enterprise\":\"ID_9999\",\"amount\":1000,\"unit\":\"JPY\",\"payer\":\"phone-1\","
         "\"number\":\"NO_1\"",
         404, "owner"},
    };
    const struct peer strange = {.roles = ROLE_TILL, .id = "till-9", .enterprise = "ID_9999"};
    licensing_stock(shop, "");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct told told = place(shop, &licensing_till, wrong[i].members);
        CU_ASSERT_TRUE(licensing_says(&told, wrong[i].status, wrong[i].part));
    }
    struct told told = place(shop, &strange, ordinary);
    CU_ASSERT_TRUE(licensing_says(&told, 404, "owner"));
    told = place(shop, &strange, wrong[4].members); // a till of another seller, at this one
    CU_ASSERT_TRUE(licensing_says(&told, 404, "unknown-offer"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale_order"), 0);
}

static void test_orders(void) {
    licensing_on_every_engine(orders);
}

// ---- through the kiosk -------------------------------------------------------------------------

static void through_the_kiosk(struct shop *shop) {
    char instance[INSTANCE];
    static char once[4096];
    licensing_stock(shop, ",\"sealed\":true");
    order(shop, &licensing_till, instance);
    struct payment paid = payment_of(instance);
    struct told told =
        pay(shop, &licensing_till, instance, licensing_receipt(&paid, &licensing.till),
            with_reception(&licensing_first));
    CU_ASSERT_TRUE(licensing_opens(&told, LEFT_CLAIMED));
    strcpy(once, told.body);
    told = pay(shop, &licensing_till, instance, licensing_receipt(&paid, &licensing.till),
               with_reception(&licensing_first)); // the answer was lost
    CU_ASSERT_STRING_EQUAL(told.body, once);
    struct reception second = licensing_first;
    second.n = 2;
    told = pay(shop, &licensing_till, instance, licensing_receipt(&paid, &licensing.till),
               with_reception(&second)); // another reception: no second ticket
    CU_ASSERT_STRING_EQUAL(told.body, once);
    char target[64];
    snprintf(target, sizeof target, "/v1/sales/%s", instance);
    told = licensing_ask(shop, &licensing_buyer, "GET", target, NULL); // far away by now
    CU_ASSERT_STRING_EQUAL(told.body, once);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 1);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled"), 1);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_through_the_kiosk(void) {
    licensing_on_every_engine(through_the_kiosk);
}

// ---- over the network --------------------------------------------------------------------------

static struct told fetch(struct shop *shop, const struct peer *phone,
                         const struct reception *reception, const char *instance) {
    char more[80];
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"%s\"", instance);
    return licensing_order(shop, phone, reception, "NO_1", more);
}

static void over_the_network(struct shop *shop) {
    static const struct reception others = {&licensing.other, "shop-1", "phone-2", 1, 0};
    char instance[INSTANCE];
    struct reception second = licensing_first;
    second.n = 2;
    second.last_done = 1; // the ticket arrived
    licensing_stock(shop, ",\"sealed\":true");
    order(shop, &licensing_till, instance);
    struct told told = fetch(shop, &licensing_buyer, &licensing_first, instance);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "is not paid for at its kiosk yet"));
    struct payment paid = payment_of(instance);
    told = pay(shop, &licensing_till, instance, licensing_receipt(&paid, &licensing.till), "");
    CU_ASSERT_TRUE(licensing_says(&told, 200, instance));
    CU_ASSERT_PTR_NULL(strstr(told.body, "\"ticket\""));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 0);
    told = fetch(shop, &licensing_other, &others, instance);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "another sale"));
    told = fetch(shop, &licensing_buyer, &licensing_first, instance);
    CU_ASSERT_TRUE(licensing_opens(&told, LEFT_CLAIMED));
    told = fetch(shop, &licensing_buyer, &second, instance);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "another sale")); // not a second one
    static char once[4096];
    told = fetch(shop, &licensing_buyer, &licensing_first, instance);
    strcpy(once, told.body);
    told = pay(shop, &licensing_till, instance, licensing_receipt(&paid, &licensing.till),
               with_reception(&second)); // the phone came back to the kiosk
    CU_ASSERT_STRING_EQUAL(told.body, once);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), 1);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled WHERE by_kind = 'receipt'"),
                    1);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_over_the_network(void) {
    licensing_on_every_engine(over_the_network);
}

// ---- what pays for nothing ---------------------------------------------------------------------

static void wrong_payments(struct shop *shop) {
    char instance[INSTANCE], other[INSTANCE];
    static const struct reception others = {&licensing.other, "shop-1", "phone-2", 1, 0};
    licensing_stock(shop, "");
    order(shop, &licensing_till, instance);
    order(shop, &licensing_till, other);
    struct payment wrong[5];
    for (size_t i = 0; i < 5; i++)
        wrong[i] = payment_of(instance);
    wrong[0].till = &licensing.strange;
    wrong[1].payer = "phone-2";
    wrong[2].number = "NO_2";
    wrong[3].instance = other;
    wrong[4].amount = 999;
    for (size_t i = 0; i < 5; i++) {
        struct told told =
            pay(shop, &licensing_till, instance, licensing_receipt(&wrong[i], wrong[i].till),
                with_reception(&licensing_first));
        CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"receipt\""));
    }
    struct payment right = payment_of(instance);
    struct told told =
        pay(shop, &licensing_till, instance, licensing_receipt(&right, &licensing.buyer), "");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"receipt\"")); // forged
    told = pay(shop, &licensing_kiosk, instance, licensing_receipt(&right, &licensing.till), "");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "owner")); // another kiosk's order
    told = pay(shop, &licensing_till, "00000000000000zz",
               licensing_receipt(&right, &licensing.till), "");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "owner"));
    CU_ASSERT_TRUE(nothing_is_sold(shop));
    told = pay(shop, &licensing_till, instance, licensing_receipt(&right, &licensing.till),
               with_reception(&others)); // somebody else holds his card to the kiosk
    CU_ASSERT_TRUE(licensing_says(&told, 409, "another sale"));
    CU_ASSERT_TRUE(nothing_is_sold(shop));
}

static void test_wrong_payments(void) {
    licensing_on_every_engine(wrong_payments);
}

// ---- at the same time --------------------------------------------------------------------------

enum { KIOSKS = 4, ORDERS = 8 };

/// A kiosk with a front of its own; two of them stand for till-1, two for till-2. Each order is
/// paid twice, under two keys.
struct kiosk {
    struct shop *shop;
    pthread_t thread;
    unsigned number;
    size_t sold;
};

/// What makes requests has one set of buffers.
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

struct written {
    char key[24], target[80], body[2 * LICENSING_BODY_MAX];
};

static void write_payment(const struct kiosk *kiosk, unsigned i, const char *instance,
                          struct written *written) {
    struct reception reception = licensing_first;
    struct payment payment = payment_of(instance);
    reception.n = kiosk->number * ORDERS + i + 1;
    payment.n = reception.n;
    payment.till = kiosk->number % 2 == 0 ? &licensing.till : &licensing.kiosk;
    pthread_mutex_lock(&writing);
    snprintf(written->body, sizeof written->body, "{%s%s}",
             licensing_receipt(&payment, payment.till), with_reception(&reception));
    pthread_mutex_unlock(&writing);
    snprintf(written->target, sizeof written->target, "/v1/orders/%s/payment", instance);
}

static bool serve(struct kiosk *kiosk, struct shop *mine, unsigned i, struct written *written) {
    const struct peer *till = kiosk->number % 2 == 0 ? &licensing_till : &licensing_kiosk;
    char body[400], instance[INSTANCE];
    bool done = true;
    snprintf(body, sizeof body, "{%s}", ordinary);
    snprintf(written->key, sizeof written->key, "o%u.%u", kiosk->number, i);
    struct told told = shop_ask(mine, till, "POST", "/v1/orders", written->key, body);
    if (told.status != 200)
        return false;
    snprintf(instance, sizeof instance, "%.16s", strstr(told.body, "\"instance\":\"") + 12);
    write_payment(kiosk, i, instance, written);
    for (unsigned twice = 0; twice < 2; twice++) {
        snprintf(written->key, sizeof written->key, "p%u.%u.%u", kiosk->number, i, twice);
        told = shop_ask(mine, till, "POST", written->target, written->key, written->body);
        done = done && told.status == 200 && strstr(told.body, "\"ticket\"") != NULL;
    }
    return done;
}

static void *run_kiosk(void *context) {
    struct kiosk *kiosk = context;
    struct shop mine = *kiosk->shop;
    struct written *written = calloc(1, sizeof *written);
    mine.crypto = crypto_openssl_new();
    service_front_init(&mine.front, &mine.context, mine.crypto);
    for (unsigned i = 0; written != NULL && i < ORDERS; i++)
        kiosk->sold += serve(kiosk, &mine, i, written);
    crypto_openssl_free(mine.crypto);
    free(written);
    return NULL;
}

static void many_kiosks(struct shop *shop) {
    struct kiosk kiosks[KIOSKS];
    size_t sold = 0;
    licensing_stock(shop, "");
    for (unsigned i = 0; i < KIOSKS; i++) {
        kiosks[i] = (struct kiosk){.shop = shop, .number = i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&kiosks[i].thread, NULL, run_kiosk, &kiosks[i]), 0);
    }
    for (unsigned i = 0; i < KIOSKS; i++) {
        pthread_join(kiosks[i].thread, NULL);
        sold += kiosks[i].sold;
    }
    CU_ASSERT_EQUAL(sold, KIOSKS * ORDERS);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale"), KIOSKS * ORDERS);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM settled"), KIOSKS * ORDERS);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM receipt_used"), KIOSKS * ORDERS);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM sale_order WHERE paid IS NULL"), 0);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

static void test_many_kiosks(void) {
    licensing_on_every_engine(many_kiosks);
}

// ---- a kiosk's own calls -----------------------------------------------------------------------

/// The objects of a member that the kit wrote, and who signed them.
static struct licence_envelope envelope_of(const char *member, const struct sample_party *by,
                                           uint8_t object[512], uint8_t attached[512]) {
    struct told told;
    snprintf(told.body, sizeof told.body, "%s", member);
    struct licence_envelope envelope = {
        licensing_field(&told, "object", object, 512),
        {licensing.root.certificate, licensing.purses.certificate, by->certificate},
        {0}};
    if (strstr(told.body, "attached") != NULL)
        envelope.attached = licensing_field(&told, "attached", attached, 512);
    return envelope;
}

static void calls(struct shop *shop) {
    uint8_t octets[3][512], out[2 * TICKET_OBJECT_MAX];
    struct courier_target target = {"licence", &shop->front.listener};
    struct courier_local local;
    struct failure failure = {0};
    struct licence_placed placed;
    struct bytes delivery;
    struct object header;
    licensing_stock(shop, "");
    courier_local_init(&local, &target, 1, &licensing_till, &host_memory);
    struct licence_client client = {&local.courier, licensing.crypto, &host_memory};
    struct licence_order wanted = {"ID_2000", "NO_1", "phone-1", 999, 392};
    CU_ASSERT_FALSE(licence_place_order(&client, "till-1.1", &wanted, &placed, &failure));
    CU_ASSERT_TRUE(failure.code == EXIT_REFUSED && strstr(failure.text, "charge") != NULL);
    wanted.amount = 1000;
    CU_ASSERT_TRUE_FATAL(licence_place_order(&client, "till-1.2", &wanted, &placed, &failure));
    struct payment paid = payment_of(placed.instance);
    struct licence_envelope receipt = envelope_of(licensing_receipt(&paid, &licensing.till),
                                                  &licensing.till, octets[0], octets[1]);
    CU_ASSERT_TRUE(licence_pay_order(&client, "till-1.3", placed.instance, &receipt, NULL, out,
                                     &delivery, &failure));
    CU_ASSERT_EQUAL(delivery.size, 0);
    struct licence_envelope reception =
        envelope_of(licensing_reception(&licensing_first), &licensing.buyer, octets[2], NULL);
    CU_ASSERT_TRUE(licence_pay_order(&client, "till-1.4", placed.instance, &receipt, &reception,
                                     out, &delivery, &failure));
    CU_ASSERT_TRUE(object_decode(delivery, &header) && header.type == OBJECT_TICKET_HEADER &&
                   delivery.size > header.whole.size);
    uint8_t sale[TICKET_NAME_SIZE];
    CU_ASSERT_TRUE(ticket_sale(&header, licensing.crypto, sale) && placed.reference[0] == 1 &&
                   memcmp(placed.reference + 1, sale, sizeof sale) == 0);
}

static void test_calls(void) {
    licensing_on_every_engine(calls);
}

static const struct suite_test tests[] = {
    {"an order is of an offer, at its charge, by a till of this enterprise", test_orders,
     "M10a P2-04"},
    {"paid at the kiosk, the ticket through the kiosk", test_through_the_kiosk,
     "M10b M10d M09b P2-11"},
    {"paid at the kiosk, the ticket over the network", test_over_the_network, "M10c M09a"},
    {"no other receipt, no other kiosk, no other card", test_wrong_payments, "P2-10"},
    {"a kiosk's calls: order, payment, ticket", test_calls, "M10a P2-02"},
    {"several kiosks at the same time sell each order once", test_many_kiosks, "M10e"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-licence-kiosk", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
