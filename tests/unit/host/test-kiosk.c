// SPDX-License-Identifier: Apache-2.0
// What a kiosk reads and says: price lists with the place of every mistake, receipts as text, JSON
// and for printers, and that every sentence stands in both languages and every refusal has one.
#include "apdu/octets/unit.h"
#include "base/heap.h"
#include "host/kiosk/price_list.h"
#include "host/kiosk/receipt.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static struct price_list list;
static struct failure failure;

static bool reads(const char *text) {
    return price_list_read(&list, "F", bytes_of_string(text), &failure);
}

static bool blames(const char *text, const char *where) {
    bool refused = !reads(text) && failure.code == EXIT_USAGE;
    bool there = refused && strncmp(failure.text, where, strlen(where)) == 0;
    if (!there)
        fprintf(stderr, "%s: %s, not %s\n", text, refused ? failure.text : "read", where);
    return there;
}

static void test_a_list_is_read(void) {
    CU_ASSERT(
        reads("# comment\n\n goods TEA 150 \"Tea\" \"\xE8\x8C\xB6\" # mine\n"
              "service\tWASH\t300 POINT\t\"Wash\"\"\xE6\xB4\x97\"\nticket NO_1 1 \"a\" \"b\""));
    CU_ASSERT_EQUAL(list.count, 3);
    const struct price *wash = price_list_find(&list, "WASH");
    CU_ASSERT_PTR_NOT_NULL_FATAL(wash);
    CU_ASSERT_EQUAL(wash->kind, PRICE_SERVICE);
    CU_ASSERT_EQUAL(wash->amount, 300);
    CU_ASSERT_EQUAL(wash->unit, UNIT_POINT);
    CU_ASSERT_EQUAL(price_list_find(&list, "TEA")->unit, UNIT_JPY);
    CU_ASSERT_STRING_EQUAL(price_list_find(&list, "TEA")->names[1], "\xE8\x8C\xB6");
    CU_ASSERT_PTR_NULL(price_list_find(&list, "COFFEE"));
}

static void test_a_mistake_has_its_place(void) {
    CU_ASSERT(blames("", "F: there is nothing"));
    CU_ASSERT(blames("goods", "F:1:6: the id"));
    CU_ASSERT(blames("\ngoods TEA", "F:2:10: the price"));
    CU_ASSERT(blames("goods TEA 12345678901234567890123 \"a\" \"b\"", "F:1:30: "));
    CU_ASSERT(blames("goods TEA 9999999999999999999 \"a\" \"b\"", "F:1:"));
    CU_ASSERT(blames("goods TEA -1 \"a\" \"b\"", "F:1:11: "));
    CU_ASSERT(blames("goods ANIDTHATISTOOLONG 1 \"a\" \"b\"", "F:1:7: "));
    CU_ASSERT(blames("goods \xC3\xA9 1 \"a\" \"b\"", "F:1:7: "));
    CU_ASSERT(blames("goods A 1 \"\" \"b\"", "F:1:11: the English name is empty"));
    CU_ASSERT(blames("goods A 1 \"a\x01\" \"b\"", "F:1:13: "));
    CU_ASSERT(blames("goods A 1 \"\xC0\x80\" \"b\"", "F:1:12: "));
    CU_ASSERT(blames("goods A 1 \"\xE8\x8C\" \"b\"", "F:1:12: "));
    CU_ASSERT(blames("goods A 1 \"a\" \"b\" \"c\"", "F:1:19: "));
}

/// Whatever a line is cut to, it is read or blamed; nothing is read beyond its end.
static void test_every_beginning_of_a_line(void) {
    static const char line[] = "goods TEA 150 POINT \"Tea\" \"\xE8\x8C\xB6\"";
    for (size_t size = 1; size < sizeof line - 1; size++) {
        char cut[sizeof line];
        memcpy(cut, line, size);
        cut[size] = '\0';
        CU_ASSERT_FALSE(reads(cut));
    }
    CU_ASSERT(reads(line));
}

static void test_a_list_has_an_end(void) {
    static char many[PRICE_ROWS_MAX * 32 + 64];
    size_t used = 0;
    for (unsigned i = 0; i < PRICE_ROWS_MAX; i++)
        used += (size_t)snprintf(many + used, sizeof many - used, "goods A%u 1 \"a\" \"b\"\n", i);
    CU_ASSERT(reads(many));
    snprintf(many + used, sizeof many - used, "goods B 1 \"a\" \"b\"\n");
    CU_ASSERT(blames(many, "F:257:1: "));
}

// ---- receipts ----------------------------------------------------------------------------------

static struct sale_record sample(void) {
    struct sale_record record = {.state = SALE_SERVED,
                                 .payer = "ALICE",
                                 .payee = "SHOP",
                                 .amount = 520,
                                 .unit = UNIT_JPY,
                                 .n = 7,
                                 .text = "\xE8\x8C\xB6 \xF0\x9F\x8D\xB5",
                                 .reference = {REFERENCE_GOODS, 'R', '1'},
                                 .reference_size = 3,
                                 .time_ms = UINT64_C(1796008130244)};
    return record;
}

static void test_receipts(void) {
    struct sale_record record = sample();
    struct buffer out;
    buffer_init(&out, &host_memory);
    receipt_text(&record, LANGUAGE_ENGLISH, &out);
    CU_ASSERT_STRING_EQUAL(buffer_string(&out),
                           "Receipt\n2026-11-30 03:08\n\xE8\x8C\xB6 \xF0\x9F\x8D\xB5\n"
                           "Total: 520 JPY\nPaid by: ALICE\nPaid to: SHOP\nNumber: 7\n"
                           "Reference: R1\n");
    buffer_clear(&out);
    receipt_print(&record, LANGUAGE_JAPANESE, &out);
    struct bytes octets = buffer_bytes(&out);
    static const uint8_t begin[] = {0x1B, '@', 0x1C, '&', 0x1C, 'C', 1, 0x97, 0xCC};
    CU_ASSERT(octets.size > 60 && memcmp(octets.data, begin, sizeof begin) == 0);
    CU_ASSERT_PTR_NOT_NULL(memmem(octets.data, octets.size, "\x92\x83 ?\n", 5)); // no tea cup there
    CU_ASSERT_EQUAL(memcmp(octets.data + octets.size - 4, "\x1DV\x42\0", 4), 0);
    buffer_free(&out);
    json_t *json = receipt_to_json(&record);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "sale")), "R1");
    json_decref(json);
    record.reference[0] = REFERENCE_REFUND;
    memcpy(record.reference + 1, "\0\0\1\2\3", 5);
    record.reference_size = REFERENCE_REFUND_SIZE;
    json = receipt_to_json(&record);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "sale")), "258/3");
    json_decref(json);
}

// ---- words -------------------------------------------------------------------------------------

static void test_every_sentence_is_there_twice(void) {
    size_t count;
    const struct word *words = words_all(&count);
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT(strlen(words[i].texts[LANGUAGE_ENGLISH]) > 1);
        CU_ASSERT(strlen(words[i].texts[LANGUAGE_JAPANESE]) > 1);
        CU_ASSERT_STRING_EQUAL(words_text(words[i].key, LANGUAGE_JAPANESE),
                               words[i].texts[LANGUAGE_JAPANESE]);
    }
    CU_ASSERT_STRING_EQUAL(words_text("none", LANGUAGE_ENGLISH), "none");
    json_t *json = words_to_json();
    CU_ASSERT_EQUAL(json_object_size(json), count); // so no key stands twice
    json_decref(json);
}

static bool has_sentence(const char *key) {
    return words_text(key, LANGUAGE_ENGLISH) != key;
}

/// What the customer's card, the till and the hotlist may say: each its sentence.
static void test_every_end_has_a_sentence(void) {
    static const struct {
        uint16_t sw;
        const char *by, *key;
    } refusals[] = {
        {SW_NOT_FOUND, "payer", "foreign-card"},
        {SW_UNKNOWN_ISSUER, "payee", "other-issuer"},
        {SW_BAD_SIGNATURE, "payer", "other-issuer"},
        {SW_WRONG_DOMAIN, "payee", "other-enterprise"},
        {SW_WRONG_ENTERPRISE, "payee", "other-enterprise"},
        {SW_HOTLISTED, "hotlist", "hotlisted"},
        {SW_EXPIRED, "payee", "expired"},
        {SW_WRONG_CENTER, "hotlist", "call-staff"},
        {SW_LIFE_CYCLE, "payer", "blocked"},
        {SW_PIN_BLOCKED, "payer", "blocked"},
        {SW_INSUFFICIENT, "payer", "insufficient"},
        {SW_LIMIT, "payer", "limit"},
        {SW_PIN_REQUIRED, "payer", "pin-required"},
        {SW_RING_FULL, "payer", "card-full"},
        {SW_WRONG_UNIT, "payer", "wrong-unit"},
        {SW_WINDOW_FULL, "payee", "machine-full"},
        {SW_BUDGET, "payee", "machine-full"},
        {SW_MISMATCH, "journal", "mismatch"},
        {SW_OVERFLOW, "payer", "refused"},
    };
    struct purse_client payer = {0}, payee = {0};
    struct flow flow;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        flow_over(&flow, &payer, &payee, &payer);
        flow.status = FLOW_REFUSED;
        flow.sw = refusals[i].sw;
        flow.by = refusals[i].by;
        CU_ASSERT_STRING_EQUAL(words_of_flow(&flow), refusals[i].key);
        CU_ASSERT(has_sentence(words_of_flow(&flow)));
    }
    for (int status = FLOW_DONE; status <= FLOW_FAILED; status++) {
        flow.status = (enum flow_status)status;
        CU_ASSERT(has_sentence(words_of_flow(&flow)));
    }
    for (int status = LINK_OK; status < LINK_STATUS_COUNT; status++) {
        const char *key = words_of_absence((enum link_status)status);
        CU_ASSERT(key == NULL || has_sentence(key));
    }
    CU_ASSERT_STRING_EQUAL(words_of_absence(LINK_TWO_CARDS), "two-cards");
    CU_ASSERT_PTR_NULL(words_of_absence(LINK_NO_CARD));
}

static const struct suite_test tests[] = {
    {"a list of goods, services and tickets is read", test_a_list_is_read, "M03a M03b"},
    {"a mistake is told by line and column", test_a_mistake_has_its_place, NULL},
    {"every beginning of a line is a mistake", test_every_beginning_of_a_line, NULL},
    {"a list has an end", test_a_list_has_an_end, NULL},
    {"receipts as text, for printers and as JSON", test_receipts, NULL},
    {"every sentence stands in both languages", test_every_sentence_is_there_twice, NULL},
    {"every end of a tap has a sentence", test_every_end_has_a_sentence, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-kiosk", tests, sizeof tests / sizeof tests[0], argc, argv);
}
