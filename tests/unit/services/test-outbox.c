// SPDX-License-Identifier: Apache-2.0
// Two toy services that meet by couriers: a call is delivered until it is decided, and decided
// once, whatever is lost, doubled, late, or dies on the way; who cannot decide waits for a person.
#include "services/core/keeper/lease.h"
#include "services/core/keeper/outbox.h"
#include "services/core/store/store_fault.h"
#include "services/wire/courier/courier_fault.h"
#include "services/wire/courier/courier_local.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/services/teller.h"
#include "tests/kit/suite.h"

#include "base/heap.h"

#include <stdio.h>
#include <string.h>

static const struct peer alice = {.roles = ROLE_WALLET, .id = "ALICE"};
static const struct peer teller_peer = {.roles = ROLE_TILL, .id = "TELLER", .enterprise = "E"};

struct street {
    struct shop teller, counter;
    struct courier_target target;
    struct courier_local local;
    struct courier_fault fault;
};

static void open_street(struct street *street, enum engine engine) {
    shop_open(&street->teller, &teller_service, engine);
    shop_open(&street->counter, &counter_service, engine);
    street->target = (struct courier_target){"counter", &street->counter.front.listener};
    courier_local_init(&street->local, &street->target, 1, &teller_peer, &host_memory);
    courier_fault_init(&street->fault, &street->local.courier, &host_memory);
    street->teller.context.courier = &street->fault.courier;
    struct told told = shop_ask(&street->counter, &teller_peer, "POST", "/v1/counters", "m1",
                                "{\"id\":\"C1\",\"enterprise\":\"E\"}");
    CU_ASSERT_EQUAL(told.status, 200);
}

static void close_street(struct street *street) {
    courier_fault_settle(&street->fault);
    shop_close(&street->teller);
    shop_close(&street->counter);
}

static struct told pay(struct street *street, const char *id, unsigned amount) {
    char body[64];
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"counter\":\"C1\",\"amount\":%u}", id, amount);
    return shop_ask(&street->teller, &alice, "POST", "/v1/pays", id, body);
}

static struct outbox_round deliver(struct street *street) {
    struct outbox_round round;
    struct failure failure;
    outbox_deliver(&street->teller.context, street->teller.crypto, &round, &failure);
    return round;
}

static void holds(struct shop *shop, const struct statement *query, const char *rows) {
    char dump[2048];
    shop_dump(shop, query, 1, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, rows);
    if (strcmp(dump, rows) != 0)
        printf("\n    %s", dump);
}

// ---- one call ----------------------------------------------------------------------------------

static void check_one(struct street *street) {
    struct told told = pay(street, "P1", 4);
    CU_ASSERT_EQUAL(told.status, 202);
    CU_ASSERT_STRING_EQUAL(told.retry_after, "1");
    struct outbox_round round = deliver(street);
    CU_ASSERT_EQUAL(round.sent, 1);
    CU_ASSERT_EQUAL(round.ended, 1);
    CU_ASSERT_EQUAL(round.next_ms, 0);
    told = pay(street, "P1", 4);
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_STRING_EQUAL(told.body, "{\"id\":\"P1\",\"state\":\"paid\",\"amount\":4}");
    CU_ASSERT_TRUE(pay(street, "P1", 4).replayed);
    CU_ASSERT_EQUAL(deliver(street).sent, 0);
    // a refusal that the other's row lists is a decision as well
    CU_ASSERT_EQUAL(pay(street, "P2", 2000).status, 202);
    CU_ASSERT_EQUAL(pay(street, "P3", 3).status, 202);
    CU_ASSERT_EQUAL(deliver(street).ended, 2);
    CU_ASSERT_EQUAL(pay(street, "P2", 2000).status, 409);
    CU_ASSERT_EQUAL(pay(street, "P3", 3).status, 409);
    CU_ASSERT_TRUE(pay(street, "P3", 3).replayed);
    holds(&street->teller, &teller_dump[0], "P1|1|4\nP2|2|0\nP3|2|0\n");
    holds(&street->counter, &counter_dump[0], "C1|TELLER|4\n");
}

static void a_call_is_delivered_and_decides(void) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct street street;
        open_street(&street, engine);
        check_one(&street);
        close_street(&street);
    }
}

// ---- whatever happens on the way ---------------------------------------------------------------

static void all_dumps(struct street *street, char *out, size_t capacity) {
    shop_dump(&street->teller, teller_dump, 2, out, capacity);
    size_t used = strlen(out);
    shop_dump(&street->counter, counter_dump, 2, out + used, capacity - used);
}

static void insist(struct street *street, const char *id, unsigned amount,
                   struct store_fault *die) {
    struct told told;
    for (unsigned i = 0; i < 12; i++) {
        told = pay(street, id, amount);
        if (die != NULL)
            die->dead = false;
        deliver(street);
        if (die != NULL)
            die->dead = false;
        street->teller.now_ms += 60000;
        street->counter.now_ms = street->teller.now_ms;
        if (told.status == 200 || told.status == 409)
            return;
    }
    CU_FAIL("no decision");
}

static void work(struct street *street, struct store_fault *die) {
    insist(street, "P1", 4, die);
    insist(street, "P2", 2000, die);
    insist(street, "P3", 8, die);
    courier_fault_settle(&street->fault);
}

static void empty(struct street *street) {
    shop_script(&street->teller, "DELETE FROM pay; DELETE FROM outbox; DELETE FROM request");
    shop_script(&street->counter, "DELETE FROM step; UPDATE counter SET value = 0;"
                                  "DELETE FROM request WHERE endpoint = 'counter.step'");
    street->fault.calls = 0;
    street->teller.now_ms = street->counter.now_ms = 1900000000000;
}

static void networks_lose_double_and_delay_and_all_is_done_once(void) {
    char healthy[2048], dump[2048];
    struct street street;
    size_t cuts = 0;
    open_street(&street, ENGINE_MEMORY);
    work(&street, NULL);
    all_dumps(&street, healthy, sizeof healthy);
    size_t calls = street.fault.calls;
    for (enum courier_fault_kind kind = COURIER_WELL + 1; kind < COURIER_FAULTS; kind++)
        for (size_t at = 1; at <= calls; at++, cuts++) {
            empty(&street);
            street.fault.at = at;
            street.fault.kind = kind;
            work(&street, NULL);
            all_dumps(&street, dump, sizeof dump);
            CU_ASSERT_STRING_EQUAL(dump, healthy);
        }
    street.fault.at = 0;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        empty(&street);
        street.fault.seed = seed;
        street.fault.rate = 3;
        work(&street, NULL);
        all_dumps(&street, dump, sizeof dump);
        CU_ASSERT_STRING_EQUAL(dump, healthy);
    }
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts >= 12);
    close_street(&street);
}

static void who_dies_at_any_step_decides_once(void) {
    char healthy[2048], dump[2048];
    struct street street;
    struct store_fault die;
    size_t cuts = 0;
    open_street(&street, ENGINE_MEMORY);
    store_fault_init(&die, street.teller.store);
    street.teller.context.store = &die.store;
    work(&street, &die);
    all_dumps(&street, healthy, sizeof healthy);
    for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++) {
        size_t steps = 1;
        for (size_t at = 1; at <= steps; at++, cuts++) {
            empty(&street);
            store_fault_init(&die, street.teller.store);
            die.kind = kind;
            die.at = at;
            work(&street, &die);
            steps = die.steps;
            all_dumps(&street, dump, sizeof dump);
            CU_ASSERT_STRING_EQUAL(dump, healthy);
        }
    }
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 150);
    close_street(&street);
}

// ---- no decision -------------------------------------------------------------------------------

static void a_call_without_a_decision_waits_for_a_person(void) {
    struct street street;
    struct outbox_round round;
    uint64_t pauses = 0, last_ms;
    open_street(&street, ENGINE_MEMORY);
    street.target.listener = NULL;
    pay(&street, "P1", 4);
    for (unsigned i = 0; i < 12; i++) {
        round = deliver(&street);
        CU_ASSERT_EQUAL(round.open, 1);
        uint64_t most = 100ull << (i < 10 ? i : 10), pause = round.next_ms - street.teller.now_ms;
        most = most < 60000 ? most : 60000;
        CU_ASSERT_TRUE(pause >= most / 2 && pause <= most);
        CU_ASSERT_EQUAL(deliver(&street).sent, 0); // not before its time
        last_ms = street.teller.now_ms;
        street.teller.now_ms = round.next_ms;
        pauses += street.teller.now_ms - last_ms;
    }
    street.teller.now_ms += 24ull * 3600 * 1000;
    CU_ASSERT_EQUAL(deliver(&street).open, 1);
    CU_ASSERT_EQUAL(deliver(&street).next_ms, 0);
    holds(&street.teller, &(struct statement){"SELECT id, state FROM outbox", "", "ti"}, "P1|2\n");
    CU_ASSERT_EQUAL(pay(&street, "P1", 4).status, 202);
    close_street(&street);
}

static void an_unreachable_target_holds_nobody_else_up(void) {
    static const struct statement dues = {"SELECT id, tries FROM outbox ORDER BY id", "", "ti"};
    struct street street;
    open_street(&street, ENGINE_MEMORY);
    street.target.listener = NULL;
    for (unsigned i = 0; i < 40; i++) {
        char id[8];
        snprintf(id, sizeof id, "P%u", i);
        pay(&street, id, 2);
    }
    struct outbox_round round = deliver(&street);
    CU_ASSERT_EQUAL(round.sent, 1); // one attempt finds out, and all of its rows wait
    CU_ASSERT_TRUE(round.next_ms > street.teller.now_ms);
    CU_ASSERT_EQUAL(deliver(&street).sent, 0);
    street.target.listener = &street.counter.front.listener;
    street.teller.now_ms = round.next_ms;
    CU_ASSERT_EQUAL(deliver(&street).ended, 32);
    CU_ASSERT_EQUAL(deliver(&street).ended, 8);
    shop_script(&street.teller, "DELETE FROM outbox WHERE tries = 1");
    holds(&street.teller, &dues, "P0|2\n");
    close_street(&street);
}

static bool mend(struct session *session, void *context) {
    const struct shop *shop = context;
    CU_ASSERT_EQUAL(outbox_count(session, OUTBOX_PERSON), 1);
    CU_ASSERT_EQUAL(outbox_take_up(session, shop->now_ms), 1);
    CU_ASSERT_EQUAL(outbox_take_up(session, shop->now_ms), 0);
    CU_ASSERT_EQUAL(outbox_count(session, OUTBOX_PERSON), 0);
    CU_ASSERT_EQUAL(outbox_count(session, OUTBOX_DUE), 1);
    return true;
}

static void what_nobody_here_can_take_waits_for_a_person(void) {
    struct street street;
    struct arena arena;
    struct failure failure;
    open_street(&street, ENGINE_MEMORY);
    pay(&street, "P1", 666);
    CU_ASSERT_EQUAL(deliver(&street).open, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(street.teller.reported, "666 is no sum"));
    CU_ASSERT_EQUAL(deliver(&street).sent, 0);
    holds(&street.teller, &teller_dump[0], "P1|0|0\n"); // and nothing of it was written
    arena_init(&arena, &host_memory);
    CU_ASSERT_EQUAL(store_write(street.teller.store, &arena, mend, &street.teller, &failure),
                    STORE_DONE);
    arena_free(&arena);
    CU_ASSERT_EQUAL(deliver(&street).open, 1);
    close_street(&street);
}

/// A counter that answers what it is told to.
struct odd {
    struct listener listener;
    unsigned status;
    const char *body;
};

static bool odd_admit(const struct listener *listener, struct exchange *exchange,
                      struct admission *admission) {
    (void)listener, (void)exchange;
    *admission = (struct admission){.body_max = 200};
    return true;
}

static void odd_take(const struct listener *listener, struct exchange *exchange) {
    const struct odd *odd = listener->context;
    exchange->answer.status = odd->status;
    exchange->answer.body = bytes_of_string(odd->body);
    exchange->finish(exchange);
}

static void only_a_decision_is_taken_for_one(void) {
    static const struct {
        unsigned status;
        const char *body;
        bool decides;
    } cases[] = {
        {202, "{\"id\":\"C1\",\"amount\":4}", false},
        {200, "{\"id\":\"C1\"}", false},
        {200, "<html>", false},
        {403, "{\"word\":\"role\",\"detail\":\"\"}", false}, // our certificate, not the payment
        {404, "{\"word\":\"path\"}", false},
        {500, "{\"word\":\"internal\"}", false},
        {503, "", false},
        {422, "{\"word\":\"key-reused\"}", false},
        {409, "{\"word\":\"counter-limit\",\"detail\":\"\"}", true},
        {200, "{\"id\":\"C1\",\"amount\":4}", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct street street;
        struct odd odd = {{odd_admit, odd_take, &odd}, cases[i].status, cases[i].body};
        open_street(&street, ENGINE_MEMORY);
        street.target.listener = &odd.listener;
        pay(&street, "P1", 4);
        CU_ASSERT_EQUAL(deliver(&street).ended, cases[i].decides);
        CU_ASSERT_EQUAL(pay(&street, "P1", 4).status == 202, !cases[i].decides);
        close_street(&street);
    }
}

// ---- several instances -------------------------------------------------------------------------

/// Between the sending and the answer another instance delivers the same row.
struct racing {
    struct courier courier;
    struct street *street;
    bool raced;
};

static enum delivery race(const struct courier *courier, const struct parcel *parcel,
                          struct reply *reply, struct failure *failure) {
    struct racing *racing = courier->context;
    const struct courier *inner = &racing->street->local.courier;
    if (!racing->raced) {
        racing->raced = true;
        CU_ASSERT_EQUAL(deliver(racing->street).ended, 1);
    }
    return inner->ops->send(inner, parcel, reply, failure);
}

static void two_instances_decide_once(void) {
    static const struct courier_ops ops = {race};
    struct street street;
    open_street(&street, ENGINE_MEMORY);
    struct racing racing = {.courier = {&ops, &racing}, .street = &street};
    street.teller.context.courier = &racing.courier;
    pay(&street, "P1", 4);
    struct outbox_round round = deliver(&street);
    CU_ASSERT_EQUAL(round.sent, 1);
    CU_ASSERT_EQUAL(round.ended, 0);
    holds(&street.teller, &teller_dump[0], "P1|1|4\n");
    close_street(&street);
}

struct leasing {
    struct shop *shop;
    const char *instance;
    bool held;
};

static bool take_lease(struct session *session, void *context) {
    struct leasing *leasing = context;
    struct service_context mine = leasing->shop->context;
    mine.instance = leasing->instance;
    leasing->held = lease_hold(session, &mine, "seal", leasing->shop->now_ms);
    return true;
}

static bool leases(struct shop *shop, const char *instance) {
    struct arena arena;
    struct failure failure;
    struct leasing leasing = {shop, instance, false};
    arena_init(&arena, &host_memory);
    CU_ASSERT_EQUAL(store_write(shop->store, &arena, take_lease, &leasing, &failure), STORE_DONE);
    arena_free(&arena);
    return leasing.held;
}

/// As a graceful end does.
static void gives_back(struct shop *shop, const char *instance) {
    struct failure failure;
    struct service_context mine = shop->context;
    mine.instance = instance;
    CU_ASSERT_TRUE(lease_release(&mine, &failure));
}

static void check_leases(struct shop *shop) {
    CU_ASSERT_TRUE(leases(shop, "one"));
    CU_ASSERT_FALSE(leases(shop, "two"));
    CU_ASSERT_TRUE(leases(shop, "one"));
    shop->now_ms += LEASE_MS + 1;
    CU_ASSERT_TRUE(leases(shop, "two"));
    CU_ASSERT_FALSE(leases(shop, "one"));
    CU_ASSERT_TRUE(leases(shop, NULL));
    gives_back(shop, "one"); // has none
    CU_ASSERT_FALSE(leases(shop, "one"));
    gives_back(shop, "two");
    CU_ASSERT_TRUE(leases(shop, "one")); // at once
}

static void one_instance_at_a_time_has_a_job(void) {
    shop_on_every_engine(&counter_service, check_leases);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a call is delivered and decides", a_call_is_delivered_and_decides, NULL},
        {"networks lose, double and delay, and all is done once",
         networks_lose_double_and_delay_and_all_is_done_once, NULL},
        {"who dies at any step decides once", who_dies_at_any_step_decides_once, NULL},
        {"a call without a decision waits for a person",
         a_call_without_a_decision_waits_for_a_person, NULL},
        {"an unreachable target holds nobody else up", an_unreachable_target_holds_nobody_else_up,
         NULL},
        {"what nobody here can take waits for a person",
         what_nobody_here_can_take_waits_for_a_person, NULL},
        {"only a decision is taken for one", only_a_decision_is_taken_for_one, NULL},
        {"two instances decide once", two_instances_decide_once, NULL},
        {"one instance at a time has a job", one_instance_at_a_time_has_a_job, NULL},
    };
    return suite_main("test-outbox", tests, sizeof tests / sizeof tests[0], argc, argv);
}
