// SPDX-License-Identifier: Apache-2.0
// Torn taps in one process, exhaustive: the card leaves after every octet on the air, either purse
// loses power at every write; after one further tap the money adds up and the sale is complete or
// void. TESSERA_TORN=full multiplies the two.
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/tap.h"

enum { AMOUNT = 1000 };
enum next { NEXT_SAME_SALE, NEXT_RECOVERY, NEXT_COUNT };

struct figures {
    size_t taps, open, done, refused, absent, violations;
};

static void violation(struct figures *figures, const struct tap *tap, const char *what) {
    const struct tap_fault *fault = &tap->fault;
    if (figures->violations++ < 5)
        fprintf(stderr, "octet %u, %s write %u octets %u: %s\n", fault->leave_after,
                fault->cut != NULL ? fault->cut->holder : "no", fault->write, fault->octets, what);
}

static uint64_t balance(struct world_card *card) {
    world_power(card);
    return world_balance(card, WORLD_UNIT);
}

struct before {
    uint64_t wallet, machine;
};

// After the further tap: everything accounted for, moved completely or not at all.
static void judge(struct figures *figures, struct tap *tap, bool deposit, enum next next,
                  const struct before *before, enum flow_status status) {
    struct world_card *machine = deposit ? tap->trio.floater : tap->trio.till;
    uint64_t wallet = balance(tap->trio.wallet), other = balance(machine);
    bool moved = deposit ? wallet == before->wallet + AMOUNT && other + AMOUNT == before->machine
                         : wallet + AMOUNT == before->wallet && other == before->machine + AMOUNT;
    bool untouched = wallet == before->wallet && other == before->machine;
    if (!world_audit(tap->trio.world))
        violation(figures, tap, tap->trio.world->fault);
    else if (status != FLOW_DONE)
        violation(figures, tap, "the further tap does not succeed");
    else if (next == NEXT_SAME_SALE && !moved)
        violation(figures, tap, "the same sale was not paid exactly once");
    else if (!moved && !untouched)
        violation(figures, tap, "neither paid nor void");
}

static void count(struct figures *figures, enum flow_status status) {
    figures->taps++;
    figures->open += status == FLOW_OPEN;
    figures->done += status == FLOW_DONE;
    figures->refused += status == FLOW_REFUSED || status == FLOW_FAILED;
    figures->absent += status == FLOW_ABSENT;
}

// One torn tap from the state in start, and each way of going on after it.
static void tear(struct tap *tap, const struct world_snapshot *start, bool deposit,
                 struct figures *figures) {
    world_restore(tap->trio.world, start);
    tap->sale.filled = false;
    struct before before = {balance(tap->trio.wallet),
                            balance(deposit ? tap->trio.floater : tap->trio.till)};
    enum flow_status status = tap_run(tap, deposit, AMOUNT, "SALE1");
    count(figures, status);
    struct world_snapshot torn = world_save(tap->trio.world);
    struct sale_record sale = tap->sale.record;
    bool has_sale = tap->sale.filled;
    for (enum next next = 0; next < NEXT_COUNT; next++) {
        world_restore(tap->trio.world, &torn);
        tap->sale.record = sale;
        tap->sale.filled = has_sale;
        status = tap_again(tap, deposit, next == NEXT_SAME_SALE ? AMOUNT : 0, "SALE1");
        judge(figures, tap, deposit, next, &before, status);
    }
    world_forget(&torn);
}

// Octets and writes of the undisturbed tap.
struct extent {
    size_t octets;
    uint32_t wallet, machine;
};

static struct extent measure(struct tap *tap, const struct world_snapshot *start, bool deposit) {
    struct world_card *machine = deposit ? tap->trio.floater : tap->trio.till;
    world_restore(tap->trio.world, start);
    tap->sale.filled = false;
    tap->fault = (struct tap_fault){.leave_after = TAP_NEVER};
    CU_ASSERT(tap_run(tap, deposit, AMOUNT, "SALE1") == FLOW_DONE);
    return (struct extent){tap->air_octets, tap->wallet_writes, machine->port.writes};
}

static void print(const char *name, const struct figures *figures) {
    printf("torn taps: %s: %zu taps, %zu open, %zu done, %zu absent, %zu refused, %zu violations\n",
           name, figures->taps, figures->open, figures->done, figures->absent, figures->refused,
           figures->violations);
    CU_ASSERT(figures->violations == 0);
}

// ---- removal ----------------------------------------------------------------------------------

static void removal(bool deposit, const char *name) {
    struct tap *tap = tap_new();
    struct world_snapshot start = world_save(tap->trio.world);
    struct extent extent = measure(tap, &start, deposit);
    struct figures figures = {0};
    for (uint32_t octet = 0; octet <= extent.octets; octet++) {
        tap->fault = (struct tap_fault){.leave_after = octet};
        tear(tap, &start, deposit, &figures);
    }
    print(name, &figures);
    CU_ASSERT(figures.taps == extent.octets + 1 && figures.open > 100 && figures.done >= 1);
    world_forget(&start);
    tap_free(tap);
}

static void test_removal_in_a_payment(void) {
    removal(false, "payment, card leaves at every octet");
}

static void test_removal_in_a_deposit(void) {
    removal(true, "deposit, card leaves at every octet");
}

// ---- power cuts -------------------------------------------------------------------------------

// Nothing of the write, one octet, half, all but one; tests/test-tear.c has every octet.
static const uint32_t portions[] = {0, 1, 16, 64};

static void cut_all(struct tap *tap, const struct world_snapshot *start, bool deposit,
                    struct world_card *card, uint32_t writes, uint32_t octet,
                    struct figures *figures) {
    for (uint32_t write = 0; write < writes; write++)
        for (size_t i = 0; i < sizeof portions / sizeof portions[0]; i++) {
            tap->fault = (struct tap_fault){octet, card, write, portions[i]};
            tear(tap, start, deposit, figures);
        }
}

static void cuts(bool deposit, const char *name) {
    struct tap *tap = tap_new();
    struct world_snapshot start = world_save(tap->trio.world);
    struct extent extent = measure(tap, &start, deposit);
    struct figures figures = {0};
    struct world_card *machine = deposit ? tap->trio.floater : tap->trio.till;
    const char *full = getenv("TESSERA_TORN");
    CU_ASSERT(extent.wallet > 0 && extent.machine > 0);
    cut_all(tap, &start, deposit, tap->trio.wallet, extent.wallet, TAP_NEVER, &figures);
    cut_all(tap, &start, deposit, machine, extent.machine, TAP_NEVER, &figures);
    for (uint32_t octet = 0; full != NULL && octet <= extent.octets; octet++) {
        cut_all(tap, &start, deposit, tap->trio.wallet, extent.wallet, octet, &figures);
        cut_all(tap, &start, deposit, machine, extent.machine, octet, &figures);
    }
    print(name, &figures);
    CU_ASSERT(figures.taps >= 4U * (extent.wallet + extent.machine));
    world_forget(&start);
    tap_free(tap);
}

static void test_cuts_in_a_payment(void) {
    cuts(false, "payment, power cut at every write of either side");
}

static void test_cuts_in_a_deposit(void) {
    cuts(true, "deposit, power cut at every write of either side");
}

// ---- the air budget ---------------------------------------------------------------------------

static void test_air_time_of_a_tap(void) {
    struct tap *tap = tap_new();
    CU_ASSERT(tap_run(tap, false, AMOUNT, "SALE0") == FLOW_DONE); // they have met
    tap->radio->field.timed = true;
    uint64_t start = tap->radio->field.now;
    CU_ASSERT(tap_run(tap, false, AMOUNT, "SALE1") == FLOW_DONE);
    double ms = (double)(tap->radio->field.now - start) / 1e6;
    printf("tap at 106 kbit/s: %u APDUs, %zu octets, %zu on the air, %.1f ms\n", tap->apdus,
           tap->apdu_octets, tap->air_octets, ms);
    CU_ASSERT(tap->apdus <= 3 && tap->apdu_octets <= 700 && ms <= 75);
    tap_free(tap);
}

static const struct suite_test tests[] = {
    {"torn payment: the card leaves at every octet", test_removal_in_a_payment, "P2-25"},
    {"torn deposit: the card leaves at every octet", test_removal_in_a_deposit, "P2-25"},
    {"torn payment: power cut at every write", test_cuts_in_a_payment, NULL},
    {"torn deposit: power cut at every write", test_cuts_in_a_deposit, NULL},
    {"a payment fits the air budget", test_air_time_of_a_tap, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-torn", tests, sizeof tests / sizeof tests[0], argc, argv);
}
