// SPDX-License-Identifier: Apache-2.0
// A clearing center's intake on a disk, by a server's own threads and for several callers, each of
// whom sends when it has its answer: uploads of 64 payments and of one, durable, against the
// verification of as many signatures alone on the same cores.
#include "apdu/object/object.h"
#include "services/core/server.h"
#include "tests/bench/bench.h"
#include "tests/kit/house/house.h"

#include "base/heap.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FULL = 64, UPLOADS = 40, SINGLES = 960, PACED = 200, SIGNATURES = 2 };
enum { BODIES = UPLOADS + SINGLES + PACED, FULL_CALLERS = 8, SINGLE_CALLERS = 32, CORES_MAX = 64 };

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

/// Microseconds of the clock, and of all cores that worked for this process.
struct spent {
    double clock, processor;
};

static struct spent now(void) {
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (struct spent){bench_now_us(), (double)spent.tv_sec * 1e6 + (double)spent.tv_nsec / 1e3};
}

static struct spent since(struct spent from, double count) {
    struct spent to = now();
    return (struct spent){(to.clock - from.clock) / count, (to.processor - from.processor) / count};
}

// ---- callers -----------------------------------------------------------------------------------

/// Requests from next up to end, by as many as there are callers.
struct crowd {
    const struct listener *listener;
    _Atomic size_t next, refused;
    size_t end;
    pthread_mutex_t lock; // what stands below
    pthread_cond_t quiet;
    size_t callers;
};

struct caller {
    struct exchange exchange;
    struct crowd *crowd;
    char key[24];
    double due, answered; // microseconds
    bool again;           // sends the next one when it is answered
};

static void hand_over(struct caller *caller, size_t i) {
    const struct listener *listener = caller->crowd->listener;
    struct admission admission;
    snprintf(caller->key, sizeof caller->key, "b%zu", i);
    caller->exchange.request = (struct request){.method = "POST",
                                                .target = "/v1/purses/till-1/logs",
                                                .key = caller->key,
                                                .content_type = "application/json",
                                                .body = bytes_of_string(bodies[i]),
                                                .peer = house_shop};
    caller->exchange.answer = (struct answer){.file = -1};
    arena_init(&caller->exchange.arena, &host_memory);
    if (listener->admit(listener, &caller->exchange, &admission))
        listener->take(listener, &caller->exchange);
    else
        caller->exchange.finish(&caller->exchange);
}

static void leave(struct crowd *crowd) {
    pthread_mutex_lock(&crowd->lock);
    crowd->callers--;
    pthread_cond_signal(&crowd->quiet);
    pthread_mutex_unlock(&crowd->lock);
}

static bool is_taken(const struct answer *answer) {
    static const char word[] = "refused";
    return answer->status == 200 &&
           memmem(answer->body.data, answer->body.size, word, sizeof word - 1) == NULL;
}

static void finish(struct exchange *exchange) {
    struct caller *caller = exchange->shell;
    struct crowd *crowd = caller->crowd;
    caller->answered = bench_now_us();
    if (!is_taken(&exchange->answer))
        atomic_fetch_add(&crowd->refused, 1);
    arena_free(&exchange->arena);
    size_t i = caller->again ? atomic_fetch_add(&crowd->next, 1) : crowd->end;
    if (i < crowd->end)
        hand_over(caller, i);
    else
        leave(crowd);
}

static struct caller call_in(struct crowd *crowd, bool again) {
    return (struct caller){.exchange = {.finish = finish}, .crowd = crowd, .again = again};
}

static void await_all(struct crowd *crowd) {
    pthread_mutex_lock(&crowd->lock);
    while (crowd->callers > 0)
        pthread_cond_wait(&crowd->quiet, &crowd->lock);
    pthread_mutex_unlock(&crowd->lock);
    CU_ASSERT_EQUAL(atomic_load(&crowd->refused), 0);
}

static void open_crowd(struct crowd *crowd, struct server *server, size_t begin, size_t count,
                       size_t callers) {
    *crowd = (struct crowd){.listener = server_listener(server),
                            .next = begin,
                            .end = begin + count,
                            .callers = callers};
    pthread_mutex_init(&crowd->lock, NULL);
    pthread_cond_init(&crowd->quiet, NULL);
}

/// Microseconds a payment.
static struct spent intake(struct server *server, size_t begin, size_t count, size_t size,
                           size_t callers) {
    static struct caller all[SINGLE_CALLERS];
    struct crowd crowd;
    open_crowd(&crowd, server, begin, count, callers);
    struct spent from = now();
    for (size_t i = 0; i < callers; i++) {
        all[i] = call_in(&crowd, true);
        all[i].exchange.shell = &all[i];
        hand_over(&all[i], atomic_fetch_add(&crowd.next, 1));
    }
    await_all(&crowd);
    return since(from, (double)(count * size));
}

/// Requests of one payment at half of what goes: the 99th of a hundred, in milliseconds, from when
/// it was due.
static double wait_at_half_load(struct server *server, size_t begin, double single_us) {
    static struct caller all[PACED];
    static double waits[PACED];
    struct crowd crowd;
    open_crowd(&crowd, server, begin, PACED, PACED);
    double from = bench_now_us();
    for (size_t i = 0; i < PACED; i++) {
        double now = bench_now_us();
        all[i] = call_in(&crowd, false);
        all[i].exchange.shell = &all[i];
        all[i].due = from + 2 * single_us * (double)i;
        if (now < all[i].due) {
            long rest = (long)(all[i].due - now);
            nanosleep(&(struct timespec){rest / 1000000, rest % 1000000 * 1000}, NULL);
        }
        hand_over(&all[i], begin + i);
    }
    await_all(&crowd);
    for (size_t i = 0; i < PACED; i++)
        waits[i] = (all[i].answered - all[i].due) / 1000;
    bench_median(waits, PACED); // sorts
    return waits[PACED * 99 / 100];
}

// ---- signatures alone --------------------------------------------------------------------------

enum { TIMES = 2000 };

static void *verify_some(void *context) {
    struct crypto *crypto = crypto_openssl_new();
    struct object usage;
    _Atomic size_t *good = context;
    if (crypto == NULL || !object_decode(bytes_of(deals[0].usage, deals[0].usage_size), &usage))
        return NULL;
    for (size_t i = 0; i < TIMES; i++)
        *good += object_verify(&usage, crypto, house.alice.signer.point);
    crypto_openssl_free(crypto);
    return NULL;
}

/// Microseconds for the signatures of one payment alone, by a thread a core.
static struct spent verify_alone(size_t cores) {
    pthread_t threads[CORES_MAX];
    _Atomic size_t good = 0;
    struct spent begin = now();
    for (size_t i = 0; i < cores; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, verify_some, &good) == 0);
    for (size_t i = 0; i < cores; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(atomic_load(&good), cores * TIMES);
    return since(begin, (double)(cores * TIMES) / SIGNATURES);
}

// ---- the whole ---------------------------------------------------------------------------------

static size_t cores(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > CORES_MAX ? CORES_MAX : (size_t)count;
}

/// Against what the signatures alone took in the same run, just before and just behind it. The
/// processor's share tells the same on a machine that others use, too.
static void compare(const char *what, const char *each, struct spent took, struct spent alone,
                    double goal) {
    char name[80];
    snprintf(name, sizeof name, "%s, durable", what);
    bench_print(name, 1e6 / took.clock, "payments/s", -1);
    snprintf(name, sizeof name, "%s / its signatures alone", each);
    bench_print(name, took.clock / alone.clock, "ratio", goal);
    snprintf(name, sizeof name, "%s / its signatures, processor", each);
    bench_print(name, took.processor / alone.processor, "ratio", -1);
}

static struct spent mean(struct spent a, struct spent b) {
    return (struct spent){(a.clock + b.clock) / 2, (a.processor + b.processor) / 2};
}

static void tell(struct shop *shop, struct server *server) {
    const struct store_figures *figures = &shop->store->figures;
    struct spent before = verify_alone(cores());
    struct spent full = intake(server, 0, UPLOADS, FULL, FULL_CALLERS);
    struct spent between = verify_alone(cores());
    uint64_t commits = figures->commits, grouped = figures->grouped;
    struct spent single = intake(server, UPLOADS, SINGLES, 1, SINGLE_CALLERS);
    commits = figures->commits - commits;
    grouped = figures->grouped - grouped;
    struct spent behind = verify_alone(cores());
    compare("intake, 64 payments an upload, 8 callers", "intake of 64", full, mean(before, between),
            GOAL_FULL);
    compare("intake, one payment a request, 32 callers", "intake of one", single,
            mean(between, behind), GOAL_SINGLE);
    bench_print("requests of one payment in a commit", (double)grouped / (double)commits,
                "requests", -1);
    bench_print("intake at half load, 99th of a hundred",
                wait_at_half_load(server, UPLOADS + SINGLES, single.clock), "ms", GOAL_P99);
}

static void measure(void) {
    struct shop shop;
    struct failure failure;
    shop_place("/var/tmp");
    house_open(&shop, ENGINE_FILE);
    struct card alice = house_alice_with(&shop, 1000000), till = house_card(&house.till);
    prepare(&shop, &alice, &till, UPLOADS, FULL);
    prepare(&shop, &alice, &till, SINGLES + PACED, 1);
    struct server_options options = {.context = &shop.context};
    struct server *server = server_start(&options, &failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    tell(&shop, server);
    CU_ASSERT_EQUAL(server_stop(server, 10000), 0);
    CU_ASSERT_TRUE(house_holds(&shop));
    shop_close(&shop);
    for (size_t i = 0; i < body_count; i++)
        free(bodies[i]);
    house_close();
}

int main(void) {
    return bench_with_kit("bench-clearing", measure) ? 0 : 1;
}
