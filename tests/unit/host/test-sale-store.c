// SPDX-License-Identifier: Apache-2.0
// A terminal's directory: records that outlive their process, a last line cut at every octet,
// directories of other machines, newer programs and other purses, and one process at a time.
#include "apdu/octets/unit.h"
#include "base/files.h"
#include "host/sale/sale_store.h"
#include "tests/kit/suite.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch[64];
static struct failure failure;

static const char *in_scratch(const char *name) {
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    return path;
}

static void begin(void) {
    snprintf(scratch, sizeof scratch, "/tmp/tessera-sales-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(scratch));
    memset(&failure, 0, sizeof failure);
}

static void end(void) {
    static const char *const names[] = {"state/machine", "state/lock", "state/sales"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(in_scratch(names[i]));
    (void)rmdir(in_scratch("state"));
    CU_ASSERT_EQUAL(rmdir(scratch), 0);
}

static struct sale_store *open_store(const char *machine) {
    return sale_store_open(in_scratch("state"), machine, &failure);
}

static struct sale_record sale(const char *name, enum sale_state state) {
    struct sale_record record = {.state = state,
                                 .payer = "ALICE",
                                 .payee = "SHOP",
                                 .amount = 1000,
                                 .unit = UNIT_JPY,
                                 .n = 7,
                                 .item = "TEA",
                                 .text = "Tea \"green\"\n\xE8\x8C\xB6",
                                 .time_ms = 1000000};
    record.reference[0] = REFERENCE_GOODS;
    memcpy(record.reference + 1, name, strlen(name));
    record.reference_size = 1 + strlen(name);
    return record;
}

static bool save(struct sale_store *store, const char *name, enum sale_state state) {
    struct sale_record record = sale(name, state);
    struct journal *journal = sale_store_journal(store);
    return journal->save(journal, &record);
}

/// The state of a sale; 0: there is none.
static enum sale_state state_of(struct sale_store *store, const char *name) {
    struct sale_record key = sale(name, SALE_BEGUN), found = {0};
    struct journal *journal = sale_store_journal(store);
    enum journal_answer answer =
        journal->find(journal, bytes_of(key.reference, key.reference_size), &found);
    CU_ASSERT_NOT_EQUAL(answer, JOURNAL_FAILED);
    return answer == JOURNAL_FOUND ? found.state : 0;
}

static bool visit(void *context, const struct sale_record *record) {
    char *names = context;
    snprintf(names + strlen(names), 64 - strlen(names), "%.*s ", (int)record->reference_size - 1,
             (const char *)record->reference + 1);
    return true;
}

static void test_records_outlive_their_process(void) {
    char open_names[64] = "", all_names[64] = "";
    size_t open;
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(state_of(store, "A"), 0);
    CU_ASSERT(save(store, "A", SALE_BEGUN) && save(store, "B", SALE_BEGUN));
    CU_ASSERT(save(store, "A", SALE_REQUESTED) && save(store, "A", SALE_PAID));
    CU_ASSERT(save(store, "B", SALE_VOID));
    sale_store_close(store);
    store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    struct sale_record expected = sale("A", SALE_PAID), found;
    struct journal *journal = sale_store_journal(store);
    CU_ASSERT_EQUAL(
        journal->find(journal, bytes_of(expected.reference, expected.reference_size), &found),
        JOURNAL_FOUND);
    CU_ASSERT_EQUAL(memcmp(&found, &expected, sizeof found), 0);
    CU_ASSERT_EQUAL(state_of(store, "B"), SALE_VOID);
    CU_ASSERT(sale_store_each(store, false, visit, open_names));
    CU_ASSERT_STRING_EQUAL(open_names, "A ");
    CU_ASSERT(sale_store_each(store, true, visit, all_names));
    CU_ASSERT_STRING_EQUAL(all_names, "A B ");
    CU_ASSERT_EQUAL(sale_store_count(store, &open), 2);
    CU_ASSERT_EQUAL(open, 1);
    sale_store_close(store);
    end();
}

static void test_only_its_owner_reads_it(void) {
    struct stat about;
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT(save(store, "A", SALE_BEGUN));
    sale_store_close(store);
    CU_ASSERT(stat(in_scratch("state"), &about) == 0 && (about.st_mode & 0777) == 0700);
    CU_ASSERT(stat(in_scratch("state/sales"), &about) == 0 && (about.st_mode & 0777) == 0600);
    end();
}

/// The store refuses what the table does not know, and stays as it was.
static void test_only_ever_upwards(void) {
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT(save(store, "A", SALE_BEGUN) && save(store, "A", SALE_PAID));
    CU_ASSERT(save(store, "A", SALE_SERVING) && save(store, "A", SALE_SERVED));
    CU_ASSERT_FALSE(save(store, "A", SALE_SERVING));
    CU_ASSERT_PTR_NOT_NULL(strstr(sale_store_failure(store)->text, "served does not become"));
    CU_ASSERT_FALSE(save(store, "B", SALE_PAID));
    CU_ASSERT_EQUAL(state_of(store, "A"), SALE_SERVED);
    sale_store_close(store);
    end();
}

/// The power goes at every octet of a line: the sale stands as before it, and goes on.
static void test_a_line_that_was_half_written(void) {
    static uint8_t whole[65536];
    size_t size = 0, first = 0;
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT(save(store, "A", SALE_BEGUN));
    CU_ASSERT(files_read(in_scratch("state/sales"), whole, sizeof whole, &first));
    CU_ASSERT(save(store, "A", SALE_PAID));
    CU_ASSERT(files_read(in_scratch("state/sales"), whole, sizeof whole, &size));
    sale_store_close(store);
    for (size_t cut = first; cut < size; cut++) {
        CU_ASSERT(files_write(in_scratch("state/sales"), bytes_of(whole, cut), FILES_SECRET,
                              FILES_REPLACE));
        store = open_store("kiosk");
        CU_ASSERT_PTR_NOT_NULL_FATAL(store);
        CU_ASSERT_EQUAL(state_of(store, "A"), SALE_BEGUN);
        CU_ASSERT(save(store, "A", SALE_PAID));
        sale_store_close(store);
        store = open_store("kiosk");
        CU_ASSERT_EQUAL(state_of(store, "A"), SALE_PAID);
        sale_store_close(store);
    }
    memset(whole + first, 0, size - first - 1); // blocks that were never written
    CU_ASSERT(
        files_write(in_scratch("state/sales"), bytes_of(whole, size), FILES_SECRET, FILES_REPLACE));
    store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(state_of(store, "A"), SALE_BEGUN);
    sale_store_close(store);
    end();
}

/// What is damaged further up was once whole: nobody goes on over it.
static void test_a_damaged_line_is_refused(void) {
    static uint8_t whole[65536];
    size_t size = 0;
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT(save(store, "A", SALE_BEGUN) && save(store, "A", SALE_PAID));
    sale_store_close(store);
    CU_ASSERT(files_read(in_scratch("state/sales"), whole, sizeof whole, &size));
    whole[0] = '!';
    CU_ASSERT(
        files_write(in_scratch("state/sales"), bytes_of(whole, size), FILES_SECRET, FILES_REPLACE));
    CU_ASSERT_PTR_NULL(open_store("kiosk"));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "damaged at octet 0"));
    end();
}

static void write_marker(const char *text) {
    CU_ASSERT(files_write(in_scratch("state/machine"), bytes_of_string(text), FILES_SECRET,
                          FILES_REPLACE));
}

static void refuse(const char *machine, enum exit_code code, const char *word) {
    CU_ASSERT_PTR_NULL(open_store(machine));
    CU_ASSERT_EQUAL(failure.code, code);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, word));
}

static void test_whose_directory_it_is(void) {
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT(sale_store_own(store, "SHOP", &failure));
    CU_ASSERT(sale_store_own(store, "SHOP", &failure));
    CU_ASSERT_FALSE(sale_store_own(store, "OTHER", &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "the machine with purse SHOP"));
    refuse("kiosk", EXIT_LOCKED, "in use");
    sale_store_close(store);
    refuse("deposit", EXIT_REFUSED, "a machine of kind kiosk, not deposit");
    write_marker("{\"machine\":\"kiosk\",\"version\":2,\"own\":\"SHOP\"}");
    refuse("kiosk", EXIT_REFUSED, "newer program (version 2");
    write_marker("{}");
    refuse("kiosk", EXIT_REFUSED, "says nothing");
    end();
    begin();
    snprintf(scratch + strlen(scratch), sizeof scratch - strlen(scratch), "/none");
    refuse("kiosk", EXIT_USAGE, "cannot make");
    scratch[strlen(scratch) - strlen("/none")] = '\0';
    end();
}

/// 10 000 sales are found, and found again.
static void test_many_sales(void) {
    enum { MANY = 10000 };
    char name[16];
    size_t open;
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    sale_store_close(store);
    FILE *file = fopen(in_scratch("state/sales"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (unsigned i = 0; i < MANY; i++)
        fprintf(file,
                "nothing 02%02X%02X%02X {\"state\":\"served\",\"payer\":\"\",\"payee\":\"\","
                "\"amount\":1,\"unit\":\"JPY\",\"reference\":\"Ag\",\"n\":1,\"usage_log\":\"\","
                "\"receive_log\":\"\"}\n",
                'A' + i / 2500, 'A' + i / 50 % 50, 'A' + i % 50);
    CU_ASSERT_EQUAL(fclose(file), 0);
    store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL(sale_store_count(store, &open), MANY);
    CU_ASSERT_EQUAL(open, 0);
    for (unsigned i = 0; i < MANY; i += 997) {
        snprintf(name, sizeof name, "%c%c%c", 'A' + i / 2500, 'A' + i / 50 % 50, 'A' + i % 50);
        CU_ASSERT_EQUAL(state_of(store, name), SALE_SERVED);
    }
    sale_store_close(store);
    end();
}

/// A machine that was killed while it started a reader: the reader's process, not yet what it is to
/// be, has the lock until then.
static void test_a_lock_that_is_held_for_a_moment(void) {
    enum { MOMENT_MS = 200 };
    int told[2];
    char octet = 0;
    begin();
    struct sale_store *store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT_EQUAL_FATAL(pipe(told), 0);
    pid_t child = fork(); // with the lock, as all that is open
    if (child == 0) {
        (void)!write(told[1], &octet, 1);
        (void)poll(NULL, 0, MOMENT_MS);
        _exit(0);
    }
    CU_ASSERT_EQUAL(read(told[0], &octet, 1), 1);
    sale_store_close(store);
    store = open_store("kiosk");
    CU_ASSERT_PTR_NOT_NULL(store);
    sale_store_close(store);
    close(told[0]);
    close(told[1]);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    end();
}

static const struct suite_test tests[] = {
    {"records outlive their process", test_records_outlive_their_process, NULL},
    {"only its owner reads it", test_only_its_owner_reads_it, NULL},
    {"a record goes only where the table says", test_only_ever_upwards, NULL},
    {"a line cut at any octet is no record", test_a_line_that_was_half_written, NULL},
    {"a damaged line further up is refused", test_a_damaged_line_is_refused, NULL},
    {"another machine's, a newer program's, another purse's, in use", test_whose_directory_it_is,
     NULL},
    {"a lock that is held for a moment yet", test_a_lock_that_is_held_for_a_moment, NULL},
    {"10 000 sales are found again", test_many_sales, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-sale-store", tests, sizeof tests / sizeof tests[0], argc, argv);
}
