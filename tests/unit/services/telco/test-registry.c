// SPDX-License-Identifier: Apache-2.0
// The registry, on every engine: 1 for who is listed by id or address, 0 for everybody else, signed
// for one inquiry; who is removed is refused from then on, and stands in the signed list.
#include "apdu/object/role.h"
#include "services/registry/registry.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/services/sweep.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static const struct peer operator= {
    .roles = ROLE_OPERATOR, .id = "clerk", .enterprise = "REGISTRY"};
static const struct peer strange = {.roles = ROLE_OPERATOR, .id = "boss", .enterprise = "TELCO"};
static const struct peer telco = {.roles = ROLE_TELCO, .id = "telco-1", .enterprise = "TELCO"};

#define CHALLENGE "AAECAwQFBgcICQoLDA0ODw"

static void on_every_engine(void (*check)(struct shop *shop)) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct shop shop;
        licensing_open_shop(&shop, &registry_service, engine, &licensing.registry);
        check(&shop);
        shop_close(&shop);
    }
}

static struct told set(struct shop *shop, const struct peer *by, const char *method, const char *id,
                       const char *body) {
    char target[64];
    snprintf(target, sizeof target, "/v1/enterprises/%s", id);
    return licensing_ask(shop, by, method, target, body);
}

static struct told ask(struct shop *shop, const char *id) {
    char body[120];
    snprintf(body, sizeof body, "{\"enterprise\":\"%s\",\"challenge\":\"" CHALLENGE "\"}", id);
    return licensing_ask(shop, &telco, "POST", "/v1/inquiries", body);
}

/// The signed answer says what the unsigned one says, for this inquiry.
static bool says(struct shop *shop, const char *id, bool trusted) {
    uint8_t octets[512];
    struct object answer;
    struct told told = ask(shop, id);
    char *inner = strstr(told.body, "\"object\":{");
    if (!licensing_says(&told, 200, trusted ? "{\"trusted\":true," : "{\"trusted\":false,") ||
        inner == NULL)
        return false;
    memmove(told.body, inner + 9, strlen(inner + 9) + 1);
    return object_decode_as(OBJECT_REGISTRY_ANSWER,
                            licensing_field(&told, "object", octets, sizeof octets), &answer) &&
           object_verify(&answer, licensing.crypto, licensing.registry.signer.point) &&
           answer.fields[FIELD_RESULT].data[0] == trusted &&
           bytes_equal(answer.fields[FIELD_ENTERPRISE], bytes_of_string(id)) &&
           bytes_equal(answer.fields[FIELD_HOLDER], bytes_of_string("telco-1")) &&
           answer.fields[FIELD_CHALLENGE].data[15] == 15 &&
           object_date(&answer, FIELD_EXPIRY) == 20040212;
}

static void stock(struct shop *shop) {
    static const char *const ids[] = {"ID_2000", "ID_2500", "ID_2699"};
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(set(shop, &operator, "PUT", ids[i], "{}").status, 200);
}

static void listed(struct shop *shop) {
    CU_ASSERT_TRUE(says(shop, "ID_2000", false)); // nobody is trusted by default
    stock(shop);
    CU_ASSERT_TRUE(says(shop, "ID_2000", true) && says(shop, "ID_2500", true) &&
                   says(shop, "ID_2699", true));
    CU_ASSERT_TRUE(says(shop, "ID_2001", false));
    CU_ASSERT_EQUAL(set(shop, &operator, "PUT", "ID_2001", "{\"address\":\"192.0.2.1\"}").status,
                    200);
    CU_ASSERT_TRUE(says(shop, "ID_2001", true) && says(shop, "192.0.2.1", true)); // by address, too
    CU_ASSERT_TRUE(says(shop, "192.0.2.2", false));
    struct told told = set(shop, &operator, "PUT", "ID_2002", "{\"address\":\"192.0.2.1\"}");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "address-taken"));
    CU_ASSERT_TRUE(says(shop, "ID_2002", false)); // refused as a whole
}

static void test_listed(void) {
    on_every_engine(listed);
}

static uint64_t version(const struct told *told) {
    unsigned long long number = 0;
    const char *at = strstr(told->body, "\"version\":");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    sscanf(at + 10, "%llu", &number);
    return number;
}

static void removed(struct shop *shop) {
    stock(shop);
    struct told before = ask(shop, "ID_2000");
    CU_ASSERT_EQUAL(set(shop, &operator, "PUT", "ID_2500", "{\"address\":\"192.0.2.5\"}").status,
                    200);
    CU_ASSERT_EQUAL(set(shop, &operator, "DELETE", "ID_2500", NULL).status, 200);
    CU_ASSERT_TRUE(says(shop, "ID_2500", false) && says(shop, "192.0.2.5", false));
    CU_ASSERT_TRUE(says(shop, "ID_2000", true));
    struct told after = ask(shop, "ID_2000");
    CU_ASSERT_TRUE(version(&after) > version(&before));
    struct told again = set(shop, &operator, "DELETE", "ID_2500", NULL); // no second version
    CU_ASSERT_EQUAL(version(&again), version(&after));
    // a database from a backup gives no version twice
    shop_script(shop, "UPDATE enterprise SET version = 1");
    shop->now_ms += 60000;
    again = set(shop, &operator, "DELETE", "ID_2699", NULL);
    CU_ASSERT_TRUE(version(&again) > version(&after));
    again = set(shop, &strange, "PUT", "ID_2001", "{}");
    CU_ASSERT_TRUE(licensing_says(&again, 404, "\"owner\""));
}

static void test_removed(void) {
    on_every_engine(removed);
}

static void refusals(struct shop *shop) {
    uint8_t octets[2048];
    struct object list;
    stock(shop);
    for (unsigned i = 0; i < REFUSED_MAX + 3; i++) { // more than the list holds: the last ones
        char id[16];
        snprintf(id, sizeof id, "BAD_%02u", i);
        shop->now_ms += 1000;
        CU_ASSERT_EQUAL(set(shop, &operator, "DELETE", id, NULL).status, 200);
    }
    struct told told = licensing_ask(shop, &licensing_buyer, "GET", "/v1/refusals", NULL);
    CU_ASSERT_EQUAL(told.status, 200);
    char *inner = strstr(told.body, "\"object\":{");
    CU_ASSERT_PTR_NOT_NULL_FATAL(inner);
    memmove(told.body, inner + 9, strlen(inner + 9) + 1);
    CU_ASSERT_TRUE_FATAL(object_decode_as(
        OBJECT_REFUSAL_LIST, licensing_field(&told, "object", octets, sizeof octets), &list));
    CU_ASSERT_TRUE(object_verify(&list, licensing.crypto, licensing.registry.signer.point));
    CU_ASSERT_EQUAL(list.fields[FIELD_REFUSED].size, (size_t)REFUSED_SIZE * REFUSED_MAX);
    CU_ASSERT_STRING_EQUAL((const char *)list.fields[FIELD_REFUSED].data, "BAD_03");
    CU_ASSERT_TRUE(says(shop, "BAD_00", false)); // refused all the same
}

static void test_refusals(void) {
    on_every_engine(refusals);
}

static void sweep(struct shop *shop) {
    CU_ASSERT_TRUE(sweep_service(shop) > 60);
}

static void test_sweep(void) {
    on_every_engine(sweep);
}

static const struct suite_test tests[] = {
    {"every row is swept", test_sweep, NULL},
    {"1 for who is listed, by id or address, and 0 for all others", test_listed,
     "W11 P4-05 P4-06 M19"},
    {"who is removed is refused from then on, in versions that rise", test_removed, "P4-10"},
    {"a signed list of who is refused", test_refusals, "M22a"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-registry", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
