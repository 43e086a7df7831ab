// SPDX-License-Identifier: Apache-2.0
// Kiosk, deposit machine and vending machine, whole, whose power goes at every step that makes
// something durable, whose taps lose every command and answer, whose card leaves at every frame on
// the air: after at most one further tap the customer has paid and been served once or has not
// paid; the motor never runs twice, cash is never both stacked and returned. Numbers are printed.
// TESSERA_TORN=full multiplies two power cuts.
#include "tests/kit/sale/stand.h"
#include "tests/kit/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AMOUNT = 1000, NEVER = 0x7FFFFFFF, FRAMES_MAX = 400 };

// ---- the power ---------------------------------------------------------------------------------
// In place of the C library's: what is written lands at once (memory forgets nothing here), and at
// the chosen step half of it, and from there on nothing.

static struct {
    unsigned steps, dies_at;
    bool dead;
} power = {.dies_at = NEVER};

static bool power_is_gone(void) {
    return power.dead;
}

static void power_on(unsigned dies_at) {
    power.steps = 0;
    power.dies_at = dies_at;
    power.dead = false;
}

static bool step(void) {
    if (!power.dead && power.steps++ == power.dies_at)
        power.dead = true;
    if (power.dead)
        errno = EIO;
    return !power.dead;
}

ssize_t pwrite(int descriptor, const void *octets, size_t size, off_t at);
int fdatasync(int descriptor);
int fsync(int descriptor);
int rename(const char *from, const char *to);

ssize_t pwrite(int descriptor, const void *octets, size_t size, off_t at) {
    bool before = power.dead, done = step();
    if (!before)
        (void)syscall(SYS_pwrite64, descriptor, octets, done ? size : size / 2, at);
    return done ? (ssize_t)size : -1;
}

int fdatasync(int descriptor) {
    (void)descriptor;
    return step() ? 0 : -1;
}

int fsync(int descriptor) {
    (void)descriptor;
    return power.dead ? -1 : 0;
}

int rename(const char *from, const char *to) {
    return step() ? (int)syscall(SYS_rename, from, to) : -1;
}

// ---- one customer ------------------------------------------------------------------------------

static struct stand s;

/// What goes wrong.
struct faults {
    unsigned dies, dies_again; // steps of the first life and of the next
    unsigned lost;             // which command of the first life
    enum lossy_kind kind;
    enum field_leave by; // on the air: at this frame
    unsigned tap, frame;
    bool goes_away; // and comes back only where the machine goes on asking
};

static struct { unsigned lives, paid, unpaid, back, staff, faults; } seen;

static const char *const names[] = {"kiosk", "deposit", "vend"};

static void print_faults(const struct faults *f, const char *what) {
    if (seen.faults++ < 8)
        fprintf(
            stderr, "%s: dies at %u, then %u; loses %s %u; leaves by %d at tap %u frame %u%s: %s\n",
            names[s.kind], f->dies, f->dies_again, f->kind == LOSSY_ANSWER ? "answer" : "command",
            f->lost, (int)f->by, f->tap, f->frame, f->goes_away ? ", goes away" : "", what);
}

/// How often it was handed out, or cash stacked.
static uint64_t served(void) {
    return s.kind == STAND_VEND      ? stand_number(&s, "motor", "turns")
           : s.kind == STAND_DEPOSIT ? stand_number(&s, "cash", "stacked") / AMOUNT
                                     : stand_receipts(&s);
}

static const char *judge_cash(bool paid) {
    uint64_t stacked = stand_number(&s, "cash", "stacked");
    uint64_t back = stand_number(&s, "cash", "returned");
    if (stand_number(&s, "cash", "escrow") != 0)
        return "cash lies in escrow";
    if (stacked > 0 && back > 0)
        return "cash was stacked and given back";
    seen.back += back > 0;
    return paid == (stacked == AMOUNT) ? NULL : "what is loaded is not what is stacked";
}

/// What is true in the end.
static const char *verdict(void) {
    bool paid = stand_moved(&s);
    uint64_t times = served();
    enum sale_state state = stand_state(&s);
    if (!scene_audit(s.trio.scene))
        return s.trio.scene->fault;
    if (!paid && stand_balance(&s) != s.before)
        return "another sum was moved";
    if (times > 1)
        return "it was served twice";
    if (stand_waits(&s))
        return "it asks for a second further tap";
    if (state == SALE_STAFF) { // told to move, and the power went before the sensor saw it
        seen.staff++;
        bool told = s.kind == STAND_VEND && times == 1 && stand_number(&s, "motor", "drops") == 0;
        return paid && told ? NULL : "staff was called";
    }
    if (paid != (times == 1))
        return paid ? "paid and not served" : "served and not paid";
    if (paid != (state == SALE_SERVED))
        return "its record says something else";
    return s.kind == STAND_DEPOSIT ? judge_cash(paid) : NULL;
}

/// It starts again, with its power back. False: it does not.
static bool restart(unsigned dies_at) {
    stand_stop(&s);
    power_on(dies_at);
    lossy_disarm(&s.plan);
    return stand_start(&s) || power.dead;
}

/// Deposits are tapped twice where nothing goes wrong: for the balance, and to be loaded.
static unsigned taps_of(void) {
    return s.kind == STAND_DEPOSIT ? 2 : 1;
}

/// Nobody comes in time; cash that may be paid for waits on, and so does what is open between the
/// purses.
static void go_away(void) {
    if (stand_waits(&s))
        stand_tire(&s);
    if (!stand_waits(&s))
        CU_ASSERT(stand_meet_late(&s));
}

/// The person comes back once; where nothing but the balance was asked for, as at first.
static void come_back(const struct faults *f) {
    if (f->goes_away)
        go_away();
    bool anew = s.deposit != NULL && stand_state(&s) == 0;
    stand_serve(&s, anew ? 2 : 1);
}

static void first_life(const struct faults *f) {
    stand_afresh(&s);
    power_on(f->dies);
    if (!stand_start(&s))
        return;
    lossy_arm(&s.plan, f->lost, f->kind);
    s.torn = (struct tap_fault){.leave_after = f->frame, .by = f->by};
    s.torn_tap = f->tap;
    stand_order(&s);
    stand_serve(&s, taps_of());
    lossy_disarm(&s.plan);
    s.torn_tap = 0;
}

/// The first life, then others; after the last fault at most one further tap.
static const char *live(const struct faults *f) {
    first_life(f);
    bool goes_on = !power.dead && stand_waits(&s);
    if (goes_on)
        power_on(NEVER);
    else if (!restart(f->dies_again))
        return "it does not start again";
    if (!power.dead)
        come_back(f);
    if (power.dead) {
        if (!restart(NEVER))
            return "it does not start a third time";
        come_back(f);
    }
    return verdict();
}

static void try(const struct faults *f) {
    const char *what = live(f);
    bool paid = stand_moved(&s);
    seen.lives++;
    seen.paid += paid;
    seen.unpaid += !paid;
    if (what != NULL)
        print_faults(f, what);
    stand_stop(&s);
}

// ---- every step, every command ------------------------------------------------------------------

static const struct faults nothing = {NEVER, NEVER, NEVER, LOSSY_COMMAND, LEAVE_NEVER, 0, 0, false};

static void begin(enum stand_kind kind, uint64_t amount, uint64_t cash, bool on_air) {
    memset(&seen, 0, sizeof seen);
    stand_begin(&s, kind, on_air);
    s.is_dead = power_is_gone;
    s.amount = amount;
    s.cash = cash;
}

static void end(const char *name, const char *of) {
    printf("%s, %s: %u lives: %u paid and served, %u unpaid (%u with cash back), %u with staff, "
           "%u violations\n",
           name, of, seen.lives, seen.paid, seen.unpaid, seen.back, seen.staff, seen.faults);
    CU_ASSERT_EQUAL(seen.faults, 0);
    power_on(NEVER);
    stand_end(&s);
}

/// Steps and commands of one life in which nothing goes wrong.
static void extent(unsigned *steps, unsigned *commands) {
    stand_afresh(&s);
    power_on(NEVER);
    CU_ASSERT_FATAL(stand_start(&s));
    lossy_arm(&s.plan, NEVER, LOSSY_COMMAND);
    stand_order(&s);
    stand_serve(&s, taps_of());
    CU_ASSERT_PTR_NULL(verdict());
    *steps = power.steps;
    *commands = s.plan.sent;
    stand_stop(&s);
}

static void cut_and_lose(unsigned steps, unsigned commands) {
    for (unsigned dies = 0; dies <= steps; dies++)
        for (unsigned lost = 0; lost <= commands; lost++)
            for (int kind = LOSSY_COMMAND; kind <= LOSSY_ANSWER; kind++) {
                struct faults f = nothing;
                f.dies = dies == steps ? NEVER : dies;
                f.lost = lost == commands ? NEVER : lost;
                f.kind = (enum lossy_kind)kind;
                try(&f);
                if (lost == commands)
                    break; // nothing is lost: one kind of it
            }
}

/// Whoever stood there goes away, wherever it broke.
static void cut_and_leave(unsigned steps, unsigned commands) {
    for (unsigned i = 0; i < steps + 2 * commands; i++) {
        struct faults f = nothing;
        f.goes_away = true;
        f.dies = i < steps ? i : NEVER;
        f.lost = i < steps ? NEVER : (i - steps) / 2;
        f.kind = (i - steps) % 2 == 0 ? LOSSY_COMMAND : LOSSY_ANSWER;
        try(&f);
    }
}

/// The second one while it takes up again what the first one left: its steps are no more than
/// those of a whole life.
static void cut_twice(unsigned steps) {
    unsigned stride = getenv("TESSERA_TORN") != NULL ? 1 : 2;
    for (unsigned dies = 0; dies < steps; dies++)
        for (unsigned again = dies % stride; again < steps; again += stride) {
            struct faults f = nothing;
            f.dies = dies;
            f.dies_again = again;
            try(&f);
        }
}

static void product(const char *name, enum stand_kind kind, uint64_t amount, uint64_t cash) {
    unsigned steps, commands;
    char of[120];
    begin(kind, amount, cash, false);
    extent(&steps, &commands);
    cut_and_lose(steps, commands);
    cut_and_leave(steps, commands);
    cut_twice(steps);
    snprintf(of, sizeof of,
             "%u durable steps x %u commands and answers, twice, and nobody comes back", steps,
             commands);
    CU_ASSERT(steps > 5 && commands > 0);
    end(name, of);
}

static void test_a_refused_sale(void) {
    product("vending machine's sale above the balance", STAND_VEND, 50 * AMOUNT, 0);
    CU_ASSERT_EQUAL(seen.paid, 0);
}

static void test_wrong_cash(void) {
    product("deposit of other cash", STAND_DEPOSIT, AMOUNT, 2 * AMOUNT);
    CU_ASSERT(seen.paid == 0 && seen.back > 100);
}

static void test_a_kiosk(void) {
    product("kiosk's sale", STAND_KIOSK, AMOUNT, 0);
}

static void test_a_vending_machine(void) {
    product("vending machine's sale", STAND_VEND, AMOUNT, 0);
}

static void test_a_deposit(void) {
    product("deposit", STAND_DEPOSIT, AMOUNT, AMOUNT);
}

// ---- every frame on the air ---------------------------------------------------------------------

/// The card leaves before each frame of this tap, and in the middle of it, until it stays.
static unsigned frames_of(unsigned tap) {
    struct faults f = nothing;
    f.tap = tap;
    for (;; f.frame++) {
        f.by = LEAVE_BEFORE;
        try(&f);
        if (!s.left || f.frame > FRAMES_MAX)
            return f.frame;
        f.by = LEAVE_DURING;
        try(&f);
    }
}

static void frames(const char *name, enum stand_kind kind) {
    unsigned count = 0;
    char of[120];
    begin(kind, AMOUNT, AMOUNT, true);
    for (unsigned tap = 1; tap <= taps_of(); tap++)
        count += frames_of(tap);
    snprintf(of, sizeof of, "card leaves before and within each of %u frames", count);
    CU_ASSERT(count > 15 && seen.unpaid == 0);
    end(name, of);
}

static void test_frames_of_a_kiosk(void) {
    frames("kiosk's sale", STAND_KIOSK);
}

static void test_frames_of_a_vend(void) {
    frames("vending machine's sale", STAND_VEND);
}

static void test_frames_of_a_deposit(void) {
    frames("deposit", STAND_DEPOSIT);
}

static const struct suite_test tests[] = {
    {"a kiosk whose power goes anywhere: paid and served once, or not paid", test_a_kiosk,
     "P2-25 M03a"},
    {"a vending machine whose power goes anywhere: the motor turns once", test_a_vending_machine,
     "P2-25 P5-02"},
    {"a deposit whose power goes anywhere: loaded and stacked, or given back", test_a_deposit,
     "P2-25 P2-17"},
    {"a sale above the balance turns nothing, wherever its power goes", test_a_refused_sale, NULL},
    {"other cash comes back, wherever the power goes", test_wrong_cash, "P2-18"},
    {"a kiosk whose card leaves at any frame", test_frames_of_a_kiosk, "P2-25"},
    {"a vending machine whose card leaves at any frame", test_frames_of_a_vend, "P2-25"},
    {"a deposit machine whose card leaves at any frame", test_frames_of_a_deposit, "P2-25"},
};

int main(int argc, char **argv) {
    return suite_main("test-torn-machines", tests, sizeof tests / sizeof tests[0], argc, argv);
}
