// SPDX-License-Identifier: Apache-2.0
// A toy service whose store fails, loses answers or dies at every begin, statement and commit, over
// every engine: after honest retries the tables are those of the run in which nothing happened.
#include "services/core/store/store_fault.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/suite.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct peer alice = {.roles = ROLE_WALLET, .id = "ALICE", .enterprise = "E1"};

/// With counter_dump all that the work writes.
static const struct statement requests = {
    "SELECT sender, endpoint, id, status, answer FROM request ORDER BY sender, endpoint, id", "",
    "tttib"};

static void dump_all(struct shop *shop, char *out, size_t capacity) {
    shop_dump(shop, counter_dump, 2, out, capacity);
    size_t used = strlen(out);
    shop_dump(shop, &requests, 1, out + used, capacity - used);
}

/// The day's work: what is asked in this order, and what comes of it.
static const struct {
    const char *method, *target, *key, *body;
    unsigned status;
} work[] = {
    {"POST", "/v1/counters", "m1", "{\"id\":\"A1\",\"enterprise\":\"E1\"}", 200},
    {"POST", "/v1/counters/A1/steps", "s1", "{\"amount\":4}", 200},
    {"POST", "/v1/counters/A1/steps", "s2", "{\"amount\":990}", 200},
    {"POST", "/v1/counters/A1/steps", "s3", "{\"amount\":20}", 409},
    {"POST", "/v1/counters/A1/steps", "s4", "{\"amount\":3}", 422},
    {"POST", "/v1/counters", "m2", "{\"id\":\"A1\",\"enterprise\":\"E1\"}", 409},
    {"PUT", "/v1/waits/ALICE", "w1", NULL, 202},
    {"POST", "/v1/counters", "m3", "{\"id\":\"ALICE\",\"enterprise\":\"E1\"}", 200},
    {"PUT", "/v1/waits/ALICE", "w1", NULL, 200},
    {"GET", "/v1/counters/A1", NULL, NULL, 200},
};

/// Asks until there is an answer; a dead process is started again.
static void insist(struct shop *shop, struct store_fault *fault, size_t i) {
    struct told told = {0};
    for (unsigned tries = 0; tries < 3 && (told.status == 0 || told.status >= 500); tries++) {
        told = shop_ask(shop, &alice, work[i].method, work[i].target, work[i].key, work[i].body);
        if (fault->dead)
            told.status = 0; // nobody heard it
        fault->dead = false;
    }
    CU_ASSERT_EQUAL(told.status, work[i].status);
    if (told.status != work[i].status)
        printf("\n    step %zu kind %d: %s %u %s", fault->at, fault->kind, work[i].target,
               told.status, told.body);
}

/// The whole work on empty tables. Returns how many steps it had.
static size_t run_work(struct shop *shop, enum store_fault_kind kind, size_t at, char *dump,
                       size_t capacity) {
    struct store_fault fault;
    shop_script(shop, "DELETE FROM step; DELETE FROM counter; DELETE FROM request");
    store_fault_init(&fault, shop->store);
    fault.kind = kind;
    fault.at = at;
    shop->context.store = &fault.store;
    for (size_t i = 0; i < sizeof work / sizeof work[0]; i++)
        insist(shop, &fault, i);
    shop->context.store = shop->store;
    dump_all(shop, dump, capacity);
    return fault.steps;
}

static char healthy[4096];

/// What the tables hold when nothing goes wrong: in memory, so that other engines compare with it.
static void learn_healthy(void) {
    struct shop shop;
    shop_open(&shop, &counter_service, ENGINE_MEMORY);
    run_work(&shop, STORE_FAULT_FAIL, 0, healthy, sizeof healthy);
    CU_ASSERT_PTR_NOT_NULL(strstr(healthy, "A1|ALICE|994\n"));
    shop_close(&shop);
}

/// pace: 1 for every step; a disk that syncs takes its time.
static void fail_every_step(enum engine engine, size_t pace) {
    struct shop shop;
    char dump[4096];
    size_t cuts = 0;
    learn_healthy();
    shop_open(&shop, &counter_service, engine);
    run_work(&shop, STORE_FAULT_FAIL, 0, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, healthy);
    for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++) {
        size_t steps = 1;
        for (size_t at = 1; at <= steps; at += pace, cuts++) {
            steps = run_work(&shop, kind, at, dump, sizeof dump);
            CU_ASSERT_STRING_EQUAL(dump, healthy);
        }
    }
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts * pace > 100);
    shop_close(&shop);
}

static void in_memory_every_step_may_fail(void) {
    fail_every_step(ENGINE_MEMORY, 1);
}

static void on_disk_steps_may_fail(void) {
    fail_every_step(ENGINE_FILE, 5);
}

static void on_postgresql_every_step_may_fail_and_dumps_are_equal(void) {
    fail_every_step(ENGINE_POSTGRES, 1);
}

// ---- processes that die ------------------------------------------------------------------------

/// Works until the step, and dies there. Returns whether it got through.
static bool die_at(struct shop *shop, size_t at) {
    pid_t child = fork();
    if (child == 0) {
        struct store_fault fault;
        shop_reopen(shop);
        store_fault_init(&fault, shop->store);
        fault.kind = at % 2 == 0 ? STORE_FAULT_KILL : STORE_FAULT_KILL_AFTER;
        fault.at = at;
        shop->context.store = &fault.store;
        for (size_t i = 0; i < sizeof work / sizeof work[0]; i++) {
            shop_ask(shop, &alice, work[i].method, work[i].target, work[i].key, work[i].body);
            if (fault.dead)
                raise(SIGKILL);
        }
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status);
}

static void a_killed_process_leaves_what_its_successor_can_finish(void) {
    char dump[4096];
    size_t at = 1;
    bool through = false;
    learn_healthy();
    for (; !through; at += 3) {
        struct shop shop;
        shop_open(&shop, &counter_service, ENGINE_FILE);
        store_close(shop.store);
        shop.store = NULL;
        through = die_at(&shop, at);
        shop_reopen(&shop);
        // a client that knows of nothing asks for all of it again; keys sort out what was done
        for (size_t i = 0; i < sizeof work / sizeof work[0]; i++)
            shop_ask(&shop, &alice, work[i].method, work[i].target, work[i].key, work[i].body);
        dump_all(&shop, dump, sizeof dump);
        CU_ASSERT_STRING_EQUAL(dump, healthy);
        shop_close(&shop);
    }
    CU_ASSERT_TRUE(at > 3 * 15);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"in memory every step may fail", in_memory_every_step_may_fail, NULL},
        {"on disk steps may fail", on_disk_steps_may_fail, NULL},
        {"on PostgreSQL every step may fail, and dumps are equal",
         on_postgresql_every_step_may_fail_and_dumps_are_equal, NULL},
        {"a killed process leaves what its successor can finish",
         a_killed_process_leaves_what_its_successor_can_finish, NULL},
    };
    return suite_main("test-store-faults", tests, sizeof tests / sizeof tests[0], argc, argv);
}
