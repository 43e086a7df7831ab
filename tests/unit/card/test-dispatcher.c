// SPDX-License-Identifier: Apache-2.0
// The generic checks of the card OS and their order, chaining, GET RESPONSE, extended lengths,
// interfaces, the secure messaging hook.
#include "tests/kit/probe.h"

// ---- generic checks ----------------------------------------------------------------------------

static void test_checks_in_order(void) {
    fresh();
    EXPECT("", "6700");
    EXPECT("80CA00", "6700");
    EXPECT("80CA000100FF", "6700"); // Lc 0 with data
    EXPECT("80CA000102FF", "6700"); // Lc beyond the end
    EXPECT("20CA000100", "6E00");   // reserved class
    EXPECT("A0CA000100", "6E00");
    EXPECT("E0CA000100", "6E00");
    EXPECT("81CA000100", "6881"); // channel 1
    EXPECT("03A40400", "6881");
    EXPECT("40A40400", "6881");   // channel 4
    EXPECT("84CA000100", "6882"); // secure messaging
    EXPECT("0CA4040007" ONE_AID, "6882");
    EXPECT("80FE000000", "6D00");
    EXPECT("00B0000000", "6D00");
    EXPECT("FFB0000000", "6D00");
    EXPECT("8130000000", "6881");
    EXPECT("80320100015A", "6A86"); // fixed P1 P2
    EXPECT("80CA0001", "6700");     // case 1 where case 2 is wanted
    EXPECT("803800000000", "6700");
    EXPECT("8038000002AABB", "6700");   // Lc above the row's
    EXPECT("803200000103", "6700");     // Lc below it
    EXPECT("8036000003AABBCC", "6700"); // length before interface
    EXPECT("80CA000300", "0102039000");
    EXPECT("80CA077700", "6985"); // nothing of what was written before the refusal
    EXPECT("00C0000000", "6985");
    EXPECT("00200080", "63C0"); // case 1 allowed here
}

static void test_interfaces(void) {
    fresh();
    EXPECT("803600000A00010203040506070809", "941C"); // internal only
    AIR(SELECT_ONE, "8407" ONE_AID "9000");
    AIR("803600000A00010203040506070809", "941C");
    AIR("8038000001EE", "941C");
    AIR("0020008004000090FF", "941C");
    AIR(SELECT_ISD, FCI_ISD "9000");
    AIR("80CA9F7F00", "941C");
    AIR(INSTALL(ONE_AID), "941C");
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("803A000000", "000000A00000009000"); // none of it changed anything
}

static void test_change_of_interface(void) {
    fresh();
    EXPECT("803800000155", "9000");
    INTERNAL("803A000000", "6D00"); // nothing selected any more but the security domain
    INTERNAL(SELECT_ONE, "8407" ONE_AID "9000");
    CU_ASSERT_EQUAL(deselects, 1);
    INTERNAL("803800000155", "9000");
    INTERNAL("803600000A77010203040506070809", "9000");
    INTERNAL("803A000000", "557755A00000029000");
    AIR(SELECT_ONE, "8407" ONE_AID "9000");
    INTERNAL(SELECT_ONE, "8407" ONE_AID "9000");
    INTERNAL("803A000000", "007755A00000029000"); // armed memory outlived the tap
    INTERNAL("90320000015A", "9000");             // a chain begins
    AIR(SELECT_ONE, "8407" ONE_AID "9000");
    AIR("803200000003", "6700"); // and is forgotten
}

// ---- chaining ----------------------------------------------------------------------------------

static void test_chaining(void) {
    char hex[600], expected[600];
    fresh();
    piece(hex, "90320000", 0, 100);
    EXPECT(hex, "9000");
    piece(hex, "90320000", 100, 100);
    EXPECT(hex, "9000");
    piece(hex, "80320000", 200, 20);
    EXPECT(hex, "61DC");
    uint8_t octets[222];
    for (unsigned i = 0; i < 220; i++)
        octets[i] = (uint8_t)i;
    bytes_put_be(octets + 220, 2, SW_OK);
    snprintf(expected, sizeof expected, "%s", to_hex(octets, sizeof octets));
    EXPECT("00C0000000", expected);
}

static void test_broken_chains(void) {
    char hex[600];
    fresh();
    piece(hex, "90320000", 0, 100);
    EXPECT(hex, "9000");
    EXPECT("80CA000100", "6883"); // another command: the chain is dropped
    EXPECT("80CA000100", "019000");
    piece(hex, "80320000", 0, 20);
    EXPECT(hex, "6700"); // 20 octets alone are too short
    piece(hex, "90320000", 0, 100);
    EXPECT(hex, "9000");
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000"); // SELECT ends a chain and counts
    EXPECT("80320000", "6700");
    piece(hex, "90320000", 0, 100);
    EXPECT(hex, "9000");
    EXPECT("00C0000000", "6883");
    EXPECT(hex, "9000");
    EXPECT("", "6700"); // malformed octets end a chain as well
    piece(hex, "80320000", 0, 20);
    EXPECT(hex, "6700");
    EXPECT("903800000155", "6884"); // short commands are not chained
    EXPECT("90320000", "6700");     // an empty piece
}

static void test_chain_too_long(void) {
    char hex[600];
    fresh();
    piece(hex, "90320000", 0, 255);
    for (unsigned i = 0; i < 8; i++)
        EXPECT(hex, "9000");
    EXPECT(hex, "6700"); // 2295 octets
    piece(hex, "80320000", 0, 200);
    EXPECT(hex, "61C8"); // nothing of it is left
}

// ---- answers -----------------------------------------------------------------------------------

static void test_get_response(void) {
    fresh();
    EXPECT("00C0000000", "6985");
    EXPECT("80CA000502", "01026103");
    EXPECT("00C0000001", "036102");
    EXPECT("00C0000005", "6C02");
    EXPECT("00C00000", "6700");
    EXPECT("00C0000002", "04059000");
    EXPECT("00C0000000", "6985");
    EXPECT("80CA000502", "01026103");
    EXPECT("00C0010000", "6A86"); // another command drops what waits
    EXPECT("00C0000000", "6985");
    EXPECT("80CA000502", "01026103");
    EXPECT("00200080", "63C0");
    EXPECT("00C0000000", "6985");
    const char *whole = transmit(&one, CARD_CONTACT, "80CA021000");
    CU_ASSERT_EQUAL(strlen(whole), 2 * 258);
    CU_ASSERT_EQUAL(strcmp(whole + 512, "6100"), 0); // 272 wait: 256 or more
    whole = transmit(&one, CARD_CONTACT, "00C0000000");
    CU_ASSERT_EQUAL(strcmp(whole + 512, "6110"), 0);
    EXPECT("00C0000011", "6C10");
    whole = transmit(&one, CARD_CONTACT, "00C0000010");
    CU_ASSERT_EQUAL(strcmp(whole, "0102030405060708090A0B0C0D0E0F109000"), 0);
}

static void test_extended(void) {
    char hex[5000], *at = hex;
    fresh();
    const char *whole = transmit(&one, CARD_CONTACT, "80CA0300000000");
    CU_ASSERT_EQUAL(strlen(whole), 2 * (768 + 2));
    CU_ASSERT_EQUAL(strcmp(whole + 2 * 768, "9000"), 0);
    whole = transmit(&one, CARD_CONTACT, "80CA0300000100");
    CU_ASSERT_EQUAL(strcmp(whole + 2 * 256, "6100"), 0);
    whole = transmit(&one, CARD_CONTACT, "00C00000000200");
    CU_ASSERT_EQUAL(strcmp(whole + 2 * 512, "9000"), 0);
    at += sprintf(at, "8032000000%04X", 1000);
    for (unsigned i = 0; i < 1000; i++)
        at += sprintf(at, "%02X", (uint8_t)i);
    EXPECT(hex, "6100"); // case 3: the echo waits
    whole = transmit(&one, CARD_CONTACT, "00C00000000000");
    CU_ASSERT_EQUAL(strlen(whole), 2 * 1002);
    CU_ASSERT_EQUAL(strncmp(whole, hex + 14, 2000), 0);
    // an answer buffer of the least size gets the same octets in pieces
    uint8_t command[] = {0x80, 0xCA, 0x03, 0x00, 0x00, 0x00, 0x00}, small[258];
    size_t size = card_transmit(&one.card, CARD_CONTACT, BYTES_OF(command), small, sizeof small);
    CU_ASSERT_EQUAL(size, 258);
    CU_ASSERT_EQUAL(small[256], 0x61);
    CU_ASSERT_EQUAL(card_transmit(&one.card, CARD_CONTACT, BYTES_OF(command), small, 1), 0);
}

// ---- secure messaging --------------------------------------------------------------------------

/// A toy: every octet is flipped, and a refusal when the first one is not 5A.
static uint16_t toy_unwrap(struct card_call *call, uint8_t *data) {
    size_t size = call->command.data.size;
    if (size == 0 || data[0] != 0x5A || call->command.cla != 0x84)
        return SW_SM_OBJECT_WRONG;
    for (size_t i = 1; i < size; i++)
        data[i - 1] = (uint8_t)~data[i];
    call->command.data = bytes_of(data, size - 1);
    return SW_OK;
}

static bool toy_wrap(struct card_call *call, uint16_t sw) {
    uint8_t mac = (uint8_t)(sw >> 8 ^ sw);
    tlv_put_raw(&call->answer, bytes_of(&mac, 1));
    return tlv_writer_ok(&call->answer);
}

static void test_secure_channel(void) {
    static const struct secure_channel toy = {toy_unwrap, toy_wrap};
    fresh();
    one.card.secure = &toy;
    one.card.secure_level = 1;
    EXPECT("84380000025AAA", "6101"); // plain 55; case 3 leaves the check octet behind 61xx
    EXPECT("00C0000000", "909000");
    EXPECT("803A000000", "550055A00000009000");
    EXPECT("84380000045AAAAAAA", "6101"); // plain data too long: judged after unwrapping
    EXPECT("00C0000000", "676700");
    EXPECT("843800000200AA", "6988"); // a wrong one ends the channel
    EXPECT("84380000025AAA", "6882");
    one.card.secure = &toy;
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("84380000025AAA", "6882"); // so does a selection
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"generic checks and their order", test_checks_in_order, NULL},
        {"commands refused by interface", test_interfaces, NULL},
        {"change of interface deselects, armed memory stays", test_change_of_interface, NULL},
        {"command chaining", test_chaining, NULL},
        {"broken chains", test_broken_chains, NULL},
        {"chain longer than the card", test_chain_too_long, NULL},
        {"GET RESPONSE", test_get_response, NULL},
        {"extended lengths", test_extended, NULL},
        {"secure messaging hook", test_secure_channel, NULL},
    };
    crypto = crypto_openssl_new();
    if (crypto == NULL)
        return 2;
    int status = suite_main("test-dispatcher", tests, sizeof tests / sizeof *tests, argc, argv);
    crypto_openssl_free(crypto);
    return status;
}
