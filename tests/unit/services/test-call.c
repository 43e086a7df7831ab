// SPDX-License-Identifier: Apache-2.0
// The life of a request over a toy service, on every engine: who may, whose it is, what a key
// means, what is stored with what it answers for.
#include "tests/kit/services/counted.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/suite.h"

#include "base/heap.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const struct peer alice = {.roles = ROLE_WALLET, .id = "ALICE", .enterprise = "E1"};
static const struct peer bob = {.roles = ROLE_TILL, .id = "BOB", .enterprise = "E2"};
static const struct peer center = {.roles = ROLE_CENTER, .id = "CENTER"};
static const struct peer nobody = {.roles = 0};
static const struct peer foreign = {.fault = &problem_certificate_foreign};

static const struct statement requests[] = {
    {"SELECT sender, endpoint, id, status FROM request ORDER BY sender, endpoint, id", "", "ttti"},
};

static struct told ask(struct shop *shop, const struct peer *peer, const char *target,
                       const char *key, const char *body) {
    return shop_ask(shop, peer, "POST", target, key, body);
}

static void says(struct told told, unsigned status, const char *part) {
    CU_ASSERT_EQUAL(told.status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(told.body, part));
    if (told.status != status || strstr(told.body, part) == NULL)
        printf("\n    %u %s, not %u %s", told.status, told.body, status, part);
}

static void holds(struct shop *shop, const struct statement *queries, size_t count,
                  const char *rows) {
    char dump[4096];
    shop_dump(shop, queries, count, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, rows);
    if (strcmp(dump, rows) != 0)
        printf("\n    %s", dump);
}

static void make_a1(struct shop *shop) {
    says(ask(shop, &alice, "/v1/counters", "m1", "{\"id\":\"A1\",\"enterprise\":\"E1\"}"), 200,
         "{\"id\":\"A1\",\"amount\":0}");
}

// ---- who, whose, what --------------------------------------------------------------------------

static void check_who(struct shop *shop) {
    static const char body[] = "{\"id\":\"A1\",\"enterprise\":\"E1\"}";
    says(ask(shop, &nobody, "/v1/counters", "k", body), 401, "\"word\":\"certificate-missing\"");
    says(ask(shop, &foreign, "/v1/counters", "k", body), 403, "\"word\":\"certificate-foreign\"");
    says(ask(shop, &center, "/v1/counters", "k", body), 403, "CENTER may not call counter.make");
    says(ask(shop, &bob, "/v1/counters", "k", body), 404, "\"word\":\"owner\"");
    says(ask(shop, &alice, "/v1/counters", NULL, body), 400, "\"word\":\"key-missing\"");
    says(ask(shop, &alice, "/v1/counters", "a key", body), 400, "\"word\":\"key-missing\"");
    says(ask(shop, &alice, "/v1/counters", "k", "{\"id\":1}"), 400, "\"field\":\"/id\"");
    says(ask(shop, &alice, "/v1/nothing", "k", body), 404, "\"word\":\"path\"");
    struct told told = shop_ask(shop, &alice, "PUT", "/v1/counters", "k", body);
    says(told, 405, "\"word\":\"method\"");
    CU_ASSERT_STRING_EQUAL(told.allow, "POST");
    CU_ASSERT_STRING_EQUAL(told.type, "application/problem+json");
    holds(shop, requests, 1, ""); // nothing of all this is kept
    make_a1(shop);
}

static void only_who_may_is_heard(void) {
    shop_on_every_engine(&counter_service, check_who);
}

static void check_whose(struct shop *shop) {
    make_a1(shop);
    says(ask(shop, &alice, "/v1/counters/A1/steps", "s1", "{\"amount\":4}"), 200, "\"amount\":4");
    // another's thing looks like no thing
    struct told others = ask(shop, &bob, "/v1/counters/A1/steps", "s1", "{\"amount\":4}");
    struct told none = ask(shop, &bob, "/v1/counters/A9/steps", "s1", "{\"amount\":4}");
    says(others, 404, "id A1 is none of BOB");
    says(none, 404, "id A9 is none of BOB");
    says(shop_ask(shop, &alice, "GET", "/v1/counters/A1", NULL, NULL), 200, "\"amount\":4");
    says(shop_ask(shop, &bob, "GET", "/v1/counters/A1", NULL, NULL), 404, "\"word\":\"owner\"");
    says(shop_ask(shop, &center, "GET", "/v1/counters/A1", NULL, NULL), 200, "\"amount\":4");
    says(shop_ask(shop, &nobody, "GET", "/v1/page", NULL, NULL), 200, "counters\n");
    holds(shop, counter_dump, 2, "A1|ALICE|4\nA1|4|4\n");
}

static void only_the_owner_is_served(void) {
    shop_on_every_engine(&counter_service, check_whose);
}

// ---- keys --------------------------------------------------------------------------------------

static void check_keys(struct shop *shop) {
    make_a1(shop);
    struct told first = ask(shop, &alice, "/v1/counters/A1/steps", "s1", "{\"amount\":4}");
    struct told again = ask(shop, &alice, "/v1/counters/A1/steps", "s1", "{\"amount\":4}");
    CU_ASSERT_FALSE(first.replayed);
    CU_ASSERT_TRUE(again.replayed);
    CU_ASSERT_STRING_EQUAL(first.body, again.body);
    says(ask(shop, &alice, "/v1/counters/A1/steps", "s1", "{\"amount\":6}"), 422,
         "\"word\":\"key-reused\"");
    says(ask(shop, &alice, "/v1/counters/A1/steps", "s2", "{\"amount\":4}"), 200, "\"amount\":8");
    // the same key of another sender or another endpoint is another key
    says(ask(shop, &bob, "/v1/counters", "s1", "{\"id\":\"B1\",\"enterprise\":\"E2\"}"), 200, "B1");
    says(ask(shop, &alice, "/v1/counters", "s1", "{\"id\":\"A2\",\"enterprise\":\"E1\"}"), 200,
         "A2");
    holds(shop, counter_dump, 2, "A1|ALICE|8\nA2|ALICE|0\nB1|BOB|0\nA1|4|4\nA1|4|8\n");
}

static void a_key_answers_once_and_the_same_again(void) {
    shop_on_every_engine(&counter_service, check_keys);
}

static void check_refusals(struct shop *shop) {
    make_a1(shop);
    says(ask(shop, &alice, "/v1/counters/A1/steps", "s1", "{\"amount\":990}"), 200, "990");
    // refused after the update was made: the update is gone, the word stays
    struct told first = ask(shop, &alice, "/v1/counters/A1/steps", "s2", "{\"amount\":20}");
    says(first, 409, "\"word\":\"counter-limit\"");
    CU_ASSERT_FALSE(first.replayed);
    says(ask(shop, &alice, "/v1/counters", "m2", "{\"id\":\"A1\",\"enterprise\":\"E1\"}"), 409,
         "\"word\":\"counter-taken\"");
    // what check refuses is kept as well
    says(ask(shop, &alice, "/v1/counters/A1/steps", "s3", "{\"amount\":3}"), 422,
         "\"word\":\"counter-odd\"");
    struct told again = ask(shop, &alice, "/v1/counters/A1/steps", "s2", "{\"amount\":20}");
    CU_ASSERT_TRUE(again.replayed);
    CU_ASSERT_STRING_EQUAL(first.body, again.body);
    CU_ASSERT_STRING_EQUAL(again.type, "application/problem+json");
    CU_ASSERT_TRUE(ask(shop, &alice, "/v1/counters/A1/steps", "s3", "{\"amount\":3}").replayed);
    holds(shop, counter_dump, 2, "A1|ALICE|990\nA1|990|990\n");
    holds(shop, requests, 1,
          "ALICE|counter.make|m1|200\nALICE|counter.make|m2|409\nALICE|counter.step|s1|200\n"
          "ALICE|counter.step|s2|409\nALICE|counter.step|s3|422\n");
}

static void a_refusal_stays_a_refusal(void) {
    shop_on_every_engine(&counter_service, check_refusals);
}

static void check_waiting(struct shop *shop) {
    struct told told = shop_ask(shop, &alice, "PUT", "/v1/waits/ALICE", "w1", NULL);
    says(told, 202, "\"amount\":0");
    CU_ASSERT_STRING_EQUAL(told.retry_after, "1");
    told = shop_ask(shop, &alice, "PUT", "/v1/waits/ALICE", "w1", NULL);
    says(told, 202, "\"amount\":0");
    says(ask(shop, &alice, "/v1/counters", "m1", "{\"id\":\"ALICE\",\"enterprise\":\"E1\"}"), 200,
         "");
    told = shop_ask(shop, &alice, "PUT", "/v1/waits/ALICE", "w1", NULL);
    says(told, 200, "\"amount\":0");
    CU_ASSERT_FALSE(told.replayed);
    says(ask(shop, &alice, "/v1/counters/ALICE/steps", "s1", "{\"amount\":4}"), 200, "");
    told = shop_ask(shop, &alice, "PUT", "/v1/waits/ALICE", "w1", NULL);
    says(told, 200, "\"amount\":0"); // decided, and so it stays
    CU_ASSERT_TRUE(told.replayed);
}

static void an_answer_202_is_asked_for_again_under_the_same_key(void) {
    shop_on_every_engine(&counter_service, check_waiting);
}

static bool expire(struct session *session, void *context) {
    *(size_t *)context = request_expire(session, 1900000000000 + 1);
    return true;
}

static void check_expiry(struct shop *shop) {
    struct arena arena;
    struct failure failure;
    size_t count = 0;
    make_a1(shop);
    shop->now_ms += 5000;
    says(ask(shop, &alice, "/v1/counters/A1/steps", "s1", "{\"amount\":4}"), 200, "");
    arena_init(&arena, &host_memory);
    CU_ASSERT_EQUAL(store_write(shop->store, &arena, expire, &count, &failure), STORE_DONE);
    arena_free(&arena);
    CU_ASSERT_EQUAL(count, 1);
    holds(shop, requests, 1, "ALICE|counter.step|s1|200\n");
    // behind that the natural key holds
    says(ask(shop, &alice, "/v1/counters", "m1", "{\"id\":\"A1\",\"enterprise\":\"E1\"}"), 409,
         "counter-taken");
}

static void old_keys_are_forgotten_natural_ones_hold(void) {
    shop_on_every_engine(&counter_service, check_expiry);
}

// ---- handlers that are wrong, memory that is out -----------------------------------------------

static bool unlisted(struct call *call, struct session *session) {
    (void)session;
    return call_refuse(call, &counter_limit, "not in the row");
}

static bool wordless(struct call *call, struct session *session) {
    (void)call, (void)session;
    return false;
}

static bool unanswered(struct call *call, struct session *session) {
    (void)call, (void)session;
    return true;
}

static void check_wrong(struct shop *shop) {
    static const struct {
        bool (*transact)(struct call *call, struct session *session);
        const char *said;
    } cases[] = {{unlisted, "may not answer the word counter-limit"},
                 {wordless, "refused without a word"},
                 {unanswered, "made no answer of its shape"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct handler handler = {&counter_make, NULL, cases[i].transact, NULL};
        struct service wrong = counter_service;
        wrong.handlers = &handler;
        wrong.handler_count = 1;
        shop->context.service = &wrong;
        says(ask(shop, &alice, "/v1/counters", "k", "{\"id\":\"A1\",\"enterprise\":\"E1\"}"), 500,
             cases[i].said);
        says(shop_ask(shop, &alice, "GET", "/v1/page", NULL, NULL), 500, "has no handler");
        shop->context.service = &counter_service;
    }
    holds(shop, requests, 1, ""); // may be asked again when it is mended
    make_a1(shop);
}

static void wrong_handlers_answer_500_and_leave_nothing(void) {
    shop_on_every_engine(&counter_service, check_wrong);
}

static void check_memory(struct shop *shop) {
    struct counted counted;
    bool done = false;
    for (size_t n = 1; !done; n++) {
        struct told told;
        counted_init(&counted, n);
        shop->context.memory = &counted.memory;
        told = ask(shop, &alice, "/v1/counters", "m1", "{\"id\":\"A1\",\"enterprise\":\"E1\"}");
        CU_ASSERT_EQUAL(counted.blocks, 0);
        CU_ASSERT_TRUE(told.status >= 500 || told.status == 200);
        CU_ASSERT_TRUE(n < 40);
        done = told.status == 200 && counted.taken < n;
    }
    shop->context.memory = &host_memory;
    make_a1(shop); // the same answer as if nothing had been
    holds(shop, counter_dump, 2, "A1|ALICE|0\n");
    holds(shop, requests, 1, "ALICE|counter.make|m1|200\n");
}

static void any_allocation_may_fail(void) {
    shop_on_every_engine(&counter_service, check_memory);
}

// ---- many at once ------------------------------------------------------------------------------

enum { THREADS = 8, STEPS = 25 };

struct stepper {
    struct shop *shop;
    pthread_t thread;
    unsigned number, done, replayed;
};

/// Steps of a front of its own; every second key is used by two threads.
static void *run_stepper(void *context) {
    struct stepper *stepper = context;
    struct shop mine = *stepper->shop;
    mine.crypto = crypto_openssl_new_seeded(stepper->number);
    service_front_init(&mine.front, &mine.context, mine.crypto);
    for (unsigned i = 0; i < STEPS; i++) {
        char key[16];
        snprintf(key, sizeof key, "t%u.%u", i % 2 == 0 ? stepper->number : stepper->number / 2, i);
        struct told told;
        do // a loaded machine may find no turn for it in a dozen tries: 503, ask again
            told = ask(&mine, &alice, "/v1/counters/A1/steps", key, "{\"amount\":2}");
        while (told.status == 503);
        stepper->done += told.status == 200;
        stepper->replayed += told.replayed;
    }
    crypto_openssl_free(mine.crypto);
    return NULL;
}

static void check_threads(struct shop *shop) {
    struct stepper steppers[THREADS];
    unsigned done = 0, replayed = 0;
    char rows[64];
    make_a1(shop);
    for (unsigned i = 0; i < THREADS; i++) {
        steppers[i] = (struct stepper){.shop = shop, .number = i};
        pthread_create(&steppers[i].thread, NULL, run_stepper, &steppers[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(steppers[i].thread, NULL);
        done += steppers[i].done;
        replayed += steppers[i].replayed;
    }
    CU_ASSERT_EQUAL(done, THREADS * STEPS);
    CU_ASSERT_EQUAL(replayed, THREADS / 2 * (STEPS / 2));
    snprintf(rows, sizeof rows, "A1|ALICE|%u\n", 2 * (done - replayed));
    holds(shop, counter_dump, 1, rows);
}

static void many_at_once_count_every_key_once(void) {
    shop_on_every_engine(&counter_service, check_threads);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"only who may is heard", only_who_may_is_heard, NULL},
        {"only the owner is served", only_the_owner_is_served, NULL},
        {"a key answers once and the same again", a_key_answers_once_and_the_same_again, NULL},
        {"a refusal stays a refusal", a_refusal_stays_a_refusal, NULL},
        {"an answer 202 is asked for again under the same key",
         an_answer_202_is_asked_for_again_under_the_same_key, NULL},
        {"old keys are forgotten, natural ones hold", old_keys_are_forgotten_natural_ones_hold,
         NULL},
        {"wrong handlers answer 500 and leave nothing", wrong_handlers_answer_500_and_leave_nothing,
         NULL},
        {"any allocation may fail", any_allocation_may_fail, NULL},
        {"many at once count every key once", many_at_once_count_every_key_once, NULL},
    };
    return suite_main("test-call", tests, sizeof tests / sizeof tests[0], argc, argv);
}
