// SPDX-License-Identifier: Apache-2.0
// What a store is kept in: databases that must not be touched, disks that fail, a server that goes
// away and comes back, and callers that share one durable commit.
#include "services/clearing/clearing.h"
#include "services/core/store/store_postgres.h"
#include "services/core/store/store_sqlite.h"
#include "services/core/tables.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/failing_vfs.h"
#include "tests/kit/services/postgres.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/services/table.h"
#include "tests/kit/suite.h"

#include "base/heap.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// ---- databases that are not ours ---------------------------------------------------------------

struct migrating {
    struct migration rows[3];
    size_t count;
    const char *service, *root;
    const char *said; // NULL: it goes through
};

static void check_migrations(struct shop *shop) {
    static const char made[] = "CREATE TABLE other(id @INT NOT NULL PRIMARY KEY) @END;";
    const struct migrating cases[] = {
        {{table_migrations[0], table_migrations[1]}, 2, "table", "AB12", NULL},
        {{table_migrations[0]}, 1, "table", "AB12", "newer than this program; use tessera test"},
        {{table_migrations[0], {2, made, NULL}}, 2, "table", "AB12", "made by other tables"},
        {{table_migrations[0], table_migrations[1]}, 2, "table", "CD34", "another authority"},
        {{table_migrations[0], table_migrations[1]}, 2, "charge", "AB12", "another service: table"},
        {{table_migrations[0], table_migrations[1], {3, "CREATE TABLE ; nonsense", NULL}},
         3,
         "table",
         "AB12",
         "syntax error"},
        {{table_migrations[0], table_migrations[1], {3, made, NULL}}, 3, "table", "AB12", NULL},
        {{table_migrations[0], table_migrations[1]}, 2, "table", "AB12", "newer than this program"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct failure failure = {0};
        struct store_owner owner = {cases[i].service, cases[i].root, "tessera test", shop->crypto,
                                    7};
        bool ok = store_migrate(shop->store, &owner, &host_memory, "table", cases[i].rows,
                                cases[i].count, &failure);
        CU_ASSERT_EQUAL(ok, cases[i].said == NULL);
        if (!ok && cases[i].said != NULL) {
            CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, cases[i].said));
            CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
        }
    }
}

static void newer_altered_and_foreign_databases_are_refused(void) {
    shop_on_every_engine(&table_service, check_migrations);
}

// ---- databases of an earlier version -----------------------------------------------------------

/// What is to be done in one transaction, and what a look into the tables tells.
struct older {
    struct store *store;
    const char *script;
    int64_t counts;
};

static bool run_script(struct session *session, void *context) {
    const struct older *older = context;
    return sql_script(session, older->store, older->script) == STORE_DONE;
}

static bool count_rows(struct session *session, void *context) {
    static const struct statement counts = {
        "SELECT (SELECT count(*) FROM transfer) * 10000 + (SELECT count(*) FROM posting) * 1000 +"
        " (SELECT count(*) FROM unfolded) * 100 + (SELECT count(*) FROM unsealed) * 10 +"
        " (SELECT count(*) FROM usage)",
        "", "i"};
    struct older *older = context;
    struct value row[1] = {0};
    sql_run(session, &counts, NULL, row);
    older->counts = row[0].number;
    return true;
}

static bool brings_to(struct store *store, const struct crypto *crypto, size_t core,
                      size_t clearing) {
    const struct store_owner owner = {"clearing", "root", "tessera test", crypto, 7};
    struct failure failure;
    return store_migrate(store, &owner, &host_memory, "core", core_migrations, core, &failure) &&
           store_migrate(store, &owner, &host_memory, "clearing", clearing_service.migrations,
                         clearing, &failure);
}

static enum store_result run_older(struct older *older, const char *script, transaction_fn *fn) {
    struct failure failure;
    struct arena arena;
    arena_init(&arena, &host_memory);
    older->script = script;
    enum store_result result = store_write(older->store, &arena, fn, older, &failure);
    arena_free(&arena);
    return result;
}

static void rows_of_an_earlier_version_stay(void) {
    const struct store_sqlite_options options = {.path = ":memory:"};
    struct failure failure;
    struct older older = {.store = store_sqlite_open(&options, &failure)};
    struct crypto *crypto = crypto_openssl_new();
    CU_ASSERT_TRUE_FATAL(brings_to(older.store, crypto, 3, 3));
    CU_ASSERT_EQUAL(
        run_older(
            &older,
            "INSERT INTO ledger_account VALUES('A', 'a', 'P', 392, -1, NULL, 0, 0);"
            "INSERT INTO transfer VALUES('t1', 'k', 0, NULL, NULL, x'01', x'02', 1),"
            " ('t2', 'k', 1, 't1', NULL, x'01', x'03', 1);"
            "INSERT INTO posting VALUES('t1', 0, 'A', 392, 5), ('t1', 1, 'A', 392, -5);"
            "INSERT INTO unfolded VALUES('A', 't1', 0, 5); INSERT INTO unsealed VALUES(x'02');"
            "INSERT INTO usage VALUES('p', 1, 'q', 1, 392, 5, 1, 0, 1, 5, x'01', 1, 0)",
            run_script),
        STORE_DONE);
    CU_ASSERT_TRUE_FATAL(
        brings_to(older.store, crypto, core_migration_count, clearing_service.migration_count));
    CU_ASSERT_EQUAL(run_older(&older, NULL, count_rows), STORE_DONE);
    CU_ASSERT_EQUAL(older.counts, 22111);
    CU_ASSERT_NOT_EQUAL(
        run_older(&older, "INSERT INTO posting VALUES('t9', 0, 'A', 392, 5)", run_script),
        STORE_DONE); // a line of no entry
    CU_ASSERT_NOT_EQUAL(
        run_older(&older, "INSERT INTO transfer VALUES('t3', 'k', 1, 't1', NULL, x'01', x'04', 1)",
                  run_script),
        STORE_DONE); // a second end
    crypto_openssl_free(crypto);
    store_close(older.store);
}

static void one_process_has_a_file(void) {
    struct shop shop;
    struct failure failure = {0};
    char path[96];
    struct stat status;
    shop_open(&shop, &table_service, ENGINE_FILE);
    snprintf(path, sizeof path, "%s/shop.sqlite", shop.directory);
    struct store_sqlite_options options = {.path = path};
    CU_ASSERT_PTR_NULL(store_sqlite_open(&options, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_LOCKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "another process has it"));
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0600);
    shop_close(&shop);
}

/// Opens a file with that content.
static void opens_not(const char *content, size_t size, const char *said) {
    struct failure failure = {0};
    char path[] = "/tmp/tessera-foreign-XXXXXX", lock[sizeof path + 8];
    struct store_sqlite_options options = {.path = path};
    int file = mkstemp(path);
    CU_ASSERT_EQUAL(write(file, content, size), (ssize_t)size);
    close(file);
    CU_ASSERT_PTR_NULL(store_sqlite_open(&options, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, said));
    if (strstr(failure.text, said) == NULL)
        printf("\n    %s", failure.text);
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(path);
    unlink(lock);
}

static void foreign_and_damaged_files_are_left_alone(void) {
    static char content[1 << 18];
    struct shop shop;
    char path[96];
    opens_not("this is no database, but it is long enough to be one, is it not?\n"
              "this is no database, but it is long enough to be one, is it not?\n",
              130, "not a database");
    // one of ours, whose head says another program
    shop_open(&shop, &table_service, ENGINE_FILE);
    store_close(shop.store);
    snprintf(path, sizeof path, "%s/shop.sqlite", shop.directory);
    int file = open(path, O_RDWR);
    CU_ASSERT_EQUAL(pwrite(file, "ELSE", 4, 68), 4);
    ssize_t size = pread(file, content, sizeof content, 0);
    close(file);
    opens_not(content, (size_t)size, "belongs to another program");
    memcpy(content + 68, "TESS", 4);
    memset(content + 100, 0xFF, sizeof content - 100);
    opens_not(content, (size_t)size, "malformed");
    file = open(path, O_RDWR);
    CU_ASSERT_EQUAL(pwrite(file, "TESS", 4, 68), 4);
    close(file);
    shop.store = NULL;
    shop_reopen(&shop);
    shop_close(&shop);
}

// ---- disks and servers that fail ---------------------------------------------------------------

static const struct peer alice = {.roles = ROLE_WALLET, .id = "ALICE", .enterprise = "E1"};

static void ask_until_answered(struct shop *shop, const char *key, const char *amount,
                               unsigned *tries) {
    struct told told = {0};
    char body[32];
    snprintf(body, sizeof body, "{\"amount\":%s}", amount);
    for (*tries = 0; *tries < 4 && told.status != 200; ++*tries) {
        told = shop_ask(shop, &alice, "POST", "/v1/counters/A1/steps", key, body);
        CU_ASSERT_TRUE(told.status == 200 || told.status == 503);
        if (*tries == 1) // the disk is well again
            failing_vfs_arm(DISK_READ, 0);
    }
    CU_ASSERT_EQUAL(told.status, 200);
}

static void a_failing_disk_loses_nothing_and_does_nothing_twice(void) {
    size_t cuts = 0;
    for (enum disk_fault fault = 0; fault < DISK_FAULTS; fault++) {
        bool struck = true;
        for (size_t n = 1; struck; n++, cuts += struck) {
            struct shop shop;
            char dump[64];
            unsigned tries;
            failing_vfs_arm(DISK_READ, 0);
            shop_open_on(&shop, &counter_service, ENGINE_FILE, failing_vfs());
            shop_ask(&shop, &alice, "POST", "/v1/counters", "m1",
                     "{\"id\":\"A1\",\"enterprise\":\"E1\"}");
            failing_vfs_arm(fault, n);
            for (unsigned i = 0; i < 4; i++) {
                char key[8];
                snprintf(key, sizeof key, "s%u", i);
                ask_until_answered(&shop, key, "2", &tries);
            }
            struck = failing_vfs_struck();
            failing_vfs_arm(DISK_READ, 0);
            shop_reopen(&shop);
            shop_dump(&shop, counter_dump, 1, dump, sizeof dump);
            CU_ASSERT_STRING_EQUAL(dump, "A1|ALICE|8\n");
            shop_close(&shop);
        }
    }
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 10);
}

static void a_server_that_comes_back_goes_on(void) {
    struct shop shop;
    struct told told;
    char dump[64];
    shop_open(&shop, &counter_service, ENGINE_POSTGRES);
    shop_ask(&shop, &alice, "POST", "/v1/counters", "m1", "{\"id\":\"A1\",\"enterprise\":\"E1\"}");
    postgres_crash();
    told = shop_ask(&shop, &alice, "POST", "/v1/counters/A1/steps", "s1", "{\"amount\":2}");
    CU_ASSERT_EQUAL(told.status, 200); // the old connection was found dead, a new one was made
    told = shop_ask(&shop, &alice, "POST", "/v1/counters/A1/steps", "s1", "{\"amount\":2}");
    CU_ASSERT_TRUE(told.replayed);
    shop_dump(&shop, counter_dump, 1, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, "A1|ALICE|2\n");
    shop_close(&shop);
}

static void servers_that_are_none_are_named(void) {
    struct failure failure = {0};
    struct store_postgres_options options = {.uri = "postgresql:///x?host=/nonexistent",
                                             .schema = "x"};
    CU_ASSERT_PTR_NULL(store_postgres_open(&options, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_ABSENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "/nonexistent"));
}

// ---- groups ------------------------------------------------------------------------------------

enum { WRITERS = 16, WRITES = 20 };

struct writer {
    struct shop *shop;
    pthread_t thread;
    unsigned number, failed;
};

static atomic_uint writers_at_work, writers_inside;

/// So that the figure does not hang on the scheduler: the store's other callers come in, or a
/// second has gone by.
static void await_the_others(void) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (atomic_load(&writers_inside) < atomic_load(&writers_at_work) &&
             now.tv_sec - start.tv_sec < 2);
}

static bool put_numbered(struct session *session, void *context) {
    char id[16];
    await_the_others();
    snprintf(id, sizeof id, "w%u", *(unsigned *)context);
    table_put(session, id, 1);
    return *(unsigned *)context % 7 != 0; // some roll back inside of their group
}

static void *write_some(void *context) {
    struct writer *writer = context;
    struct failure failure;
    struct arena arena;
    arena_init(&arena, &host_memory);
    for (unsigned i = 0; i < WRITES; i++) {
        unsigned number = 1 + writer->number * WRITES + i;
        enum store_result wanted = number % 7 != 0 ? STORE_DONE : STORE_STOPPED;
        atomic_fetch_add(&writers_inside, 1);
        writer->failed +=
            store_write(writer->shop->store, &arena, put_numbered, &number, &failure) != wanted;
        atomic_fetch_sub(&writers_inside, 1);
    }
    atomic_fetch_sub(&writers_at_work, 1);
    arena_free(&arena);
    return NULL;
}

static void callers_at_the_same_time_share_a_commit(void) {
    static const struct statement count = {"SELECT count(*) FROM thing", "", "i"};
    struct shop shop;
    struct writer writers[WRITERS];
    char dump[32], wanted[32];
    shop_open(&shop, &table_service, ENGINE_FILE);
    uint64_t commits = atomic_load(&shop.store->figures.commits);
    atomic_store(&writers_at_work, WRITERS);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.shop = &shop, .number = i};
        pthread_create(&writers[i].thread, NULL, write_some, &writers[i]);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        CU_ASSERT_EQUAL(writers[i].failed, 0);
    }
    commits = atomic_load(&shop.store->figures.commits) - commits;
    printf(" (%u in %u commits) ", WRITERS * WRITES, (unsigned)commits);
    CU_ASSERT_TRUE(commits < WRITERS * WRITES / 2);
    shop_dump(&shop, &count, 1, dump, sizeof dump);
    snprintf(wanted, sizeof wanted, "%u\n", WRITERS * WRITES - WRITERS * WRITES / 7);
    CU_ASSERT_STRING_EQUAL(dump, wanted);
    shop_close(&shop);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"newer, altered and foreign databases are refused",
         newer_altered_and_foreign_databases_are_refused, NULL},
        {"rows of an earlier version stay", rows_of_an_earlier_version_stay, NULL},
        {"one process has a file", one_process_has_a_file, NULL},
        {"foreign and damaged files are left alone", foreign_and_damaged_files_are_left_alone,
         NULL},
        {"a failing disk loses nothing and does nothing twice",
         a_failing_disk_loses_nothing_and_does_nothing_twice, NULL},
        {"a server that comes back goes on", a_server_that_comes_back_goes_on, NULL},
        {"servers that are none are named", servers_that_are_none_are_named, NULL},
        {"callers at the same time share a commit", callers_at_the_same_time_share_a_commit, NULL},
    };
    return suite_main("test-store-keeping", tests, sizeof tests / sizeof tests[0], argc, argv);
}
