// SPDX-License-Identifier: Apache-2.0
// Torn taps in one process, exhaustive: the card leaves after every octet on the air, either purse
// loses power at every write; after one further tap the money adds up and the sale is complete or
// void. TESSERA_TORN=full multiplies the two.
#include <stdio.h>

#include "tests/kit/suite.h"
#include "tests/kit/tap/tap.h"
#include "tests/tear/torn.h"

enum { AMOUNT = 1000 };
enum next { NEXT_SAME_SALE, NEXT_RECOVERY, NEXT_COUNT };

// Taps of one kind, torn one after another.
struct series {
    struct tap *tap;
    bool deposit;
    struct scene_snapshot start;
    struct torn_figures figures;
};

static struct scene_card *machine_of(const struct series *series) {
    return series->deposit ? series->tap->trio.floater : series->tap->trio.till;
}

static uint64_t balance(struct scene_card *card) {
    scene_power(card);
    return scene_balance(card, SCENE_UNIT);
}

struct before {
    uint64_t wallet, machine;
};

// After the further tap: everything accounted for, moved completely or not at all.
static void judge(struct series *series, enum next next, const struct before *before,
                  enum flow_status status) {
    struct tap *tap = series->tap;
    uint64_t wallet = balance(tap->trio.wallet), other = balance(machine_of(series));
    bool moved = series->deposit
                     ? wallet == before->wallet + AMOUNT && other + AMOUNT == before->machine
                     : wallet + AMOUNT == before->wallet && other == before->machine + AMOUNT;
    bool untouched = wallet == before->wallet && other == before->machine;
    const char *what = NULL;
    if (!scene_audit(tap->trio.scene))
        what = tap->trio.scene->fault;
    else if (status != FLOW_DONE)
        what = "the further tap does not succeed";
    else if (next == NEXT_SAME_SALE && !moved)
        what = "the same sale was not paid exactly once";
    else if (!moved && !untouched)
        what = "neither paid nor void";
    if (what != NULL)
        torn_violation(&series->figures, &tap->reader.fault, what);
}

// One torn tap from the state in start, and each way of going on after it.
static void tear(void *context, const struct tap_fault *fault) {
    struct series *series = context;
    struct tap *tap = series->tap;
    tap->reader.fault = *fault;
    scene_restore(tap->trio.scene, &series->start);
    tap->sale.filled = false;
    struct before before = {balance(tap->trio.wallet), balance(machine_of(series))};
    enum flow_status status = tap_run(tap, series->deposit, AMOUNT, "SALE1");
    torn_count(&series->figures, status);
    struct scene_snapshot torn = scene_save(tap->trio.scene);
    struct sale_record sale = tap->sale.record;
    bool has_sale = tap->sale.filled;
    for (enum next next = 0; next < NEXT_COUNT; next++) {
        scene_restore(tap->trio.scene, &torn);
        tap->sale.record = sale;
        tap->sale.filled = has_sale;
        status = tap_again(tap, series->deposit, next == NEXT_SAME_SALE ? AMOUNT : 0, "SALE1");
        judge(series, next, &before, status);
    }
    scene_forget(&torn);
}

static struct torn_extent begin(struct series *series, bool deposit) {
    struct tap *tap = tap_new();
    *series = (struct series){.tap = tap, .deposit = deposit};
    series->start = scene_save(tap->trio.scene);
    CU_ASSERT(tap_run(tap, deposit, AMOUNT, "SALE1") == FLOW_DONE);
    struct scene_card *machine = machine_of(series);
    return (struct torn_extent){tap->reader.air_octets,
                                {tap->trio.wallet, machine},
                                {tap->reader.writes, machine->port.writes}};
}

static void end(struct series *series) {
    scene_forget(&series->start);
    tap_free(series->tap);
}

// ---- removal ----------------------------------------------------------------------------------

static void removal(bool deposit, const char *name) {
    struct series series;
    struct torn_extent extent = begin(&series, deposit);
    torn_removals(&extent, tear, &series);
    torn_print(name, &series.figures);
    CU_ASSERT(series.figures.taps == extent.octets + 1);
    CU_ASSERT(series.figures.open > 100 && series.figures.done >= 1);
    end(&series);
}

static void test_removal_in_a_payment(void) {
    removal(false, "payment, card leaves at every octet");
}

static void test_removal_in_a_deposit(void) {
    removal(true, "deposit, card leaves at every octet");
}

// ---- power cuts -------------------------------------------------------------------------------

static void cuts(bool deposit, const char *name) {
    struct series series;
    struct torn_extent extent = begin(&series, deposit);
    CU_ASSERT(extent.writes[0] > 0 && extent.writes[1] > 0);
    torn_cuts(&extent, tear, &series);
    torn_print(name, &series.figures);
    CU_ASSERT(series.figures.taps >= 4U * (extent.writes[0] + extent.writes[1]));
    end(&series);
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
    tap->reader.radio->field.timed = true;
    uint64_t start = tap->reader.radio->field.now;
    CU_ASSERT(tap_run(tap, false, AMOUNT, "SALE1") == FLOW_DONE);
    double ms = (double)(tap->reader.radio->field.now - start) / 1e6;
    printf("tap at 106 kbit/s: %u APDUs, %zu octets, %zu on the air, %.1f ms\n", tap->apdus,
           tap->apdu_octets, tap->reader.air_octets, ms);
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
