// SPDX-License-Identifier: Apache-2.0
// Command and response APDUs: every case of ISO/IEC 7816-4 5.1, short and extended, at its
// boundaries, both ways; every size that contradicts the length fields.
#include "apdu/octets/codec.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdlib.h>
#include <string.h>

static uint8_t data[APDU_EXTENDED_LC_MAX + 1];
static uint8_t wire[APDU_EXTENDED_COMMAND_MAX + 8];

// Encodes, expects these first octets and this size, parses back to the same fields.
static void check(size_t lc, uint32_t le, bool extended, const char *head, size_t size) {
    struct apdu_command command = {.cla = 0x80,
                                   .ins = 0x14,
                                   .p1 = 1,
                                   .p2 = 2,
                                   .data = bytes_of(data, lc),
                                   .le = le,
                                   .extended = extended};
    struct apdu_command back;
    uint8_t expected[16];
    size_t head_size = from_hex(head, expected, sizeof expected);
    CU_ASSERT_EQUAL(apdu_command_encode(&command, wire, sizeof wire), size);
    CU_ASSERT(memcmp(wire, expected, head_size) == 0);
    // an exact copy on the heap, so that reading past the end is seen
    uint8_t *exact = malloc(size);
    memcpy(exact, wire, size);
    CU_ASSERT(apdu_command_parse(bytes_of(exact, size), &back));
    CU_ASSERT(back.cla == 0x80 && back.ins == 0x14 && back.p1 == 1 && back.p2 == 2);
    CU_ASSERT_EQUAL(back.le, le);
    CU_ASSERT_EQUAL(back.data.size, lc);
    CU_ASSERT(lc == 0 || memcmp(back.data.data, data, lc) == 0);
    CU_ASSERT_EQUAL(apdu_command_case(&back), apdu_command_case(&command));
    for (size_t capacity = 0; capacity < size && capacity < 12; capacity++)
        CU_ASSERT_EQUAL(apdu_command_encode(&command, wire, capacity), 0);
    CU_ASSERT_EQUAL(apdu_command_encode(&command, wire, size - 1), 0);
    free(exact);
}

static void test_case_1_and_2(void) {
    check(0, 0, false, "80140102", 4);
    check(0, 0, true, "80140102", 4); // nothing to extend
    check(0, 1, false, "8014010201", 5);
    check(0, 255, false, "80140102FF", 5);
    check(0, 256, false, "8014010200", 5);
    check(0, 256, true, "80140102000100", 7);
    check(0, 257, false, "80140102000101", 7);
    check(0, 1, true, "80140102000001", 7);
    check(0, 65535, false, "8014010200FFFF", 7);
    check(0, 65536, false, "80140102000000", 7);
}

static void test_case_3(void) {
    check(1, 0, false, "8014010201", 6);
    check(255, 0, false, "80140102FF", 260);
    check(256, 0, false, "80140102000100", 263);
    check(1, 0, true, "80140102000001", 8);
    check(255, 0, true, "801401020000FF", 262);
    check(65535, 0, false, "8014010200FFFF", 65542);
}

static void test_case_4(void) {
    check(1, 1, false, "8014010201", 7);
    check(255, 256, false, "80140102FF", 261);
    check(255, 257, false, "801401020000FF", 4 + 3 + 255 + 2);
    check(256, 1, false, "80140102000100", 4 + 3 + 256 + 2);
    check(1, 256, true, "80140102000001", 4 + 3 + 1 + 2);
    check(65535, 65536, false, "8014010200FFFF", APDU_EXTENDED_COMMAND_MAX);
    CU_ASSERT_EQUAL(APDU_SHORT_COMMAND_MAX, 261);
}

static void test_le_octets(void) {
    struct apdu_command command = {.data = bytes_of(data, 3), .le = 256};
    CU_ASSERT_EQUAL(apdu_command_encode(&command, wire, sizeof wire), 9);
    CU_ASSERT_EQUAL(wire[8], 0x00);
    command.le = 65536;
    CU_ASSERT_EQUAL(apdu_command_encode(&command, wire, sizeof wire), 12);
    CU_ASSERT(wire[10] == 0x00 && wire[11] == 0x00);
}

static void test_out_of_range(void) {
    struct apdu_command command = {.data = bytes_of(data, 65536)};
    CU_ASSERT_EQUAL(apdu_command_encode(&command, wire, sizeof wire), 0);
    command = (struct apdu_command){.le = 65537};
    CU_ASSERT_EQUAL(apdu_command_encode(&command, wire, sizeof wire), 0);
}

static bool parses(const char *text) {
    uint8_t octets[64];
    struct apdu_command command;
    return apdu_command_parse(bytes_of(octets, from_hex(text, octets, sizeof octets)), &command);
}

static void test_contradictions(void) {
    static const char *const BAD[] = {
        "",
        "00",
        "00A404",
        "00A4040002AA",             // one octet short
        "00A4040002AABBCCDD",       // one too many
        "00A4040000AA",             // extended Lc cut
        "00A40400000000AA",         // extended Lc of 0 with data
        "00A4040000000000",         // and with one octet behind
        "00A404000000000000",       // and with two
        "00A40400000002AA",         // extended, one short
        "00A40400000002AABB00",     // Le of one octet
        "00A40400000002AABB000000", // Le of three
    };
    static const char *const GOOD[] = {
        "00A40400",         "00A4040000",         "00A40400000000",         "00A4040002AABB",
        "00A4040002AABB00", "00A40400000002AABB", "00A40400000002AABB0000",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
        CU_ASSERT_FALSE(parses(BAD[i]));
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
        CU_ASSERT(parses(GOOD[i]));
}

// For every Lc octet and every size around it exactly two sizes are lawful: without and with Le.
static void test_every_short_size(void) {
    uint8_t octets[4 + 1 + 255 + 3] = {0};
    struct apdu_command command;
    for (size_t lc = 1; lc < 256; lc++) {
        octets[4] = (uint8_t)lc;
        for (size_t size = 6; size <= sizeof octets; size++)
            CU_ASSERT_EQUAL(apdu_command_parse(bytes_of(octets, size), &command),
                            size == 5 + lc || size == 6 + lc);
    }
}

static void test_response(void) {
    struct apdu_response response;
    CU_ASSERT_FALSE(apdu_response_parse(bytes_of("\x90", 1), &response));
    CU_ASSERT_FALSE(apdu_response_parse(bytes_of(NULL, 0), &response));
    CU_ASSERT(apdu_response_parse(bytes_of("\x6A\x82", 2), &response));
    CU_ASSERT(response.sw == 0x6A82 && response.data.size == 0);
    CU_ASSERT(apdu_response_parse(bytes_of("ab\x90\x00", 4), &response));
    CU_ASSERT(response.sw == 0x9000 && bytes_equal(response.data, bytes_of_string("ab")));
}

static void test_bytes(void) {
    uint8_t octets[8];
    bytes_put_be(octets, 8, 0x0102030405060708);
    CU_ASSERT_EQUAL(bytes_get_be(octets, 8), 0x0102030405060708);
    CU_ASSERT_EQUAL(bytes_get_be(octets + 6, 2), 0x0708);
    CU_ASSERT_EQUAL(bytes_be_size(0), 1);
    CU_ASSERT_EQUAL(bytes_be_size(255), 1);
    CU_ASSERT_EQUAL(bytes_be_size(256), 2);
    CU_ASSERT_EQUAL(bytes_be_size(UINT64_MAX), 8);
    CU_ASSERT(bytes_equal(bytes_of(NULL, 0), bytes_of("", 0)));
    CU_ASSERT_FALSE(bytes_equal(bytes_of("a", 1), bytes_of("ab", 2)));
    CU_ASSERT(bytes_equal_secret(octets, octets, 8));
    for (size_t i = 0; i < 8; i++) {
        uint8_t other[8];
        memcpy(other, octets, 8);
        other[i] ^= 0x80;
        CU_ASSERT_FALSE(bytes_equal_secret(octets, other, 8));
    }
    bytes_erase(octets, 8);
    CU_ASSERT_EQUAL(bytes_get_be(octets, 8), 0);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"cases 1 and 2 at their boundaries", test_case_1_and_2, NULL},
        {"case 3 at its boundaries", test_case_3, NULL},
        {"case 4 at its boundaries", test_case_4, NULL},
        {"the largest Le is all zeros", test_le_octets, NULL},
        {"lengths out of range are not written", test_out_of_range, NULL},
        {"sizes that contradict the length fields refused", test_contradictions, NULL},
        {"every short size", test_every_short_size, NULL},
        {"responses", test_response, NULL},
        {"spans, integers, secret comparison, erasure", test_bytes, NULL},
    };
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 5 + 1);
    return suite_main("test-codec", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
