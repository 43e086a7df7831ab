// SPDX-License-Identifier: Apache-2.0
// The clearing center whose store fails, loses answers or dies at every begin, statement and
// commit: after honest retries nothing is issued, settled or ordered twice, and nothing is lost. On
// every engine the books are the same, line for line.
#include "services/core/store/store_fault.h"
#include "tests/kit/services/house.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSFER, ISSUE, LOGS, BATCH, WORK, DUMP_MAX = 16384 };

/// The day's work: a transfer, an issue log over it, a payment and its refund handed in, a batch.
static struct {
    const struct peer *peer;
    const char *key;
    struct house_request *request;
    char answer[sizeof((struct told *)0)->body]; // the last one that counted
} work[WORK] = {
    [TRANSFER] = {&house_bank, "a1", NULL, ""},
    [ISSUE] = {&house_alice, "a2", NULL, ""},
    [LOGS] = {&house_shop, "a3", NULL, ""},
    [BATCH] = {&house_shop, "a4", NULL, ""},
};

/// What the tables hold, but for times and what is signed anew.
static const struct statement dumped[] = {
    {"SELECT transfer, purse, unit, amount FROM incoming ORDER BY transfer", "", "ttii"},
    {"SELECT purse, serial, revision, state_number, before, amount, state FROM issue ORDER BY "
     "purse,"
     " serial, revision",
     "", "tiiiiii"},
    {"SELECT payer, counter, payee, n, amount, digest, state, settled FROM usage ORDER BY payer,"
     " counter",
     "", "titiibii"},
    {"SELECT payee, n, payer, outcome, amount, refunded, settled, batch FROM number ORDER BY payee,"
     " n",
     "", "titiiiii"},
    {"SELECT payee, number, first_n, last_n, digest, state FROM batch ORDER BY payee, number", "",
     "tiiibi"},
    {"SELECT id, cause, party, amount, state FROM payout ORDER BY id", "", "tttii"},
    {"SELECT transfer, account, amount FROM posting ORDER BY transfer, line", "", "tti"},
    {"SELECT id, target FROM outbox ORDER BY id", "", "tt"},
    {"SELECT sender, endpoint, id, status FROM request WHERE id LIKE 'a%' ORDER BY id", "", "ttti"},
};

static char healthy[DUMP_MAX]; // after the first run, on the first engine

static void capture(size_t i) {
    if (work[i].request == NULL)
        work[i].request = calloc(1, sizeof *work[i].request);
    house_capture = work[i].request;
}

/// The requests are the same on every engine: only the challenge is another one.
static void write_work(struct shop *shop) {
    static bool drawn;
    static struct card alice, till;
    static struct deal deals[2];
    struct card fresh = house_card(&house.alice);
    if (!drawn) {
        alice = fresh;
        till = house_card(&house.till);
        alice.issued = 3000;
        alice.serial = alice.revision = 1;
        alice.state++;
        house_pay(&alice, &till, 1000, NULL, &deals[0]);
        house_refund(&till, &alice, 1, 300, &deals[1]);
        house_batch(&till);
        drawn = true;
    }
    capture(TRANSFER);
    house_transfer(shop, "b-1", "alice-p", 3000);
    capture(ISSUE);
    house_issue(shop, &house_alice, &fresh);
    capture(LOGS);
    house_upload(shop, &house_shop, &till, deals, 2);
    capture(BATCH);
    house_end(shop, &house_shop, &till, "batches", false);
    house_capture = NULL;
}

/// Asks until there is an answer; a dead process is started again.
static void insist(struct shop *shop, struct store_fault *fault, size_t i) {
    struct told told = {0};
    for (unsigned tries = 0; tries < 3 && (told.status == 0 || told.status >= 500); tries++) {
        told = shop_ask(shop, work[i].peer, "POST", work[i].request->target, work[i].key,
                        work[i].request->body);
        if (fault->dead)
            told.status = 0; // nobody heard it
        fault->dead = false;
    }
    CU_ASSERT_EQUAL(told.status, 200);
    strcpy(work[i].answer, told.body);
}

/// What anybody was told stays so.
static bool answers_stand(struct shop *shop) {
    for (size_t i = 0; i < WORK; i++) {
        struct told told = shop_ask(shop, work[i].peer, "POST", work[i].request->target,
                                    work[i].key, work[i].request->body);
        if (told.status != 200 || strcmp(told.body, work[i].answer) != 0)
            return false;
    }
    return true;
}

static void clear(struct shop *shop) {
    shop_script(shop, "DELETE FROM payout; DELETE FROM suspense; DELETE FROM batch_sum;"
                      "DELETE FROM batch; DELETE FROM number; DELETE FROM usage;"
                      "DELETE FROM issue; DELETE FROM statement; DELETE FROM incoming;"
                      "DELETE FROM posting; DELETE FROM unfolded; DELETE FROM held;"
                      "DELETE FROM fold; DELETE FROM transfer; DELETE FROM ledger_account;"
                      "DELETE FROM outbox; DELETE FROM request;"
                      "UPDATE challenge SET used = NULL");
}

/// The whole work with empty books before it. Returns how many steps it had.
static size_t run_work(struct shop *shop, enum store_fault_kind kind, size_t at) {
    struct store_fault fault;
    static char dump[DUMP_MAX];
    clear(shop);
    store_fault_init(&fault, shop->store);
    fault.kind = kind;
    fault.at = at;
    shop->context.store = &fault.store;
    for (size_t i = 0; i < WORK; i++)
        insist(shop, &fault, i);
    shop->context.store = shop->store;
    shop_dump(shop, dumped, sizeof dumped / sizeof dumped[0], dump, sizeof dump);
    if (healthy[0] == '\0')
        strcpy(healthy, dump);
    CU_ASSERT_STRING_EQUAL(dump, healthy);
    CU_ASSERT_TRUE(answers_stand(shop) && house_holds(shop));
    return fault.steps;
}

static void fail_every_step(struct shop *shop) {
    size_t cuts = 0;
    house_ask(shop, &house_operator, "PUT", "/v1/parties/center-1", "{\"account\":\"center\"}");
    house_ask(shop, &house_operator, "PUT", "/v1/parties/ID_2000", "{\"account\":\"shop\"}");
    write_work(shop);
    run_work(shop, STORE_FAULTS, 0); // nothing fails
    for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++) {
        size_t steps = 1, pace = shop->engine == ENGINE_MEMORY ? 2 : 11;
        for (size_t at = 1; at <= steps; at += pace, cuts++)
            steps = run_work(shop, kind, at);
    }
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 20);
    CU_ASSERT_EQUAL(house_account(shop, "ORDERED:ID_2000:JPY"), 700);
}

static void test_every_step(void) {
    house_on_every_engine(fail_every_step);
}

static const struct suite_test tests[] = {
    {"nothing is issued, settled or ordered twice or lost, wherever the store breaks",
     test_every_step, "S01e S12a"},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-clearing-faults", tests, sizeof tests / sizeof tests[0], argc, argv);
    for (size_t i = 0; i < WORK; i++)
        free(work[i].request);
    house_close();
    return code;
}
