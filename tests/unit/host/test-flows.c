// SPDX-License-Identifier: Apache-2.0
// The flows of host/flows over cards in process: the source's figures, and every command and every
// answer lost at every position, with and without a journal, wired and contactless, recovered by
// each way there is. After each of them every purse is audited.
#include "host/flows/flow.h"
#include "host/flows/issue.h"
#include "tests/kit/scene/lossy.h"
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <string.h>

enum { AMOUNT = 1000, UNIT = SCENE_UNIT };

// ---- a journal in memory -----------------------------------------------------------------------

struct memory_journal {
    struct journal journal;
    struct sale_record records[8];
    size_t count;
};

static enum journal_answer memory_find(struct journal *journal, struct bytes reference,
                                       struct sale_record *out) {
    struct memory_journal *memory = journal->context;
    for (size_t i = 0; i < memory->count; i++)
        if (bytes_equal(reference, bytes_of(memory->records[i].reference,
                                            memory->records[i].reference_size))) {
            *out = memory->records[i];
            return JOURNAL_FOUND;
        }
    return JOURNAL_NONE;
}

static bool memory_save(struct journal *journal, const struct sale_record *record) {
    struct memory_journal *memory = journal->context;
    for (size_t i = 0; i < memory->count; i++)
        if (memcmp(memory->records[i].reference, record->reference, PURSE_REFERENCE_MAX) == 0) {
            memory->records[i] = *record;
            return true;
        }
    CU_ASSERT_FATAL(memory->count < sizeof memory->records / sizeof memory->records[0]);
    memory->records[memory->count++] = *record;
    return true;
}

static void memory_journal_begin(struct memory_journal *memory) {
    memset(memory, 0, sizeof *memory);
    memory->journal = (struct journal){memory_find, memory_save, memory};
}

// ---- two parties and their tap -----------------------------------------------------------------

struct tap {
    struct trio trio;
    struct scene_card *payer, *payee, *customer;
    struct lossy_link payer_link, payee_link;
    struct lossy_plan plan;
    struct purse_client payer_client, payee_client;
    struct flow flow;
    struct memory_journal memory;
    bool journalled;
    uint64_t payer_before, payee_before;
    struct scene_snapshot start;
};

static struct tap tap;

static bool is_deposit(void) {
    return tap.payer == tap.trio.floater;
}

/// customer_over: how the customer's card is reached; the machine's own is always wired.
/// secretive: the wallet's owner lets nobody read it.
static void tap_of(bool secretive, bool deposit, enum card_interface customer_over,
                   bool journalled) {
    struct scene_profile person = trio_wallet_profile();
    person.free_reading = !secretive;
    memset(&tap, 0, sizeof tap);
    tap.trio = trio_begin(&person, NULL, NULL);
    tap.payer = deposit ? tap.trio.floater : tap.trio.wallet;
    tap.payee = deposit ? tap.trio.wallet : tap.trio.till;
    tap.customer = tap.trio.wallet;
    tap.journalled = journalled;
    memory_journal_begin(&tap.memory);
    lossy_disarm(&tap.plan);
    lossy_over(&tap.payer_link, tap.payer, deposit ? CARD_CONTACT : customer_over, &tap.plan);
    lossy_over(&tap.payee_link, tap.payee, deposit ? customer_over : CARD_CONTACT, &tap.plan);
    tap.payer_before = scene_balance(tap.payer, UNIT);
    tap.payee_before = scene_balance(tap.payee, UNIT);
    tap.start = scene_save(tap.trio.scene);
}

static void tap_begin(bool deposit, enum card_interface customer_over, bool journalled) {
    tap_of(false, deposit, customer_over, journalled);
}

static void tap_end(void) {
    link_close(&tap.payer_link.link);
    link_close(&tap.payee_link.link);
    scene_forget(&tap.start);
    trio_end(&tap.trio);
}

/// Everything as it was at the beginning, journal included.
static void tap_rewind(void) {
    scene_restore(tap.trio.scene, &tap.start);
    tap.payer_link.down = tap.payee_link.down = false;
    memory_journal_begin(&tap.memory);
    lossy_disarm(&tap.plan);
}

/// The cards meet again, nothing breaks any more.
static void tap_mend(void) {
    lossy_disarm(&tap.plan);
    lossy_mend(&tap.payer_link, tap.payer);
    lossy_mend(&tap.payee_link, tap.payee);
}

static struct flow *flow_fresh(void) {
    client_over(&tap.payer_client, &tap.payer_link.link);
    client_over(&tap.payee_client, &tap.payee_link.link);
    flow_over(&tap.flow, &tap.payer_client, &tap.payee_client,
              tap.customer == tap.payer ? &tap.payer_client : &tap.payee_client);
    if (tap.journalled)
        tap.flow.journal = &tap.memory.journal;
    return &tap.flow;
}

static enum flow_status transfer(uint64_t amount, const char *reference) {
    struct flow *flow = flow_fresh();
    flow->terms.amount = amount;
    flow->terms.unit = UNIT;
    CU_ASSERT(purse_terms_refer(&flow->terms, is_deposit() ? REFERENCE_DEPOSIT : REFERENCE_GOODS,
                                reference));
    if (is_deposit())
        deposit_run(flow);
    else
        payment_run(flow);
    return flow->status;
}

static enum flow_status recover(void) {
    recovery_run(flow_fresh());
    return tap.flow.status;
}

static enum flow_status cancel(void) {
    cancel_run(flow_fresh());
    return tap.flow.status;
}

/// Did exactly this many transfers of AMOUNT happen, and is nothing left behind?
static bool is_settled(uint64_t transfers) {
    struct purse_open open[4];
    size_t count = 0;
    flow_fresh();
    bool clean =
        client_select(&tap.payer_client) == PURSE_OK &&
        client_select(&tap.payee_client) == PURSE_OK &&
        tap.payer_client.selection.unratified == 0 &&
        client_read_open(&tap.payee_client, tap.payer->holder, open, 4, &count) == PURSE_OK &&
        count == 0;
    return clean && scene_balance(tap.payer, UNIT) == tap.payer_before - transfers * AMOUNT &&
           scene_balance(tap.payee, UNIT) == tap.payee_before + transfers * AMOUNT;
}

static uint64_t transfers_done(void) {
    return (scene_balance(tap.payee, UNIT) - tap.payee_before) / AMOUNT;
}

static void complain(const char *what, unsigned at, enum lossy_kind kind) {
    fprintf(stderr, "%s: %s %u lost: payer %llu, payee %llu, status %s sw %04X\n", what,
            kind == LOSSY_ANSWER ? "answer" : "command", at,
            (unsigned long long)scene_balance(tap.payer, UNIT),
            (unsigned long long)scene_balance(tap.payee, UNIT), flow_status_word(tap.flow.status),
            tap.flow.sw);
}

#define HOLDS(condition, what, at, kind)                                                           \
    do {                                                                                           \
        bool holds_ = (condition);                                                                 \
        CU_ASSERT(holds_);                                                                         \
        if (!holds_)                                                                               \
            complain(what ": " #condition, at, kind);                                              \
    } while (0)

// ---- figures -----------------------------------------------------------------------------------

static void test_figures(void) {
    tap_begin(false, CARD_CONTACTLESS, false);
    CU_ASSERT_EQUAL(scene_balance(tap.trio.wallet, UNIT), 3000);
    CU_ASSERT_EQUAL(transfer(1000, "NO_1"), FLOW_DONE);
    CU_ASSERT_EQUAL(scene_balance(tap.trio.wallet, UNIT), 2000);
    CU_ASSERT_EQUAL(scene_balance(tap.trio.till, UNIT), 1000);
    CU_ASSERT_EQUAL(object_uint(&tap.flow.log.object, FIELD_AMOUNT), 1000);
    CU_ASSERT_EQUAL(purse_log_balance(&tap.flow.log.object), 2000);
    CU_ASSERT(tap.flow.ratified);
    CU_ASSERT(is_settled(1));
    tap_end();
    tap_begin(true, CARD_CONTACTLESS, false);
    CU_ASSERT_EQUAL(transfer(2000, "NOTE_1"), FLOW_DONE);
    CU_ASSERT_EQUAL(scene_balance(tap.trio.wallet, UNIT), 5000);
    CU_ASSERT_EQUAL(scene_balance(tap.trio.floater, UNIT), 48000);
    CU_ASSERT_EQUAL(tap.flow.cash, CASH_STACK);
    tap_end();
}

static void check_air(unsigned apdus, size_t octets) {
    CU_ASSERT(tap.flow.customer->count.apdus <= apdus);
    CU_ASSERT(tap.flow.customer->count.octets <= octets);
}

/// What crosses the air: 3 commands and 700 octets; where the two have never met, 4 and 1200.
static void test_air_budget(void) {
    for (int deposit = 0; deposit < 2; deposit++) {
        tap_begin(deposit == 1, CARD_CONTACTLESS, false);
        CU_ASSERT_EQUAL(transfer(AMOUNT, "A"), FLOW_DONE);
        check_air(3, 700);
        CU_ASSERT_FALSE(tap.flow.met);
        tap_end();
        tap_begin(deposit == 1, CARD_CONTACTLESS, false);
        struct scene_profile person = trio_wallet_profile();
        struct scene_card *stranger =
            scene_add(tap.trio.scene, "STRANGER12CH", ROLE_WALLET, &person);
        CU_ASSERT_EQUAL(scene_issue(stranger, 5000), SW_OK);
        link_close(deposit ? &tap.payee_link.link : &tap.payer_link.link);
        lossy_over(deposit ? &tap.payee_link : &tap.payer_link, stranger, CARD_CONTACTLESS,
                   &tap.plan);
        CU_ASSERT_EQUAL(transfer(AMOUNT, "REFERENCE-OF-16C"), FLOW_DONE);
        check_air(4, 1200);
        CU_ASSERT(tap.flow.met);
        CU_ASSERT_EQUAL(transfer(AMOUNT, "REFERENCE-OF-16D"), FLOW_DONE);
        check_air(3, 700);
        tap_end();
    }
}

static void test_refusal_leaves_nothing(void) {
    tap_begin(false, CARD_CONTACTLESS, true);
    CU_ASSERT_EQUAL(transfer(3001, "TOO_MUCH"), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.sw, SW_INSUFFICIENT);
    CU_ASSERT_STRING_EQUAL(tap.flow.by, "payer");
    CU_ASSERT_EQUAL(tap.flow.voided, 1);
    CU_ASSERT(is_settled(0));
    CU_ASSERT_EQUAL(tap.memory.records[0].state, SALE_VOID);
    CU_ASSERT_EQUAL(transfer(0, "NOTHING"), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.sw, SW_ZERO_AMOUNT);
    CU_ASSERT(is_settled(0));
    tap_end();
}

static void test_inquiry_changes_nothing(void) {
    tap_begin(false, CARD_CONTACTLESS, false);
    struct purse_pocket pockets[PURSE_POCKETS_MAX];
    size_t count = 0;
    flow_fresh();
    struct scene_snapshot before = scene_save(tap.trio.scene);
    CU_ASSERT_EQUAL(client_select(&tap.payer_client), PURSE_OK);
    CU_ASSERT(tap.payer_client.selection.has_balances);
    CU_ASSERT_EQUAL(client_read_pockets(&tap.payer_client, pockets, &count), PURSE_OK);
    CU_ASSERT_EQUAL(pockets[0].balance, 3000);
    CU_ASSERT(scene_unchanged(tap.trio.scene, &before));
    scene_forget(&before);
    tap_end();
}

/// Over the air only the log that must still reach its payee is told; history is not.
static void test_history_stays_off_the_air(void) {
    tap_begin(false, CARD_CONTACTLESS, false);
    struct purse_object log;
    lossy_arm(&tap.plan, 6, LOSSY_COMMAND); // RATIFY
    CU_ASSERT_EQUAL(transfer(AMOUNT, "SALE"), FLOW_DONE);
    CU_ASSERT(tap.plan.broke && !tap.flow.ratified);
    tap_mend();
    flow_fresh();
    CU_ASSERT_EQUAL(client_select(&tap.payer_client), PURSE_OK);
    CU_ASSERT_EQUAL(client_get_log(&tap.payer_client, 0, &log), PURSE_OK);
    CU_ASSERT_EQUAL(recover(), FLOW_DONE);
    CU_ASSERT_EQUAL(client_get_log(&tap.payer_client, 0, &log), PURSE_REFUSED);
    CU_ASSERT_EQUAL(tap.payer_client.sw, SW_SECURITY_STATUS);
    tap_end();
}

// ---- every loss --------------------------------------------------------------------------------

/// Runs one transfer that breaks at a position. False: it did not break, the positions are through.
static bool broken_transfer(unsigned at, enum lossy_kind kind) {
    tap_rewind();
    lossy_arm(&tap.plan, at, kind);
    transfer(AMOUNT, "SALE");
    bool broke = tap.plan.broke;
    HOLDS(broke ? tap.flow.status == FLOW_OPEN || tap.flow.status == FLOW_DONE
                : tap.flow.status == FLOW_DONE,
          "broken transfer", at, kind);
    tap_mend();
    trio_audit(&tap.trio);
    return broke;
}

typedef void remedy_function(unsigned at, enum lossy_kind kind);

/// Applies a remedy after every loss of one configuration; returns how many there were.
static unsigned for_every_loss(bool secretive, bool deposit, enum card_interface over,
                               bool journalled, remedy_function *remedy) {
    unsigned losses = 0;
    tap_of(secretive, deposit, over, journalled);
    for (int kind = LOSSY_COMMAND; kind <= LOSSY_ANSWER; kind++)
        for (unsigned at = 0; broken_transfer(at, (enum lossy_kind)kind); at++, losses++) {
            remedy(at, (enum lossy_kind)kind);
            trio_audit(&tap.trio);
        }
    tap_end();
    return losses;
}

/// Both directions, wired and contactless, with and without a journal, of a wallet that anybody
/// reads and of one that nobody does.
static void for_every_configuration(const char *what, remedy_function *remedy) {
    unsigned losses = 0;
    for (int i = 0; i < 16; i++)
        losses +=
            for_every_loss((i & 8) != 0, (i & 1) != 0,
                           (i & 2) != 0 ? CARD_CONTACTLESS : CARD_CONTACT, (i & 4) != 0, remedy);
    printf("%s: %u losses\n", what, losses);
    CU_ASSERT(losses > 16 * 12);
}

/// Recovery ends everything; a sale tried again afterwards is paid, and never twice with a journal.
static void by_recovery(unsigned at, enum lossy_kind kind) {
    uint64_t before = scene_balance(tap.payer, UNIT);
    HOLDS(recover() == FLOW_DONE, "recover", at, kind);
    HOLDS(transfers_done() <= 1 && is_settled(transfers_done()), "recover", at, kind);
    HOLDS(scene_balance(tap.payer, UNIT) == before, "no debit by recovery", at, kind);
    HOLDS(recover() == FLOW_DONE && tap.flow.finished + tap.flow.voided == 0, "again", at, kind);
    if (tap.journalled) {
        HOLDS(transfer(AMOUNT, "SALE") == FLOW_DONE, "the sale again", at, kind);
        HOLDS(is_settled(1), "the sale again", at, kind);
    }
    HOLDS(transfer(AMOUNT, "NEXT") == FLOW_DONE, "the next sale", at, kind);
}

/// The next tap for the same sale: with a journal always one debit. Without one, the purses know
/// the sale as long as anything of it is open.
static void by_next_tap(unsigned at, enum lossy_kind kind) {
    bool open = tap.flow.status == FLOW_OPEN;
    bool tried = tap.flow.status != FLOW_DONE || tap.journalled || !tap.flow.ratified;
    if (!tried)
        return;
    HOLDS(transfer(AMOUNT, "SALE") == FLOW_DONE, "next tap", at, kind);
    if (tap.journalled || open)
        HOLDS(transfers_done() == 1, "one debit", at, kind);
    HOLDS(recover() == FLOW_DONE && is_settled(transfers_done()), "one debit", at, kind);
}

/// Voiding gives the money back, or finds it credited; afterwards the journal's sale can be paid.
static void by_cancel(unsigned at, enum lossy_kind kind) {
    uint64_t credited = transfers_done();
    HOLDS(cancel() == FLOW_DONE, "cancel", at, kind);
    HOLDS(is_settled(credited), "cancel", at, kind);
    HOLDS(transfer(AMOUNT, "NEXT") == FLOW_DONE && transfers_done() == credited + 1, "cancel", at,
          kind);
}

static void test_recovery(void) {
    for_every_configuration("recovery", by_recovery);
}

static void test_next_tap(void) {
    for_every_configuration("next tap", by_next_tap);
}

static void test_cancel(void) {
    for_every_configuration("cancel", by_cancel);
}

/// The recovery breaks as well, at every position; the one after it ends everything.
static void by_broken_recovery(unsigned at, enum lossy_kind kind) {
    struct scene_snapshot torn = scene_save(tap.trio.scene);
    for (int second = LOSSY_COMMAND; second <= LOSSY_ANSWER; second++)
        for (unsigned again = 0;; again++) {
            scene_restore(tap.trio.scene, &torn);
            lossy_arm(&tap.plan, again, (enum lossy_kind)second);
            recover();
            bool broke = tap.plan.broke;
            tap_mend();
            trio_audit(&tap.trio);
            HOLDS(recover() == FLOW_DONE && transfers_done() <= 1 && is_settled(transfers_done()),
                  "broken recovery", at, kind);
            if (!broke)
                break;
        }
    scene_forget(&torn);
}

static void test_broken_recovery(void) {
    unsigned losses = for_every_loss(false, false, CARD_CONTACT, false, by_broken_recovery);
    losses += for_every_loss(false, true, CARD_CONTACT, false, by_broken_recovery);
    losses += for_every_loss(true, false, CARD_CONTACT, false, by_broken_recovery);
    CU_ASSERT(losses > 36);
}

// ---- cash --------------------------------------------------------------------------------------

/// T7: stacked only when credited; returned only when the float can never be debited for it.
static void by_cash_rule(unsigned at, enum lossy_kind kind) {
    enum flow_cash cash = tap.flow.cash;
    HOLDS((cash == CASH_STACK) <= (transfers_done() == 1), "stacked", at, kind);
    HOLDS((cash == CASH_RETURN) <= (scene_balance(tap.payer, UNIT) == tap.payer_before), "returned",
          at, kind);
    HOLDS(recover() == FLOW_DONE, "returned", at, kind);
    HOLDS((cash == CASH_RETURN) <= (transfers_done() == 0), "returned for good", at, kind);
}

static void test_cash(void) {
    unsigned losses = for_every_loss(false, true, CARD_CONTACT, true, by_cash_rule);
    losses += for_every_loss(false, true, CARD_CONTACTLESS, true, by_cash_rule);
    CU_ASSERT(losses > 24);
    tap_begin(true, CARD_CONTACT, true);
    CU_ASSERT_EQUAL(transfer(50001, "BIG_NOTE"), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.cash, CASH_RETURN);
    CU_ASSERT(is_settled(0));
    tap_end();
}

// ---- issue -------------------------------------------------------------------------------------

/// The scene's center behind the flow's interface.
struct sample_center {
    struct scene *scene;
    struct scene_card *card;
    unsigned decided;
};

static bool sample_challenge(void *context, const char *purse, uint8_t *out, size_t capacity,
                             struct bytes *challenge, struct failure *failure) {
    struct sample_center *center = context;
    static const uint8_t octets[16] = {7};
    struct object_writer writer;
    (void)failure;
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, out, capacity);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(octets));
    object_put(&writer, FIELD_CENTER, bytes_of_string(center->scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    *challenge = scene_sign(center->scene, &writer);
    return challenge->size > 0;
}

static bool sample_decide(void *context, const struct center_question *question, uint8_t *out,
                          size_t capacity, struct bytes *issue_log, struct failure *failure) {
    struct sample_center *center = context;
    struct object statement;
    struct scene_issue issue = scene_issue_for(center->card, AMOUNT);
    (void)failure;
    CU_ASSERT(object_decode_as(OBJECT_STATEMENT, question->statement, &statement));
    center->decided++;
    *issue_log = scene_issue_object(center->scene, &issue, out, capacity);
    return true;
}

/// One issue that breaks at a position: taken once or not at all, and a repetition is a new one.
static bool broken_issue(unsigned at, enum lossy_kind kind) {
    uint8_t buffer[CENTER_OBJECT_MAX];
    struct bytes log;
    struct failure failure = {0};
    struct sample_center sample = {.scene = tap.trio.scene, .card = tap.payer};
    struct center center = {.context = &sample,
                            .certificate = tap.trio.scene->center.certificate,
                            .challenge = sample_challenge,
                            .issue = sample_decide};
    tap_rewind();
    lossy_arm(&tap.plan, at, kind);
    flow_fresh();
    bool done = issue_run(&tap.payer_client, &center, NULL, buffer, sizeof buffer, &log, &failure);
    bool broke = tap.plan.broke;
    tap_mend();
    trio_audit(&tap.trio);
    uint64_t gained = scene_balance(tap.payer, UNIT) - tap.payer_before;
    HOLDS(done ? gained == AMOUNT : failure.code == EXIT_OPEN, "issue", at, kind);
    HOLDS(gained == 0 || gained == AMOUNT, "issue", at, kind);
    HOLDS(broke || done, "issue", at, kind);
    flow_fresh();
    HOLDS(issue_run(&tap.payer_client, &center, NULL, buffer, sizeof buffer, &log, &failure) &&
              scene_balance(tap.payer, UNIT) == tap.payer_before + gained + AMOUNT,
          "issue again", at, kind);
    return broke;
}

static void test_issue(void) {
    unsigned losses = 0;
    tap_begin(false, CARD_CONTACT, false);
    for (int kind = LOSSY_COMMAND; kind <= LOSSY_ANSWER; kind++)
        for (unsigned at = 0; broken_issue(at, (enum lossy_kind)kind); at++)
            losses++;
    CU_ASSERT_EQUAL(losses, 2 * 6);
    tap_end();
}

// ---- the journal -------------------------------------------------------------------------------

static void test_paid_sale_is_not_paid_again(void) {
    tap_begin(false, CARD_CONTACT, true);
    CU_ASSERT_EQUAL(transfer(AMOUNT, "SALE"), FLOW_DONE);
    lossy_arm(&tap.plan, 0, LOSSY_COMMAND); // any command would fail
    CU_ASSERT_EQUAL(transfer(AMOUNT, "SALE"), FLOW_DONE);
    CU_ASSERT_FALSE(tap.plan.broke);
    CU_ASSERT(tap.flow.settled && tap.flow.has_log && tap.flow.has_receipt);
    CU_ASSERT_EQUAL(transfer(AMOUNT + 1, "SALE"), FLOW_REFUSED);
    CU_ASSERT_EQUAL(tap.flow.sw, SW_MISMATCH);
    tap_mend();
    CU_ASSERT(is_settled(1));
    tap_end();
}

/// A number that was voided in between is not used again; the sale gets a new one.
static void test_voided_number_is_replaced(void) {
    tap_begin(false, CARD_CONTACT, true);
    lossy_arm(&tap.plan, 5, LOSSY_COMMAND);
    transfer(AMOUNT, "SALE");
    CU_ASSERT(tap.plan.broke);
    tap_mend();
    CU_ASSERT_EQUAL(cancel(), FLOW_DONE);
    CU_ASSERT_EQUAL(transfer(AMOUNT, "SALE"), FLOW_DONE);
    CU_ASSERT(is_settled(1));
    CU_ASSERT_EQUAL(tap.memory.records[0].state, SALE_PAID);
    tap_end();
}

/// Looks at the purses at the moment when something is recorded: the terms before anything, the
/// number before the debit, the payment before its ratification.
static size_t watched;

static bool watch_save(struct journal *journal, const struct sale_record *record) {
    static const enum sale_state states[] = {SALE_BEGUN, SALE_REQUESTED, SALE_PAID};
    uint64_t moved = watched == 2 ? AMOUNT : 0;
    CU_ASSERT_FATAL(watched < sizeof states / sizeof states[0]);
    CU_ASSERT_EQUAL(record->state, states[watched++]);
    CU_ASSERT(record->amount == AMOUNT && (record->n > 0) == (watched > 1));
    CU_ASSERT_EQUAL(scene_balance(tap.payer, UNIT), tap.payer_before - moved);
    CU_ASSERT_EQUAL(scene_balance(tap.payee, UNIT), tap.payee_before + moved);
    CU_ASSERT_FALSE(tap.flow.ratified);
    return memory_save(journal, record);
}

static void test_records_come_in_time(void) {
    for (int i = 0; i < 4; i++) {
        bool answers = i < 2; // else nobody does: the terms are on record all the same
        tap_begin(i % 2 == 1, CARD_CONTACT, true);
        tap.memory.journal.save = watch_save;
        watched = 0;
        if (!answers)
            lossy_arm(&tap.plan, 0, LOSSY_COMMAND);
        CU_ASSERT_EQUAL(transfer(AMOUNT, "SALE") == FLOW_DONE, answers);
        CU_ASSERT_EQUAL(watched, answers ? 3 : 1);
        tap_mend();
        tap_end();
    }
}

static bool refuse_save(struct journal *journal, const struct sale_record *record) {
    (void)journal, (void)record;
    return false;
}

/// Nothing is debited when the sale cannot be recorded.
static void test_no_journal_no_debit(void) {
    tap_begin(false, CARD_CONTACT, true);
    struct flow *flow = flow_fresh();
    tap.memory.journal.save = refuse_save;
    CU_ASSERT_EQUAL(transfer(AMOUNT, "SALE"), FLOW_FAILED);
    CU_ASSERT_EQUAL(scene_balance(tap.payer, UNIT), tap.payer_before);
    CU_ASSERT_PTR_NOT_NULL(flow);
    tap_end();
}

static const struct suite_test tests[] = {
    {"payment and deposit by the source's figures", test_figures, "W3 W4 W5 P2-05 P2-19 P2-21"},
    {"what crosses the air stays within its budget", test_air_budget, NULL},
    {"a refused payment leaves nothing behind", test_refusal_leaves_nothing, "P2-22"},
    {"an inquiry changes nothing", test_inquiry_changes_nothing, "P2-15 P2-20"},
    {"history stays off the air", test_history_stays_off_the_air, NULL},
    {"after every loss, recovery settles", test_recovery, NULL},
    {"after every loss, the next tap pays once", test_next_tap, NULL},
    {"after every loss, a void settles", test_cancel, NULL},
    {"a recovery may break anywhere, too", test_broken_recovery, NULL},
    {"cash is stacked or returned only when it is certain", test_cash, NULL},
    {"value is issued once or not at all, whatever is lost", test_issue, NULL},
    {"a paid sale is not paid again", test_paid_sale_is_not_paid_again, NULL},
    {"a voided number is replaced", test_voided_number_is_replaced, NULL},
    {"records are written before what they are needed for", test_records_come_in_time, NULL},
    {"without a record nothing is debited", test_no_journal_no_debit, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-flows", tests, sizeof tests / sizeof tests[0], argc, argv);
}
