// SPDX-License-Identifier: Apache-2.0
// The pcsc: link against a real pcscd: this program starts itself again inside a lab with one card
// and one empty reader slot, and then is the client.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winscard.h>

#include "readers/control.h"
#include "readers/link/link_open.h"
#include "readers/link/pcsc.h"
#include "tests/bench/bench.h"
#include "tests/kit/image.h"
#include "tests/kit/suite.h"

enum { SHORT_MS = 300 };

static const uint8_t get_uid[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};

static struct link *open_link(const char *name, unsigned wait_ms, struct link_failure *failure) {
    const struct link_options options = {.wait_ms = wait_ms};
    return link_open(name, &options, failure);
}

static struct link *open_card(void) {
    struct link_failure failure;
    struct link *link = open_link(getenv("TESSERA_CARD_1"), 0, &failure);
    if (link == NULL) {
        fprintf(stderr, "test-pcsc: %s\n", failure.text);
        CU_FAIL_FATAL("the card of the lab does not open");
    }
    return link;
}

static enum link_status send(struct link *link, const void *command, size_t size, unsigned *sw) {
    static uint8_t answer[70000];
    size_t got = 0;
    enum link_status status =
        link_transmit(link, bytes_of(command, size), answer, sizeof answer, &got);
    *sw = status == LINK_OK ? (unsigned)(answer[got - 2] << 8 | answer[got - 1]) : 0;
    return status;
}

static bool works(struct link *link) {
    unsigned sw;
    return send(link, get_uid, sizeof get_uid, &sw) == LINK_OK && sw == 0x9000;
}

static void test_names(void) {
    static const char *const good[] = {"pcsc:0", "pcsc:00 00", "pcsc:Tessera 00 00"};
    struct link_failure failure = {0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct link *link = open_link(good[i], 0, &failure);
        CU_ASSERT(link != NULL && works(link));
        link_close(link);
    }
    CU_ASSERT_PTR_NULL(open_link("pcsc:Tessera", SHORT_MS, &failure));
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 2);
    CU_ASSERT(strstr(failure.text, "more than one") != NULL);
    static const char *const bad[] = {"pcsc:7", "pcsc:Nobody", "pcsc:99999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CU_ASSERT_PTR_NULL(open_link(bad[i], SHORT_MS, &failure));
        CU_ASSERT_EQUAL(link_exit_code(failure.status), 3);
        CU_ASSERT(strstr(failure.text, "0 \"Tessera 00 00\", 1 \"Tessera 00 01\"") != NULL);
    }
}

static void test_empty_reader(void) {
    struct link_failure failure = {0};
    double begin = bench_now_us();
    CU_ASSERT_PTR_NULL(open_link("pcsc:Tessera 00 01", SHORT_MS, &failure));
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 3);
    CU_ASSERT(strstr(failure.text, "no card") != NULL);
    double waited = (bench_now_us() - begin) / 1000;
    CU_ASSERT(waited >= SHORT_MS && waited < SHORT_MS + 3000);
}

static void test_held(void) {
    struct link_failure failure = {0};
    struct link *first = open_card();
    CU_ASSERT_PTR_NULL(open_link("pcsc:0", SHORT_MS, &failure));
    CU_ASSERT_EQUAL(link_exit_code(failure.status), 5);
    CU_ASSERT(works(first));
    link_close(first);
    first = open_card();
    link_close(first);
}

static void test_resets(void) {
    struct link *link = open_card();
    uint8_t warm[33], cold[33];
    size_t warm_size = 0, cold_size = 0;
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_WARM, warm, sizeof warm, &warm_size), LINK_OK);
    CU_ASSERT(works(link));
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_COLD, cold, sizeof cold, &cold_size), LINK_OK);
    CU_ASSERT(works(link));
    CU_ASSERT(warm_size > 2 && warm_size == cold_size && memcmp(warm, cold, warm_size) == 0);
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_WARM, warm, 3, &warm_size), LINK_TOO_LONG);
    link_close(link);
}

/// Beside a program that shares the card; its reset is told, not hidden.
static void test_reset_by_another(void) {
    SCARDCONTEXT context;
    SCARDHANDLE other;
    DWORD protocol;
    unsigned sw;
    CU_ASSERT_EQUAL_FATAL(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context), 0);
    CU_ASSERT_EQUAL_FATAL(SCardConnect(context, "Tessera 00 00", SCARD_SHARE_SHARED,
                                       SCARD_PROTOCOL_T1, &other, &protocol),
                          0);
    struct link *link = open_card();
    CU_ASSERT(works(link));
    CU_ASSERT_EQUAL(
        SCardReconnect(other, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_RESET_CARD, &protocol),
        0);
    CU_ASSERT_EQUAL(send(link, get_uid, sizeof get_uid, &sw), LINK_BROKEN);
    CU_ASSERT(strstr(link->error, "reset") != NULL);
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_WARM, NULL, 0, NULL), LINK_OK);
    CU_ASSERT(works(link));
    link_close(link);
    SCardDisconnect(other, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
}

static void test_lengths(void) {
    static uint8_t command[PCSC_COMMAND_MAX + 1] = {0x00, 0xDA};
    struct link *link = open_card();
    unsigned sw;
    CU_ASSERT_EQUAL(send(link, command, sizeof command, &sw), LINK_TOO_LONG);
    CU_ASSERT_EQUAL(send(link, command, 1, &sw), LINK_UNSUPPORTED);
    CU_ASSERT_EQUAL(send(link, command, 0, &sw), LINK_UNSUPPORTED);
    CU_ASSERT_EQUAL(send(link, command, 3, &sw), LINK_OK);
    CU_ASSERT_EQUAL(sw, 0x6700);
    CU_ASSERT_EQUAL(send(link, command, PCSC_COMMAND_MAX, &sw), LINK_OK); // the longest there is
    CU_ASSERT_EQUAL(sw, 0x6700);
    CU_ASSERT(works(link));
    link_close(link);
}

static bool order(const char *text) {
    char reply[CONTROL_LINE_MAX];
    return control_ask(getenv("TESSERA_CONTROL_1"), text, 2000, reply, sizeof reply) &&
           strncmp(reply, "ok", 2) == 0;
}

static void test_taken_out(void) {
    struct link_failure failure = {0};
    struct link *link = open_card();
    unsigned sw;
    CU_ASSERT(order("remove"));
    enum link_status status = send(link, get_uid, sizeof get_uid, &sw);
    CU_ASSERT(status == LINK_NO_CARD || status == LINK_BROKEN);
    CU_ASSERT_PTR_NULL(open_link("pcsc:0", SHORT_MS, &failure));
    CU_ASSERT(order("insert"));
    CU_ASSERT_EQUAL(link_reset(link, LINK_RESET_COLD, NULL, 0, NULL), LINK_OK);
    CU_ASSERT(works(link));
    link_close(link);
    // out and in again before anybody looks: still a new card, not the old one without its power
    CU_ASSERT(order("remove") && order("insert"));
    link = open_card();
    CU_ASSERT(works(link));
    link_close(link);
}

static void test_latency(void) {
    enum { ROUNDS = 301 };
    double times[ROUNDS];
    struct link *link = open_card();
    for (size_t i = 0; i < ROUNDS; i++) {
        double begin = bench_now_us();
        CU_ASSERT(works(link));
        times[i] = bench_now_us() - begin;
    }
    double median = bench_median(times, ROUNDS);
    printf("median %.0f us ", median);
    CU_ASSERT(median < 1000);
    link_close(link);
}

static int run_in_lab(const char *self, int argc, char **argv) {
    char directory[TEST_PATH_MAX], image[TEST_PATH_MAX], line[16384];
    test_directory_make(directory);
    blank_image(directory, "pcsc.trm", 1, image);
    snprintf(line, sizeof line, "tessera-lab run --timeout 100 --card '%s' -- '%s' %s", image, self,
             argc > 1 ? argv[1] : "");
    int status = system(line);
    test_directory_remove(directory);
    return status == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"readers by number, name and part of a name", test_names, NULL},
        {"an empty reader", test_empty_reader, NULL},
        {"a card that another program holds", test_held, NULL},
        {"warm and cold resets", test_resets, NULL},
        {"a reset by another program is told", test_reset_by_another, NULL},
        {"shortest and longest commands", test_lengths, NULL},
        {"a card taken out and put in again", test_taken_out, NULL},
        {"median round trip through pcscd under 1 ms", test_latency, NULL},
    };
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0)
        return 2;
    self[size] = '\0';
    if (getenv("TESSERA_LAB_DIR") == NULL)
        return run_in_lab(self, argc, argv);
    return suite_main("test-pcsc", tests, sizeof tests / sizeof tests[0], argc, argv);
}
