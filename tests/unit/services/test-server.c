// SPDX-License-Identifier: Apache-2.0
// A service with its threads, without a network: what is taken is answered once, decisions of
// another service are waited for, a full queue says so, and an end under load answers everything.
#include "services/core/books/journal.h"
#include "services/core/server.h"
#include "services/wire/courier/courier_local.h"
#include "tests/kit/objects.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/services/teller.h"
#include "tests/kit/suite.h"

#include "base/clock.h"
#include "base/heap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct peer alice = {.roles = ROLE_WALLET, .id = "ALICE", .enterprise = "E1"};
static const struct peer teller_peer = {.roles = ROLE_TILL, .id = "TELLER", .enterprise = "E1"};

/// An exchange that can be waited for, and its texts.
struct asked {
    struct exchange exchange;
    char key[24], body[96];
    pthread_mutex_t lock;
    pthread_cond_t done;
    unsigned finished;
};

static void finish(struct exchange *exchange) {
    struct asked *asked = exchange->shell;
    pthread_mutex_lock(&asked->lock);
    asked->finished++;
    pthread_cond_signal(&asked->done);
    pthread_mutex_unlock(&asked->lock);
}

/// Hands a request over as a shell does.
static void ask(struct asked *asked, const struct listener *listener, const struct peer *peer,
                const char *method, const char *target, const char *key, const char *body) {
    struct admission admission;
    *asked = (struct asked){.exchange = {.answer = {.file = -1}, .finish = finish}};
    snprintf(asked->key, sizeof asked->key, "%s", key);
    snprintf(asked->body, sizeof asked->body, "%s", body);
    pthread_mutex_init(&asked->lock, NULL);
    pthread_cond_init(&asked->done, NULL);
    asked->exchange.shell = asked;
    asked->exchange.request =
        (struct request){.method = method,
                         .target = target,
                         .key = asked->key,
                         .content_type = body[0] != '\0' ? "application/json" : NULL,
                         .body = bytes_of_string(asked->body),
                         .peer = *peer};
    arena_init(&asked->exchange.arena, &host_memory);
    if (listener->admit(listener, &asked->exchange, &admission))
        listener->take(listener, &asked->exchange);
    else
        finish(&asked->exchange);
}

/// Waits for the answer. Returns its status, or 0 after ten seconds.
static unsigned await(struct asked *asked) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&asked->lock);
    int code = 0;
    while (asked->finished == 0 && code == 0)
        code = pthread_cond_timedwait(&asked->done, &asked->lock, &until);
    pthread_mutex_unlock(&asked->lock);
    return asked->finished == 0 ? 0 : asked->exchange.answer.status;
}

static void forget(struct asked *asked) {
    CU_ASSERT_EQUAL(asked->finished, 1);
    arena_free(&asked->exchange.arena);
    pthread_mutex_destroy(&asked->lock);
    pthread_cond_destroy(&asked->done);
}

static struct server *start(struct shop *shop, unsigned workers, unsigned queue_max) {
    static const uint64_t seed = 7;
    struct failure failure = {0};
    struct server_options options = {
        .context = &shop->context, .workers = workers, .queue_max = queue_max, .seed = &seed};
    struct server *server = server_start(&options, &failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    return server;
}

static void make_counter(struct shop *shop, const struct peer *peer) {
    struct told told =
        shop_ask(shop, peer, "POST", "/v1/counters", "m1", "{\"id\":\"C1\",\"enterprise\":\"E1\"}");
    CU_ASSERT_EQUAL(told.status, 200);
}

// ---- queue and workers -------------------------------------------------------------------------

enum { REQUESTS = 200 };

static void all_that_is_taken_is_answered_once(void) {
    static struct asked asked[REQUESTS];
    struct shop shop;
    char dump[64];
    shop_open(&shop, &counter_service, ENGINE_FILE);
    make_counter(&shop, &alice);
    struct server *server = start(&shop, 16, REQUESTS);
    for (unsigned i = 0; i < REQUESTS; i++) {
        char key[24];
        snprintf(key, sizeof key, "s%u", i / 2); // every key twice, often at the same time
        ask(&asked[i], server_listener(server), &alice, "POST", "/v1/counters/C1/steps", key,
            "{\"amount\":2}");
    }
    for (unsigned i = 0; i < REQUESTS; i++) {
        CU_ASSERT_EQUAL(await(&asked[i]), 200);
        forget(&asked[i]);
    }
    CU_ASSERT_EQUAL(server_stop(server, 5000), 0);
    shop_dump(&shop, counter_dump, 1, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, "C1|ALICE|200\n");
    shop_close(&shop);
}

static void what_needs_no_store_is_answered_at_once(void) {
    struct shop shop;
    struct asked asked;
    shop_open(&shop, &counter_service, ENGINE_MEMORY);
    struct server *server = start(&shop, 1, 1);
    ask(&asked, server_listener(server), &alice, "GET", "/v1/page", "", "");
    CU_ASSERT_EQUAL(asked.finished, 1); // before take() returned
    CU_ASSERT_EQUAL(asked.exchange.answer.status, 200);
    forget(&asked);
    CU_ASSERT_EQUAL(server_stop(server, 1000), 0);
    shop_close(&shop);
}

/// A gate in a handler: it tells that it runs and waits until it may go on.
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint inside;

static bool pass_gate(struct call *call) {
    (void)call;
    atomic_fetch_add(&inside, 1);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return true;
}

static struct service gated_service(struct handler handlers[2]) {
    struct service service = counter_service;
    handlers[0] = *service_handler(&counter_service, &counter_make);
    handlers[0].check = pass_gate;
    handlers[1] = *service_handler(&counter_service, &counter_read);
    service.handlers = handlers;
    service.handler_count = 2;
    return service;
}

static void await_inside(unsigned count) {
    struct timespec look = {.tv_nsec = 1000000};
    for (unsigned i = 0; i < 10000 && atomic_load(&inside) < count; i++)
        nanosleep(&look, NULL);
    CU_ASSERT_EQUAL(atomic_load(&inside), count);
}

static void make(struct asked *asked, struct server *server, unsigned i) {
    char key[16], body[64];
    snprintf(key, sizeof key, "g%u", i);
    snprintf(body, sizeof body, "{\"id\":\"G%u\",\"enterprise\":\"E1\"}", i);
    ask(asked, server_listener(server), &alice, "POST", "/v1/counters", key, body);
}

static void a_full_queue_says_so(void) {
    struct handler handlers[2];
    struct service service = gated_service(handlers);
    struct shop shop;
    struct asked asked[4];
    shop_open(&shop, &service, ENGINE_MEMORY);
    struct server *server = start(&shop, 1, 2);
    atomic_store(&inside, 0);
    pthread_mutex_lock(&gate);
    make(&asked[0], server, 0);
    await_inside(1);
    make(&asked[1], server, 1);
    make(&asked[2], server, 2);
    CU_ASSERT_EQUAL(server_load(server), 3);
    make(&asked[3], server, 3);
    CU_ASSERT_EQUAL(asked[3].exchange.answer.status, 503);
    CU_ASSERT_STRING_EQUAL(asked[3].exchange.answer.headers[0].name, "Retry-After");
    // an end that may not wait says what is left, and changes nothing
    CU_ASSERT_EQUAL(server_drain(server, 20), 3);
    pthread_mutex_unlock(&gate);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(await(&asked[i]), 200);
    forget(&asked[0]);
    make(&asked[0], server, 9); // draining: nothing more
    CU_ASSERT_EQUAL(asked[0].exchange.answer.status, 503);
    for (unsigned i = 0; i < 4; i++)
        forget(&asked[i]);
    CU_ASSERT_EQUAL(server_stop(server, 1000), 0);
    shop_close(&shop);
}

// ---- an end under load -------------------------------------------------------------------------

static unsigned count_rows(struct shop *shop, const char *text) {
    struct statement query = {text, "", "i"};
    char dump[32];
    shop_dump(shop, &query, 1, dump, sizeof dump);
    return (unsigned)strtoul(dump, NULL, 10);
}

static void an_end_under_load_answers_what_is_stored(void) {
    for (unsigned round = 0; round < 50; round++) {
        static struct asked asked[40];
        struct shop shop;
        unsigned done = 0;
        shop_open(&shop, &counter_service, ENGINE_MEMORY);
        struct server *server = start(&shop, 4, 100);
        for (unsigned i = 0; i < 40; i++) {
            if (i == round % 40)
                server_drain(server, round % 3);
            make(&asked[i], server, i);
        }
        CU_ASSERT_EQUAL(server_stop(server, 5000), 0);
        for (unsigned i = 0; i < 40; i++) {
            unsigned status = await(&asked[i]);
            CU_ASSERT_TRUE(status == 200 || status == 503);
            done += status == 200;
            forget(&asked[i]);
        }
        CU_ASSERT_EQUAL(count_rows(&shop, "SELECT count(*) FROM counter"), done);
        CU_ASSERT_EQUAL(count_rows(&shop, "SELECT count(*) FROM request"), done);
        shop_close(&shop);
    }
}

// ---- decisions ---------------------------------------------------------------------------------

struct street {
    struct shop teller, counter;
    struct courier_target target;
    struct courier_local local;
    struct server *server;
};

static void open_street(struct street *street) {
    shop_open(&street->teller, &teller_service, ENGINE_MEMORY);
    shop_open(&street->counter, &counter_service, ENGINE_MEMORY);
    make_counter(&street->counter, &teller_peer);
    street->target = (struct courier_target){"counter", &street->counter.front.listener};
    courier_local_init(&street->local, &street->target, 1, &teller_peer, &host_memory);
    street->teller.context.courier = &street->local.courier;
    street->teller.context.clock = &clock_system;
    street->server = start(&street->teller, 2, 10);
}

static void pay(struct asked *asked, struct street *street) {
    ask(asked, server_listener(street->server), &alice, "POST", "/v1/pays", "P1",
        "{\"id\":\"P1\",\"counter\":\"C1\",\"amount\":4}");
}

static void close_street(struct street *street) {
    CU_ASSERT_EQUAL(server_stop(street->server, 5000), 0);
    shop_close(&street->teller);
    shop_close(&street->counter);
}

static void a_decision_of_another_service_is_waited_for(void) {
    struct street street;
    struct asked asked;
    open_street(&street);
    pay(&asked, &street);
    CU_ASSERT_EQUAL(await(&asked), 200);
    CU_ASSERT_TRUE(bytes_equal(asked.exchange.answer.body,
                               bytes_of_string("{\"id\":\"P1\",\"state\":\"paid\",\"amount\":4}")));
    forget(&asked);
    close_street(&street);
}

static void without_a_decision_the_answer_is_to_ask_again(void) {
    struct street street;
    struct asked asked;
    struct timespec begin, end;
    open_street(&street);
    street.target.listener = NULL;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pay(&asked, &street);
    CU_ASSERT_EQUAL(await(&asked), 202);
    clock_gettime(CLOCK_MONOTONIC, &end);
    CU_ASSERT_TRUE(end.tv_sec - begin.tv_sec >= 1);
    forget(&asked);
    // who stops does not wait for it
    pay(&asked, &street);
    close_street(&street);
    CU_ASSERT_EQUAL(await(&asked), 202);
    forget(&asked);
}

static void the_end_signs_the_journal(void) {
    struct shop shop;
    struct signer signer;
    struct signer_scalar scalar;
    struct asked asked;
    shop_open(&shop, &counter_service, ENGINE_MEMORY);
    sample_signer(shop.crypto, &signer, &scalar);
    shop.context.signer = &signer;
    shop_script(&shop, "INSERT INTO unsealed(digest) VALUES(zeroblob(32))");
    struct server *server = start(&shop, 2, 10);
    make(&asked, server, 1);
    CU_ASSERT_EQUAL(await(&asked), 200);
    forget(&asked);
    CU_ASSERT_EQUAL(server_stop(server, 1000), 0);
    CU_ASSERT_EQUAL(count_rows(&shop, "SELECT count(*) FROM unsealed"), 0);
    CU_ASSERT_EQUAL(count_rows(&shop, "SELECT count(*) FROM checkpoint"), 1);
    shop_close(&shop);
}

/// Of several instances the next one need not wait for leases of one that has ended.
static void the_end_gives_leases_back(void) {
    struct shop shop;
    struct asked asked;
    shop_open(&shop, &counter_service, ENGINE_FILE);
    shop.context.instance = "one";
    shop_script(&shop, "INSERT INTO unsealed(digest) VALUES(zeroblob(32))");
    struct server *server = start(&shop, 2, 10);
    make(&asked, server, 1);
    CU_ASSERT_EQUAL(await(&asked), 200);
    forget(&asked);
    CU_ASSERT_EQUAL(server_stop(server, 1000), 0);
    CU_ASSERT_EQUAL(count_rows(&shop, "SELECT count(*) FROM keeper"), 0);
    CU_ASSERT_EQUAL(count_rows(&shop, "SELECT count(*) FROM seal"), 1); // it had them
    shop_close(&shop);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"all that is taken is answered once", all_that_is_taken_is_answered_once, NULL},
        {"what needs no store is answered at once", what_needs_no_store_is_answered_at_once, NULL},
        {"a full queue says so", a_full_queue_says_so, NULL},
        {"an end under load answers what is stored", an_end_under_load_answers_what_is_stored,
         NULL},
        {"a decision of another service is waited for", a_decision_of_another_service_is_waited_for,
         NULL},
        {"without a decision the answer is to ask again",
         without_a_decision_the_answer_is_to_ask_again, NULL},
        {"the end signs the journal", the_end_signs_the_journal, NULL},
        {"the end gives leases back", the_end_gives_leases_back, NULL},
    };
    return suite_main("test-server", tests, sizeof tests / sizeof tests[0], argc, argv);
}
