// SPDX-License-Identifier: Apache-2.0
// Two instances of a clearing center over one PostgreSQL against one: uploads of 64 payments, one
// thread each, other purses each. By processor seconds of an instance (what two would do with cores
// of their own: conflicts and what is done again cost such seconds), and by the clock against what
// pgbench with two clients does against one in the same run. The server's disk is left out (fsync
// off).
#include "tests/bench/bench.h"
#include "tests/kit/house/house.h"
#include "tests/kit/services/postgres.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INSTANCES = 2, SIZE = 64, UPLOADS = 10, ROUNDS = 3, BODIES = (2 * ROUNDS + 1) * UPLOADS };

/// Two instances take 1.6 times what one does.
static const double GOAL = 2 / 1.6;

static struct lane {
    const struct peer *host;
    const char *target;
    char *bodies[BODIES];
    size_t count, next;
} lanes[INSTANCES] = {{.host = &house_shop, .target = "/v1/purses/till-1/logs"},
                      {.host = &house_rival, .target = "/v1/purses/till-9/logs"}};
static struct lane *filled;

struct spent {
    double clock, processor; // microseconds
};

// ---- what is handed in --------------------------------------------------------------------------

static void keep(const struct peer *peer, const struct shop *shop, const char *target,
                 const char *body) {
    (void)peer, (void)shop, (void)target;
    CU_ASSERT_FATAL(filled->count < BODIES);
    filled->bodies[filled->count++] = strdup(body);
}

static void fill(struct shop *shop, struct lane *lane, struct card *wallet,
                 const struct sample_party *till_key) {
    static struct deal deals[SIZE];
    struct card till = house_card(till_key);
    filled = lane;
    house_capture = keep;
    for (size_t i = 0; i < BODIES; i++) {
        for (size_t k = 0; k < SIZE; k++)
            house_pay(wallet, &till, 1, NULL, &deals[k]);
        house_upload(shop, lane->host, &till, deals, SIZE);
    }
    house_capture = NULL;
}

// ---- instances ----------------------------------------------------------------------------------

static double processor_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// An instance: says when its database is open, waits for the start, works, tells what it took.
static void run_instance(struct shop *shop, const struct lane *lane, unsigned round, int start,
                         int out) {
    char octet = 1;
    unsigned failed = 0;
    shop_reopen(shop);
    if (write(out, &octet, 1) != 1 || read(start, &octet, 1) != 1)
        _exit(1);
    struct spent spent = {bench_now_us(), processor_us()};
    for (size_t i = 0; i < UPLOADS; i++) {
        char key[24];
        snprintf(key, sizeof key, "r%u.%zu", round, i);
        struct told told =
            shop_ask(shop, lane->host, "POST", lane->target, key, lane->bodies[lane->next + i]);
        failed += told.status != 200 || strstr(told.body, "refused") != NULL;
    }
    spent = (struct spent){bench_now_us() - spent.clock, processor_us() - spent.processor};
    _exit(write(out, &spent, sizeof spent) != (ssize_t)sizeof spent || failed > 0);
}

/// So many instances take UPLOADS each at the same time: the longest, and the mean of their
/// processors.
static struct spent measure_round(struct shop *shop, unsigned count, unsigned round) {
    int start[2], out[INSTANCES][2], status;
    char octet = 1;
    struct spent all = {0}, one;
    CU_ASSERT_FATAL(pipe(start) == 0);
    fflush(NULL);
    for (unsigned i = 0; i < count; i++) {
        CU_ASSERT_FATAL(pipe(out[i]) == 0);
        if (fork() == 0)
            run_instance(shop, &lanes[i], round, start[0], out[i][1]);
        CU_ASSERT_FATAL(read(out[i][0], &octet, 1) == 1);
    }
    for (unsigned i = 0; i < count; i++)
        CU_ASSERT_FATAL(write(start[1], &octet, 1) == 1);
    for (unsigned i = 0; i < count; i++) {
        CU_ASSERT_FATAL(read(out[i][0], &one, sizeof one) == (ssize_t)sizeof one);
        CU_ASSERT(wait(&status) > 0 && status == 0);
        all.clock = one.clock > all.clock ? one.clock : all.clock;
        all.processor += one.processor / count;
        lanes[i].next += UPLOADS;
        close(out[i][0]);
        close(out[i][1]);
    }
    close(start[0]);
    close(start[1]);
    return all;
}

// ---- pgbench ------------------------------------------------------------------------------------

/// Transactions a second that so many clients get; 0: there is no pgbench.
static double pgbench(const char *options) {
    char command[3072], line[200];
    double rate = 0;
    snprintf(command, sizeof command, "pgbench -n %s '%s' 2>/dev/null", options, postgres_uri());
    FILE *said = popen(command, "r");
    while (said != NULL && fgets(line, sizeof line, said) != NULL)
        sscanf(line, "tps = %lf", &rate);
    if (said != NULL)
        pclose(said);
    return rate;
}

static double pgbench_ratio(void) {
    pgbench("-i -q");
    double one = pgbench("-N -c 1 -j 1 -T 3"), two = pgbench("-N -c 2 -j 2 -T 3");
    return one > 0 ? two / one : 0;
}

// ---- the whole ----------------------------------------------------------------------------------

static void measure(void) {
    struct shop shop;
    double one[ROUNDS], alone[ROUNDS], both[ROUNDS], together[ROUNDS];
    house_open(&shop, ENGINE_POSTGRES);
    struct card alice = house_alice_with(&shop, 1000000), bob = house_card(&house.bob);
    CU_ASSERT_EQUAL(house_transfer(&shop, "b-2", "bob-p", 1000000).status, 200);
    struct told told = house_issue(&shop, &house_bob, &bob);
    CU_ASSERT_TRUE_FATAL(house_take(&bob, &told));
    fill(&shop, &lanes[0], &alice, &house.till);
    fill(&shop, &lanes[1], &bob, &house.other);
    store_close(shop.store);
    shop.store = shop.context.store = NULL;
    measure_round(&shop, 1, 99);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct spent single = measure_round(&shop, 1, 2 * i),
                     pair = measure_round(&shop, 2, 2 * i + 1);
        alone[i] = single.processor;
        together[i] = pair.processor;
        one[i] = single.clock;
        both[i] = pair.clock;
    }
    double upload_us = bench_median(alone, ROUNDS) / UPLOADS;
    double ratio = 2 * bench_median(one, ROUNDS) / bench_median(both, ROUNDS);
    double database = pgbench_ratio();
    bench_print("one instance over PostgreSQL, processor a payment", upload_us / SIZE, "us", -1);
    bench_print("processor of an upload, two instances / one (2 / this: with cores of their own)",
                bench_median(together, ROUNDS) / UPLOADS / upload_us, "ratio", GOAL);
    bench_print("intake of two instances / one, by the clock", ratio, "ratio", -1);
    bench_print("pgbench, two clients / one", database, "ratio", -1);
    if (database > 0)
        bench_print("pgbench's ratio / intake's, by the clock", database / ratio, "ratio", GOAL);
    shop_reopen(&shop);
    CU_ASSERT_TRUE(house_holds(&shop));
    shop_close(&shop);
    for (size_t i = 0; i < INSTANCES; i++)
        for (size_t k = 0; k < lanes[i].count; k++)
            free(lanes[i].bodies[k]);
    house_close();
}

int main(void) {
    return bench_with_kit("bench-several", measure) ? 0 : 1;
}
