// SPDX-License-Identifier: Apache-2.0
// Who may call what of the content and the licence service, written down a second time: an endpoint
// that has no rule here fails. Then everybody else calls each endpoint with the names of real
// objects: without a certificate, in every other role, and in the right role as somebody else. They
// are refused, they learn nothing, and no row of any table changes.
#include "base/base64url.h"
#include "services/content/content.h"
#include "services/licence/licence.h"
#include "services/wire/api/content_api.h"
#include "services/wire/api/licence_api.h"
#include "tests/kit/content/sealed.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

enum { EVERY_ROLE = 20, FETCHERS = ROLE_STORE | ROLE_WALLET | ROLE_PLAYER | ROLE_CONVERTER };

#define INSTANCE "00112233445566aa" // phone-1's sale
#define UNPAID   "ffeeddccbbaa9988" // phone-1's, and not paid for

/// What stands in the contract: who may call, whose object it touches, and a request for one that
/// is there. owner: whose it is.
struct rule {
    const char *name;
    uint32_t roles;
    enum owner owner;
    const char *target, *body;
    struct peer of;
};

static const struct rule content_rules[] = {
    {"content.list", ROLE_NONE, OWNER_ANY, "/catalogue", NULL, {0}},
    {"content.page", ROLE_NONE, OWNER_ANY, "/catalogue/ID_0001", NULL, {0}},
    {"content.read", ROLE_NONE, OWNER_ANY, "/v1/contents/ID_0001", NULL, {0}},
    {"content.container", FETCHERS, OWNER_ANY, "/v1/contents/ID_0001/container", NULL, {0}},
    {"content.upload", ROLE_PROVIDER, OWNER_ANY, "/v1/uploads", "{}", {0}},
    {"content.upload.read",
     ROLE_PROVIDER,
     OWNER_STORED,
     "/v1/uploads/ID_0002",
     NULL,
     {.roles = ROLE_PROVIDER, .id = "prov-1"}},
    {"content.upload.put",
     ROLE_PROVIDER,
     OWNER_STORED,
     "/v1/uploads/ID_0002/0",
     "octets",
     {.roles = ROLE_PROVIDER, .id = "prov-1"}},
    {"content.upload.end",
     ROLE_PROVIDER,
     OWNER_STORED,
     "/v1/uploads/ID_0002/end",
     "{\"hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
     {.roles = ROLE_PROVIDER, .id = "prov-1"}},
    {"content.offer",
     ROLE_SELLER,
     OWNER_ENTERPRISE,
     "/v1/contents/ID_0001/offers/NO_1",
     "{\"enterprise\":\"ID_2000\",\"amount\":1,\"unit\":\"JPY\"}",
     {.roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"}},
    {"content.key",
     ROLE_PROVIDER,
     OWNER_STORED,
     "/v1/contents/ID_0001/keys",
     "{\"fingerprint\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"wrapped-key\":"
     "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
     {.roles = ROLE_PROVIDER, .id = "prov-1"}},
};

static const struct rule licence_rules[] = {
    {"licence.recipient", ROLE_NONE, OWNER_ANY, "/v1/recipient", NULL, {0}},
    {"licence.key", ROLE_PROVIDER, OWNER_ANY, "/v1/keys", "{}", {0}},
    {"licence.right",
     ROLE_SELLER,
     OWNER_ENTERPRISE,
     "/v1/rights",
     "{\"enterprise\":\"ID_2000\",\"content\":\"ID_0001\",\"amount\":1,\"unit\":\"JPY\","
     "\"policy\":\"%s\"}",
     {.roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"}},
    {"licence.offers", ROLE_NONE, OWNER_ANY, "/v1/offers?content=ID_0001", NULL, {0}},
    {"licence.offer", ROLE_NONE, OWNER_ANY, "/v1/offers/NO_1", NULL, {0}},
    {"licence.sale", ROLE_WALLET, OWNER_ANY, "/v1/offers/NO_1/sales", "{}", {0}},
    {"licence.sale.read",
     ROLE_WALLET,
     OWNER_STORED,
     "/v1/sales/" INSTANCE,
     NULL,
     {.roles = ROLE_WALLET, .id = "phone-1"}},
    {"licence.activation",
     ROLE_WALLET,
     OWNER_STORED,
     "/v1/sales/" UNPAID "/activation",
     "{}",
     {.roles = ROLE_WALLET, .id = "phone-1"}},
    {"licence.settlement",
     ROLE_BANK | ROLE_TELCO,
     OWNER_ANY,
     "/v1/settlements",
     "{\"transfer\":\"t1\",\"date\":\"2004-02-11\",\"number\":\"NO_1\",\"mail\":\"" LICENSING_MAIL
     "\"}",
     {0}},
    {"licence.order",
     ROLE_TILL,
     OWNER_ENTERPRISE,
     "/v1/orders",
     "{\"enterprise\":\"ID_2000\",\"number\":\"NO_1\",\"amount\":1000,\"unit\":\"JPY\","
     "\"payer\":\"phone-1\"}",
     {.roles = ROLE_TILL, .id = "till-1", .enterprise = "ID_2000"}},
    {"licence.payment",
     ROLE_TILL,
     OWNER_STORED,
     "/v1/orders/%s/payment",
     NULL, // a receipt
     {.roles = ROLE_TILL, .id = "till-1", .enterprise = "ID_2000"}},
    {"licence.cancellation",
     ROLE_TILL,
     OWNER_ENTERPRISE,
     "/v1/cancellations",
     NULL, // a receipt that has paid for a ticket
     {.roles = ROLE_TILL, .id = "till-1", .enterprise = "ID_2000"}},
    {"licence.conversion", ROLE_STORE | ROLE_CONVERTER, OWNER_ANY, "/v1/conversions", "{}", {0}},
};

static const struct rule *rule_of(const struct rule *rules, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}

static void check_contract(const struct api *api, const struct rule *rules, size_t count) {
    for (size_t i = 0; i < api->count; i++) {
        const struct endpoint *row = api->endpoints[i];
        const struct rule *rule = rule_of(rules, count, row->name);
        if (rule == NULL)
            printf("\n    %s has no rule in this suite", row->name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
        CU_ASSERT_EQUAL(rule->roles, row->roles);
        CU_ASSERT_EQUAL(rule->owner, row->owner);
        CU_ASSERT_EQUAL(row->owner_free, 0);
        CU_ASSERT_EQUAL(rule->owner == OWNER_ANY, rule->of.roles == 0);
    }
}

// ---- what must not change ----------------------------------------------------------------------

static const struct statement content_tables[] = {
    {"SELECT count(*) FROM content", "", "i"}, {"SELECT id, received FROM upload", "", "ti"},
    {"SELECT count(*) FROM offer", "", "i"},   {"SELECT count(*) FROM content_key", "", "i"},
    {"SELECT count(*) FROM outbox", "", "i"},
};
static const struct statement licence_tables[] = {
    {"SELECT count(*) FROM content_key", "", "i"},
    {"SELECT count(*) FROM offer", "", "i"},
    {"SELECT instance FROM sale ORDER BY instance", "", "t"},
    {"SELECT instance FROM unsettled ORDER BY instance", "", "t"},
    {"SELECT instance, by_kind FROM settled ORDER BY instance", "", "tt"},
    {"SELECT count(*) FROM receipt_used", "", "i"},
    {"SELECT count(*) FROM notice", "", "i"},
    {"SELECT count(*) FROM activation", "", "i"},
    {"SELECT count(*) FROM conversion", "", "i"},
    {"SELECT count(*) FROM sale_order WHERE paid IS NULL", "", "i"},
};

/// One service under attack.
struct siege {
    struct shop *shop;
    const struct statement *tables;
    size_t table_count;
    char before[1024];
    size_t calls;
};

static void look(struct siege *siege, char out[1024]) {
    shop_dump(siege->shop, siege->tables, siege->table_count, out, 1024);
}

/// What of a ticket, a key or a buyer must be in no refusal.
static bool tells_nothing(const struct told *told) {
    static const char *const secrets[] = {LICENSING_MAIL, LICENSING_KEY,  "\"ticket\"",
                                          "\"state\"",    "\"received\"", "\"offset\""};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (strstr(told->body, secrets[i]) != NULL)
            return false;
    return true;
}

static struct told call(struct siege *siege, const struct endpoint *row, const struct peer *peer,
                        const char *target, const char *body) {
    char key[24];
    snprintf(key, sizeof key, "siege.%zu", ++siege->calls);
    struct request request = {.method = row->method,
                              .target = target,
                              .key = row->key == KEY_NEEDED ? key : NULL,
                              .content_type = row->request_media != NULL ? row->request_media
                                                                         : "application/json",
                              .body = body != NULL ? bytes_of_string(body) : bytes_of(NULL, 0),
                              .peer = *peer};
    return shop_request(siege->shop, &request);
}

static void refused(struct siege *siege, const struct endpoint *row, const struct peer *peer,
                    const char *target, const char *body, unsigned status, const char *word) {
    char after[1024];
    struct told told = call(siege, row, peer, target, body);
    bool right = told.status == status && strstr(told.body, word) != NULL && tells_nothing(&told);
    if (!right)
        printf("\n    %s by %x %s: %u %.200s", row->name, peer->roles, peer->id, told.status,
               told.body);
    CU_ASSERT_TRUE(right);
    look(siege, after);
    CU_ASSERT_STRING_EQUAL(after, siege->before);
}

/// The owner's own id and enterprise, in another role.
static void other_roles(struct siege *siege, const struct endpoint *row, const struct rule *rule,
                        const char *target, const char *body) {
    struct peer nobody = {0}, old = {.fault = &problem_certificate_expired};
    if (rule->roles == ROLE_NONE)
        return;
    for (unsigned bit = 0; bit < EVERY_ROLE; bit++) {
        struct peer peer = rule->of;
        peer.roles = UINT32_C(1) << bit;
        if ((rule->roles & peer.roles) == 0)
            refused(siege, row, &peer, target, body, 403, "\"word\":\"role\"");
    }
    refused(siege, row, &nobody, target, body, 401, "certificate-missing");
    refused(siege, row, &old, target, body, 403, "certificate-expired");
}

static void other_owners(struct siege *siege, const struct endpoint *row, const struct rule *rule,
                         const char *target, const char *body) {
    if (rule->owner == OWNER_ANY)
        return;
    struct peer peer = rule->of;
    snprintf(peer.id, sizeof peer.id, "stranger");
    if (rule->owner == OWNER_ENTERPRISE)
        snprintf(peer.enterprise, sizeof peer.enterprise, "ID_9999");
    refused(siege, row, &peer, target, body, 404, "\"word\":\"owner\"");
    struct told told = call(siege, row, &rule->of, target, body); // it is there, and its owner's
    CU_ASSERT_PTR_NULL(strstr(told.body, "\"word\":\"owner\""));
    CU_ASSERT_PTR_NULL(strstr(told.body, "\"word\":\"shape\""));
    look(siege, siege->before);
}

/// order and payment: what stands for %s in targets and bodies.
static void besiege(struct siege *siege, const struct rule *rules, size_t count, const char *order,
                    const char *policy, const char *payment) {
    const struct api *api = siege->shop->context.service->api;
    static char target[200], body[2 * LICENSING_BODY_MAX];
    look(siege, siege->before);
    for (size_t i = 0; i < api->count; i++) {
        const struct endpoint *row = api->endpoints[i];
        const struct rule *rule = rule_of(rules, count, row->name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
        bool pays = strstr(rule->target, "%s") != NULL;
        snprintf(target, sizeof target, pays ? "/v1/orders/%s/payment" : "%s",
                 pays ? order : rule->target);
        const char *filled = pays ? payment : rule->body;
        bool cancels = row == &licence_cancellation;
        if (filled != NULL && strstr(filled, "%s") != NULL)
            snprintf(body, sizeof body,
                     "{\"enterprise\":\"ID_2000\",\"content\":\"ID_0001\",\"amount\":1,"
                     "\"unit\":\"JPY\",\"policy\":\"%s\"}",
                     policy);
        else if (cancels)
            snprintf(body, sizeof body, "{\"enterprise\":\"ID_2000\",%s", payment + 1);
        else
            snprintf(body, sizeof body, "%s", filled != NULL ? filled : "");
        const char *sent = filled != NULL || cancels ? body : NULL;
        other_roles(siege, row, rule, target, sent);
        other_owners(siege, row, rule, target, sent);
    }
}

// ---- the content service -----------------------------------------------------------------------

static void test_content_contract(void) {
    check_contract(&content_api, content_rules, sizeof content_rules / sizeof content_rules[0]);
}

static void bring(struct shop *shop, const struct sealed_scene *scene, const char *id, bool end) {
    static uint8_t octets[SEALED_MAX];
    uint8_t root[SHA256_SIZE];
    char text[BASE64URL_SIZE(SHA256_SIZE)], target[80], body[200], key[16];
    const struct peer provider = {.roles = ROLE_PROVIDER, .id = "prov-1"};
    size_t size = sealed_container(scene, &scene->provider, id, 5000, octets, root);
    CU_ASSERT_FATAL(base64url_encode(BYTES_OF(root), text, sizeof text));
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"hash\":\"%s\",\"size\":%zu,\"title\":\"T\"}", id,
             text, size);
    snprintf(key, sizeof key, "a%s", id);
    CU_ASSERT_EQUAL_FATAL(shop_ask(shop, &provider, "POST", "/v1/uploads", key, body).status, 200);
    if (!end)
        return;
    snprintf(target, sizeof target, "/v1/uploads/%s/0", id);
    struct request put = {.method = "PUT",
                          .target = target,
                          .key = "put",
                          .content_type = "application/octet-stream",
                          .body = bytes_of(octets, size),
                          .peer = provider};
    CU_ASSERT_EQUAL_FATAL(shop_request(shop, &put).status, 200);
    snprintf(target, sizeof target, "/v1/uploads/%s/end", id);
    snprintf(body, sizeof body, "{\"hash\":\"%s\"}", text);
    CU_ASSERT_EQUAL_FATAL(shop_ask(shop, &provider, "POST", target, "end", body).status, 200);
}

static void test_content_siege(void) {
    static struct sealed_scene scene;
    static struct shop shop;
    struct siege siege = {.shop = &shop,
                          .tables = content_tables,
                          .table_count = sizeof content_tables / sizeof content_tables[0]};
    sealed_scene_open(&scene);
    shop_use_keys(&scene.keys);
    shop_open(&shop, &content_service, ENGINE_MEMORY);
    bring(&shop, &scene, "ID_0001", true);
    bring(&shop, &scene, "ID_0002", false);
    besiege(&siege, content_rules, sizeof content_rules / sizeof content_rules[0], "", "", "");
    printf(" (%zu calls) ", siege.calls);
    shop_close(&shop);
    sealed_scene_close(&scene);
}

// ---- the licence service -----------------------------------------------------------------------

static void test_licence_contract(void) {
    check_contract(&licence_api, licence_rules, sizeof licence_rules / sizeof licence_rules[0]);
}

/// Two sales of phone-1, one paid for, and an order of till-1.
static void stock(struct shop *shop, char order[LICENCE_INSTANCE_SIZE + 1]) {
    static char more[LICENSING_BODY_MAX / 2];
    struct reception second = licensing_first;
    second.n = 2;
    licensing_stock(shop, ",\"sealed\":true");
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"" INSTANCE "\",%s",
             licensing_receipt(&licensing_paid, &licensing.till));
    struct told told = licensing_order(shop, &licensing_buyer, &licensing_first, "NO_1", more);
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "ticket"));
    told = licensing_order(shop, &licensing_buyer, &second, "NO_1",
                           "\"amount\":1000,\"instance\":\"" UNPAID "\"");
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "ticket"));
    told = licensing_ask(shop, &licensing_till, "POST", "/v1/orders",
                         "{\"enterprise\":\"ID_2000\",\"number\":\"NO_1\",\"amount\":1000,"
                         "\"unit\":\"JPY\",\"payer\":\"phone-1\"}");
    CU_ASSERT_TRUE_FATAL(licensing_says(&told, 200, "instance"));
    snprintf(order, LICENCE_INSTANCE_SIZE + 1, "%.16s", strstr(told.body, "\"instance\":\"") + 12);
}

static void licence_siege(struct shop *shop) {
    static char payment[LICENSING_BODY_MAX], policy[1400];
    uint8_t octets[512];
    char order[LICENCE_INSTANCE_SIZE + 1];
    struct siege siege = {.shop = shop,
                          .tables = licence_tables,
                          .table_count = sizeof licence_tables / sizeof licence_tables[0]};
    if (shop->engine != ENGINE_MEMORY)
        return;
    stock(shop, order);
    struct payment paid = licensing_paid;
    paid.instance = order;
    paid.n = 77;
    snprintf(payment, sizeof payment, "{%s}", licensing_receipt(&paid, &licensing.till));
    snprintf(policy, sizeof policy, "%s",
             licensing_text(licensing_policy("ID_0001", octets, sizeof octets)));
    besiege(&siege, licence_rules, sizeof licence_rules / sizeof licence_rules[0], order, policy,
            payment);
    printf(" (%zu calls) ", siege.calls);
    struct told told = licensing_ask(shop, &licensing_buyer, "GET", "/v1/offers/NO_1", NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"enterprise\":\"ID_2000\"")); // whose it was
}

static void test_licence_siege(void) {
    licensing_on_every_engine(licence_siege);
}

// Whoever asks for whatever can be read learns nothing of tickets sold, or of the two stores.
static void stores_are_shut(struct shop *shop) {
    static const char *const guesses[] = {
        "/v1/sales",       "/v1/unsettled", "/v1/settled",
        "/v1/settlements", "/v1/tickets",   "/v1/orders",
        "/v1/keys",        "/v1/receipts",  "/v1/offers/NO_1/sales",
        "/v1/sales/",      "/v1/sales/%25", "/v1/offers?content=%25"};
    char order[LICENCE_INSTANCE_SIZE + 1];
    stock(shop, order);
    for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++)
        for (unsigned bit = 0; bit < EVERY_ROLE; bit++) {
            struct peer peer = {
                .roles = UINT32_C(1) << bit, .id = "phone-2", .enterprise = "ID_2000"};
            struct told told = shop_ask(shop, &peer, "GET", guesses[i], NULL, NULL);
            CU_ASSERT_TRUE(tells_nothing(&told) && strstr(told.body, INSTANCE) == NULL &&
                           strstr(told.body, UNPAID) == NULL && strstr(told.body, order) == NULL);
        }
}

static void test_stores_are_shut(void) {
    licensing_on_every_engine(stores_are_shut);
}

static const struct suite_test tests[] = {
    {"every endpoint of the content service has its rule", test_content_contract, NULL},
    {"everybody else at every endpoint of the content service", test_content_siege, "S08"},
    {"every endpoint of the licence service has its rule", test_licence_contract, NULL},
    {"everybody else at every endpoint of the licence service", test_licence_siege,
     "S08 P1-18 P4-01"},
    {"nothing that is read tells of sales or the two stores", test_stores_are_shut, "P1-18"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-service-rules", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
