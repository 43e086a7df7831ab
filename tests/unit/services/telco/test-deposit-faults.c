// SPDX-License-Identifier: Apache-2.0
// A deposit by telephone and a payment by the debit function of a card, while a store of theirs
// fails, loses answers or dies at every begin, statement and commit: after honest retries each is
// booked once, at each end, and nothing waits.
#include "services/core/keeper/outbox.h"
#include "services/core/store/store_fault.h"
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#include <stdio.h>
#include <string.h>

#define RIGHT "correct horse"

enum { AMOUNT = 2000, PRICE = 1000, ROUNDS = 12 };

static struct town town;

/// What is asked for, under an id of its own each time, and what is then booked.
struct errand {
    unsigned number;
    struct shop *at;
    const struct peer *by;
    const char *target, *outcome;
    char body[LICENSING_BODY_MAX];
};

// ---- what the books say ------------------------------------------------------------------------

enum { FIGURES = 8 };

static void read_books(int64_t figures[FIGURES]) {
    const int64_t now[FIGURES] = {
        town_money(&town, "CENTER"),
        town_money(&town, "CARD"),
        town_money(&town, "SHOP"),
        town_book(&town, "UNBILLED:" TOWN_PHONE),
        licensing_count(&town.charge, "SELECT count(*) FROM content_charge"),
        licensing_count(&town.bank, "SELECT count(*) FROM booking"),
        licensing_count(&town.licence, "SELECT count(*) FROM settled"),
        town_book(&town, "DUE:center") + town_book(&town, "ORDERED:center"),
    };
    memcpy(figures, now, sizeof now);
}

static const int64_t of_deposit[FIGURES] = {AMOUNT, 0, 0, AMOUNT, 1, 1, 0, 0};
static const int64_t of_debit[FIGURES] = {0, -PRICE, PRICE, 0, 0, 1, 1, 0};

// ---- until it is through -----------------------------------------------------------------------

static bool deliver(struct shop *shop) {
    struct outbox_round round;
    struct failure failure;
    return outbox_deliver(&shop->context, shop->crypto, &round, &failure) && round.sent == 0;
}

static void later(void) {
    uint64_t now = town.charge.now_ms + 60000;
    town.charge.now_ms = town.bank.now_ms = town.licence.now_ms = now;
}

/// The phone asks until it hears that it is done, the couriers deliver until nothing waits.
static bool insist(const struct errand *errand, struct store_fault *fault) {
    char key[24];
    bool heard = false, quiet = false;
    snprintf(key, sizeof key, "e%u", errand->number);
    for (unsigned i = 0; i < ROUNDS && !(heard && quiet); i++) {
        struct told told =
            shop_ask(errand->at, errand->by, "POST", errand->target, key, errand->body);
        heard = heard || (told.status == 200 && strstr(told.body, errand->outcome) != NULL);
        fault->dead = false;
        quiet = deliver(&town.charge);
        fault->dead = false;
        quiet = deliver(&town.bank) && quiet;
        fault->dead = false;
        later();
    }
    return heard && quiet;
}

/// Returns how many steps that store had.
static size_t run(struct errand *errand, const int64_t *wanted, struct shop *broken,
                  struct store_fault *fault) {
    int64_t before[FIGURES], after[FIGURES];
    bool once;
    read_books(before);
    broken->context.store = &fault->store;
    once = insist(errand, fault);
    broken->context.store = broken->store;
    read_books(after);
    for (size_t i = 0; i < FIGURES; i++)
        once = once && after[i] - before[i] == wanted[i];
    CU_ASSERT_TRUE(once);
    if (!once)
        printf("\n    %s, kind %d, step %zu", errand->target, (int)fault->kind, fault->at);
    return fault->steps;
}

/// Every step of one store, each with an errand that `next` makes.
static size_t every_step(struct errand *errand, void (*next)(struct errand *errand),
                         const int64_t *wanted, struct shop *broken) {
    size_t cuts = 0, pace = broken->engine == ENGINE_MEMORY ? 5 : 31;
    for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++) {
        size_t steps = 1;
        for (size_t at = 1; at <= steps; at += pace, cuts++) {
            struct store_fault fault;
            store_fault_init(&fault, broken->store);
            fault.kind = kind;
            fault.at = at;
            next(errand);
            steps = run(errand, wanted, broken, &fault);
        }
    }
    return cuts;
}

static void done(struct shop *shop, const struct peer *peer, const char *target, const char *body) {
    CU_ASSERT_EQUAL(licensing_ask(shop, peer, "PUT", target, body).status, 200);
}

// ---- a deposit by telephone --------------------------------------------------------------------

static void next_deposit(struct errand *errand) {
    errand->number++;
    snprintf(errand->body, sizeof errand->body,
             "{\"id\":\"%032x\",\"password\":\"" RIGHT "\",\"amount\":%d}", errand->number, AMOUNT);
}

static void deposits(enum engine engine) {
    struct errand errand = {0, &town.charge, &licensing_buyer, "/v1/deposits", "completed", ""};
    town_open(&town, engine, false);
    town_debit_account(&town, 1);
    done(&town.bank, &town_clerk, "/v1/accounts/CENTER",
         "{\"owner\":\"center-1\",\"unit\":\"JPY\"}");
    done(&town.charge, &town_operator, "/v1/deposit-account", "{\"account\":\"CENTER\"}");
    done(&town.charge, &town_operator, "/v1/passwords/" TOWN_PHONE, "{\"password\":\"" RIGHT "\"}");
    size_t cuts = every_step(&errand, next_deposit, of_deposit, &town.charge);
    cuts += every_step(&errand, next_deposit, of_deposit, &town.bank);
    town_close(&town);
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 8);
}

static void test_deposits(void) {
    for (enum engine engine = 0; engine < ENGINES; engine++)
        deposits(engine);
}

// ---- the debit function of a card --------------------------------------------------------------

static void next_debit(struct errand *errand) {
    struct town_ticket ticket;
    char instance[17];
    snprintf(instance, sizeof instance, "%016x", ++errand->number);
    town_order(&town, &ticket, errand->number, instance);
    town_docket_body(errand->body, &ticket, &town_docket);
}

static void debits(enum engine engine) {
    struct errand errand = {0, &town.bank, &licensing_buyer, "/v1/dockets", "accepted", ""};
    town_open(&town, engine, false);
    town_debit_account(&town, 100000000);
    done(&town.bank, &town_clerk, "/v1/accounts/CENTER",
         "{\"owner\":\"center-1\",\"unit\":\"JPY\"}");
    shop_script(&town.licence, "UPDATE offer SET activator = 'bank-1'");
    size_t cuts = every_step(&errand, next_debit, of_debit, &town.bank);
    cuts += every_step(&errand, next_debit, of_debit, &town.licence);
    town_close(&town);
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 8);
}

static void test_debits(void) {
    for (enum engine engine = 0; engine < ENGINES; engine++)
        debits(engine);
}

static const struct suite_test tests[] = {
    {"a deposit is billed and paid once, wherever a store breaks", test_deposits, "M12d"},
    {"a debit is paid and told once, wherever a store breaks", test_debits, "M17"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-deposit-faults", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
