// SPDX-License-Identifier: Apache-2.0
#include "services/core/server.h"

#include "services/core/call/request.h"
#include "services/core/front.h"
#include "services/core/keeper/keeper.h"
#include "services/core/keeper/lease.h"
#include "services/core/keeper/outbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { WORKERS = 64, WORKERS_MAX = 256, QUEUE_MAX = 1024 };
enum { DECISION_MS = 2000, ROUND_MS = 1000, PARKED_MS = 50, OUTBOX_ROUND = 32 };
enum { COURIER = WORKERS_MAX, KEEPER, NETWORK, THREADS }; // places of crypto contexts

struct server {
    struct server_options options;
    struct listener listener;
    struct crypto *crypto[THREADS];
    pthread_mutex_t network; // who answers a direct row has that thread's crypto
    pthread_t threads[THREADS];
    size_t workers;
    bool has_courier;

    pthread_mutex_t lock;                      // what stands below
    pthread_cond_t work, courier, tick, quiet; // for workers, courier, keeper, who drains
    struct exchange *first, **last;
    struct exchange *parked; // answered 202, waiting for the courier
    size_t queued, busy;
    bool draining, stopping;
    bool kicked; // somebody waits for what the courier brings
};

static uint64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/// Waits on a condition of the server's lock for at most ms.
static void wait_ms(struct server *server, pthread_cond_t *condition, uint64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(condition, &server->lock, &until);
}

// ---- the queue (all under the lock) ------------------------------------------------------------

static void enqueue(struct server *server, struct exchange *exchange) {
    exchange->next = NULL;
    *server->last = exchange;
    server->last = &exchange->next;
    server->queued++;
    pthread_cond_signal(&server->work);
}

static struct exchange *dequeue(struct server *server) {
    struct exchange *exchange = server->first;
    if (exchange == NULL)
        return NULL;
    server->first = exchange->next;
    if (server->first == NULL)
        server->last = &server->first;
    server->queued--;
    server->busy++;
    return exchange;
}

/// Parked exchanges are tried again: all after a decision, else those whose time is over.
static void unpark(struct server *server, bool all) {
    uint64_t now = monotonic_ms();
    for (struct exchange **place = &server->parked; *place != NULL;) {
        struct exchange *exchange = *place;
        if (!all && exchange->waits_until_ms > now) {
            place = &exchange->next;
            continue;
        }
        *place = exchange->next;
        exchange->answer = (struct answer){.file = -1};
        enqueue(server, exchange);
    }
}

static bool is_quiet(const struct server *server) {
    return server->queued == 0 && server->busy == 0 && server->parked == NULL;
}

// ---- answering ---------------------------------------------------------------------------------

static void refuse_busy(struct exchange *exchange) {
    struct problem problem;
    problem_set(&problem, &problem_busy, "The service has too much to do, or ends; ask again");
    problem.retry_after_s = 1;
    answer_problem(exchange, &problem);
    exchange->finish(exchange);
}

static void answer_direct(struct server *server, struct exchange *exchange) {
    pthread_mutex_lock(&server->network);
    call_run(server->options.context, server->crypto[NETWORK], exchange);
    pthread_mutex_unlock(&server->network);
    exchange->finish(exchange);
}

static bool server_admit(const struct listener *listener, struct exchange *exchange,
                         struct admission *admission) {
    const struct server *server = listener->context;
    if (!service_admit(server->options.context, exchange, admission))
        return false;
    exchange->direct = admission->direct;
    return true;
}

static void server_take(const struct listener *listener, struct exchange *exchange) {
    struct server *server = listener->context;
    if (exchange->direct) {
        answer_direct(server, exchange);
        return;
    }
    exchange->waits_until_ms = 0;
    pthread_mutex_lock(&server->lock);
    bool taken = !server->draining && server->queued < server->options.queue_max;
    if (taken)
        enqueue(server, exchange);
    pthread_mutex_unlock(&server->lock);
    if (!taken)
        refuse_busy(exchange);
}

/// Should this answer wait for a decision? Then it is parked.
static bool park(struct server *server, struct exchange *exchange) {
    uint64_t now = monotonic_ms();
    bool waits = exchange->answer.status == STATUS_ASK_AGAIN && server->has_courier;
    if (exchange->waits_until_ms == 0)
        exchange->waits_until_ms = now + DECISION_MS;
    pthread_mutex_lock(&server->lock);
    waits = waits && !server->draining && now < exchange->waits_until_ms;
    if (waits) {
        exchange->next = server->parked;
        server->parked = exchange;
        server->kicked = true;
        pthread_cond_signal(&server->courier);
    }
    pthread_mutex_unlock(&server->lock);
    return waits;
}

static void answer_queued(struct server *server, const struct crypto *crypto,
                          struct exchange *exchange) {
    call_run(server->options.context, crypto, exchange);
    if (!park(server, exchange))
        exchange->finish(exchange);
    pthread_mutex_lock(&server->lock);
    server->busy--;
    if (is_quiet(server))
        pthread_cond_broadcast(&server->quiet);
    pthread_mutex_unlock(&server->lock);
}

// ---- threads -----------------------------------------------------------------------------------

struct thread {
    struct server *server;
    size_t place;
};

static void *run_worker(void *context) {
    struct thread thread = *(struct thread *)context;
    struct server *server = thread.server;
    free(context);
    pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        struct exchange *exchange = dequeue(server);
        if (exchange == NULL) {
            pthread_cond_wait(&server->work, &server->lock);
            continue;
        }
        pthread_mutex_unlock(&server->lock);
        answer_queued(server, server->crypto[thread.place], exchange);
        pthread_mutex_lock(&server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/// Waits for the next round, a kick, or the end. False: the end.
static bool await_round(struct server *server, const struct outbox_round *round) {
    uint64_t now_ms = clock_now_ms(server->options.context->clock), ms = ROUND_MS;
    if (round->sent == OUTBOX_ROUND)
        ms = 0;
    else if (round->next_ms != 0 && round->next_ms < now_ms + ROUND_MS)
        ms = round->next_ms > now_ms ? round->next_ms - now_ms : 1;
    pthread_mutex_lock(&server->lock);
    unpark(server, round->ended > 0);
    if (server->parked != NULL && ms > PARKED_MS)
        ms = PARKED_MS;
    if (!server->kicked && !server->stopping && ms > 0)
        wait_ms(server, &server->courier, ms);
    server->kicked = false;
    bool goes_on = !server->stopping;
    pthread_mutex_unlock(&server->lock);
    return goes_on;
}

static void report(const struct service_context *context, const struct failure *failure) {
    if (context->report != NULL)
        context->report(context, NULL, failure);
}

static void *run_courier(void *context) {
    struct thread thread = *(struct thread *)context;
    const struct service_context *service = thread.server->options.context;
    struct outbox_round round;
    free(context);
    do {
        struct failure failure;
        if (!outbox_deliver(service, thread.server->crypto[COURIER], &round, &failure))
            report(service, &failure);
    } while (await_round(thread.server, &round));
    return NULL;
}

static void *run_keeper(void *context) {
    struct thread thread = *(struct thread *)context;
    struct server *server = thread.server;
    const struct service_context *service = server->options.context;
    struct keeper keeper;
    struct failure failure;
    free(context);
    keeper_init(&keeper, service, server->crypto[KEEPER]);
    if (server->options.keep_requests_ms != 0)
        keeper.keep_requests_ms = server->options.keep_requests_ms;
    pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        pthread_mutex_unlock(&server->lock);
        keeper_step(&keeper);
        pthread_mutex_lock(&server->lock);
        if (!server->stopping)
            wait_ms(server, &server->tick, ROUND_MS);
    }
    pthread_mutex_unlock(&server->lock);
    if (!keeper_end(&keeper, &failure))
        report(service, &failure);
    return NULL;
}

// ---- begin and end -----------------------------------------------------------------------------

static bool start_thread(struct server *server, size_t place, void *(*run)(void *context)) {
    const uint64_t *seed = server->options.seed;
    struct thread *thread = malloc(sizeof *thread);
    server->crypto[place] =
        seed != NULL ? crypto_openssl_new_seeded(*seed + place) : crypto_openssl_new();
    if (thread == NULL || server->crypto[place] == NULL) {
        free(thread);
        return false;
    }
    *thread = (struct thread){server, place};
    if (pthread_create(&server->threads[place], NULL, run, thread) == 0)
        return true;
    free(thread);
    return false;
}

static bool start_threads(struct server *server) {
    server->crypto[NETWORK] = server->options.seed != NULL
                                  ? crypto_openssl_new_seeded(*server->options.seed + NETWORK)
                                  : crypto_openssl_new();
    if (server->crypto[NETWORK] == NULL || !start_thread(server, KEEPER, run_keeper))
        return false;
    if (server->options.context->courier != NULL) {
        server->has_courier = start_thread(server, COURIER, run_courier);
        if (!server->has_courier)
            return false;
    }
    while (server->workers < server->options.workers &&
           start_thread(server, server->workers, run_worker))
        server->workers++;
    return server->workers == server->options.workers;
}

static void join_threads(struct server *server) {
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->work);
    pthread_cond_broadcast(&server->courier);
    pthread_cond_broadcast(&server->tick);
    pthread_mutex_unlock(&server->lock);
    for (size_t i = 0; i < server->workers; i++)
        pthread_join(server->threads[i], NULL);
    if (server->has_courier)
        pthread_join(server->threads[COURIER], NULL);
    if (server->threads[KEEPER] != 0)
        pthread_join(server->threads[KEEPER], NULL);
}

/// Behind the last thread that takes one.
static void release_leases(const struct server *server) {
    const struct service_context *service = server->options.context;
    struct failure failure;
    if (!lease_release(service, &failure))
        report(service, &failure);
}

static void server_free(struct server *server) {
    for (size_t i = 0; i < THREADS; i++)
        crypto_openssl_free(server->crypto[i]);
    pthread_mutex_destroy(&server->network);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->work);
    pthread_cond_destroy(&server->courier);
    pthread_cond_destroy(&server->tick);
    pthread_cond_destroy(&server->quiet);
    free(server);
}

static void init_conditions(struct server *server) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->work, &attributes);
    pthread_cond_init(&server->courier, &attributes);
    pthread_cond_init(&server->tick, &attributes);
    pthread_cond_init(&server->quiet, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&server->lock, NULL);
    pthread_mutex_init(&server->network, NULL);
}

struct server *server_start(const struct server_options *options, struct failure *failure) {
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        fail(failure, EXIT_REFUSED, "Out of memory");
        return NULL;
    }
    server->options = *options;
    if (options->workers == 0 || options->workers > WORKERS_MAX)
        server->options.workers = WORKERS;
    if (options->queue_max == 0)
        server->options.queue_max = QUEUE_MAX;
    server->listener = (struct listener){server_admit, server_take, server};
    server->last = &server->first;
    init_conditions(server);
    if (start_threads(server))
        return server;
    join_threads(server);
    server_free(server);
    fail(failure, EXIT_REFUSED, "The threads of %s could not be started",
         options->context->service->name);
    return NULL;
}

const struct listener *server_listener(struct server *server) {
    return &server->listener;
}

size_t server_load(struct server *server) {
    pthread_mutex_lock(&server->lock);
    size_t load = server->queued + server->busy;
    pthread_mutex_unlock(&server->lock);
    return load;
}

size_t server_drain(struct server *server, unsigned wait) {
    uint64_t until = monotonic_ms() + wait;
    pthread_mutex_lock(&server->lock);
    server->draining = true;
    unpark(server, true);
    for (uint64_t now = monotonic_ms(); !is_quiet(server) && now < until; now = monotonic_ms())
        wait_ms(server, &server->quiet, until - now);
    size_t left = server->queued + server->busy;
    pthread_mutex_unlock(&server->lock);
    return left;
}

size_t server_stop(struct server *server, unsigned wait) {
    size_t left = server_drain(server, wait);
    if (left > 0)
        return left;
    join_threads(server);
    release_leases(server);
    server_free(server);
    return 0;
}
