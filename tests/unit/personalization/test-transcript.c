// SPDX-License-Identifier: Apache-2.0
// What a trace of a personalization tells: names, and no octet of a secret data grouping, wherever
// in a block it stands.
#include "personalization/channel/transcript.h"
#include "tests/kit/suite.h"

#include <stdlib.h>
#include <string.h>

static enum link_status say_yes(struct link *link, struct bytes command, uint8_t *answer,
                                size_t capacity, size_t *size) {
    (void)link;
    (void)command;
    (void)capacity;
    memcpy(answer, "\x90\x00", 2);
    *size = 2;
    return LINK_OK;
}

/// What the transcript writes about STORE DATA with these groupings; the caller frees it.
static char *told(struct bytes groupings) {
    static const struct link_ops ops = {.transmit = say_yes};
    struct link inside = {.ops = &ops};
    struct transcript transcript;
    uint8_t wire[64] = {0x80, 0xE2, 0x88, 0x00, (uint8_t)groupings.size}, answer[16];
    size_t text_size = 0, size = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &text_size);
    CU_ASSERT_FATAL(out != NULL);
    memcpy(wire + 5, groupings.data, groupings.size);
    transcript_over(&transcript, &inside, NULL, out);
    CU_ASSERT_EQUAL(link_transmit(&transcript.link, bytes_of(wire, 5 + groupings.size), answer,
                                  sizeof answer, &size),
                    LINK_OK);
    fclose(out);
    return text;
}

static void expect(const char *groupings, size_t size, const char *shown, const char *masked) {
    char *text = told(bytes_of((const uint8_t *)groupings, size));
    CU_ASSERT(strncmp(text, "isd.store-data", 14) == 0);
    CU_ASSERT(strstr(text, shown) != NULL);
    CU_ASSERT(masked == NULL || strstr(text, masked) == NULL);
    free(text);
}

// 0102 counters: open; 0107 PIN: secret; 0199: nobody knows it.
static void test_groupings(void) {
    expect("\x01\x02\x03\x84\x01\x05", 6, "010203840105", "masked");
    expect("\x01\x07\x05\x03"
           "1234",
           8, "010705", "31323334");
    expect("\x01\x02\x03\x84\x01\x05\x01\x07\x05\x03"
           "1234",
           14, "masked", "31323334");
    expect("\x01\x02\xFF\x00\x03\x84\x01\x05\x01\x07\x05\x03"
           "1234",
           16, "masked", "31323334");
    expect("\x01\x02\x03\x84\x01\x05\x01\x99\x02\xAA\xBB", 11, "masked", "AABB");
    expect("\x01\x02\x7F\x84\x01\x05", 6, "01027F840105", "masked"); // it goes on elsewhere
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"secret data groupings are masked wherever they stand", test_groupings, NULL},
    };
    return suite_main("test-transcript", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
