// SPDX-License-Identifier: Apache-2.0
// What a terminal's memory costs: opening a directory with 100 000 sales, one durable step of a
// sale among them, and what a step adds to the directory.
#include "apdu/octets/unit.h"
#include "host/sale/sale_store.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SALES = 100000, OPENINGS = 5, STEPS = 200 };

static const double GOAL_OPEN_MS = 300, GOAL_LINE = 1500;

static char directory[] = "/tmp/tessera-bench-sale-XXXXXX";
static char path[64];

/// Sales that are over, with logs as long as real ones.
static void fill(void) {
    char log[345] = "", receipt[240] = "";
    memset(log, 'A', sizeof log - 1);
    memset(receipt, 'A', sizeof receipt - 1);
    FILE *file = fopen(path, "w");
    for (unsigned i = 0; file != NULL && i < SALES; i++)
        fprintf(file,
                "nothing 02%08X {\"state\":\"served\",\"payer\":\"ALICE\",\"payee\":\"SHOP\","
                "\"amount\":100,\"unit\":\"JPY\",\"reference\":\"Ag\",\"n\":1,\"usage_log\":\"%s\","
                "\"receive_log\":\"%s\",\"text\":\"tea\",\"time_ms\":1}\n",
                i, log, receipt);
    if (file == NULL || fclose(file) != 0)
        exit(1);
}

static struct sale_store *open_or_exit(void) {
    struct failure failure;
    struct sale_store *store = sale_store_open(directory, "kiosk", &failure);
    if (store == NULL) {
        fprintf(stderr, "bench-sale: %s\n", failure.text);
        exit(1);
    }
    return store;
}

static void measure_openings(void) {
    double times[OPENINGS];
    for (size_t i = 0; i < OPENINGS; i++) {
        double begin = bench_now_us();
        sale_store_close(open_or_exit());
        times[i] = (bench_now_us() - begin) / 1000;
    }
    bench_print("terminal's directory with 100 000 sales, opening p50",
                bench_median(times, OPENINGS), "ms", GOAL_OPEN_MS);
}

static void measure_steps(void) {
    static double times[STEPS];
    struct stat before, after;
    struct sale_store *store = open_or_exit();
    struct journal *journal = sale_store_journal(store);
    stat(path, &before);
    for (size_t i = 0; i < STEPS; i++) {
        struct sale_record record = {.state = SALE_BEGUN, .amount = 1, .unit = UNIT_JPY};
        record.reference_size =
            (size_t)snprintf((char *)record.reference, sizeof record.reference, "\2S-%zu", i);
        double begin = bench_now_us();
        if (!journal->save(journal, &record))
            exit(1);
        times[i] = bench_now_us() - begin;
    }
    stat(path, &after);
    bench_print("terminal's directory, one durable step p50", bench_median(times, STEPS), "us", -1);
    bench_print("terminal's directory, octets a step",
                (double)(after.st_size - before.st_size) / STEPS, "octets", GOAL_LINE);
    sale_store_close(store);
}

int main(void) {
    static const char *const names[] = {"sales", "machine", "lock"};
    if (mkdtemp(directory) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/sales", directory);
    fill();
    measure_openings();
    measure_steps();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    return rmdir(directory) == 0 ? 0 : 1;
}
