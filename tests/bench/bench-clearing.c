// SPDX-License-Identifier: Apache-2.0
// A clearing center's intake on a disk, one thread: uploads of 64 payments and of one, durable,
// against the verification of as many signatures alone on the same core.
#include "apdu/object/object.h"
#include "tests/bench/bench.h"
#include "tests/kit/house/house.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FULL = 64, UPLOADS = 20, SINGLES = 400, PACED = 200, SIGNATURES = 2, BODIES = 640 };

/// 1 / 0.7, 1 / 0.4, milliseconds.
static const double GOAL_FULL = 1.43, GOAL_SINGLE = 2.5, GOAL_P99 = 50;

static char *bodies[BODIES];
static size_t body_count;
static struct deal deals[FULL];

static void keep(const struct peer *peer, const struct shop *shop, const char *target,
                 const char *body) {
    (void)peer, (void)shop, (void)target;
    CU_ASSERT_FATAL(body_count < BODIES);
    bodies[body_count++] = strdup(body);
}

/// count uploads of so many payments each, signed before anything is measured.
static void prepare(struct shop *shop, struct card *alice, struct card *till, size_t count,
                    size_t size) {
    house_capture = keep;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < size; k++)
            house_pay(alice, till, 1, NULL, &deals[k]);
        house_upload(shop, &house_shop, till, deals, size);
    }
    house_capture = NULL;
}

static void send(struct shop *shop, size_t i) {
    char key[16];
    snprintf(key, sizeof key, "b%zu", i);
    struct told told =
        shop_ask(shop, &house_shop, "POST", "/v1/purses/till-1/logs", key, bodies[i]);
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_PTR_NULL(strstr(told.body, "refused"));
}

/// Microseconds a payment; at moves on.
static double intake(struct shop *shop, size_t *at, size_t count, size_t size) {
    double begin = bench_now_us();
    for (size_t i = 0; i < count; i++)
        send(shop, (*at)++);
    return (bench_now_us() - begin) / (double)(count * size);
}

/// Microseconds for the signatures of one payment alone.
static double verify_alone(void) {
    struct object usage;
    enum { TIMES = 2000 };
    CU_ASSERT_FATAL(object_decode(bytes_of(deals[0].usage, deals[0].usage_size), &usage));
    double begin = bench_now_us();
    for (size_t i = 0; i < TIMES; i++)
        CU_ASSERT(object_verify(&usage, house.crypto, house.alice.signer.point));
    return SIGNATURES * (bench_now_us() - begin) / TIMES;
}

/// Requests of one payment at half of what goes: the 99th of a hundred, in milliseconds, from when
/// it was due.
static double wait_at_half_load(struct shop *shop, size_t *at, double single_us) {
    static double waits[PACED];
    double begin = bench_now_us();
    for (size_t i = 0; i < PACED; i++) {
        double due = begin + 2 * single_us * (double)i, now = bench_now_us();
        if (now < due) {
            long rest = (long)(due - now);
            nanosleep(&(struct timespec){rest / 1000000, rest % 1000000 * 1000}, NULL);
        }
        send(shop, (*at)++);
        waits[i] = (bench_now_us() - due) / 1000;
    }
    bench_median(waits, PACED); // sorts
    return waits[PACED * 99 / 100];
}

static void measure(void) {
    struct shop shop;
    size_t at = 0;
    shop_place("/var/tmp");
    house_open(&shop, ENGINE_FILE);
    struct card alice = house_alice_with(&shop, 1000000), till = house_card(&house.till);
    prepare(&shop, &alice, &till, UPLOADS, FULL);
    prepare(&shop, &alice, &till, SINGLES + PACED, 1);
    double alone = verify_alone();
    double full = intake(&shop, &at, UPLOADS, FULL);
    double single = intake(&shop, &at, SINGLES, 1);
    bench_print("clearing intake, 64 payments an upload, durable", 1e6 / full, "payments/s", -1);
    bench_print("intake of 64 / its signatures alone", full / alone, "ratio", GOAL_FULL);
    bench_print("clearing intake, one payment a request, durable", 1e6 / single, "payments/s", -1);
    bench_print("intake of one / its signatures alone", single / alone, "ratio", GOAL_SINGLE);
    bench_print("intake at half load, 99th of a hundred", wait_at_half_load(&shop, &at, single),
                "ms", GOAL_P99);
    shop_close(&shop);
    for (size_t i = 0; i < body_count; i++)
        free(bodies[i]);
    house_close();
}

int main(void) {
    return bench_with_kit("bench-clearing", measure) ? 0 : 1;
}
