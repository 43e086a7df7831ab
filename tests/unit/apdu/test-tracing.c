// SPDX-License-Identifier: Apache-2.0
// A traced link is the link inside: answers, errors, limits and its end pass; the file of
// TESSERA_TRACE tells exchanges and resets, of more cards than a dissector can keep apart, too.
#include "apdu/trace/tracing.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 20, TEXT_MAX = 16384 };

/// Answers a command's last octet and 9000; breaks at FF; has one octet of ATR.
struct probe {
    struct link link;
    bool closed;
};

static enum link_status answer_last(struct link *link, struct bytes command, uint8_t *answer,
                                    size_t capacity, size_t *size) {
    uint8_t last = command.data[command.size - 1];
    if (last == 0xFF) {
        snprintf(link->error, sizeof link->error, "the wire is gone");
        return LINK_BROKEN;
    }
    CU_ASSERT_FATAL(capacity >= 3);
    answer[0] = last;
    answer[1] = 0x90;
    answer[2] = 0x00;
    *size = 3;
    return LINK_OK;
}

static enum link_status give_atr(struct link *link, enum link_reset kind, uint8_t *atr,
                                 size_t capacity, size_t *size) {
    (void)link, (void)kind, (void)capacity;
    atr[0] = 0x3B;
    *size = 1;
    return LINK_OK;
}

static void close_probe(struct link *link) {
    ((struct probe *)link)->closed = true;
}

static struct link *probe_open(struct probe *probe) {
    static const struct link_ops ops = {answer_last, give_atr, close_probe};
    *probe = (struct probe){.link = {.ops = &ops,
                                     .name = "probe:1",
                                     .command_max = 7,
                                     .answer_max = 9,
                                     .contactless = true}};
    return &probe->link;
}

static char path[] = "/tmp/tessera-tracing-XXXXXX";

/// The trace so far, which is then forgotten.
static const char *told(void) {
    static char text[TEXT_MAX];
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    return text;
}

static void begin(struct tracing *tracing) {
    struct failure failure;
    setenv("TESSERA_TRACE", path, 1);
    CU_ASSERT_FATAL(tracing_open(tracing, &failure));
    CU_ASSERT_EQUAL(tracing->sink_count, 1);
}

static void a_traced_link_is_the_link_inside(void) {
    static const uint8_t good[] = {0x80, 0x01, 0x00, 0x2A}, bad[] = {0x80, 0x01, 0x00, 0xFF};
    static struct tracing tracing;
    struct probe probe;
    uint8_t answer[8];
    size_t size = 0;
    begin(&tracing);
    struct link *link = tracing_link(&tracing, probe_open(&probe));
    CU_ASSERT_PTR_NOT_EQUAL(link, &probe.link);
    CU_ASSERT(link->contactless && link->command_max == 7 && link->answer_max == 9);
    CU_ASSERT_EQUAL(link_transmit(link, BYTES_OF(good), answer, sizeof answer, &size), LINK_OK);
    CU_ASSERT(size == 3 && answer[0] == 0x2A);
    CU_ASSERT_EQUAL(link_transmit(link, BYTES_OF(bad), answer, sizeof answer, &size), LINK_BROKEN);
    CU_ASSERT_STRING_EQUAL(link->error, "the wire is gone");
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_COLD, answer, sizeof answer, &size), LINK_OK);
    link_close(link);
    CU_ASSERT(probe.closed);
    CU_ASSERT_EQUAL(tracing_end(&tracing, "probe", 4), 4);
    const char *text = told();
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "> probe:1 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "80 01 00 2A"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "9000 done, 1 octets"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "no answer"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "power off and on  ATR 3B"));
}

static void any_number_of_cards_is_told(void) {
    static const uint8_t command[] = {0x00, 0xA4, 0x00, 0x00};
    static struct tracing tracing;
    struct probe probes[MANY];
    struct link *links[MANY];
    uint8_t answer[8];
    size_t size, count = 0;
    begin(&tracing);
    for (size_t i = 0; i < MANY; i++)
        links[i] = tracing_link(&tracing, probe_open(&probes[i]));
    for (size_t i = 0; i < MANY; i++)
        CU_ASSERT_EQUAL(link_transmit(links[i], BYTES_OF(command), answer, sizeof answer, &size),
                        LINK_OK);
    for (size_t i = 0; i < MANY; i++)
        link_close(links[i]);
    CU_ASSERT_EQUAL(tracing.cards, 0);
    CU_ASSERT_EQUAL(tracing_end(&tracing, "probe", 0), 0);
    for (const char *at = strstr(told(), "00 A4 00 00"); at != NULL;
         at = strstr(at + 1, "00 A4 00 00"))
        count++;
    CU_ASSERT_EQUAL(count, MANY);
}

static void nothing_stands_between_without_a_trace(void) {
    static struct tracing tracing;
    struct failure failure;
    struct probe probe;
    unsetenv("TESSERA_TRACE");
    CU_ASSERT(tracing_open(&tracing, &failure));
    CU_ASSERT_PTR_EQUAL(tracing_link(&tracing, probe_open(&probe)), &probe.link);
    CU_ASSERT_PTR_EQUAL(tracing_link(NULL, &probe.link), &probe.link);
    CU_ASSERT_PTR_NULL(tracing_link(&tracing, NULL));
    CU_ASSERT_EQUAL(tracing_end(&tracing, "probe", 0), 0);
    setenv("TESSERA_TRACE", "", 1);
    CU_ASSERT(tracing_open(&tracing, &failure));
    CU_ASSERT_EQUAL(tracing.sink_count, 0);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a traced link is the link inside", a_traced_link_is_the_link_inside, NULL},
        {"any number of cards is told", any_number_of_cards_is_told, NULL},
        {"nothing stands between without a trace", nothing_stands_between_without_a_trace, NULL},
    };
    int made = mkstemp(path);
    if (made < 0)
        return 2;
    close(made);
    int code = suite_main("test-tracing", tests, sizeof tests / sizeof tests[0], argc, argv);
    unlink(path);
    return code;
}
