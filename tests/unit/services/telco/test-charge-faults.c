// SPDX-License-Identifier: Apache-2.0
// A docket on its way to the bank and the seller, while the stores of all three fail, lose answers
// or die at every begin, statement and commit, and messages are lost or doubled: after honest
// retries it is billed once, paid once and settled once.
#include "services/core/keeper/outbox.h"
#include "services/core/store/store_fault.h"
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#include <stdio.h>
#include <string.h>

static struct town town;
static struct town_ticket ticket;
static char body[LICENSING_BODY_MAX];

enum place { CHARGE, BANK, LICENCE, PLACES };

static struct shop *place(enum place which) {
    return which == CHARGE ? &town.charge : which == BANK ? &town.bank : &town.licence;
}

static void forget(void) {
    shop_script(&town.charge, "DELETE FROM docket; DELETE FROM content_charge; DELETE FROM outbox;"
                              "DELETE FROM request; DELETE FROM posting; DELETE FROM unfolded;"
                              "DELETE FROM fold; DELETE FROM transfer; DELETE FROM unsealed;"
                              "DELETE FROM ledger_account");
    shop_script(&town.bank, "DELETE FROM booking; DELETE FROM outbox; DELETE FROM request;"
                            "DELETE FROM posting; DELETE FROM unfolded; DELETE FROM fold;"
                            "DELETE FROM transfer; DELETE FROM unsealed");
    shop_script(&town.licence,
                "DELETE FROM notice; DELETE FROM settled; DELETE FROM unsettled;"
                "DELETE FROM request; INSERT INTO unsettled(instance, sent_date,"
                " number, mail, made_ms) SELECT instance, 20040211, number, '" LICENSING_MAIL
                "', 0 FROM sale");
}

static void later(void) {
    uint64_t now = town.charge.now_ms + 60000;
    town.charge.now_ms = town.bank.now_ms = town.licence.now_ms = now;
}

static bool deliver(struct shop *shop) {
    struct outbox_round round;
    struct failure failure;
    return outbox_deliver(&shop->context, shop->crypto, &round, &failure) && round.sent == 0;
}

/// The phone asks until it hears an answer, the couriers until nothing waits.
static void insist(struct store_fault *fault) {
    bool heard = false, quiet = false;
    for (unsigned i = 0; i < 12 && !(heard && quiet); i++) {
        struct told told =
            shop_ask(&town.charge, &licensing_buyer, "POST", "/v1/dockets", "d1", body);
        heard = heard || (told.status == 200 && !fault->dead);
        fault->dead = false;
        quiet = deliver(&town.charge);
        fault->dead = false;
        quiet = deliver(&town.bank) && quiet;
        fault->dead = false;
        later();
    }
    CU_ASSERT_TRUE(heard && quiet);
}

static bool is_once(void) {
    return town_book(&town, "UNBILLED:" TOWN_PHONE) == 1000 && town_book(&town, "BANK") == -1000 &&
           town_book(&town, "DUE:ID_2000") == 0 && town_book(&town, "ORDERED:ID_2000") == 0 &&
           town_money(&town, "SHOP") == 1000 && town_money(&town, "TELCO") == -1000 &&
           licensing_count(&town.charge, "SELECT count(*) FROM content_charge") == 1 &&
           licensing_count(&town.bank, "SELECT count(*) FROM booking WHERE notice = 2") == 1 &&
           licensing_count(&town.licence,
                           "SELECT count(*) FROM settled WHERE by_kind = 'notice'") == 1 &&
           licensing_stores_hold(&town.licence);
}

/// Returns how many steps that store had.
static size_t run(enum place which, enum store_fault_kind kind, size_t at) {
    struct store_fault fault;
    struct shop *shop = place(which);
    forget();
    store_fault_init(&fault, shop->store);
    fault.kind = kind;
    fault.at = at;
    shop->context.store = &fault.store;
    insist(&fault);
    shop->context.store = shop->store;
    bool once = is_once();
    CU_ASSERT_TRUE(once);
    if (!once)
        printf("\n    place %d, kind %d, step %zu", (int)which, (int)kind, at);
    return fault.steps;
}

static void every_step(enum engine engine) {
    size_t cuts = 0;
    town_open(&town, engine, false);
    town_order(&town, &ticket, 1, "00112233445566aa");
    town_docket_body(body, &ticket, &town_docket);
    for (enum place which = 0; which < PLACES; which++)
        for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++) {
            size_t steps = 1, pace = engine == ENGINE_FILE ? 11 : engine == ENGINE_POSTGRES ? 7 : 1;
            for (size_t at = 1; at <= steps; at += pace, cuts++)
                steps = run(which, kind, at);
        }
    town_close(&town);
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 20);
}

static void test_every_step(void) {
    for (enum engine engine = 0; engine < ENGINES; engine++)
        every_step(engine);
}

static const struct suite_test tests[] = {
    {"billed, paid and settled once, wherever a store breaks", test_every_step,
     "P1-26 P1-27 P1-30 P4-15"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-charge-faults", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
