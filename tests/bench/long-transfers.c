// SPDX-License-Identifier: Apache-2.0
// A clearing center's intake as its database grows: at 1, 2 and 5 times every power of ten what a
// payment takes of the processor (in microseconds, and in verifications of its two signatures,
// which others on the machine slow down alike) and of the disk. Usage: long-transfers FILE
// [COUNT...]; writes a row a point into FILE, prints how flat both are from the first COUNT (100
// 000) to each further one. What is signed is signed outside of what is measured; the keeper's work
// is inside.
#include "apdu/object/object.h"
#include "services/core/keeper/keeper.h"
#include "tests/bench/bench.h"
#include "tests/kit/house/house.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SIZE = 64, KEPT_EVERY = 16, WINDOW = 100, COUNTS_MAX = 8, SIGNATURES = 2, VERIFIED = 8 };

/// Flat within 15 %.
static const double GOAL = 1.15;

static struct {
    const char *path;
    uint64_t counts[COUNTS_MAX];
    size_t count;
} wanted;

/// What the last WINDOW uploads took.
struct window {
    double processor[WINDOW], clock[WINDOW]; // microseconds a payment
    double signatures[WINDOW];               // processor for those of a payment alone
    size_t next;
};

struct point {
    double processor, clock, signatures, octets; // a payment
};

static double processor_us(void) {
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec * 1e6 + (double)spent.tv_nsec / 1e3;
}

static char *body;

static void keep(const struct peer *peer, const struct shop *shop, const char *target,
                 const char *text) {
    (void)peer, (void)shop, (void)target;
    free(body);
    body = strdup(text);
}

/// Processor for the signatures of a payment, just now.
static double verify_alone(const struct deal *deal) {
    struct object usage;
    CU_ASSERT_FATAL(object_decode(bytes_of(deal->usage, deal->usage_size), &usage));
    double begin = processor_us();
    for (size_t i = 0; i < VERIFIED; i++)
        CU_ASSERT(object_verify(&usage, house.crypto, house.alice.signer.point));
    return SIGNATURES * (processor_us() - begin) / VERIFIED;
}

static void hand_in(struct shop *shop, struct keeper *keeper, struct window *window, size_t i) {
    char key[24];
    snprintf(key, sizeof key, "u%zu", i);
    shop->now_ms += 20;
    double processor = processor_us(), clock = bench_now_us();
    struct told told = shop_ask(shop, &house_shop, "POST", "/v1/purses/till-1/logs", key, body);
    if (i % KEPT_EVERY == 0)
        keeper_step(keeper);
    window->processor[window->next % WINDOW] = (processor_us() - processor) / SIZE;
    window->clock[window->next++ % WINDOW] = (bench_now_us() - clock) / SIZE;
    CU_ASSERT_FATAL(told.status == 200 && strstr(told.body, "refused") == NULL);
}

/// Of the file, with everything of its log in it.
static double size_of(struct shop *shop) {
    char path[120];
    struct stat there;
    shop_reopen(shop);
    snprintf(path, sizeof path, "%s/shop.sqlite", shop->directory);
    return stat(path, &there) == 0 ? (double)there.st_size : 0;
}

static double mean(const double *values, size_t filled) {
    size_t count = filled < WINDOW ? filled : WINDOW;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] / (double)count;
    return sum;
}

static struct point look(struct shop *shop, const struct window *window, uint64_t payments,
                         FILE *out) {
    struct point point = {.processor = mean(window->processor, window->next),
                          .clock = mean(window->clock, window->next),
                          .signatures = mean(window->signatures, window->next),
                          .octets = size_of(shop) / (double)payments};
    fprintf(out, "%llu\t%.1f\t%.1f\t%.0f\n", (unsigned long long)payments, point.processor,
            point.clock, point.octets);
    fflush(out);
    return point;
}

static void tell(const struct point *first, const struct point *point, uint64_t payments) {
    char name[80];
    snprintf(name, sizeof name, "payment at %llu, processor", (unsigned long long)payments);
    bench_print(name, point->processor, "us", -1);
    snprintf(name, sizeof name, "payment at %llu, at rest", (unsigned long long)payments);
    bench_print(name, point->octets, "octets", -1);
    snprintf(name, sizeof name, "payment at %llu / its signatures, processor",
             (unsigned long long)payments);
    bench_print(name, point->processor / point->signatures, "ratio", -1);
    if (first == point)
        return;
    snprintf(name, sizeof name, "processor at %llu / at %llu", (unsigned long long)payments,
             (unsigned long long)wanted.counts[0]);
    bench_print(name, point->processor / first->processor, "ratio", GOAL);
    snprintf(name, sizeof name, "the same, in signatures of the time");
    bench_print(name, point->processor / point->signatures / (first->processor / first->signatures),
                "ratio", GOAL);
    snprintf(name, sizeof name, "octets at %llu / at %llu", (unsigned long long)payments,
             (unsigned long long)wanted.counts[0]);
    bench_print(name, point->octets / first->octets, "ratio", GOAL);
}

/// 1, 2 and 5 times powers of ten.
static uint64_t next_point(uint64_t point) {
    uint64_t first = point;
    while (first >= 10)
        first /= 10;
    return first == 2 ? point / 2 * 5 : point * 2;
}

static void grow(struct shop *shop, FILE *out) {
    static struct deal deals[SIZE];
    static struct window window;
    struct point points[COUNTS_MAX];
    struct keeper keeper;
    uint64_t payments = 0, due = 10000;
    struct card alice = house_alice_with(shop, wanted.counts[wanted.count - 1] + SIZE),
                till = house_card(&house.till);
    keeper_init(&keeper, &shop->context, shop->crypto);
    for (size_t i = 0, reached = 0; reached < wanted.count; i++) {
        house_capture = keep;
        for (size_t k = 0; k < SIZE; k++)
            house_pay(&alice, &till, 1, NULL, &deals[k]);
        house_upload(shop, &house_shop, &till, deals, SIZE);
        house_capture = NULL;
        window.signatures[window.next % WINDOW] = verify_alone(&deals[0]);
        hand_in(shop, &keeper, &window, i);
        payments += SIZE;
        bool is_wanted = payments >= wanted.counts[reached];
        if (payments < due && !is_wanted)
            continue;
        struct point point = look(shop, &window, payments, out);
        while (due <= payments)
            due = next_point(due);
        if (is_wanted) {
            points[reached] = point;
            tell(&points[0], &points[reached], wanted.counts[reached]);
            reached++;
        }
    }
}

static void measure(void) {
    struct shop shop;
    FILE *out = fopen(wanted.path, "w");
    CU_ASSERT_FATAL(out != NULL);
    fprintf(out, "# payments, processor a payment (us), clock (us), at rest (octets)\n");
    shop_place("/var/tmp");
    house_open(&shop, ENGINE_FILE);
    grow(&shop, out);
    CU_ASSERT_TRUE(house_holds(&shop));
    shop_close(&shop);
    house_close();
    free(body);
    fclose(out);
}

int main(int argc, char **argv) {
    wanted.path = argc > 1 ? argv[1] : "transfers.tsv";
    for (int i = 2; i < argc && wanted.count < COUNTS_MAX; i++)
        wanted.counts[wanted.count++] = strtoull(argv[i], NULL, 10);
    if (wanted.count == 0) {
        wanted.counts[0] = 100000;
        wanted.counts[1] = 1000000;
        wanted.count = 2;
    }
    return bench_with_kit("long-transfers", measure) ? 0 : 1;
}
