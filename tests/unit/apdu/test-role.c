// SPDX-License-Identifier: Apache-2.0
// Roles by their words, and the names of holders: their form, and the space that they stand in.
#include "apdu/object/role.h"
#include "tests/kit/suite.h"

static void test_role_names(void) {
    static const char *const NAMES[] = {
        "wallet",   "till",    "float",   "store",    "seller",      "center",
        "provider", "telco",   "bank",    "player",   "converter",   "registry",
        "operator", "auditor", "gateway", "recorder", "game-machine"};
    uint32_t all = 0;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        CU_ASSERT_STRING_EQUAL(role_name(role_from_name(NAMES[i])), NAMES[i]);
        all |= role_from_name(NAMES[i]);
    }
    CU_ASSERT_EQUAL(all, ROLE_ENTITIES | ROLE_NETWORK);
    CU_ASSERT_EQUAL(role_from_name("banker"), 0);
    CU_ASSERT_STRING_EQUAL(role_name(0), "none");
    CU_ASSERT_STRING_EQUAL(role_name(ROLE_ISSUING | ROLE_WALLET), "issuing");
}

static void test_holders(void) {
    CU_ASSERT(holder_is_valid(bytes_of_string("W"), ROLE_WALLET));
    CU_ASSERT(holder_is_valid(bytes_of_string("123456789012"), ROLE_WALLET));
    CU_ASSERT_FALSE(holder_is_valid(bytes_of_string("1234567890123"), ROLE_WALLET | ROLE_STORE));
    CU_ASSERT(holder_is_valid(bytes_of_string("1234567890123456"), ROLE_STORE));
    CU_ASSERT(holder_is_valid(bytes_of_string("1234567890123456"), ROLE_ISSUING | ROLE_WALLET));
    CU_ASSERT_FALSE(holder_is_valid(bytes_of_string("12345678901234567"), ROLE_STORE));
    CU_ASSERT_FALSE(holder_is_valid(bytes_of_string(""), ROLE_STORE));
    CU_ASSERT_FALSE(holder_is_valid(bytes_of_string("A B"), ROLE_STORE));
    CU_ASSERT_FALSE(holder_is_valid(bytes_of("A\0B", 3), ROLE_STORE));
}

static bool has_space(const char *holder, const char *space) {
    return bytes_equal(holder_space(bytes_of_string(holder)), bytes_of_string(space));
}

static void test_spaces(void) {
    CU_ASSERT(has_space("till-1", "") && has_space("shop:till-1", "shop:"));
    CU_ASSERT(has_space("a:b:c", "a:b:") && has_space("a:", "a:") && has_space(":x", ":"));
    CU_ASSERT(holder_space_is_valid(bytes_of_string("shop:")));
    CU_ASSERT(holder_space_is_valid(bytes_of_string("12345678901234:")));
    CU_ASSERT_FALSE(holder_space_is_valid(bytes_of_string("123456789012345:"))); // no name fits
    CU_ASSERT_FALSE(holder_space_is_valid(bytes_of_string("shop")));
    CU_ASSERT_FALSE(holder_space_is_valid(bytes_of_string("")));
    CU_ASSERT_FALSE(holder_space_is_valid(bytes_of_string("a b:")));
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"role names", test_role_names, NULL},
        {"holder references", test_holders, NULL},
        {"spaces of names", test_spaces, NULL},
    };
    return suite_main("test-role", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
