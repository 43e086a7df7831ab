// SPDX-License-Identifier: Apache-2.0
// A telephone company's evening: a bill as PDF, and the close of a month for a hundred thousand
// subscribers, or as many as are named, with the memory that it takes.
#include "apdu/octets/unit.h"
#include "base/heap.h"
#include "host/service/bill_sheet.h"
#include "services/wire/api/charge_api.h"
#include "tests/bench/bench.h"
#include "tests/kit/telco/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    PRINTS = 21,
    LINES = 40,
    SUBSCRIBERS = 100000,
    SUBSCRIBERS_MOST = 9999999,
    TELL_EVERY = 100000
};

static const double GOAL_PDF = 20, GOAL_MEMORY = 64;

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-charge: %s\n", what);
    exit(1);
}

// ---- a bill ------------------------------------------------------------------------------------

static void add_line(struct form *part, unsigned i) {
    char text[32];
    struct form *line = form_add(part, NAME_LINES);
    snprintf(text, sizeof text, "NO_%u", i);
    form_set_text(line, NAME_KIND, i == 0 ? "call" : i == 1 ? "packet" : "content");
    form_set_text(line, NAME_TEXT, text);
    form_set_uint(line, NAME_DATE, 20040211);
    form_set_uint(line, NAME_AMOUNT, 1000);
}

static void fill(struct form *bill) {
    form_set_text(bill, NAME_PHONE, TOWN_PHONE);
    form_set_text(bill, NAME_MONTH, "2004-02");
    form_set_uint(bill, NAME_UNIT, UNIT_JPY);
    struct form *part = form_add(bill, NAME_BILLS);
    form_set_text(part, NAME_PART, "telephone");
    form_set_uint(part, NAME_TOTAL, 1000 * LINES);
    for (unsigned i = 0; i < LINES; i++)
        add_line(part, i);
}

static void bench_pdf(void) {
    struct arena arena;
    struct form bill;
    double took[PRINTS];
    arena_init(&arena, &host_memory);
    form_init(&bill, charge_bill.answer, &arena);
    fill(&bill);
    for (size_t i = 0; i < PRINTS; i++) {
        struct sheet_pdf pdf;
        struct failure failure = {0};
        double begin = bench_now_us();
        must(bill_sheet_print(&bill, true, &pdf, &failure), failure.text);
        took[i] = (bench_now_us() - begin) / 1000;
        sheet_free(&pdf);
    }
    arena_free(&arena);
    bench_print("a bill of 40 lines as PDF", bench_median(took, PRINTS), "ms", GOAL_PDF);
}

// ---- a month -----------------------------------------------------------------------------------

static double memory_mib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static struct closing {
    unsigned long subscribers;
    double seconds, mib;
} closing = {.subscribers = SUBSCRIBERS};

static void subscribe_all(struct town *town) {
    char text[400];
    snprintf(text, sizeof text,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %lu)"
             " INSERT INTO subscriber(phone, mail, trm, tariff, separate) SELECT"
             " printf('080-%%07d', i), 's' || i || '@xx.xxx', 't' || i, 'plan-a', 0 FROM n",
             closing.subscribers);
    shop_script(&town->charge, text);
}

/// How far a long one is, on standard error.
static void tell(const struct told *told, unsigned long *told_of) {
    const char *bills = strstr(told->body, "\"bills\":");
    unsigned long done = bills != NULL ? strtoul(bills + 8, NULL, 10) : 0;
    if (closing.subscribers <= SUBSCRIBERS || done < *told_of + TELL_EVERY)
        return;
    *told_of = done;
    fprintf(stderr, "  %lu of %lu bills, %.0f MiB\n", done, closing.subscribers, memory_mib());
}

static void bench_close(void) {
    static struct town town;
    town_open(&town, ENGINE_FILE, false);
    subscribe_all(&town);
    town_day(&town, 20040301);
    double before = memory_mib(), begin = bench_now_us();
    struct told told;
    unsigned long told_of = 0;
    do {
        told = licensing_ask(&town.charge, &town_operator, "POST", "/v1/closes/2004-02", "{}");
        must(told.status == 200, told.body);
        tell(&told, &told_of);
    } while (strstr(told.body, "\"closed\":false") != NULL);
    closing.seconds = (bench_now_us() - begin) / 1e6;
    closing.mib = memory_mib() - before;
    town_close(&town);
}

int main(int argc, char **argv) {
    char name[48];
    if (argc > 1)
        closing.subscribers = strtoul(argv[1], NULL, 10);
    must(closing.subscribers > 0 && closing.subscribers <= SUBSCRIBERS_MOST, "1 to 9999999");
    bench_pdf();
    if (!bench_with_kit("bench-charge", bench_close))
        return 1;
    snprintf(name, sizeof name, "close of %lu subscribers", closing.subscribers);
    bench_print(name, closing.seconds, "s", -1);
    bench_print("memory of that close", closing.mib, "MiB", GOAL_MEMORY);
    licensing_close();
    return 0;
}
