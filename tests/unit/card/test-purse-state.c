// SPDX-License-Identifier: Apache-2.0
// What the purse's state refuses of its own commands: a pocket that does not add up, a ring that
// would lose a proof, a window that would promise what is not there. Such a command would be a
// mistake of ours: nothing of it happens, and the card is mute until a reset.
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/ring.h"
#include "card/applets/purse/state/window.h"
#include "card/os/context.h"
#include "tests/kit/scene/trio.h"

static struct trio t;

/// A command that does what no command may.
typedef void misdeed(struct purse *purse);

static misdeed *now;

static uint16_t misbehave(struct card_call *call) {
    struct purse purse;
    purse_open(&purse, call);
    now(&purse);
    purse_stage(&purse);
    return SW_OK;
}

static uint16_t status_of_select(struct scene_card *card) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00};
    uint8_t answer[APDU_EXTENDED_COMMAND_MAX];
    size_t size =
        card_transmit(card->card, card->interface, BYTES_OF(select), answer, sizeof answer);
    return (uint16_t)bytes_get_be(answer + size - 2, 2);
}

/// Runs it on a card: it must not be answered 9000, must leave every image as it was, and mute.
static void is_stopped(struct scene_card *card, misdeed *what) {
    struct scene_snapshot before = scene_save(t.scene);
    struct card_call call = scene_call(card);
    now = what;
    CU_ASSERT_NOT_EQUAL(card_run(&call, misbehave), SW_OK);
    CU_ASSERT(scene_unchanged(t.scene, &before));
    CU_ASSERT_EQUAL(status_of_select(card), SW_UNKNOWN);
    scene_forget(&before);
    scene_power(card);
    CU_ASSERT_EQUAL(status_of_select(card), SW_OK);
}

// ---- pockets -----------------------------------------------------------------------------------

static struct pocket pocket_of(struct purse *purse) {
    struct pocket pocket = {0};
    CU_ASSERT(pocket_find(purse, SCENE_UNIT, &pocket));
    return pocket;
}

static void spend_too_much(struct purse *purse) {
    struct pocket pocket = pocket_of(purse);
    pocket.spent += pocket_balance(&pocket) + 1;
    pocket_store(purse, &pocket);
}

static void outgrow_the_totals(struct purse *purse) {
    struct pocket pocket = pocket_of(purse);
    pocket.loaded += (uint64_t)INT64_MAX - pocket_balance(&pocket) + 1;
    pocket_store(purse, &pocket);
}

static void promise_below_nothing(struct purse *purse) {
    struct pocket pocket = pocket_of(purse);
    pocket.under_way -= 1;
    pocket_store(purse, &pocket);
}

static void forget_a_part(struct purse *purse) {
    struct pocket pocket = pocket_of(purse);
    pocket.left -= 1;
    pocket_store(purse, &pocket);
}

static void pockets_add_up(void) {
    t = trio_begin(NULL, NULL, NULL);
    is_stopped(t.wallet, spend_too_much);
    is_stopped(t.wallet, outgrow_the_totals);
    is_stopped(t.wallet, promise_below_nothing);
    ACCEPTED(scene_pay(t.wallet, t.till, 100, "NO_1"));
    is_stopped(t.till, forget_a_part);
    trio_end(&t);
}

// ---- the ring ----------------------------------------------------------------------------------

static void overwrite_a_debit(struct purse *purse) {
    static const struct ring_proof proof;
    struct ring_entry entry = ring_at(purse, 0);
    entry.n++;
    ring_store(purse, &entry, &proof, (struct bytes){0});
}

static void store_beyond_the_ring(struct purse *purse) {
    static const struct ring_proof proof;
    struct ring_entry entry = {.slot = purse->tables.ring, .state = PURSE_ENTRY_UNRATIFIED};
    ring_store(purse, &entry, &proof, (struct bytes){0});
}

static void store_too_long_a_log(struct purse *purse) {
    static const struct ring_proof proof;
    static const uint8_t log[RING_LOG_MAX + 1];
    struct ring_entry entry = {.slot = 1, .state = PURSE_ENTRY_UNRATIFIED};
    ring_store(purse, &entry, &proof, BYTES_OF(log));
}

static void end_a_debit_twice(struct purse *purse) {
    struct ring_entry entry = ring_at(purse, 0);
    ring_close(purse, &entry, PURSE_ENTRY_RATIFIED);
}

static void a_ring_keeps_its_proofs(void) {
    t = trio_begin(NULL, NULL, NULL);
    trio_debited(&t, 100, "NO_1");
    is_stopped(t.wallet, overwrite_a_debit);
    is_stopped(t.wallet, store_beyond_the_ring);
    is_stopped(t.wallet, store_too_long_a_log);
    trio_end(&t);
    t = trio_begin(NULL, NULL, NULL);
    ACCEPTED(scene_pay(t.wallet, t.till, 100, "NO_1"));
    is_stopped(t.wallet, end_a_debit_twice);
    trio_end(&t);
}

// ---- the window --------------------------------------------------------------------------------

static void open_with(struct purse *purse, uint64_t amount) {
    struct once once = window_at(purse);
    struct window_record record = {.unit = SCENE_UNIT, .amount = amount};
    window_open(purse, &once, &record);
}

static void ask_for_nothing(struct purse *purse) {
    open_with(purse, 0);
}

static void ask_beyond_numbers(struct purse *purse) {
    open_with(purse, (uint64_t)INT64_MAX + 1);
}

static void open_a_full_window(struct purse *purse) {
    struct once once = window_at(purse);
    struct window_record record = {.unit = SCENE_UNIT, .amount = 1};
    once.next = once.base + once.slots;
    window_open(purse, &once, &record);
}

static void refund_more_than_was_paid(struct purse *purse) {
    struct once once = window_at(purse);
    struct window_record record;
    window_read(purse, &once, once.next - 1, &record);
    record.refunded = record.amount + 1;
    window_set_refunded(purse, &once, once.next - 1, &record);
}

static void a_window_promises_what_is_there(void) {
    t = trio_begin(NULL, NULL, NULL);
    ACCEPTED(scene_pay(t.wallet, t.till, 100, "NO_1"));
    is_stopped(t.till, ask_for_nothing);
    is_stopped(t.till, ask_beyond_numbers);
    is_stopped(t.till, open_a_full_window);
    is_stopped(t.till, refund_more_than_was_paid);
    trio_end(&t);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a pocket that does not add up is not stored", pockets_add_up, NULL},
        {"no unratified debit is overwritten, none ends twice", a_ring_keeps_its_proofs, NULL},
        {"no number is opened or refunded beyond what it is for", a_window_promises_what_is_there,
         NULL},
    };
    return suite_main("test-purse-state", tests, sizeof tests / sizeof tests[0], argc, argv);
}
