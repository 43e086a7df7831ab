// SPDX-License-Identifier: Apache-2.0
// BER-TLV reader and writer: tags and lengths at their boundaries, the two levels of strictness,
// short buffers.
#include "apdu/octets/tlv.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdlib.h>
#include <string.h>

static uint8_t octets[70000], value[70000];

static struct bytes hex(const char *text) {
    return bytes_of(octets, from_hex(text, octets, sizeof octets));
}

static bool reads(const char *text, bool strict) {
    struct tlv item;
    struct bytes rest = hex(text), before = rest;
    bool good = strict ? tlv_next_strict(&rest, &item) : tlv_next(&rest, &item);
    // a refusal does not move
    CU_ASSERT(good || (rest.data == before.data && rest.size == before.size));
    return good;
}

static void test_tags(void) {
    struct tlv item;
    struct bytes rest = hex("5A0112 5F2D0134 5F810101FF");
    CU_ASSERT(tlv_next(&rest, &item));
    CU_ASSERT(item.tag == 0x5A && item.value.size == 1 && item.value.data[0] == 0x12);
    CU_ASSERT(tlv_next(&rest, &item));
    CU_ASSERT(item.tag == 0x5F2D && item.whole.size == 4);
    CU_ASSERT(tlv_next(&rest, &item));
    CU_ASSERT(item.tag == 0x5F8101 && item.value.data[0] == 0xFF);
    CU_ASSERT_FALSE(tlv_next(&rest, &item));
    CU_ASSERT_FALSE(reads("5F", false));
    CU_ASSERT_FALSE(reads("5F81", false));
    CU_ASSERT_FALSE(reads("5F81820101", false)); // four octets
    CU_ASSERT(tlv_is_constructed(0x7F21) && tlv_is_constructed(0xE1) && tlv_is_constructed(0x30));
    CU_ASSERT_FALSE(tlv_is_constructed(0x5F37) || tlv_is_constructed(0x9E));
}

static void test_lengths(void) {
    CU_ASSERT(reads("8000", true));
    CU_ASSERT_FALSE(reads("80", false));
    CU_ASSERT_FALSE(reads("8001", false));
    CU_ASSERT_FALSE(reads("8080", false));           // indefinite
    CU_ASSERT_FALSE(reads("808400000001AA", false)); // four octets of length
    CU_ASSERT(reads("808101AA", false));
    CU_ASSERT_FALSE(reads("808101AA", true));
    CU_ASSERT(reads("80820001AA", false));
    CU_ASSERT_FALSE(reads("80820001AA", true));
    CU_ASSERT(reads("8083000001AA", false));
    CU_ASSERT_FALSE(reads("8083000001AA", true));
    CU_ASSERT_FALSE(reads("8081", false));
    CU_ASSERT_FALSE(reads("808200", false));
    CU_ASSERT_FALSE(reads("8083FFFFFF", false));
    CU_ASSERT_FALSE(reads("82FF", false));
}

static void check_size(size_t size, const char *head) {
    uint8_t expected[8];
    struct tlv item;
    size_t head_size = from_hex(head, expected, sizeof expected);
    struct tlv_writer writer = tlv_writer_over(octets, sizeof octets);
    tlv_put(&writer, 0x5F37, bytes_of(value, size));
    CU_ASSERT(tlv_writer_ok(&writer));
    CU_ASSERT_EQUAL(writer.size, head_size + size);
    CU_ASSERT(memcmp(octets, expected, head_size) == 0);
    struct bytes rest = tlv_writer_bytes(&writer);
    CU_ASSERT(tlv_next_strict(&rest, &item));
    CU_ASSERT(item.tag == 0x5F37 && item.value.size == size && rest.size == 0);
    struct tlv_writer nested = tlv_writer_over(octets, sizeof octets);
    size_t mark = tlv_begin(&nested, 0x5F37);
    tlv_put_raw(&nested, bytes_of(value, size));
    tlv_end(&nested, mark);
    CU_ASSERT_EQUAL(nested.size, head_size + size);
    CU_ASSERT(memcmp(octets, expected, head_size) == 0);
    CU_ASSERT(memcmp(octets + head_size, value, size) == 0);
}

/// A form of length that a shorter one could say, of each size at its edges: only lenient.
static void test_longer_forms(void) {
    static const struct {
        size_t size, form; // octets of value, octets of length behind the first
    } rows[] = {{0x7F, 1}, {0x80, 2}, {0xFF, 2}, {0x80, 3}, {0x100, 3}, {0xFFFF, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size = rows[i].size, form = rows[i].form;
        struct tlv item;
        octets[0] = 0x80;
        octets[1] = (uint8_t)(0x80 | form);
        bytes_put_be(octets + 2, form, size);
        struct bytes all = bytes_of(octets, 2 + form + size), rest = all;
        CU_ASSERT(tlv_next(&rest, &item) && item.value.size == size);
        rest = all;
        CU_ASSERT_FALSE(tlv_next_strict(&rest, &item));
    }
}

static void test_shortest_lengths(void) {
    check_size(0, "5F3700");
    check_size(1, "5F3701");
    check_size(0x7F, "5F377F");
    check_size(0x80, "5F378180");
    check_size(0xFF, "5F3781FF");
    check_size(0x100, "5F37820100");
    check_size(0xFFFF, "5F3782FFFF");
}

static size_t write_nest(size_t capacity, bool *ok) {
    uint8_t *exact = malloc(capacity + 1);
    struct tlv_writer writer = tlv_writer_over(exact, capacity);
    size_t outer = tlv_begin(&writer, 0x7F21);
    size_t inner = tlv_begin(&writer, 0xE1);
    tlv_put(&writer, 0x80, bytes_of(value, 130));
    tlv_put_uint(&writer, 0x81, 0);
    tlv_put_uint(&writer, 0x82, 0x1FF);
    tlv_end(&writer, inner);
    tlv_put(&writer, 0x9E, bytes_of(value, 3));
    tlv_end(&writer, outer);
    *ok = tlv_writer_ok(&writer);
    CU_ASSERT(writer.size <= capacity);
    free(exact);
    return writer.size;
}

static void test_short_buffers(void) {
    bool ok;
    size_t needed = write_nest(400, &ok);
    CU_ASSERT(ok);
    for (size_t capacity = 0; capacity <= needed; capacity++) {
        write_nest(capacity, &ok);
        CU_ASSERT_EQUAL(ok, capacity == needed);
    }
}

static void test_integers(void) {
    static const struct {
        uint64_t number;
        const char *octets;
    } ROWS[] = {{0, "800100"},
                {1, "800101"},
                {255, "8001FF"},
                {256, "80020100"},
                {1u << 31, "80048000 0000"},
                {UINT64_MAX, "8008FFFFFFFFFFFFFFFF"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct tlv_writer writer = tlv_writer_over(octets, sizeof octets);
        tlv_put_uint(&writer, 0x80, ROWS[i].number);
        CU_ASSERT(is_hex(octets, writer.size, ROWS[i].octets));
    }
}

static void test_find(void) {
    struct tlv item;
    struct bytes in = hex("8001AA E103810107 8101BB 8101CC");
    CU_ASSERT(tlv_find(in, 0x81, &item));
    CU_ASSERT_EQUAL(item.value.data[0], 0xBB); // children only, the first
    CU_ASSERT(tlv_find(in, 0xE1, &item));
    CU_ASSERT(tlv_find(item.value, 0x81, &item));
    CU_ASSERT_EQUAL(item.value.data[0], 0x07);
    CU_ASSERT_FALSE(tlv_find(in, 0x82, &item));
    CU_ASSERT_FALSE(tlv_find(bytes_of(NULL, 0), 0x80, &item));
}

// Every cut of a nest, on an exact copy: nothing is read past the end.
static void test_cuts(void) {
    struct tlv item, child;
    struct bytes whole = hex("7F2109 E1078002AABB810101");
    for (size_t cut = 0; cut < whole.size; cut++) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, whole.data, cut);
        struct bytes rest = bytes_of(exact, cut);
        CU_ASSERT_FALSE(tlv_next(&rest, &item));
        free(exact);
    }
    CU_ASSERT(tlv_next(&whole, &item));
    CU_ASSERT(tlv_next(&item.value, &child) && child.tag == 0xE1);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"tags of one to three octets", test_tags, NULL},
        {"lengths, lenient and strict", test_lengths, NULL},
        {"a longer form than needed is lenient's alone", test_longer_forms, NULL},
        {"the writer takes the shortest length", test_shortest_lengths, NULL},
        {"every short buffer is an overflow", test_short_buffers, NULL},
        {"integers in their shortest form", test_integers, NULL},
        {"find looks at direct children", test_find, NULL},
        {"every cut is refused", test_cuts, NULL},
    };
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(i * 3);
    return suite_main("test-tlv", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
