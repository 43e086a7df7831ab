// SPDX-License-Identifier: Apache-2.0
// The licence service whose store fails, loses answers or dies at every begin, statement and
// commit, whose disk or memory fails from any operation on: after honest retries no ticket is lost,
// none is sold twice, and each is paid for once.
#include "base/heap.h"
#include "services/core/store/store_fault.h"
#include "services/licence/licence.h"
#include "tests/kit/services/counted.h"
#include "tests/kit/services/failing_vfs.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/suite.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND  "ffeeddccbbaa9988"
#define ORDERED "0123456789abcdef"

enum { ORDER, ORDER_PAID, NOTICE, ACTIVATION, KIOSK, WORK };

/// The day's work: an order that a bank tells the payment of, one with a receipt, an activation, an
/// order of a kiosk that is paid for there.
static struct {
    const struct peer *peer;
    const char *target, *key;
    char body[LICENSING_BODY_MAX];
    char answer[8192]; // the last one that counted
} work[WORK] = {
    [ORDER] = {&licensing_buyer, "/v1/offers/NO_1/sales", "a1", "", ""},
    [ORDER_PAID] = {&licensing_buyer, "/v1/offers/NO_1/sales", "a2", "", ""},
    [NOTICE] = {&licensing_bank, "/v1/settlements", "a3", "", ""},
    [ACTIVATION] = {&licensing_buyer, "/v1/sales/" SECOND "/activation", "a4", "{}", ""},
    [KIOSK] = {&licensing_till, "/v1/orders/" ORDERED "/payment", "a5", "", ""},
};

static void write_work(void) {
    static char more[LICENSING_BODY_MAX / 2];
    struct reception second = licensing_first, third = licensing_first;
    struct payment kiosk = licensing_paid;
    second.n = 2;
    third.n = 3;
    kiosk.n = 6;
    kiosk.instance = ORDERED;
    snprintf(work[KIOSK].body, sizeof work[KIOSK].body, "{%s,%s}", licensing_reception(&third),
             licensing_receipt(&kiosk, &licensing.till));
    licensing_order_body(work[ORDER].body, &second, "\"amount\":1000,\"instance\":\"" SECOND "\"");
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"%s\",%s", LICENSING_INSTANCE,
             licensing_receipt(&licensing_paid, &licensing.till));
    licensing_order_body(work[ORDER_PAID].body, &licensing_first, more);
    snprintf(work[NOTICE].body, sizeof work[NOTICE].body,
             "{\"transfer\":\"t1\",\"date\":\"2004-02-11\",\"number\":\"NO_1\",\"mail\":\"%s\","
             "\"amount\":1000,\"unit\":\"JPY\",\"enterprise\":\"ID_2000\"}",
             LICENSING_MAIL);
}

/// What the tables hold, but for what is drawn or signed anew.
static const struct statement dumped[] = {
    {"SELECT instance, number, buyer, source_n FROM sale ORDER BY instance", "", "ttti"},
    {"SELECT instance FROM unsettled ORDER BY instance", "", "t"},
    {"SELECT instance, settled_date, by_kind FROM settled ORDER BY instance", "", "tit"},
    {"SELECT till, n, instance FROM receipt_used ORDER BY till, n", "", "tit"},
    {"SELECT sender, transfer, settled_date FROM notice ORDER BY transfer", "", "tti"},
    {"SELECT instance FROM activation ORDER BY instance", "", "t"},
    {"SELECT count(*) FROM sale_order WHERE paid IS NOT NULL", "", "i"},
    {"SELECT sender, endpoint, id, status FROM request WHERE id LIKE 'a%' ORDER BY id", "", "ttti"},
};

static const char healthy[] = LICENSING_INSTANCE
    "|NO_1|phone-1|1\n" ORDERED "|NO_1|phone-1|3\n" SECOND "|NO_1|phone-1|2\n" LICENSING_INSTANCE
    "|20040211|receipt\n" ORDERED "|20040211|receipt\n" SECOND "|20040211|notice\n"
    "till-1|5|" LICENSING_INSTANCE "\ntill-1|6|" ORDERED "\n"
    "bank-1|t1|20040211\n" SECOND "\n1\n"
    "phone-1|licence.sale|a1|200\nphone-1|licence.sale|a2|200\n"
    "bank-1|licence.settlement|a3|200\n"
    "phone-1|licence.activation|a4|200\ntill-1|licence.payment|a5|200\n";

/// Asks until there is an answer; a dead process is started again.
static void insist(struct shop *shop, struct store_fault *fault, size_t i) {
    struct told told = {0};
    for (unsigned tries = 0; tries < 3 && (told.status == 0 || told.status >= 500); tries++) {
        told = shop_ask(shop, work[i].peer, "POST", work[i].target, work[i].key, work[i].body);
        if (fault->dead)
            told.status = 0; // nobody heard it
        fault->dead = false;
    }
    CU_ASSERT_EQUAL(told.status, 200);
    snprintf(work[i].answer, sizeof work[i].answer, "%s", told.body);
}

/// What anybody was told stays so.
static bool answers_stand(struct shop *shop) {
    for (size_t i = 0; i < WORK; i++) {
        struct told told =
            shop_ask(shop, work[i].peer, "POST", work[i].target, work[i].key, work[i].body);
        if (told.status != 200 || strcmp(told.body, work[i].answer) != 0)
            return false;
    }
    return true;
}

/// Nothing was sold yet; a kiosk has an order.
static void begin_day(struct shop *shop) {
    shop_script(shop, "DELETE FROM activation; DELETE FROM notice; DELETE FROM receipt_used;"
                      "DELETE FROM settled; DELETE FROM unsettled; DELETE FROM sale;"
                      "DELETE FROM request; DELETE FROM sale_order;"
                      "INSERT INTO sale_order(instance, till, number, payer, amount, unit, made_ms)"
                      " VALUES('" ORDERED "', 'till-1', 'NO_1', 'phone-1', 1000, 392, 0)");
}

/// A key that was used for one request is not taken for another.
static bool other_bodies_are_refused(struct shop *shop) {
    static char body[LICENSING_BODY_MAX + 1];
    for (size_t i = 0; i < WORK; i++) {
        snprintf(body, sizeof body, "%s ", work[i].body);
        struct told told = shop_ask(shop, work[i].peer, "POST", work[i].target, work[i].key, body);
        if (told.status != 422 || strstr(told.body, "\"word\":\"key-reused\"") == NULL)
            return false;
    }
    return true;
}

static void end_day(struct shop *shop) {
    char dump[2048];
    CU_ASSERT_TRUE(answers_stand(shop) && other_bodies_are_refused(shop));
    shop_dump(shop, dumped, sizeof dumped / sizeof dumped[0], dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, healthy);
    CU_ASSERT_TRUE(licensing_stores_hold(shop));
}

/// The whole work without sales before it. Returns how many steps it had.
static size_t run_work(struct shop *shop, enum store_fault_kind kind, size_t at) {
    struct store_fault fault;
    begin_day(shop);
    store_fault_init(&fault, shop->store);
    fault.kind = kind;
    fault.at = at;
    shop->context.store = &fault.store;
    for (size_t i = 0; i < WORK; i++)
        insist(shop, &fault, i);
    shop->context.store = shop->store;
    end_day(shop);
    return fault.steps;
}

/// Every step in memory; engines that sync take their time.
static const size_t paces[ENGINES] = {
    [ENGINE_MEMORY] = 1, [ENGINE_FILE] = 5, [ENGINE_POSTGRES] = 7};

static void fail_every_step(struct shop *shop) {
    size_t cuts = 0;
    licensing_stock(shop, ",\"sealed\":true");
    write_work();
    for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++) {
        size_t steps = 1, pace = paces[shop->engine];
        for (size_t at = 1; at <= steps; at += pace, cuts++)
            steps = run_work(shop, kind, at);
    }
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 7);
}

static void test_every_step(void) {
    licensing_on_every_engine(fail_every_step);
}

/// Asks until there is an answer; from the third time on all is well again.
static void insist_until_well(struct shop *shop, size_t i, void (*heal)(void *), void *context) {
    struct told told = {0};
    for (unsigned tries = 0; tries < 4 && told.status != 200; tries++) {
        if (tries == 2)
            heal(context);
        told = shop_ask(shop, work[i].peer, "POST", work[i].target, work[i].key, work[i].body);
        CU_ASSERT_TRUE(told.status == 200 || told.status >= 500);
    }
    CU_ASSERT_EQUAL(told.status, 200);
    snprintf(work[i].answer, sizeof work[i].answer, "%s", told.body);
}

// ---- processes that die ------------------------------------------------------------------------

enum { KILLS = 20, KILL_PACE = 3 };

/// Works until the step, and dies there by a signal. Returns whether it got through.
static bool die_at(struct shop *shop, size_t at) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct store_fault fault;
        shop_reopen(shop);
        store_fault_init(&fault, shop->store);
        fault.kind = at % 2 == 0 ? STORE_FAULT_KILL : STORE_FAULT_KILL_AFTER;
        fault.at = at;
        shop->context.store = &fault.store;
        for (size_t i = 0; i < WORK && !fault.dead; i++)
            shop_ask(shop, work[i].peer, "POST", work[i].target, work[i].key, work[i].body);
        if (fault.dead)
            raise(SIGKILL);
        _exit(0);
    }
    CU_ASSERT_FATAL(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status);
}

static void nobody_dies(void *context) {
    (void)context;
}

static void killed(struct shop *shop) {
    size_t kills = 0;
    if (shop->engine != ENGINE_FILE)
        return;
    licensing_stock(shop, ",\"sealed\":true");
    write_work();
    for (size_t i = 0; i < KILLS; i++) {
        begin_day(shop);
        store_close(shop->store);
        shop->store = NULL;
        kills += !die_at(shop, 1 + i * KILL_PACE);
        shop_reopen(shop);
        for (size_t k = 0; k < WORK; k++)
            insist_until_well(shop, k, nobody_dies, NULL);
        end_day(shop);
    }
    printf(" (%zu kills) ", kills);
    CU_ASSERT_TRUE(kills >= KILLS - 2);
}

static void test_killed(void) {
    licensing_on_every_engine(killed);
}

// ---- disks and memory --------------------------------------------------------------------------

static void heal_disk(void *context) {
    (void)context;
    failing_vfs_arm(DISK_READ, 0);
}

static bool strike_disk(struct shop *shop, enum disk_fault fault, size_t n) {
    begin_day(shop);
    shop_reopen(shop); // so that there is something to read
    failing_vfs_arm(fault, n);
    for (size_t i = 0; i < WORK; i++)
        insist_until_well(shop, i, heal_disk, NULL);
    bool struck = failing_vfs_struck();
    heal_disk(NULL);
    shop_reopen(shop);
    end_day(shop);
    return struck;
}

static void failing_disk(struct shop *shop) {
    size_t cuts = 0;
    licensing_stock(shop, ",\"sealed\":true");
    write_work();
    for (enum disk_fault fault = 0; fault < DISK_FAULTS; fault++)
        for (size_t n = 1; strike_disk(shop, fault, n); n += 5) // a disk takes its time
            cuts++;
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 15);
}

static void test_failing_disk(void) {
    failing_vfs_arm(DISK_READ, 0);
    licensing_on_disk(failing_vfs(), failing_disk);
}

static void heal_memory(void *context) {
    ((struct counted *)context)->fail_at = 0;
}

/// All allocations from the n-th on fail until somebody gives memory. Did it come to that?
static bool strike_memory(struct shop *shop, size_t n) {
    struct counted counted;
    counted_init(&counted, n);
    begin_day(shop);
    shop->context.memory = &counted.memory;
    for (size_t i = 0; i < WORK; i++)
        insist_until_well(shop, i, heal_memory, &counted);
    CU_ASSERT_EQUAL(counted.blocks, 0);
    bool struck = counted.fail_at == 0;
    shop->context.memory = &host_memory;
    end_day(shop);
    return struck;
}

static void failing_memory(struct shop *shop) {
    size_t n = 1;
    if (shop->engine == ENGINE_FILE)
        return; // as in memory
    licensing_stock(shop, ",\"sealed\":true");
    write_work();
    while (strike_memory(shop, n))
        n++;
    printf(" (%zu cuts) ", n - 1);
    CU_ASSERT_TRUE(n > 15);
}

static void test_failing_memory(void) {
    licensing_on_every_engine(failing_memory);
}

static const struct suite_test tests[] = {
    {"no ticket is lost, sold or paid twice, wherever the store breaks", test_every_step,
     "P1-26 P1-27 P2-11"},
    {"nor where a process is killed", test_killed, "P1-26 P2-11"},
    {"nor wherever a disk fails to read, write or sync, or is full", test_failing_disk,
     "P1-26 P2-11"},
    {"nor wherever memory is out", test_failing_memory, "P1-26 P2-11"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-licence-faults", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
