// SPDX-License-Identifier: Apache-2.0
// Leave to convert, on every engine: for a certified converter and a container of an offered
// content, one grant, whose key that converter alone opens.
#include "apdu/container/convert_key.h"
#include "base/calendar.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static const struct peer home = {.roles = ROLE_STORE, .id = "home-1"};

static struct told convert(struct shop *shop, struct bytes container,
                           const struct sample_party *authority,
                           const struct sample_party *converter) {
    char body[3000];
    snprintf(body, sizeof body, "{\"container\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}",
             licensing_text(container), licensing_text(licensing.root.certificate),
             licensing_text(authority->certificate), licensing_text(converter->certificate));
    return licensing_ask(shop, &home, "POST", "/v1/conversions", body);
}

static bool opens(const struct told *told, struct bytes container) {
    uint8_t octets[512], original[SHA256_SIZE], key[CONTAINER_KEY_MAX];
    struct object grant, of;
    size_t size = 0;
    if (!object_decode_as(OBJECT_CONVERT_GRANT,
                          licensing_field(told, "object", octets, sizeof octets), &grant) ||
        !object_verify(&grant, licensing.crypto, licensing.seller.signer.point) ||
        !object_decode(container, &of) || !object_digest(&of, licensing.crypto, original))
        return false;
    struct convert_terms terms = convert_terms_of(&grant);
    return bytes_equal(terms.original, BYTES_OF(original)) &&
           bytes_equal(terms.converter, bytes_of_string("conv-1")) &&
           object_date(&grant, FIELD_EXPIRY) == date_add_days(20040211, 7) &&
           convert_key_open(licensing.crypto, &terms, licensing.kem_scalar, licensing.kem_point,
                            grant.fields[FIELD_WRAPPED_KEY], key, &size) &&
           bytes_equal(bytes_of(key, size), bytes_of_string(LICENSING_KEY));
}

static void grants(struct shop *shop) {
    uint8_t octets[512];
    struct bytes container = licensing_container("ID_0001", true, false, octets, sizeof octets);
    struct told told = convert(shop, container, &licensing.apparatus, &licensing.converter);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "unmatched")); // nothing is offered yet
    licensing_stock(shop, "");
    told = convert(shop, container, &licensing.apparatus, &licensing.converter);
    CU_ASSERT_EQUAL_FATAL(told.status, 200);
    CU_ASSERT_TRUE(opens(&told, container));
    struct told again = convert(shop, container, &licensing.apparatus, &licensing.converter);
    CU_ASSERT_STRING_EQUAL(again.body, told.body);
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM conversion"), 1);
    told = convert(shop, container, &licensing.purses, &licensing.buyer);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"converter\""));
    told = convert(shop, container, &licensing.purses, &licensing.converter);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"converter\""));
    licensing_revoke(shop, &licensing.converter, NULL);
    shop->now_ms += 10000;
    told = convert(shop, container, &licensing.apparatus, &licensing.converter);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"converter\""));
    licensing_revoke(shop, NULL, NULL);
    shop->now_ms = (uint64_t)time_of_date(20040301) * 1000;
    told = convert(shop, container, &licensing.apparatus, &licensing.converter);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"converter\""));
}

/// The converter's certificate, with another name, below an authority for the names of x: alone.
static void below_a_branch(const char *holder, struct sample_party *branch,
                           struct sample_party *converter) {
    struct certificate fields;
    size_t size = 0;
    *branch = licensing.apparatus;
    *converter = licensing.converter;
    CU_ASSERT_EQUAL(certificate_parse(licensing.apparatus.certificate, &fields), CERTIFICATE_OK);
    fields.holder = bytes_of_string("BRANCH");
    fields.space = bytes_of_string("x:");
    CU_ASSERT_EQUAL_FATAL(certificate_make(&fields, &licensing.root.signer, branch->octets,
                                           sizeof branch->octets, &size),
                          CERTIFICATE_OK);
    branch->certificate = bytes_of(branch->octets, size);
    CU_ASSERT_EQUAL(certificate_parse(licensing.converter.certificate, &fields), CERTIFICATE_OK);
    fields.issuer = bytes_of_string("BRANCH");
    fields.holder = bytes_of_string(holder);
    CU_ASSERT_EQUAL_FATAL(certificate_make(&fields, &licensing.apparatus.signer, converter->octets,
                                           sizeof converter->octets, &size),
                          CERTIFICATE_OK);
    converter->certificate = bytes_of(converter->octets, size);
}

// A service refuses whom an authority certifies out of its space of names, as cards do.
static void names(struct shop *shop) {
    struct sample_party branch, converter;
    uint8_t octets[512];
    struct bytes container = licensing_container("ID_0001", true, false, octets, sizeof octets);
    licensing_stock(shop, "");
    below_a_branch("conv-1", &branch, &converter);
    struct told told = convert(shop, container, &branch, &converter);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"word\":\"converter\""));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM conversion"), 0);
    below_a_branch("x:conv-1", &branch, &converter);
    told = convert(shop, container, &branch, &converter);
    CU_ASSERT_EQUAL(told.status, 200);
}

static void test_names(void) {
    licensing_on_every_engine(names);
}

static void test_grants(void) {
    licensing_on_every_engine(grants);
}

static void other_containers(struct shop *shop) {
    uint8_t octets[512];
    licensing_stock(shop, "");
    struct told told =
        convert(shop, licensing_container("ID_0001", true, true, octets, sizeof octets),
                &licensing.apparatus, &licensing.converter);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "unmatched"));
    told = convert(shop, licensing_container("ID_0001", false, false, octets, sizeof octets),
                   &licensing.apparatus, &licensing.converter);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "under the policy"));
    told = convert(shop, licensing_container("ID_0002", true, false, octets, sizeof octets),
                   &licensing.apparatus, &licensing.converter);
    CU_ASSERT_TRUE(licensing_says(&told, 409, "unmatched"));
    CU_ASSERT_EQUAL(licensing_count(shop, "SELECT count(*) FROM conversion"), 0);
}

static void test_other_containers(void) {
    licensing_on_every_engine(other_containers);
}

static const struct suite_test tests[] = {
    {"a certified converter gets one grant for one container", test_grants, NULL},
    {"a converter out of its authority's space of names", test_names, NULL},
    {"not for a derived one, another policy or content", test_other_containers, NULL},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-licence-conversion", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
