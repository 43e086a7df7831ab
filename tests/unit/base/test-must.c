// SPDX-License-Identifier: Apache-2.0
// Assertions that stay on: what does not hold ends the program with its place and sentence before
// anything else happens, and what money, counters and buffers rely on is asserted where they are
// kept.
#include "base/buffer.h"
#include "base/failure.h"
#include "base/heap.h"
#include "base/must.h"
#include "personalization/authority/register.h"
#include "personalization/job/job.h"
#include "services/core/store/store.h"
#include "tests/kit/services/books.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WENT_ON = 77, SAID_MAX = 1024 };

/// Runs in a process of its own. Exit code, or -1 where it did not end by itself; said: what stood
/// on standard output and error.
static int run_apart(void (*run)(void), char said[SAID_MAX]) {
    int ends[2], status = 0;
    size_t size = 0;
    CU_ASSERT_FATAL(pipe(ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        alarm(10);
        run();
        _exit(WENT_ON);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], said + size, SAID_MAX - 1 - size)) > 0;)
        size += (size_t)got;
    said[size] = '\0';
    close(ends[0]);
    CU_ASSERT_FATAL(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// It ends, with exit code 1, by an assertion with this sentence.
static void assert_ends(void (*run)(void), const char *sentence) {
    char said[SAID_MAX];
    CU_ASSERT_EQUAL(run_apart(run, said), EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, sentence));
}

// ---- the assertion itself ----------------------------------------------------------------------

static void at_exit(void) {
    dprintf(STDERR_FILENO, "something ran at the end");
}

static void assert_nonsense(void) {
    FILE *out = fdopen(STDOUT_FILENO, "w"); // CUnit takes the buffer from stdout
    atexit(at_exit);
    fputs("half of a lin", out);
    must(1 + 1 == 3, "sums are right");
}

static void assert_truth(void) {
    must(1 + 1 == 2, "sums are right");
}

static void test_place_and_sentence(void) {
    char said[SAID_MAX];
    CU_ASSERT_EQUAL(run_apart(assert_nonsense, said), EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "test-must: tests/unit/base/test-must.c:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said, ": sums are right: this does not hold (1 + 1 == 3)."));
}

static void test_nothing_after(void) {
    char said[SAID_MAX];
    run_apart(assert_nonsense, said);
    CU_ASSERT_PTR_NULL(strstr(said, "half of a lin"));
    CU_ASSERT_PTR_NULL(strstr(said, "at the end"));
}

static void test_truth_goes_on(void) {
    char said[SAID_MAX];
    CU_ASSERT_EQUAL(run_apart(assert_truth, said), WENT_ON);
    CU_ASSERT_STRING_EQUAL(said, "");
}

// ---- where it stands ---------------------------------------------------------------------------

static void overrun_a_buffer(void) {
    struct buffer buffer;
    buffer_init(&buffer, &host_memory);
    buffer_text(&buffer, "octets");
    buffer.size = buffer.capacity + 1;
    buffer_text(&buffer, "more");
}

static void finish_an_open_row(void) {
    static const uint8_t digest[CERTIFICATE_DIGEST_SIZE] = {1};
    struct job_row row = {.state = JOB_OPEN};
    struct job job = {.rows = &row, .total = 1};
    struct failure failure;
    job_finish(&job, 0, digest, 1, NULL, &failure);
}

static void start_a_foreign_row(void) {
    static const uint8_t serial[CARD_SERIAL_SIZE] = {1};
    struct job job = {.total = 1};
    struct failure failure;
    job_start(&job, 1, serial, &failure);
}

static void leave_a_gap_of_serials(void) {
    struct register_entry last = {.serial = 7}, next = {.holder = "A"};
    struct register_list list = {.entries = &last, .count = 1, .capacity = 1};
    struct failure failure;
    register_add(&list, "/", &next, &failure);
}

// Money appears between the check of a transfer and its lines: the digest, which is made there,
// does it.
static struct shop shop;
static struct crypto_ops spoiling;
static struct ledger_line lines[] = {{"BANK", 392, 10}, {"WAIT", 392, -10}};

static bool spoil(const struct crypto *crypto, struct bytes in, uint8_t out[SHA256_SIZE]) {
    (void)in;
    (void)crypto;
    lines[0].amount++;
    memset(out, 1, SHA256_SIZE);
    return true;
}

static bool post_spoilt(struct session *session, void *context) {
    static const uint8_t object[SHA256_SIZE] = {1};
    struct ledger_transfer transfer = {
        .id = "t", .kind = "test", .object = object, .lines = lines, .count = 2};
    struct crypto crypto = {&spoiling, NULL};
    (void)context;
    spoiling.sha256 = spoil;
    return ledger_post(session, &crypto, &transfer, 1) == LEDGER_DONE;
}

static void post_what_is_not_zero(void) {
    struct arena arena;
    struct failure failure;
    arena_init(&arena, &host_memory);
    store_write(shop.store, &arena, post_spoilt, NULL, &failure);
}

static void test_books(void) {
    char balance[64];
    shop_open(&shop, &counter_service, (enum engine)0);
    books_open(&shop, "BANK d, WAIT c");
    assert_ends(post_what_is_not_zero, "what is posted sums to zero in each unit");
    CU_ASSERT_STRING_EQUAL(books_balance(&shop, "BANK", balance), "0/0");
    shop_close(&shop);
}

static void test_buffers(void) {
    assert_ends(overrun_a_buffer, "base/buffer.c");
}

static void test_rows_of_a_job(void) {
    assert_ends(finish_an_open_row, "only a row that was started is done");
    assert_ends(start_a_foreign_row, "the journal speaks of rows of its own job");
}

static void test_serials(void) {
    assert_ends(leave_a_gap_of_serials, "serials of certificates are given once");
}

static const struct suite_test tests[] = {
    {"an assertion ends the program with place, sentence and condition", test_place_and_sentence,
     NULL},
    {"nothing is flushed and nothing runs after it", test_nothing_after, NULL},
    {"what holds changes nothing", test_truth_goes_on, NULL},
    {"a buffer that says more than it holds ends the program", test_buffers, NULL},
    {"a job's journal takes only steps that a row can take", test_rows_of_a_job, NULL},
    {"a register gives no serial over a gap", test_serials, NULL},
    {"nothing is posted that does not sum to zero", test_books, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-must", tests, sizeof tests / sizeof tests[0], argc, argv);
}
