// SPDX-License-Identifier: Apache-2.0
// Power cuts at every write and octet of every flow of a purse's life. Each scenario runs once over
// a world of wallet, till and float; tests/tear.c then looks at every cut. The tap after a cut is
// an honest one: bring every payment to its end, add everything up, pay once more.
#include "card/applets/purse/ring.h"
#include "card/os/context.h"
#include "tests/medium.h"
#include "tests/script_fixtures.h"
#include "tests/suite.h"
#include "tests/tear.h"
#include "tests/world_script.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WALLET, TILL, FLOAT };

static struct world *world;
static struct world_snapshot fresh; // personalized, issued, introduced
static struct tear_figures total;

// ---- the next tap ------------------------------------------------------------------------------

static char said[400];

static const char *say(const char *what, const struct world_card *card) {
    snprintf(said, sizeof said, "%s: %s (%04X)", card->holder, what, card->sw);
    return said;
}

static struct world_card *card_named(struct world *of, struct bytes holder) {
    for (size_t i = 0; i < of->count; i++)
        if (bytes_equal(bytes_of_string(of->cards[i]->holder), holder))
            return of->cards[i];
    return NULL;
}

/// Brings one unratified payment to its end: the payee answers its log by receipt or void.
static const char *finish(struct world_card *payer, uint16_t slot) {
    uint8_t log_octets[256], end_octets[256];
    struct object log, end;
    if (world_send_p1p2(payer, COMMAND_PURSE_GET_LOG, slot, bytes_of(NULL, 0)) != SW_OK)
        return say("the log under way cannot be read", payer);
    size_t size = payer->answer.size;
    memcpy(log_octets, payer->answer.data, size);
    if (!object_decode_as(OBJECT_USAGE_LOG, bytes_of(log_octets, size), &log))
        return say("the log under way is none", payer);
    struct world_card *payee = card_named(payer->world, log.fields[FIELD_PAYEE]);
    if (payee == NULL || world_select(payee, NULL) != SW_OK)
        return say("the payee of the log under way is gone", payer);
    if (world_send(payee, COMMAND_PURSE_CREDIT, bytes_of(log_octets, size)) == SW_ASK_CENTER)
        return NULL; // acknowledged to the payee; the payer's acknowledgement is on its way
    if (payee->sw != SW_OK)
        return say("an authentic log for an own number was refused", payee);
    memcpy(end_octets, payee->answer.data, payee->answer.size);
    if (!object_decode(bytes_of(end_octets, payee->answer.size), &end))
        return say("the answer to a log is no object", payee);
    bool credited = end.type == OBJECT_RECEIVE_LOG;
    if (world_send(payer, credited ? COMMAND_PURSE_RATIFY : COMMAND_PURSE_TAKE_VOID, end.whole) !=
        SW_OK)
        return say("the payer does not take the end of its payment", payer);
    return NULL;
}

static const char *finish_all(struct world_card *payer) {
    if (world_select(payer, NULL) != SW_OK)
        return say("SELECT refused", payer);
    struct card_call call = world_call(payer);
    uint16_t slots = geometry(&call).ring;
    for (uint16_t slot = 0; slot < slots; slot++) {
        if (ring_at(&call, slot).state != PURSE_ENTRY_UNRATIFIED)
            continue;
        const char *fault = finish(payer, slot);
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

/// A payment of 1 must go through, or be refused for want of money or by the card's own limits.
static const char *pay_once_more(struct world *of) {
    static const uint16_t LAWFUL[] = {SW_OK,           SW_INSUFFICIENT, SW_HOTLISTED, SW_EXPIRED,
                                      SW_PIN_REQUIRED, SW_WINDOW_FULL,  SW_LIMIT};
    uint16_t sw = world_pay(of->cards[WALLET], of->cards[TILL], 1, "once more");
    for (size_t i = 0; i < sizeof LAWFUL / sizeof LAWFUL[0]; i++)
        if (sw == LAWFUL[i])
            return NULL;
    snprintf(said, sizeof said, "a new payment was refused with %04X", sw);
    return said;
}

static const char *tap(struct world *of, size_t step) {
    (void)step;
    if (!world_audit(of))
        return of->fault;
    for (size_t i = 0; i < of->count; i++) {
        const char *fault = finish_all(of->cards[i]);
        if (fault != NULL)
            return fault;
    }
    if (!world_audit(of))
        return of->fault;
    const char *fault = pay_once_more(of);
    if (fault != NULL)
        return fault;
    return world_audit(of) ? NULL : of->fault;
}

// ---- scenarios ---------------------------------------------------------------------------------

static void pay(size_t payer, size_t payee, uint64_t amount, const char *text) {
    CU_ASSERT_EQUAL(world_pay(world->cards[payer], world->cards[payee], amount, text), SW_OK);
}

static void flow_deposit(void) {
    pay(FLOAT, WALLET, 2000, "deposit");
}

static void flow_payment(void) {
    pay(WALLET, TILL, 1000, "NO_1");
}

static struct world_payment met(size_t payer, size_t payee, uint64_t amount, const char *text) {
    world_introduce(world->cards[payer], world->cards[payee]);
    return world_payment(world->cards[payer], world->cards[payee], amount, text);
}

/// Each step twice: a repetition must change nothing, cut or not.
static void flow_repeated(void) {
    struct world_payment payment = met(WALLET, TILL, 700, "again");
    CU_ASSERT_EQUAL(world_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_request(&payment), SW_OK);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(world_step_debit(&payment), SW_OK);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(world_step_credit(&payment), SW_OK);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(world_step_ratify(&payment), SW_OK);
}

static void flow_void(void) {
    struct world_payment payment = met(WALLET, TILL, 500, "given up");
    CU_ASSERT_EQUAL(world_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_debit(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_void(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_take_void(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_take_void(&payment), SW_OK);
}

static void flow_void_undebited(void) {
    struct world_payment payment = met(WALLET, TILL, 500, "changed mind");
    CU_ASSERT_EQUAL(world_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_void(&payment), SW_OK);
    pay(WALLET, TILL, 400, "changed mind");
}

static void flow_refund(void) {
    pay(WALLET, TILL, 1000, "NO_1");
    pay(TILL, WALLET, 300, "money back");
}

static void flow_introductions(void) {
    world_introduce(world->cards[FLOAT], world->cards[TILL]);
    world_show_center(world->cards[TILL]);
}

static void flow_issue(void) {
    CU_ASSERT_EQUAL(world_issue(world->cards[WALLET], 1500), SW_OK);
    CU_ASSERT_EQUAL(world_issue(world->cards[WALLET], 500), SW_OK);
    pay(WALLET, TILL, 100, "spent");
    CU_ASSERT_EQUAL(world_issue(world->cards[FLOAT], 4000), SW_OK);
}

// ---- the center --------------------------------------------------------------------------------

/// Begins a center's object about one purse with what every schema of these has in common.
static void begin_center(struct object_writer *writer, enum object_type type, uint8_t *buffer,
                         const struct world_card *card) {
    object_begin(writer, type, buffer, 512);
    object_put(writer, FIELD_CENTER, bytes_of_string(world->center.holder));
    object_put(writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(writer, FIELD_DATE, WORLD_FROM);
}

static void send_center(struct world_card *card, enum command_id id, struct object_writer *writer) {
    CU_ASSERT_EQUAL(world_send(card, id, world_sign(world, writer)), SW_OK);
}

/// The till's list is complete up to last: batch, settlement receipt, acknowledgement.
static void flow_settlement(void) {
    struct world_card *till = world->cards[TILL];
    struct object_writer writer;
    struct object batch;
    uint8_t buffer[512], range[16], hash[SHA256_SIZE], counters[4] = {0, 0, 0, 1};
    struct tlv_writer out = tlv_writer_over(range, sizeof range);
    pay(WALLET, TILL, 1000, "NO_1");
    flow_void();
    world_show_center(till);
    tlv_put_uint(&out, 0x9F28, 1);
    tlv_put_uint(&out, 0x9F29, 2);
    CU_ASSERT_EQUAL(world_send(till, COMMAND_PURSE_BATCH, tlv_writer_bytes(&out)), SW_OK);
    CU_ASSERT_FATAL(object_decode_as(OBJECT_BATCH, till->answer, &batch));
    CU_ASSERT(object_digest(&batch, world->crypto, hash));
    begin_center(&writer, OBJECT_SETTLEMENT_RECEIPT, buffer, till);
    object_copy(&writer, FIELD_FIRST_N, &batch);
    object_copy(&writer, FIELD_LAST_N, &batch);
    object_copy(&writer, FIELD_SUMS, &batch);
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(hash));
    send_center(till, COMMAND_PURSE_SETTLE, &writer);
    CU_ASSERT_EQUAL(world_balance(till, WORLD_UNIT), 0);
    begin_center(&writer, OBJECT_ACKNOWLEDGEMENT, buffer, till);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put_uint(&writer, FIELD_OFFLINE_COUNT, 500);
    object_put_uint(&writer, FIELD_OFFLINE_SUM, 500000);
    object_put_uint(&writer, FIELD_BASE, 3);
    send_center(till, COMMAND_PURSE_ACKNOWLEDGE, &writer);
    begin_center(&writer, OBJECT_ACKNOWLEDGEMENT, buffer, world->cards[WALLET]);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put(&writer, FIELD_COUNTERS, BYTES_OF(counters));
    world_show_center(world->cards[WALLET]);
    send_center(world->cards[WALLET], COMMAND_PURSE_ACKNOWLEDGE, &writer);
}

/// A debit whose credit reached the center only: acknowledged on both sides.
static void flow_acknowledged(void) {
    struct world_payment payment = met(WALLET, TILL, 600, "late");
    struct object_writer writer;
    uint8_t buffer[512], counters[4] = {0, 0, 0, 1};
    CU_ASSERT_EQUAL(world_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_debit(&payment), SW_OK);
    CU_ASSERT_EQUAL(world_step_credit(&payment), SW_OK);
    world_show_center(world->cards[WALLET]);
    begin_center(&writer, OBJECT_ACKNOWLEDGEMENT, buffer, world->cards[WALLET]);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put(&writer, FIELD_COUNTERS, BYTES_OF(counters));
    send_center(world->cards[WALLET], COMMAND_PURSE_ACKNOWLEDGE, &writer);
}

static void flow_center(void) {
    struct world_card *wallet = world->cards[WALLET];
    struct object_writer writer;
    uint8_t buffer[512], devices[16] = "LOST", challenge[16] = {1};
    world_show_center(wallet);
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, buffer, sizeof buffer);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    object_put(&writer, FIELD_CENTER, bytes_of_string(world->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(wallet->holder));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM);
    send_center(wallet, COMMAND_PURSE_STATEMENT, &writer);
    object_begin(&writer, OBJECT_HOTLIST, buffer, sizeof buffer);
    object_put(&writer, FIELD_CENTER, bytes_of_string(world->center.holder));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM + 3);
    object_put_uint(&writer, FIELD_VERSION, 7);
    object_put(&writer, FIELD_CERTIFICATES, bytes_of(buffer, 0));
    object_put(&writer, FIELD_DEVICES, BYTES_OF(devices));
    send_center(wallet, COMMAND_PURSE_HOTLIST, &writer);
    begin_center(&writer, OBJECT_TIME_RESET, buffer, wallet);
    object_put_uint(&writer, FIELD_VERSION, 1);
    send_center(wallet, COMMAND_PURSE_RESET_TIME, &writer);
    object_begin(&writer, OBJECT_REFUND, buffer, sizeof buffer);
    object_put_uint(&writer, FIELD_AMOUNT, 250);
    object_put_unit(&writer, WORLD_UNIT);
    object_put_uint(&writer, FIELD_STATE_NUMBER, world_number(wallet, NUMBER_STATE));
    object_put(&writer, FIELD_CENTER, bytes_of_string(world->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(wallet->holder));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM);
    send_center(wallet, COMMAND_PURSE_REFUND, &writer);
}

// ---- the owner ---------------------------------------------------------------------------------

static struct bytes pin_pair(uint8_t *data, const char *first, const char *second) {
    struct tlv_writer out = tlv_writer_over(data, 64);
    tlv_put(&out, 0x80, bytes_of_string(first));
    tlv_put(&out, 0x81, bytes_of_string(second));
    return tlv_writer_bytes(&out);
}

static void flow_pin(void) {
    struct world_card *wallet = world->cards[WALLET];
    uint8_t data[64];
    CU_ASSERT_EQUAL(world_select(wallet, NULL), SW_OK);
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("9999")), 0x63C2);
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")), SW_OK);
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_CHANGE_PIN, pin_pair(data, "1234", "567890")),
                    SW_OK);
    for (unsigned left = 3; left-- > 1;)
        CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")),
                        0x63C0 | left);
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")),
                    SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(
        world_send(wallet, COMMAND_PURSE_RESET_RETRY, pin_pair(data, "00000000", "4321")), 0x63C2);
    CU_ASSERT_EQUAL(
        world_send(wallet, COMMAND_PURSE_RESET_RETRY, pin_pair(data, "12345678", "4321")), SW_OK);
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("4321")), SW_OK);
}

/// Options, then a tap armed from inside the phone and paid over the air.
static void flow_armed(void) {
    struct world_card *wallet = world->cards[WALLET];
    const uint8_t closed = 0, unit[2] = {WORLD_UNIT >> 8, WORLD_UNIT & 0xFF};
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    wallet->interface = CARD_INTERNAL;
    CU_ASSERT_EQUAL(world_select(wallet, NULL), SW_OK);
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")), SW_OK);
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_SET_OPTIONS, bytes_of(&closed, 1)), SW_OK);
    tlv_put(&out, 0x81, bytes_of_string("TILL"));
    tlv_put_uint(&out, 0x86, 1234);
    tlv_put(&out, 0x87, BYTES_OF(unit));
    CU_ASSERT_EQUAL(world_send(wallet, COMMAND_PURSE_ARM, tlv_writer_bytes(&out)), SW_OK);
    wallet->interface = CARD_CONTACTLESS;
    pay(WALLET, TILL, 1234, "armed");
    wallet->interface = CARD_CONTACT;
}

static void flow_personalization(void) {
    struct world_card *card =
        world_add(world, "NEW", ROLE_WALLET, &(struct world_profile){.pin = "2468"});
    CU_ASSERT_EQUAL(world_select(card, NULL), SW_OK);
}

/// After a cut at the factory bench the security domain answers, and the bench can go on.
static const char *tap_bench(struct world *of, size_t step) {
    struct world_card *card = of->cards[of->count - 1];
    card->interface = CARD_INTERNAL;
    if (world_send(card, COMMAND_SELECT, bytes_of(NULL, 0)) != SW_OK)
        return say("the security domain is gone", card);
    of->count--; // a purse in the making is none that could be added up
    const char *fault = tap(of, step);
    of->count++;
    return fault;
}

// ---- running -----------------------------------------------------------------------------------

/// Payments above 1000 need the PIN, as the scripts expect.
static void issue_first(struct world_card *card, uint64_t transfer) {
    uint8_t octets[512];
    struct world_issue issue = world_issue_for(card, transfer);
    issue.no_pin_single = 1000;
    world_show_center(card);
    struct bytes object = world_issue_object(world, &issue, octets, sizeof octets);
    CU_ASSERT_EQUAL_FATAL(world_send(card, COMMAND_PURSE_ISSUE, object), SW_OK);
}

static void set_up(void) {
    if (world != NULL)
        return;
    world = world_open(2004);
    world->serial = 1; // issue logs of scripts come later
    struct world_profile profile = {.user = "USER1",
                                    .free_reading = true,
                                    .no_pin_single = 100000,
                                    .no_pin_sum = 1000000,
                                    .no_pin_count = 60000,
                                    .offline_count = 100000,
                                    .offline_sum = 1000000000,
                                    .pin = "1234"};
    static const struct {
        const char *holder;
        enum role role;
    } rows[] = {{"WALLET", ROLE_WALLET}, {"TILL", ROLE_TILL}, {"FLOAT", ROLE_FLOAT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        profile.device = rows[i].holder; // as the bench has it where nobody says another
        world_add(world, rows[i].holder, rows[i].role, &profile);
    }
    issue_first(world->cards[WALLET], 3000);
    issue_first(world->cards[FLOAT], 50000);
    world_introduce(world->cards[WALLET], world->cards[TILL]);
    world_introduce(world->cards[WALLET], world->cards[FLOAT]);
    CU_ASSERT_FATAL(world_audit(world));
    fresh = world_save(world);
}

static void add_figures(const struct tear_figures *figures) {
    total.commands += figures->commands;
    total.points += figures->points;
    total.cuts += figures->cuts;
    total.recut += figures->recut;
    total.states += figures->states;
    total.taps += figures->taps;
    total.violations += figures->violations;
}

static void tear_flow(const char *name, void (*flow)(void), tear_tap *then) {
    struct tear_figures figures = {0};
    set_up();
    world_restore(world, &fresh);
    struct tear *tear = tear_begin(world);
    flow();
    tear_cut(tear, then, &figures);
    tear_end(tear);
    printf("tear %s: %zu commands, %zu points, %zu cuts, %zu cuts of recoveries, %zu states, %zu "
           "taps, %zu violations\n",
           name, figures.commands, figures.points, figures.cuts, figures.recut, figures.states,
           figures.taps, figures.violations);
    fflush(stdout);
    CU_ASSERT(figures.commands > 0 && figures.points > 0);
    CU_ASSERT_EQUAL(figures.violations, 0);
    add_figures(&figures);
}

#define TEAR(flow)                                                                                 \
    static void test_##flow(void) {                                                                \
        tear_flow(#flow, flow_##flow, tap);                                                        \
    }
TEAR(deposit)
TEAR(payment)
TEAR(repeated)
TEAR(void)
TEAR(void_undebited)
TEAR(refund)
TEAR(introductions)
TEAR(issue)
TEAR(settlement)
TEAR(acknowledged)
TEAR(center)
TEAR(pin)
TEAR(armed)

static const char *script;
static struct host_keys keys; // of the world's authority

static void flow_script(void) {
    CU_ASSERT(world_play(world, script, &keys.keys));
}

/// Does this world have what the script's head asks for? Scripts that begin with blank cards are
/// cut by test-tear-scripts.
static bool plays_here(const char *path) {
    struct script_head_card cards[WORLD_CARDS_MAX];
    size_t count = script_head(path, cards);
    for (size_t i = 0; i < count; i++)
        if (card_named(world, bytes_of_string(cards[i].name)) == NULL)
            return false;
    return count > 0;
}

/// Every script of tests/scripts that these three cards can play.
static void test_scripts(void) {
    enum { SCRIPTS_MIN = 6 };
    glob_t found;
    size_t played = 0;
    set_up();
    CU_ASSERT_EQUAL_FATAL(glob("tests/scripts/*.apdu", 0, NULL, &found), 0);
    const struct script_fixture members[] = {
        {"root", world->root.certificate, world->root.scalar.scalar},
        {"purse", world->purses.certificate, world->purses.scalar.scalar},
        {"clearing", world->centers.certificate, world->centers.scalar.scalar},
        {"center", world->center.certificate, world->center.scalar.scalar},
    };
    CU_ASSERT_FATAL(script_fixtures_of(&keys, members, sizeof members / sizeof members[0]));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        script = found.gl_pathv[i];
        if (!plays_here(script))
            continue;
        tear_flow(script, flow_script, tap);
        played++;
    }
    CU_ASSERT(played >= SCRIPTS_MIN);
    CU_ASSERT(script_fixtures_remove());
    globfree(&found);
}

/// The harness must see what it is there to see: a sync that comes one write too late.
static void test_harness_bites(void) {
    struct tear_figures figures = {.quiet = true};
    set_up();
    world_restore(world, &fresh);
    struct tear *tear = tear_begin(world);
    flow_payment();
    tear_misplace_syncs(tear);
    tear_cut(tear, NULL, &figures);
    tear_end(tear);
    CU_ASSERT(figures.violations > 0);
}

/// Adds a card, so the world is made anew for whoever comes next.
static void test_personalization(void) {
    tear_flow("personalization", flow_personalization, tap_bench);
    world_forget(&fresh);
    world_close(world);
    world = NULL;
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/// All of it in the optimised build. With sanitizers, which make it five times slower and watch the
/// same code in every other suite, the first rows only.
int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"cuts in a payment", test_payment, NULL},
        {"cuts in PIN commands never gain a try", test_pin, NULL},
        {"a misplaced sync is seen", test_harness_bites, NULL},
        {"cuts in personalization", test_personalization, NULL},
        // from here on without sanitizers
        {"cuts in a deposit", test_deposit, NULL},
        {"cuts in repeated commands", test_repeated, NULL},
        {"cuts in a void", test_void, NULL},
        {"cuts in a void before the debit", test_void_undebited, NULL},
        {"cuts in a refund", test_refund, NULL},
        {"cuts in introductions", test_introductions, NULL},
        {"cuts in issues", test_issue, NULL},
        {"cuts in a settlement", test_settlement, NULL},
        {"cuts in an acknowledged debit", test_acknowledged, NULL},
        {"cuts in statement, hotlist, time and refund", test_center, NULL},
        {"cuts in options and an armed tap", test_armed, NULL},
        {"cuts in every script", test_scripts, NULL},
    };
    size_t count = SANITIZED ? 4 : sizeof tests / sizeof *tests;
    int code = suite_main(SANITIZED ? "test-tear" : "e2e-tear", tests, count, argc, argv);
    printf("tear: %zu cuts, %zu violations\n", total.cuts + total.recut, total.violations);
    return code;
}
