// SPDX-License-Identifier: Apache-2.0
// Status words, answers to reset and application identifiers in words.
#include "apdu/dissect/atr.h"
#include "apdu/dissect/meaning.h"
#include "apdu/script/run/host.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <string.h>

static struct buffer text;
static uint8_t octets[64];

static struct bytes hex(const char *digits) {
    return bytes_of(octets, from_hex(digits, octets, sizeof octets));
}

static bool has(const char *wanted) {
    bool found = strstr(buffer_string(&text), wanted) != NULL;
    if (!found)
        printf("\nno \"%s\" in\n%s", wanted, buffer_string(&text));
    return found;
}

static bool atr_says(const char *atr, const char *wanted) {
    buffer_clear(&text);
    atr_explain(hex(atr), &text);
    return has(wanted);
}

static bool summary_is(const char *atr, const char *wanted) {
    buffer_clear(&text);
    atr_summary(hex(atr), &text);
    return has(wanted) && strlen(wanted) == text.size;
}

static const char ours[] = "3B8D8131FE458073C001C067546573736572615"
                           "4";
static const char classic[] = "3B8F8001804F0CA000000306030001000000006A";

static void atrs_are_taken_apart(void) {
    CU_ASSERT_TRUE(atr_is_whole(hex(ours)));
    CU_ASSERT_TRUE(atr_says(ours, "TA3 FE  T=1: information field of up to 254 octets\n"));
    CU_ASSERT_TRUE(atr_says(ours, "TB3 45  block waiting BWI 4, characters CWI 5\n"));
    CU_ASSERT_TRUE(atr_says(ours, "73  card capabilities C0 01 C0: command chaining, extended"));
    CU_ASSERT_TRUE(atr_says(ours, "\"Tessera\"\n"));
    CU_ASSERT_TRUE(atr_says(ours, "TCK 54  right\n"));
    CU_ASSERT_TRUE(summary_is(ours, "T=1, \"Tessera\""));
    CU_ASSERT_TRUE(atr_says(classic, "PC/SC names it: MIFARE Classic 1K\n"));
    CU_ASSERT_TRUE(summary_is(classic, "T=0, T=1, MIFARE Classic 1K"));
    // SIM: T=0 alone, no TCK; another rate, guard time, clock stop and supply classes of T=15
    CU_ASSERT_TRUE(atr_says("3B1694"
                            "81706014020"
                            "0",
                            "TA1 94  F 512, D 8: 64 clock cycles a bit\n"));
    CU_ASSERT_TRUE(atr_says("3B9195801FC700"
                            "DC",
                            "TA3 C7  clock stops either way; supply 5 V 3 V 1.8 V\n"));
    CU_ASSERT_TRUE(atr_says("3F40FF", "TC1 FF  extra guard time 255"));
    CU_ASSERT_TRUE(atr_says("3F00", "TS  3F  inverse convention\n"));
}

static void what_is_wrong_is_said(void) {
    CU_ASSERT_FALSE(atr_is_whole(hex("3B")));
    CU_ASSERT_FALSE(atr_is_whole(hex("3C00")));
    CU_ASSERT_FALSE(atr_is_whole(hex("3B021450FF"))); // T=0 alone has no TCK
    CU_ASSERT_FALSE(atr_is_whole(hex("3B8D81")));
    CU_ASSERT_TRUE(atr_says("3B8D81", "not whole"));
    CU_ASSERT_TRUE(atr_says("3BF0", "not whole"));
    CU_ASSERT_TRUE(atr_says("80FE", "no ATR"));
    CU_ASSERT_TRUE(atr_says("3B8001"
                            "82",
                            "TCK 82  WRONG\n"));
    CU_ASSERT_TRUE(summary_is("3B800182", "T=1, NOT SOUND"));
    CU_ASSERT_TRUE(atr_says("3BF0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "not whole"));
}

static bool status_says(uint16_t sw, const char *wanted) {
    buffer_clear(&text);
    meaning_of_status(sw, &text);
    return has(wanted);
}

static void status_words_have_meanings(void) {
    CU_ASSERT_TRUE(status_says(0x6A82, "6A82  wrong parameters P1 P2\n"));
    CU_ASSERT_TRUE(status_says(0x6A82, "file or application not found\n"));
    CU_ASSERT_TRUE(status_says(0x6100, "256 octets\n"));
    CU_ASSERT_TRUE(status_says(0x63C2, "2 tries are left\n"));
    CU_ASSERT_TRUE(status_says(0x9401, "of Tessera: balance"));
    CU_ASSERT_TRUE(status_says(0x9FFF, "of SIM"));
    CU_ASSERT_TRUE(status_says(0x1234, "no status word"));
    for (unsigned sw = 0; sw < 0x10000; sw++) {
        buffer_clear(&text);
        meaning_of_status((uint16_t)sw, &text);
        CU_ASSERT(text.size > 6 && text.data[text.size - 1] == '\n');
    }
}

static bool aid_says(const char *aid, const char *wanted) {
    buffer_clear(&text);
    meaning_of_aid(hex(aid), &text);
    return has(wanted);
}

static void aids_have_providers(void) {
    CU_ASSERT_TRUE(aid_says("A0000000031010", "RID A0 00 00 00 03  registered internationally\n"));
    CU_ASSERT_TRUE(aid_says("A0000000031010", "Visa credit or debit\n"));
    CU_ASSERT_TRUE(aid_says("A000000308000010000100", "NIST: PIV\n"));
    CU_ASSERT_TRUE(aid_says("D2760000850101", "NFC Forum: NDEF"));
    CU_ASSERT_TRUE(aid_says("F0544553534552410"
                            "1",
                            "not registered: anybody's\nin the catalogue: purse\n"));
    CU_ASSERT_FALSE(meaning_is_known_aid(hex("A000009999")));
    CU_ASSERT_FALSE(meaning_is_known_aid(hex("A0000000")));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"answers to reset are taken apart", atrs_are_taken_apart, NULL},
        {"what is wrong with an answer to reset is said", what_is_wrong_is_said, NULL},
        {"every status word has a meaning", status_words_have_meanings, NULL},
        {"identifiers have providers", aids_have_providers, NULL},
    };
    buffer_init(&text, &host_memory);
    int code = suite_main("test-explain", tests, sizeof tests / sizeof tests[0], argc, argv);
    buffer_free(&text);
    return code;
}
