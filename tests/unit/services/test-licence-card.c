// SPDX-License-Identifier: Apache-2.0
// The licence service and a card: what the service sells is what the card takes, once, and nobody
// else's card.
#include "base/base64url.h"
#include "base/calendar.h"
#include "base/files.h"
#include "services/licence/licence.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair.h"

#include <stdio.h>
#include <string.h>

enum { DAY = 20260115, BODY_MAX = 6000 };

/// A seller of the fair behind its service, and a phone.
struct booth {
    struct fair *fair;
    struct scene_card *phone;
    struct shop shop;
    struct bytes certificates[3];
    struct service_keys keys;
    unsigned requests;
};

static const char *text_of(struct bytes octets) {
    static char texts[8][BASE64URL_SIZE(1024)];
    static unsigned used;
    char *text = texts[used++ % 8];
    CU_ASSERT_FATAL(base64url_encode(octets, text, sizeof texts[0]));
    return text;
}

static struct told ask(struct booth *booth, const struct peer *peer, const char *target,
                       const char *body) {
    char key[16];
    snprintf(key, sizeof key, "k%u", ++booth->requests);
    return shop_ask(&booth->shop, peer, "POST", target, key, body);
}

static void give_key(struct booth *booth) {
    char path[128];
    struct failure failure = {0};
    snprintf(path, sizeof path, "%s/keys/ID_0001", booth->shop.directory);
    CU_ASSERT_FATAL(files_write(path, bytes_of_string("hc426D99ro7v\n"), FILES_SECRET, FILES_NEW));
    CU_ASSERT_FATAL(
        licence_service.jobs[0].run(&booth->shop.context, booth->shop.crypto, &failure));
}

static void make_offer(struct booth *booth) {
    static const char offer[] = "\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\1";
    const struct peer seller = {.roles = ROLE_SELLER, .id = "SHOP", .enterprise = FAIR_ENTERPRISE};
    uint8_t octets[512];
    char body[1200];
    struct object_writer writer;
    struct bytes policy = {0};
    object_begin(&writer, OBJECT_POLICY, octets, sizeof octets);
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string(FAIR_ENTERPRISE));
    object_put(&writer, FIELD_CONTENT, bytes_of_string("ID_0001"));
    object_put(&writer, FIELD_OFFERS, bytes_of(offer, POLICY_OFFER_SIZE));
    object_put(&writer, FIELD_SHARES, bytes_of("\0\1\6prov-1", 9));
    CU_ASSERT_FATAL(object_sign(&writer, &booth->fair->seller.signer, &policy));
    snprintf(body, sizeof body,
             "{\"enterprise\":\"%s\",\"content\":\"ID_0001\",\"amount\":1000,\"unit\":\"JPY\","
             "\"plays\":3,\"sealed\":true,\"number\":\"NO_1\",\"policy\":\"%s\"}",
             FAIR_ENTERPRISE, text_of(policy));
    CU_ASSERT_EQUAL_FATAL(ask(booth, &seller, "/v1/rights", body).status, 200);
}

static void open_booth(struct booth *booth, uint64_t seed) {
    memset(booth, 0, sizeof *booth);
    booth->fair = fair_open(seed);
    booth->phone = fair_phone(booth->fair, "phone-1", 0);
    booth->certificates[0] = booth->fair->scene->root.certificate;
    booth->certificates[1] = booth->fair->trade.certificate;
    booth->certificates[2] = booth->fair->seller.certificate;
    booth->keys = (struct service_keys){.signer = &booth->fair->seller.signer,
                                        .certificates = booth->certificates,
                                        .certificate_count = 3,
                                        .scalar = booth->fair->seller.scalar.scalar};
    shop_use_keys(&booth->keys);
    shop_open(&booth->shop, &licence_service, ENGINE_MEMORY);
    booth->shop.now_ms = (uint64_t)time_of_date(DAY) * 1000;
    give_key(booth);
    make_offer(booth);
}

static void close_booth(struct booth *booth) {
    shop_close(&booth->shop);
    fair_close(booth->fair);
}

/// The phone's owner orders NO_1 with a reception request of this card.
static struct told order(struct booth *booth, const struct scene_card *card,
                         const struct fair_object *request) {
    struct peer owner = {.roles = ROLE_WALLET};
    char body[BODY_MAX];
    snprintf(owner.id, sizeof owner.id, "%s", card->holder);
    snprintf(body, sizeof body,
             "{\"amount\":1000,\"unit\":\"JPY\",\"mail\":\"matsushita@xx.xxx\",\"reception\":"
             "{\"object\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}}",
             text_of(fair_bytes(request)), text_of(booth->certificates[0]),
             text_of(booth->fair->scene->purses.certificate), text_of(card->certificate));
    return ask(booth, &owner, "/v1/offers/NO_1/sales", body);
}

/// Header and state one behind the other, as IMPORT takes them.
static struct bytes delivery_of(const struct told *told, uint8_t *out, size_t capacity) {
    static const char *const names[] = {"\"ticket\":\"", "\"state\":\""};
    size_t used = 0;
    for (size_t i = 0; i < 2; i++) {
        char text[1024];
        size_t size = 0;
        const char *at = strstr(told->body, names[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        at += strlen(names[i]);
        snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "\""), at);
        CU_ASSERT_FATAL(base64url_decode(text, out + used, capacity - used, &size));
        used += size;
    }
    return bytes_of(out, used);
}

static void test_delivery(void) {
    static struct booth booth;
    struct fair_object request;
    uint8_t octets[1024];
    open_booth(&booth, 11);
    CU_ASSERT_EQUAL_FATAL(fair_ask(booth.fair, booth.phone, &request), SW_OK);
    struct told told = order(&booth, booth.phone, &request);
    CU_ASSERT_EQUAL_FATAL(told.status, 200);
    struct bytes delivery = delivery_of(&told, octets, sizeof octets);
    CU_ASSERT_EQUAL(fair_send(booth.phone, COMMAND_TICKETS_IMPORT, delivery), SW_OK);
    // the answer was lost: the same request gets the same ticket, and the card its receipt again
    told = order(&booth, booth.phone, &request);
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_EQUAL(
        fair_send(booth.phone, COMMAND_TICKETS_IMPORT, delivery_of(&told, octets, sizeof octets)),
        SW_OK);
    close_booth(&booth);
}

/// Octets of the object that an activation answers.
static struct bytes activation_of(const struct told *told, uint8_t *out, size_t capacity) {
    char text[512];
    size_t size = 0;
    const char *at = strstr(told->body, "\"object\":\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(text, sizeof text, "%.*s", (int)strcspn(at + 10, "\""), at + 10);
    CU_ASSERT_FATAL(base64url_decode(text, out, capacity, &size));
    return bytes_of(out, size);
}

// Sealed until a bank has told of the payment; then the service's word opens it.
static void test_activation(void) {
    static struct booth booth;
    const struct peer bank = {.roles = ROLE_BANK, .id = "bank-1"};
    const struct peer owner = {.roles = ROLE_WALLET, .id = "phone-1"};
    struct fair_object request;
    uint8_t octets[1024];
    char target[80];
    open_booth(&booth, 13);
    CU_ASSERT_EQUAL_FATAL(fair_ask(booth.fair, booth.phone, &request), SW_OK);
    struct told told = order(&booth, booth.phone, &request);
    CU_ASSERT_EQUAL_FATAL(
        fair_send(booth.phone, COMMAND_TICKETS_IMPORT, delivery_of(&told, octets, sizeof octets)),
        SW_OK);
    snprintf(target, sizeof target, "/v1/sales/%.16s/activation",
             strstr(told.body, "\"instance\":\"") + 12);
    CU_ASSERT_EQUAL(ask(&booth, &owner, target, "{}").status, 409);
    told = ask(&booth, &bank, "/v1/settlements",
               "{\"transfer\":\"t1\",\"date\":\"2026-01-15\",\"number\":\"NO_1\","
               "\"mail\":\"matsushita@xx.xxx\",\"amount\":1000,\"unit\":\"JPY\","
               "\"enterprise\":\"" FAIR_ENTERPRISE "\"}");
    CU_ASSERT_EQUAL(told.status, 200);
    told = ask(&booth, &owner, target, "{}");
    CU_ASSERT_EQUAL_FATAL(told.status, 200);
    struct bytes activation = activation_of(&told, octets, sizeof octets);
    CU_ASSERT_EQUAL(fair_select(booth.phone, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_send(booth.phone, COMMAND_TICKETS_ACTIVATE, activation), SW_OK);
    CU_ASSERT_EQUAL(fair_send(booth.phone, COMMAND_TICKETS_ACTIVATE, activation), SW_OK);
    close_booth(&booth);
}

static void test_other_card(void) {
    static struct booth booth;
    struct fair_object request, others;
    uint8_t octets[1024];
    open_booth(&booth, 12);
    struct scene_card *other = fair_phone(booth.fair, "phone-2", 0);
    CU_ASSERT_EQUAL_FATAL(fair_ask(booth.fair, booth.phone, &request), SW_OK);
    CU_ASSERT_EQUAL_FATAL(fair_ask(booth.fair, other, &others), SW_OK);
    struct told told = order(&booth, booth.phone, &request);
    CU_ASSERT_EQUAL_FATAL(told.status, 200);
    struct bytes delivery = delivery_of(&told, octets, sizeof octets);
    CU_ASSERT_NOT_EQUAL(fair_send(other, COMMAND_TICKETS_IMPORT, delivery), SW_OK);
    CU_ASSERT_EQUAL(fair_send(booth.phone, COMMAND_TICKETS_IMPORT, delivery), SW_OK);
    close_booth(&booth);
}

/// The phone's owner orders NO_1 as this instance.
static struct told order_instance(struct booth *booth, const char *instance,
                                  const struct fair_object *request) {
    const struct scene_card *card = booth->phone;
    struct peer owner = {.roles = ROLE_WALLET};
    char body[BODY_MAX];
    snprintf(owner.id, sizeof owner.id, "%s", card->holder);
    snprintf(body, sizeof body,
             "{\"amount\":1000,\"unit\":\"JPY\",\"mail\":\"matsushita@xx.xxx\",\"instance\":\"%s\","
             "\"reception\":{\"object\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}}",
             instance, text_of(fair_bytes(request)), text_of(booth->certificates[0]),
             text_of(booth->fair->scene->purses.certificate), text_of(card->certificate));
    return ask(booth, &owner, "/v1/offers/NO_1/sales", body);
}

/// Somebody gives the open number of a request back.
static void cancel(struct booth *booth, const struct fair_object *request) {
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&out, field_specs[FIELD_N].tag, fair_number_of(request));
    tlv_put(&out, field_specs[FIELD_SOURCE].tag, bytes_of_string("SHOP"));
    CU_ASSERT_EQUAL(fair_send(booth->phone, COMMAND_TICKETS_CANCEL, tlv_writer_bytes(&out)), SW_OK);
}

// A number that was given back before its ticket came: the same instance goes under the next one,
// once, and never while the first may still arrive or has arrived.
static void test_given_back(void) {
    static const char instance[] = "0011223344556677";
    static struct booth booth;
    struct fair_object first, second, third;
    uint8_t octets[1024], older[1024];
    open_booth(&booth, 14);
    CU_ASSERT_EQUAL_FATAL(fair_ask(booth.fair, booth.phone, &first), SW_OK);
    struct told told = order_instance(&booth, instance, &first);
    CU_ASSERT_EQUAL_FATAL(told.status, 200);
    struct bytes lost = delivery_of(&told, older, sizeof older);
    cancel(&booth, &first);
    CU_ASSERT_EQUAL_FATAL(fair_ask(booth.fair, booth.phone, &second), SW_OK);
    CU_ASSERT_TRUE(fair_number_of(&second) > fair_number_of(&first));
    told = order_instance(&booth, instance, &second);
    CU_ASSERT_EQUAL_FATAL(told.status, 200);
    struct bytes delivery = delivery_of(&told, octets, sizeof octets);
    (void)fair_send(booth.phone, COMMAND_TICKETS_IMPORT, lost); // answered by its cancel
    CU_ASSERT_EQUAL(fair_count(booth.phone), 0);
    CU_ASSERT_EQUAL(fair_send(booth.phone, COMMAND_TICKETS_IMPORT, delivery), SW_OK);
    CU_ASSERT_EQUAL(fair_count(booth.phone), 1);
    CU_ASSERT_EQUAL_FATAL(fair_ask(booth.fair, booth.phone, &third), SW_OK);
    told = order_instance(&booth, instance, &third);
    CU_ASSERT_EQUAL(told.status, 409); // it has arrived
    close_booth(&booth);
}

static const struct suite_test tests[] = {
    {"a number that was given back: the same instance under the next", test_given_back, "P2-11"},
    {"what is sold is taken by the card, once", test_delivery, "P1-19 P2-11 P4-03"},
    {"what is paid for is unsealed on the card", test_activation, "M13"},
    {"by no other card", test_other_card, "P1-19"},
};

int main(int argc, char **argv) {
    return suite_main("test-licence-card", tests, sizeof tests / sizeof tests[0], argc, argv);
}
