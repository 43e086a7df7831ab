// SPDX-License-Identifier: Apache-2.0
// The world of a market: tickets that are paid at tills and kiosks or by a card with a debit
// function, converters, an enterprise with an address, and the content service.
#include "base/base64url.h"
#include "base/heap.h"
#include "services/content/content.h"
#include "services/core/keeper/outbox.h"
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/content/sealed.h"
#include "tests/kit/telco/town.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 20040211, CONTENT = 300, PART = 100 };

static const struct peer converter = {.roles = ROLE_CONVERTER, .id = "conv-1"};

static struct told asked(struct shop *shop, const struct peer *peer, const char *method,
                         const char *target, const char *body) {
    struct told told = licensing_ask(shop, peer, method, target, body);
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, ""));
    return told;
}

// ---- the seller --------------------------------------------------------------------------------

/// A ticket that comes with its receipt, and opens.
static void sell_with_receipt(struct shop *licence) {
    static const char instance[] = "ffeeddccbbaa9988";
    static char more[LICENSING_BODY_MAX / 2];
    struct reception reception = licensing_first;
    struct payment paid = licensing_paid;
    paid.instance = instance;
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"%s\",%s", instance,
             licensing_receipt(&paid, &licensing.till));
    struct told told = licensing_order(licence, &licensing_buyer, &reception, "NO_1", more);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"ticket\""));
    asked(licence, &licensing_buyer, "POST", "/v1/sales/ffeeddccbbaa9988/activation", "{}");
}

/// An order at a kiosk; its instance.
static void order(struct shop *licence, char instance[17]) {
    struct told told = asked(licence, &licensing_till, "POST", "/v1/orders",
                             "{\"enterprise\":\"ID_2000\",\"number\":\"NO_1\",\"amount\":1000,"
                             "\"unit\":\"JPY\",\"payer\":\"phone-1\"}");
    const char *at = strstr(told.body, "\"instance\":\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(instance, 17, "%.16s", at + strlen("\"instance\":\""));
}

/// One order is paid and its ticket fetched, one is paid alone, one is not; a payment of nothing is
/// cancelled.
static void sell_at_kiosk(struct shop *licence) {
    static char body[LICENSING_BODY_MAX];
    char target[80], instance[17];
    struct reception reception = licensing_first;
    struct payment paid = licensing_paid;
    paid.instance = instance;
    for (reception.n = 3; reception.n < 5; reception.n++) {
        order(licence, instance);
        paid.n = 3 + reception.n;
        snprintf(body, sizeof body, "{%s%s%s}",
                 reception.n == 3 ? licensing_reception(&reception) : "",
                 reception.n == 3 ? "," : "", licensing_receipt(&paid, &licensing.till));
        snprintf(target, sizeof target, "/v1/orders/%s/payment", instance);
        asked(licence, &licensing_till, "POST", target, body);
    }
    order(licence, instance);
    paid.n = 9;
    snprintf(body, sizeof body, "{\"enterprise\":\"ID_2000\",%s}",
             licensing_receipt(&paid, &licensing.till));
    asked(licence, &licensing_till, "POST", "/v1/cancellations", body);
}

static void convert(struct shop *licence) {
    char body[3000];
    uint8_t octets[512];
    snprintf(body, sizeof body, "{\"container\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}",
             licensing_text(licensing_container("ID_0001", true, false, octets, sizeof octets)),
             licensing_text(licensing.root.certificate),
             licensing_text(licensing.apparatus.certificate),
             licensing_text(licensing.converter.certificate));
    asked(licence, &converter, "POST", "/v1/conversions", body);
}

// ---- bank and registry -------------------------------------------------------------------------

/// Two tickets whose money the card's account has for one.
static void debit(struct town *town) {
    static const char *const instances[] = {"0011223344556602", "0011223344556603"};
    static char body[LICENSING_BODY_MAX];
    town_debit_account(town, 1500);
    struct told told =
        licensing_offer(&town->licence, "ID_0001",
                        "\"amount\":1000,\"plays\":3,\"number\":\"NO_2\",\"activator\":\"bank-1\","
                        "\"first-day\":\"2004-02-11\",\"last-day\":\"2004-12-31\"");
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "NO_2"));
    for (uint32_t i = 0; i < 2; i++) {
        struct town_ticket ticket;
        town_order_of(town, &ticket, "NO_2", 9 + i, instances[i]);
        town_docket_body(body, &ticket, &town_docket);
        asked(&town->bank, &licensing_buyer, "POST", "/v1/dockets", body);
    }
    town_deliver(town);
}

// ---- contents ----------------------------------------------------------------------------------

static void put(struct shop *shop, const char *target, struct bytes octets) {
    struct request request = {.method = "PUT",
                              .target = target,
                              .key = strcmp(target, "/v1/uploads/ID_0001/0") == 0 ? "p1" : "p2",
                              .content_type = "application/octet-stream",
                              .body = octets,
                              .peer = licensing_provider};
    CU_ASSERT_EQUAL(shop_request(shop, &request).status, 200);
}

/// The body of what the kit would hand to the licence service goes by way of the content service.
static char key_body[700];

static void take_key(const struct peer *peer, const struct shop *shop, const char *method,
                     const char *target, const char *body) {
    (void)peer, (void)shop, (void)method, (void)target;
    snprintf(key_body, sizeof key_body, "{%s", strchr(body, ',') + 1);
}

static void begin(struct shop *shop, const char *content, const uint8_t root[SHA256_SIZE],
                  size_t size) {
    char body[400], hash[BASE64URL_SIZE(SHA256_SIZE)];
    CU_ASSERT_FATAL(base64url_encode(bytes_of(root, SHA256_SIZE), hash, sizeof hash));
    snprintf(body, sizeof body,
             "{\"id\":\"%s\",\"hash\":\"%s\",\"size\":%zu,\"title\":\"Film\",\"subtitle\":\"A\","
             "\"performers\":\"P\",\"creator\":\"C\",\"comment\":\"K\"}",
             content, hash, size);
    asked(shop, &licensing_provider, "POST", "/v1/uploads", body);
}

/// One content with its offer and key, one that is half here.
static void publish(struct shop *shop, struct shop *licence) {
    static uint8_t octets[SEALED_MAX];
    struct sealed_scene scene = {.crypto = licensing.crypto,
                                 .root = licensing.root,
                                 .trade = licensing.trade,
                                 .provider = licensing.provider,
                                 .date = DAY};
    uint8_t root[SHA256_SIZE];
    char body[100];
    size_t size = sealed_container(&scene, &licensing.provider, "ID_0001", CONTENT, octets, root);
    begin(shop, "ID_0001", root, size);
    put(shop, "/v1/uploads/ID_0001/0", bytes_of(octets, size));
    snprintf(body, sizeof body, "{\"hash\":\"%s\"}", licensing_text(BYTES_OF(root)));
    asked(shop, &licensing_provider, "POST", "/v1/uploads/ID_0001/end", body);
    asked(shop, &licensing_seller, "PUT", "/v1/contents/ID_0001/offers/NO_1",
          "{\"enterprise\":\"ID_2000\",\"plays\":3,\"amount\":1000,\"unit\":\"JPY\"}");
    licensing_capture = take_key;
    licensing_hand_over(licence, "ID_0001", LICENSING_KEY);
    licensing_capture = NULL;
    asked(shop, &licensing_provider, "POST", "/v1/contents/ID_0001/keys", key_body);
    size = sealed_container(&scene, &licensing.provider, "ID_0002", CONTENT, octets, root);
    begin(shop, "ID_0002", root, size);
    put(shop, "/v1/uploads/ID_0002/0", bytes_of(octets, PART));
}

static void keep_contents(struct audit_world *world, struct town *town) {
    struct shop shop;
    struct courier_target target = {"licence", &town->licence.front.listener};
    struct courier_local local;
    struct outbox_round round;
    struct failure failure;
    licensing_open_shop(&shop, &content_service, ENGINE_FILE, &licensing.seller);
    courier_local_init(&local, &target, 1, &licensing_seller, &host_memory);
    shop.context.courier = &local.courier;
    publish(&shop, &town->licence);
    outbox_deliver(&shop.context, shop.crypto, &round, &failure);
    CU_ASSERT_EQUAL(round.sent, 1);
    shop.context.courier = NULL;
    audit_world_keep(world, &shop);
    shop_close(&shop);
}

// ---- the whole ---------------------------------------------------------------------------------

static void live(struct town *town) {
    sell_with_receipt(&town->licence);
    sell_at_kiosk(&town->licence);
    convert(&town->licence);
    debit(town);
    asked(&town->registry, &town_registrar, "PUT", "/v1/enterprises/ID_3000",
          "{\"address\":\"192.0.2.7\"}");
    asked(&town->registry, &town_telco, "POST", "/v1/inquiries",
          "{\"enterprise\":\"192.0.2.7\",\"challenge\":\"AAECAwQFBgcICQoLDA0ODw\"}");
}

static void call(struct shop *charge, unsigned n) {
    char body[160];
    snprintf(body, sizeof body,
             "{\"items\":[{\"n\":%u,\"phone\":\"" TOWN_PHONE
             "\",\"time\":1076468400000,\"seconds\":61}]}",
             n);
    asked(charge, &town_gateway, "POST", "/v1/usage", body);
}

/// Books whose lines are folded but for the last ones, which no journal has yet.
static void keep_books(struct audit_world *world, struct town *town) {
    call(&town->charge, 1);
    audit_world_fold(&town->charge);
    audit_world_fold(&town->bank);
    audit_world_seal(&town->charge);
    audit_world_seal(&town->bank);
    call(&town->charge, 2);
    asked(&town->bank, &town_clerk, "POST", "/v1/payments",
          "{\"id\":\"c2\",\"to\":\"CARD\",\"amount\":40,\"unit\":\"JPY\"}");
    audit_world_take(world, &town->charge);
    audit_world_take(world, &town->bank);
}

void audit_market_open(struct audit_world *world) {
    struct town *town = calloc(1, sizeof *town);
    CU_ASSERT_PTR_NOT_NULL_FATAL(town);
    audit_world_begin(world);
    town_open(town, ENGINE_FILE, true);
    live(town);
    world->now_ms = town->charge.now_ms;
    world->crypto = licensing.crypto;
    keep_contents(world, town);
    keep_books(world, town);
    audit_world_keep(world, &town->registry);
    audit_world_keep(world, &town->licence);
    audit_world_trust(world, "root", licensing.root.certificate);
    audit_world_trust(world, "telco", licensing.telco.certificate);
    audit_world_trust(world, "bank", licensing.bank.certificate);
    audit_world_trust(world, "registry", licensing.registry.certificate);
    audit_world_trust(world, "seller", licensing.seller.certificate);
    audit_world_trust(world, "provider", licensing.provider.certificate);
    town_close(town);
    free(town);
}
