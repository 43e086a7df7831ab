// SPDX-License-Identifier: Apache-2.0
// What it costs a ledger that everybody pays out of one account with a floor, as a telephone
// company's at its bank, against a thousand accounts: the same entries, in rounds that take turns,
// each entry a durable transaction.
#include "tests/bench/bench.h"
#include "tests/kit/services/books.h"
#include "tests/kit/services/counter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS = 1000, ROUNDS = 21, ROUND = 100, LINE = 48 };

static const double GOAL = 1.1;

/// HOT and S0..S999 have a floor of 0 and money above it, T0..T999 are paid.
static void open_accounts(struct shop *shop) {
    char line[2 * LINE];
    books_open(shop, "BANK d, HOT c 0");
    books_enter(shop, BOOKS_POST, "hot", NULL, "BANK +1000000, HOT -1000000");
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        snprintf(line, sizeof line, "S%u c 0, T%u c", i, i);
        books_open(shop, line);
        snprintf(line, sizeof line, "BANK +1000, S%u -1000", i);
        books_enter(shop, BOOKS_POST, line + strlen("BANK +1000, "), NULL, line);
    }
}

/// A round of payments out of HOT, or each out of another account. Returns microseconds an entry.
static double pay(struct shop *shop, bool hot, unsigned *number) {
    double begin = bench_now_us();
    for (unsigned i = 0; i < ROUND; i++, ++*number) {
        char id[24], payer[16], line[LINE];
        unsigned of = *number % ACCOUNTS;
        snprintf(id, sizeof id, "p%u", *number);
        snprintf(payer, sizeof payer, hot ? "HOT" : "S%u", of);
        snprintf(line, sizeof line, "%s +1, T%u -1", payer, of);
        if (books_enter(shop, BOOKS_POST, id, NULL, line) != LEDGER_DONE)
            abort();
    }
    return (bench_now_us() - begin) / ROUND;
}

static void compare(enum engine engine, const char *name) {
    static struct shop shop;
    double ratio[ROUNDS], spread[ROUNDS];
    char what[80];
    unsigned number = 0;
    shop_open(&shop, &counter_service, engine);
    open_accounts(&shop);
    for (unsigned i = 0; i < ROUNDS; i++) {
        double hot = pay(&shop, true, &number);
        spread[i] = pay(&shop, false, &number);
        ratio[i] = hot / spread[i];
    }
    shop_close(&shop);
    snprintf(what, sizeof what, "an entry among 1000 accounts, %s", name);
    bench_print(what, bench_median(spread, ROUNDS), "us", -1);
    snprintf(what, sizeof what, "the same out of one account, %s", name);
    bench_print(what, bench_median(ratio, ROUNDS), "x", GOAL);
}

static void bench_ledger(void) {
    compare(ENGINE_FILE, "SQLite");
    compare(ENGINE_POSTGRES, "PostgreSQL");
}

int main(void) {
    return bench_with_kit("bench-ledger", bench_ledger) ? 0 : 1;
}
