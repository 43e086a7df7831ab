// SPDX-License-Identifier: Apache-2.0
// The sale machine of host/sale: its table; then whole sales and deposits over cards in process,
// with the power gone at every durable step and every movement, and every command and answer of
// the tap lost, in every combination: the customer has paid and was served once, or has not paid.
#include "host/flows/flow.h"
#include "host/sale/sale_machine.h"
#include "tests/kit/sale/sale_world.h"
#include "tests/kit/scene/lossy.h"
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <string.h>

enum { AMOUNT = 1000, UNIT = SCENE_UNIT };

// ---- the table ---------------------------------------------------------------------------------

/// Every pair of states, as a map that a person can check.
static void test_the_table(void) {
    static const struct {
        enum sale_state from;
        const char *to; // a letter each, in the order of enum sale_state; '.': never
    } rows[] = {
        {0, "B........"},           {SALE_BEGUN, "BRVP....."},     {SALE_REQUESTED, ".RVP....."},
        {SALE_VOID, ".RVP..r.."},   {SALE_PAID, "...Ps...."},      {SALE_SERVING, "...P.S..!"},
        {SALE_SERVED, "........."}, {SALE_RETURNING, "..V....b!"}, {SALE_RETURNED, "........."},
        {SALE_STAFF, ".....S.b."},
    };
    CU_ASSERT_EQUAL_FATAL(sizeof rows / sizeof rows[0], SALE_STATE_COUNT);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int to = SALE_BEGUN; to < SALE_STATE_COUNT; to++)
            CU_ASSERT_EQUAL(sale_may_follow(rows[i].from, (enum sale_state)to),
                            rows[i].to[to - 1] != '.');
    CU_ASSERT_FALSE(sale_may_follow(SALE_STATE_COUNT, SALE_BEGUN));
    CU_ASSERT_FALSE(sale_may_follow(SALE_BEGUN, 0));
}

static void test_what_a_sensor_decides(void) {
    static const enum sale_state serving[] = {SALE_PAID, SALE_SERVED, SALE_STAFF, SALE_STAFF};
    static const enum sale_state returning[] = {SALE_VOID, SALE_STAFF, SALE_RETURNED, SALE_STAFF};
    for (int sense = 0; sense < SALE_SENSE_COUNT; sense++) {
        enum sale_state one = sale_after_look(SALE_SERVING, (enum sale_sense)sense);
        enum sale_state two = sale_after_look(SALE_RETURNING, (enum sale_sense)sense);
        CU_ASSERT_EQUAL(one, serving[sense]);
        CU_ASSERT_EQUAL(two, returning[sense]);
        CU_ASSERT(sale_may_follow(SALE_SERVING, one) && sale_may_follow(SALE_RETURNING, two));
    }
}

/// Cash in escrow of a sale that was not paid goes back; without cash there is nothing to do.
static void test_what_is_due(void) {
    static const enum sale_due dues[] = {SALE_DUE_TAP,   SALE_DUE_TAP,     SALE_DUE_NOTHING,
                                         SALE_DUE_SERVE, SALE_DUE_LOOK,    SALE_DUE_NOTHING,
                                         SALE_DUE_LOOK,  SALE_DUE_NOTHING, SALE_DUE_STAFF};
    for (int state = SALE_BEGUN; state < SALE_STATE_COUNT; state++) {
        struct sale_record record = {.state = (enum sale_state)state};
        CU_ASSERT_EQUAL(sale_due(&record), dues[state - 1]);
        record.cash = AMOUNT;
        CU_ASSERT_EQUAL(sale_due(&record), state == SALE_VOID ? SALE_DUE_RETURN : dues[state - 1]);
        CU_ASSERT(sale_due_word(sale_due(&record))[0] != '\0');
    }
}

// ---- a machine, its purses, and what goes wrong ------------------------------------------------

static struct {
    struct trio trio;
    struct sale_world world;
    bool deposit;
    struct lossy_link wallet, own; // the machine's own purse: till or float
    struct lossy_plan plan;
    struct purse_client wallet_client, own_client;
    struct flow flow;
    struct scene_snapshot start;
    uint64_t before; // the wallet's balance
    // what was tried
    unsigned taps, paid, unpaid, staff;
} m;

static struct scene_card *own_card(void) {
    return m.deposit ? m.trio.floater : m.trio.till;
}

static void begin(bool deposit) {
    struct scene_profile person = trio_wallet_profile();
    memset(&m, 0, sizeof m);
    m.deposit = deposit;
    m.trio = trio_begin(&person, NULL, NULL);
    sale_world_begin(&m.world);
    lossy_disarm(&m.plan);
    lossy_over(&m.wallet, m.trio.wallet, CARD_CONTACTLESS, &m.plan);
    lossy_over(&m.own, own_card(), CARD_CONTACT, &m.plan);
    m.before = scene_balance(m.trio.wallet, UNIT);
    m.start = scene_save(m.trio.scene);
}

static void end(void) {
    link_close(&m.wallet.link);
    link_close(&m.own.link);
    scene_forget(&m.start);
    trio_end(&m.trio);
}

static void rewind_all(void) {
    scene_restore(m.trio.scene, &m.start);
    sale_world_begin(&m.world);
    m.wallet.down = m.own.down = false;
    lossy_disarm(&m.plan);
}

static void fill(struct sale_record *record, uint64_t amount) {
    struct purse_terms terms;
    *record = (struct sale_record){.amount = amount, .unit = UNIT};
    CU_ASSERT(purse_terms_refer(&terms, m.deposit ? REFERENCE_DEPOSIT : REFERENCE_GOODS, "R1"));
    memcpy(record->reference, terms.reference, terms.reference_size);
    record->reference_size = terms.reference_size;
    record->cash = m.deposit ? amount : 0;
}

static void tap(const struct sale_record *record) {
    client_over(&m.wallet_client, &m.wallet.link);
    client_over(&m.own_client, &m.own.link);
    flow_over(&m.flow, m.deposit ? &m.own_client : &m.wallet_client,
              m.deposit ? &m.wallet_client : &m.own_client, &m.wallet_client);
    m.flow.journal = m.world.machine.journal;
    m.flow.terms.amount = record->amount;
    m.flow.terms.unit = record->unit;
    m.flow.terms.reference_size = record->reference_size;
    memcpy(m.flow.terms.reference, record->reference, record->reference_size);
    if (m.deposit)
        deposit_run(&m.flow);
    else
        payment_run(&m.flow);
    m.taps++;
}

/// One life of the machine, from its start until a purse or a person is due, or its power goes.
/// tapping: the customer holds the card when it is due.
static enum sale_due live(uint64_t amount, bool tapping) {
    struct sale_record record;
    struct failure failure;
    bool known;
    fill(&record, amount);
    if (!sale_open(&m.world.machine, &record, &known, &failure))
        return SALE_DUE_COUNT;
    if (tapping && sale_due(&record) == SALE_DUE_TAP) {
        tap(&record);
        if (!sale_read(&m.world.machine, &record, &failure))
            return SALE_DUE_COUNT;
        if (m.flow.cash == CASH_RETURN && sale_due(&record) == SALE_DUE_TAP &&
            !sale_end_unpaid(&m.world.machine, &record, &failure))
            return SALE_DUE_COUNT;
    }
    return sale_drive(&m.world.machine, &record);
}

static void restart(void) {
    sale_world_restart(&m.world);
    lossy_disarm(&m.plan);
    lossy_mend(&m.wallet, m.trio.wallet);
    lossy_mend(&m.own, own_card());
}

static bool moved_once(uint64_t amount) {
    uint64_t now = scene_balance(m.trio.wallet, UNIT);
    return m.deposit ? now == m.before + amount : now + amount == m.before;
}

/// What is true in the end, whatever went wrong.
static const char *verdict(uint64_t amount) {
    const struct sale_record *record =
        sale_world_find(&m.world, m.deposit ? REFERENCE_DEPOSIT : REFERENCE_GOODS, "R1");
    bool paid = moved_once(amount);
    if (!scene_audit(m.trio.scene))
        return m.trio.scene->fault;
    if (!paid && scene_balance(m.trio.wallet, UNIT) != m.before)
        return "another sum was moved";
    if (m.world.served + m.world.returned > 1)
        return "it moved twice";
    if (record == NULL)
        return paid || m.world.served > 0 ? "paid or served without a record" : NULL;
    if (record->state == SALE_STAFF)
        return m.world.blind || m.world.stuck ? NULL : "a sensor was there, and staff was called";
    if (paid != (m.world.served == 1))
        return paid ? "paid and not served" : "served and not paid";
    if (m.deposit && m.world.returned != !paid)
        return "cash is neither stacked nor back, or both";
    return sale_due(record) == SALE_DUE_NOTHING ? NULL : "it is not over";
}

static void judge(uint64_t amount, unsigned die, unsigned lost, enum lossy_kind kind) {
    const char *what = verdict(amount);
    m.paid += moved_once(amount);
    m.unpaid += !moved_once(amount);
    m.staff += m.world.count > 0 && m.world.records[0].state == SALE_STAFF;
    CU_ASSERT_PTR_NULL(what);
    if (what != NULL)
        fprintf(stderr, "%s: power gone at step %u, %s %u lost: %s\n",
                m.deposit ? "deposit" : "sale", die, kind == LOSSY_ANSWER ? "answer" : "command",
                lost, what);
}

/// The first life with what goes wrong, then honest ones: at most one more tap.
static void lives(uint64_t amount, unsigned die, unsigned lost, enum lossy_kind kind) {
    rewind_all();
    m.world.blind = false;
    sale_world_kill(&m.world, die);
    lossy_arm(&m.plan, lost, kind);
    live(amount, true);
    restart();
    enum sale_due due = live(amount, false);
    if (due == SALE_DUE_TAP)
        due = live(amount, true);
    judge(amount, die, lost, kind);
}

enum { NO_LOSS = 1000 };

/// Steps of the machine and commands of the tap where nothing goes wrong.
static void extent(uint64_t amount, unsigned *steps, unsigned *commands) {
    rewind_all();
    sale_world_kill(&m.world, SALE_WORLD_NEVER);
    lossy_arm(&m.plan, NO_LOSS, LOSSY_COMMAND);
    live(amount, true);
    *steps = m.world.steps;
    *commands = m.plan.sent;
    judge(amount, SALE_WORLD_NEVER, NO_LOSS, LOSSY_COMMAND);
}

static void product(const char *name, uint64_t amount) {
    unsigned steps, commands, count = 0;
    extent(amount, &steps, &commands);
    for (unsigned die = 0; die <= steps; die++)
        for (unsigned lost = 0; lost <= commands; lost++)
            for (int kind = LOSSY_COMMAND; kind <= LOSSY_ANSWER; kind++, count++)
                lives(amount, die, lost == commands ? NO_LOSS : lost, (enum lossy_kind)kind);
    printf("%s: %u steps x %u commands and answers, %u lives: %u paid and served, %u unpaid, "
           "%u with staff\n",
           name, steps, commands, count, m.paid, m.unpaid, m.staff);
}

static void test_a_sale_whatever_breaks(void) {
    begin(false);
    product("sale", AMOUNT);
    CU_ASSERT(m.paid > 50 && m.staff == 0);
    end();
}

static void test_a_sale_that_the_card_refuses(void) {
    begin(false);
    product("refused sale", 1000000);
    CU_ASSERT(m.paid == 0 && m.world.served == 0);
    end();
}

static void test_a_deposit_whatever_breaks(void) {
    begin(true);
    product("deposit", AMOUNT);
    CU_ASSERT(m.paid > 50 && m.staff == 0);
    end();
}

// ---- what follows a break ----------------------------------------------------------------------

/// The customer never comes back: the till itself ends the number, and what a late tap brings is
/// given back to the wallet.
static void test_given_up_without_the_customer(void) {
    struct sale_record record;
    struct failure failure;
    unsigned steps, commands;
    begin(false);
    extent(AMOUNT, &steps, &commands);
    for (unsigned lost = 0; lost < commands; lost++)
        for (int kind = LOSSY_COMMAND; kind <= LOSSY_ANSWER; kind++) {
            rewind_all();
            lossy_arm(&m.plan, lost, (enum lossy_kind)kind);
            live(AMOUNT, true);
            restart();
            client_over(&m.own_client, &m.own.link);
            fill(&record, AMOUNT);
            CU_ASSERT(sale_read(&m.world.machine, &record, &failure));
            if (sale_due(&record) == SALE_DUE_TAP)
                CU_ASSERT(sale_give_up(&m.world.machine, &record, &m.own_client, &failure));
            sale_drive(&m.world.machine, &record);
            client_over(&m.wallet_client, &m.wallet.link); // a late tap, of whatever
            flow_over(&m.flow, &m.wallet_client, &m.own_client, &m.wallet_client);
            recovery_run(&m.flow);
            CU_ASSERT_EQUAL(m.flow.status, FLOW_DONE);
            judge(AMOUNT, SALE_WORLD_NEVER, lost, (enum lossy_kind)kind);
        }
    CU_ASSERT(m.unpaid > 0 && m.paid > 0);
    end();
}

/// Without a sensor nothing that may have moved is moved again.
static void test_without_a_sensor_staff_is_called(void) {
    struct sale_record record;
    struct failure failure;
    unsigned steps, commands;
    begin(false);
    extent(AMOUNT, &steps, &commands);
    for (unsigned die = 0; die < steps; die++) {
        rewind_all();
        m.world.blind = true;
        sale_world_kill(&m.world, die);
        live(AMOUNT, true);
        restart();
        enum sale_due due = live(AMOUNT, false);
        if (due == SALE_DUE_TAP)
            due = live(AMOUNT, true);
        CU_ASSERT(m.world.served <= 1);
        CU_ASSERT_EQUAL(due, SALE_DUE_STAFF);
        fill(&record, AMOUNT);
        CU_ASSERT(sale_read(&m.world.machine, &record, &failure));
        CU_ASSERT(sale_decide(&m.world.machine, &record, SALE_SERVED, &failure));
        CU_ASSERT_FALSE(sale_decide(&m.world.machine, &record, SALE_SERVED, &failure));
        CU_ASSERT_EQUAL(live(AMOUNT, true), SALE_DUE_NOTHING);
    }
    end();
}

/// A part that is told to move and stands still is told once in a run, then a person comes.
static void test_a_part_that_is_stuck(void) {
    begin(false);
    m.world.stuck = true;
    CU_ASSERT_EQUAL(live(AMOUNT, true), SALE_DUE_STAFF);
    CU_ASSERT_EQUAL(live(AMOUNT, true), SALE_DUE_STAFF);
    CU_ASSERT_EQUAL(m.world.served, 0);
    end();
}

/// One reference is one sale, for ever, with the terms that it began with.
static void test_a_reference_is_one_sale(void) {
    struct sale_record record;
    struct failure failure;
    bool known;
    begin(false);
    CU_ASSERT_EQUAL(live(AMOUNT, true), SALE_DUE_NOTHING);
    CU_ASSERT_EQUAL(live(AMOUNT, true), SALE_DUE_NOTHING);
    CU_ASSERT_EQUAL(m.world.served, 1);
    CU_ASSERT(moved_once(AMOUNT));
    fill(&record, AMOUNT + 1);
    CU_ASSERT_FALSE(sale_open(&m.world.machine, &record, &known, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "mismatch"));
    fill(&record, AMOUNT);
    CU_ASSERT(sale_open(&m.world.machine, &record, &known, &failure) && known);
    CU_ASSERT_FALSE(sale_end_unpaid(&m.world.machine, &record, &failure));
    end();
}

static const struct suite_test tests[] = {
    {"which state may follow which", test_the_table, NULL},
    {"a sensor decides, a contradiction is a person's", test_what_a_sensor_decides, NULL},
    {"what is due follows from the record alone", test_what_is_due, NULL},
    {"power and tap break anywhere: paid and served once, or not paid", test_a_sale_whatever_breaks,
     "P2-25 M03a"},
    {"a refused sale serves nothing, wherever it breaks", test_a_sale_that_the_card_refuses, NULL},
    {"a deposit breaks anywhere: loaded and stacked, or returned", test_a_deposit_whatever_breaks,
     "P2-25"},
    {"a sale is given up without the customer", test_given_up_without_the_customer, NULL},
    {"without a sensor staff is called, and nothing repeats", test_without_a_sensor_staff_is_called,
     NULL},
    {"a part that stands still is told once", test_a_part_that_is_stuck, NULL},
    {"one reference is one sale", test_a_reference_is_one_sale, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-sale", tests, sizeof tests / sizeof tests[0], argc, argv);
}
