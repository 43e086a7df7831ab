// SPDX-License-Identifier: Apache-2.0
// What is lawful in the objects of tickets and containers, value by value; every wrong one stands
// under a good signature.
#include "tests/kit/objects.h"
#include "tests/kit/suite.h"

static struct crypto *crypto;
static struct signer signer;
static struct signer_scalar scalar;
static uint8_t buffer[SAMPLE_OBJECT_MAX];
static struct sample_body body;

static struct bytes assemble(void) {
    return sample_assemble(&body, &signer, buffer, sizeof buffer);
}

static bool accepted(enum object_type type) {
    struct object object;
    return object_decode_as(type, assemble(), &object);
}

static bool takes(enum object_type type, enum field field, const void *data, size_t size) {
    sample_fill(&body, type, SAMPLE_TYPICAL);
    sample_set(&body, field, bytes_of(data, size));
    return accepted(type);
}

static void test_ticket_forms(void) {
    CU_ASSERT(takes(OBJECT_TICKET_HEADER, FIELD_NAMED, "\1B\2AA\2AB", 8));
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_NAMED, "\2AA\1B", 5)); // shorter ids first
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_NAMED, "\1A\1A", 4));  // twice
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_NAMED, "\1A\2B", 4));  // cut
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_NAMED, "\1A\0", 3));   // of no octets
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_NAMED, "\1 ", 2));     // a blank
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_NAMED, "\15ABCDEFGHIJKLM", 14)); // 13 octets
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_ACTIONS, "\0\0", 2));
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_ACTIONS, "\1\1", 2));
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_ACTIONS, "\x10\0", 2)); // marks alone
    CU_ASSERT(takes(OBJECT_TICKET_HEADER, FIELD_ACTIONS, "\x11\0", 2));
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_ACTIONS, "\x21\0", 2));
    CU_ASSERT(takes(OBJECT_TICKET_HEADER, FIELD_LAST_DAY, "\x20\x27\x01\x01", 4));
    CU_ASSERT_FALSE(takes(OBJECT_TICKET_HEADER, FIELD_LAST_DAY, "\x20\x26\x12\x30", 4));
    CU_ASSERT_FALSE(takes(OBJECT_PLAY_REQUEST, FIELD_ACTION, "\3", 1));
    CU_ASSERT(takes(OBJECT_PLAY_REQUEST, FIELD_ACTION, "\4", 1));
    CU_ASSERT_FALSE(takes(OBJECT_SETTLEMENT_ANSWER, FIELD_RESULT, "\2", 1));
    CU_ASSERT_FALSE(takes(OBJECT_PLAY_GRANT, FIELD_LEFT, "\0\1\0\3\0\x08", 6));
}

static void test_container_forms(void) {
    CU_ASSERT_FALSE(takes(OBJECT_CONTAINER, FIELD_CHUNK, "\x0B", 1));
    CU_ASSERT_FALSE(takes(OBJECT_CONTAINER, FIELD_CHUNK, "\x19", 1));
    CU_ASSERT_FALSE(takes(OBJECT_CONTAINER, FIELD_ALGORITHM, "\0", 1));
    CU_ASSERT_FALSE(takes(OBJECT_CONTAINER, FIELD_ALGORITHM, "\4", 1));
    CU_ASSERT_FALSE(takes(OBJECT_CONTAINER, FIELD_ALGORITHM, "\1", 1)); // and a wrapped key
    CU_ASSERT_FALSE(takes(OBJECT_CONTAINER, FIELD_ALGORITHM, "\3", 1)); // and one too short
    sample_fill(&body, OBJECT_CONTAINER, SAMPLE_TYPICAL);
    sample_drop(&body, FIELD_WRAPPED_CEK);
    CU_ASSERT_FALSE(accepted(OBJECT_CONTAINER));
}

// Offers rise and open something; a party has a weight and is named once.
static void test_policy_forms(void) {
    static const char two[] =
        "\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\1\3\x92\0\0\0\0\0\0\7\xD0\xFF\xFF\0\1";
    static const char fallen[] = "\3\x92\0\0\0\0\0\0\7\xD0\0\3\0\1\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\1";
    CU_ASSERT(takes(OBJECT_POLICY, FIELD_OFFERS, two, sizeof two - 1));
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_OFFERS, two, sizeof two - 2));
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_OFFERS, fallen, sizeof fallen - 1));
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_OFFERS, "\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\0", 14));
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_OFFERS, "\3\x92\0\0\0\0\0\0\3\xE8\0\3\0\x10", 14));
    CU_ASSERT(takes(OBJECT_POLICY, FIELD_SHARES, "\0\x32\1A\0\x1E\2AB\0\x14\1C", 13));
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_SHARES, "\0\x32\1A\0\x1E\1A", 8)); // twice
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_SHARES, "\0\0\1A", 4));            // no weight
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_SHARES, "\0\1\2A", 4));            // cut
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_SHARES, "\0\1\1A\0\1\0", 7));      // of no octets
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_SHARES, "\0\1\1 ", 4));            // a blank
    CU_ASSERT_FALSE(takes(OBJECT_POLICY, FIELD_SHARES,
                          "\0\1\1A\0\1\1B\0\1\1C\0\1\1D\0\1\1E\0\1\1F\0\1\1G\0\1\1H\0\1\1I", 36));
}

// A header is for a content or for a key, and fits the slot of a card.
static void test_header_rules(void) {
    sample_fill(&body, OBJECT_TICKET_HEADER, SAMPLE_TYPICAL);
    sample_drop(&body, FIELD_CONTENT);
    CU_ASSERT_FALSE(accepted(OBJECT_TICKET_HEADER));
    CU_ASSERT(takes(OBJECT_TICKET_HEADER, FIELD_PLAYS, "\3", 1));
    sample_fill(&body, OBJECT_TICKET_HEADER, SAMPLE_LARGEST);
    struct bytes whole = assemble();
    CU_ASSERT_EQUAL(whole.size, TICKET_OBJECT_MAX);
    sample_set(&body, FIELD_SELLER, bytes_of_string("SELLER-09"));
    CU_ASSERT_FALSE(accepted(OBJECT_TICKET_HEADER)); // an octet more
    whole = sample_object(OBJECT_TICKET_STATE, SAMPLE_LARGEST, &signer, buffer, sizeof buffer);
    CU_ASSERT(whole.size <= TICKET_OBJECT_MAX);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"named apparatus, actions, days, flags", test_ticket_forms, NULL},
        {"containers: chunk, algorithm, wrapped key", test_container_forms, NULL},
        {"policies: offers and shares", test_policy_forms, "S06a"},
        {"a header is for a content or a key and fits a slot", test_header_rules, NULL},
    };
    crypto = crypto_openssl_new();
    if (crypto == NULL)
        return 2;
    sample_signer(crypto, &signer, &scalar);
    int code = suite_main("test-object-ticket", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
    crypto_openssl_free(crypto);
    return code;
}
