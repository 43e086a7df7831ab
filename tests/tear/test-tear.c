// SPDX-License-Identifier: Apache-2.0
// Power cuts at every write and octet of every flow of a purse's life. Each scenario runs once over
// a scene of wallet, till and float; tests/tear/tear.c then looks at every cut. The tap after a cut
// is an honest one: bring every payment to its end, add everything up, pay once more.
#include "card/applets/purse/state/ring.h"
#include "card/os/context.h"
#include "tests/kit/clearing.h"
#include "tests/kit/hotlists.h"
#include "tests/kit/scene/scene_script.h"
#include "tests/kit/script/script_fixtures.h"
#include "tests/kit/suite.h"
#include "tests/tear/medium.h"
#include "tests/tear/tear.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WALLET, TILL, FLOAT };

static struct scene *scene;
static struct scene_snapshot fresh; // personalized, issued, introduced
static struct tear_figures total;

// ---- the next tap ------------------------------------------------------------------------------

static char said[400];

static const char *say(const char *what, const struct scene_card *card) {
    snprintf(said, sizeof said, "%s: %s (%04X)", card->holder, what, card->sw);
    return said;
}

static struct scene_card *card_named(struct scene *of, struct bytes holder) {
    for (size_t i = 0; i < of->count; i++)
        if (bytes_equal(bytes_of_string(of->cards[i]->holder), holder))
            return of->cards[i];
    return NULL;
}

/// The log under way; a private wallet gives it after its owner's PIN.
static uint16_t get_log(struct scene_card *payer, uint16_t slot) {
    uint16_t sw = scene_send_p1p2(payer, COMMAND_PURSE_GET_LOG, slot, bytes_of(NULL, 0));
    if (sw != SW_SECURITY_STATUS ||
        scene_send(payer, COMMAND_PURSE_VERIFY, bytes_of_string("1234")) != SW_OK)
        return sw;
    return scene_send_p1p2(payer, COMMAND_PURSE_GET_LOG, slot, bytes_of(NULL, 0));
}

/// Brings one unratified payment to its end: the payee answers its log by receipt or void.
static const char *finish(struct scene_card *payer, uint16_t slot) {
    uint8_t log_octets[256], end_octets[256];
    struct object log, end;
    if (get_log(payer, slot) != SW_OK)
        return say("the log under way cannot be read", payer);
    size_t size = payer->answer.size;
    memcpy(log_octets, payer->answer.data, size);
    if (!object_decode_as(OBJECT_USAGE_LOG, bytes_of(log_octets, size), &log))
        return say("the log under way is none", payer);
    struct scene_card *payee = card_named(payer->scene, log.fields[FIELD_PAYEE]);
    if (payee == NULL || scene_select(payee, NULL) != SW_OK)
        return say("the payee of the log under way is gone", payer);
    if (scene_send(payee, COMMAND_PURSE_CREDIT, bytes_of(log_octets, size)) == SW_ASK_CENTER)
        return NULL; // acknowledged to the payee; the payer's acknowledgement is on its way
    if (payee->sw != SW_OK)
        return say("an authentic log for an own number was refused", payee);
    memcpy(end_octets, payee->answer.data, payee->answer.size);
    if (!object_decode(bytes_of(end_octets, payee->answer.size), &end))
        return say("the answer to a log is no object", payee);
    bool credited = end.type == OBJECT_RECEIVE_LOG;
    if (scene_send(payer, credited ? COMMAND_PURSE_RATIFY : COMMAND_PURSE_TAKE_VOID, end.whole) !=
        SW_OK)
        return say("the payer does not take the end of its payment", payer);
    return NULL;
}

static const char *finish_all(struct scene_card *payer) {
    if (scene_select(payer, NULL) != SW_OK)
        return say("SELECT refused", payer);
    struct purse purse = scene_purse(payer);
    uint16_t slots = purse.tables.ring;
    for (uint16_t slot = 0; slot < slots; slot++) {
        if (ring_at(&purse, slot).state != PURSE_ENTRY_UNRATIFIED)
            continue;
        const char *fault = finish(payer, slot);
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

/// A payment of 1 must go through, or be refused for want of money or by the card's own limits.
static const char *pay_once_more(struct scene *of) {
    static const uint16_t LAWFUL[] = {SW_OK,           SW_INSUFFICIENT, SW_HOTLISTED, SW_EXPIRED,
                                      SW_PIN_REQUIRED, SW_WINDOW_FULL,  SW_LIMIT};
    uint16_t sw = scene_pay(of->cards[WALLET], of->cards[TILL], 1, "once more");
    for (size_t i = 0; i < sizeof LAWFUL / sizeof LAWFUL[0]; i++)
        if (sw == LAWFUL[i])
            return NULL;
    snprintf(said, sizeof said, "a new payment was refused with %04X", sw);
    return said;
}

static const char *tap(struct scene *of, size_t step) {
    (void)step;
    if (!scene_audit(of))
        return of->fault;
    for (size_t i = 0; i < of->count; i++) {
        const char *fault = finish_all(of->cards[i]);
        if (fault != NULL)
            return fault;
    }
    if (!scene_audit(of))
        return of->fault;
    const char *fault = pay_once_more(of);
    if (fault != NULL)
        return fault;
    return scene_audit(of) ? NULL : of->fault;
}

// ---- scenarios ---------------------------------------------------------------------------------

static void pay(size_t payer, size_t payee, uint64_t amount, const char *text) {
    CU_ASSERT_EQUAL(scene_pay(scene->cards[payer], scene->cards[payee], amount, text), SW_OK);
}

static void flow_deposit(void) {
    pay(FLOAT, WALLET, 2000, "deposit");
}

static void flow_payment(void) {
    pay(WALLET, TILL, 1000, "NO_1");
}

static struct scene_payment met(size_t payer, size_t payee, uint64_t amount, const char *text) {
    scene_introduce(scene->cards[payer], scene->cards[payee]);
    return scene_payment(scene->cards[payer], scene->cards[payee], amount, text);
}

/// Each step twice: a repetition must change nothing, cut or not.
static void flow_repeated(void) {
    struct scene_payment payment = met(WALLET, TILL, 700, "again");
    CU_ASSERT_EQUAL(scene_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_request(&payment), SW_OK);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(scene_step_debit(&payment), SW_OK);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(scene_step_credit(&payment), SW_OK);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(scene_step_ratify(&payment), SW_OK);
}

static void flow_void(void) {
    struct scene_payment payment = met(WALLET, TILL, 500, "given up");
    CU_ASSERT_EQUAL(scene_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_debit(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_void(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_take_void(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_take_void(&payment), SW_OK);
}

static void flow_void_undebited(void) {
    struct scene_payment payment = met(WALLET, TILL, 500, "changed mind");
    CU_ASSERT_EQUAL(scene_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_void(&payment), SW_OK);
    pay(WALLET, TILL, 400, "changed mind");
}

static void flow_refund(void) {
    pay(WALLET, TILL, 1000, "NO_1");
    pay(TILL, WALLET, 300, "money back");
}

static void flow_introductions(void) {
    scene_introduce(scene->cards[FLOAT], scene->cards[TILL]);
    scene_show_center(scene->cards[TILL]);
}

static void flow_issue(void) {
    CU_ASSERT_EQUAL(scene_issue(scene->cards[WALLET], 1500), SW_OK);
    CU_ASSERT_EQUAL(scene_issue(scene->cards[WALLET], 500), SW_OK);
    pay(WALLET, TILL, 100, "spent");
    CU_ASSERT_EQUAL(scene_issue(scene->cards[FLOAT], 4000), SW_OK);
}

// ---- the center --------------------------------------------------------------------------------

/// Begins a center's object about one purse with what every schema of these has in common.
static void begin_center(struct object_writer *writer, enum object_type type, uint8_t *buffer,
                         const struct scene_card *card) {
    object_begin(writer, type, buffer, 512);
    object_put(writer, FIELD_CENTER, bytes_of_string(scene->center.holder));
    object_put(writer, FIELD_PURSE, bytes_of_string(card->holder));
    object_put_date(writer, FIELD_DATE, SCENE_FROM);
}

static void send_center(struct scene_card *card, enum purse_command id,
                        struct object_writer *writer) {
    CU_ASSERT_EQUAL(scene_send(card, id, scene_sign(scene, writer)), SW_OK);
}

/// The till hands in what it sold, twice over; then a new budget.
static void flow_settlement(void) {
    struct scene_card *till = scene->cards[TILL];
    pay(WALLET, TILL, 1000, "NO_1");
    flow_void();
    scene_show_center(till);
    CU_ASSERT_EQUAL(clearing_close(till), SW_OK);
    pay(WALLET, TILL, 10, "NO_2");
    scene_show_center(till);
    CU_ASSERT_EQUAL(clearing_close(till), SW_OK);
    CU_ASSERT_EQUAL(scene_balance(till, SCENE_UNIT), 0);
    const struct clearing_ack ack = {.version = 1, .base = 4, .count = 500, .sum = 500000};
    CU_ASSERT_EQUAL(clearing_acknowledge(till, &ack), SW_OK);
}

/// A batch that the center releases, around a refund that comes back late: the next one carries it.
static void flow_release(void) {
    struct scene_card *till = scene->cards[TILL], *wallet = scene->cards[WALLET];
    static struct clearing clearing;
    pay(WALLET, TILL, 900, "NO_1");
    scene_introduce(till, wallet);
    struct scene_payment refund = clearing_refund(till, wallet, 1, 0, 400);
    CU_ASSERT_EQUAL(scene_step_request(&refund), SW_OK);
    CU_ASSERT_EQUAL(scene_step_debit(&refund), SW_OK);
    CU_ASSERT_EQUAL(clearing_batch(till, &clearing), SW_OK);
    CU_ASSERT_EQUAL(scene_step_void(&refund), SW_OK);
    CU_ASSERT_EQUAL(scene_step_take_void(&refund), SW_OK);
    scene_show_center(till);
    CU_ASSERT_EQUAL(clearing_give_back(till, &clearing), SW_OK);
    pay(TILL, WALLET, 100, "");
    scene_show_center(till);
    CU_ASSERT_EQUAL(clearing_close(till), SW_OK);
    CU_ASSERT_EQUAL(scene_balance(till, SCENE_UNIT), 0);
}

/// A debit whose payee is gone: the center ends it on a day behind the payee's certificate.
static void flow_acknowledged(void) {
    struct scene_payment payment = met(WALLET, TILL, 600, "late");
    const struct clearing_ack ack = {.version = 1, .counter = 1, .date = 20260201};
    CU_ASSERT_EQUAL(scene_step_request(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_debit(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_credit(&payment), SW_OK);
    scene_show_center(scene->cards[WALLET]);
    CU_ASSERT_EQUAL(clearing_acknowledge(scene->cards[WALLET], &ack), SW_OK);
}

static void flow_center(void) {
    struct scene_card *wallet = scene->cards[WALLET];
    struct object_writer writer;
    uint8_t buffer[512], challenge[16] = {1};
    scene_show_center(wallet);
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, buffer, sizeof buffer);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    object_put(&writer, FIELD_CENTER, bytes_of_string(scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(wallet->holder));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    send_center(wallet, COMMAND_PURSE_STATEMENT, &writer);
    struct scene_hotlist *list = scene_hotlist(7, SCENE_FROM + 3);
    scene_list_holder(list, scene, scene->purses.holder, "LOST");
    scene_give_hotlist(wallet, list);
    begin_center(&writer, OBJECT_TIME_RESET, buffer, wallet);
    object_put_uint(&writer, FIELD_VERSION, 1);
    send_center(wallet, COMMAND_PURSE_RESET_TIME, &writer);
    uint64_t state = scene_number(wallet, NUMBER_STATE);
    CU_ASSERT_EQUAL(clearing_cash_out(wallet, wallet->holder, 250, state), SW_OK);
}

// ---- the owner ---------------------------------------------------------------------------------

static struct bytes pin_pair(uint8_t *data, const char *first, const char *second) {
    struct tlv_writer out = tlv_writer_over(data, 64);
    tlv_put(&out, 0x80, bytes_of_string(first));
    tlv_put(&out, 0x81, bytes_of_string(second));
    return tlv_writer_bytes(&out);
}

static void flow_pin(void) {
    struct scene_card *wallet = scene->cards[WALLET];
    uint8_t data[64];
    CU_ASSERT_EQUAL(scene_select(wallet, NULL), SW_OK);
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("9999")), 0x63C2);
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")), SW_OK);
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_CHANGE_PIN, pin_pair(data, "1234", "567890")),
                    SW_OK);
    for (unsigned left = 3; left-- > 1;)
        CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")),
                        0x63C0 | left);
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")),
                    SW_PIN_BLOCKED);
    CU_ASSERT_EQUAL(
        scene_send(wallet, COMMAND_PURSE_RESET_RETRY, pin_pair(data, "00000000", "4321")), 0x63C2);
    CU_ASSERT_EQUAL(
        scene_send(wallet, COMMAND_PURSE_RESET_RETRY, pin_pair(data, "12345678", "4321")), SW_OK);
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("4321")), SW_OK);
}

/// Options, then a tap armed from inside the phone and paid over the air.
static void flow_armed(void) {
    struct scene_card *wallet = scene->cards[WALLET];
    const uint8_t closed = 0, unit[2] = {SCENE_UNIT >> 8, SCENE_UNIT & 0xFF};
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    wallet->interface = CARD_INTERNAL;
    CU_ASSERT_EQUAL(scene_select(wallet, NULL), SW_OK);
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_VERIFY, bytes_of_string("1234")), SW_OK);
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_SET_OPTIONS, bytes_of(&closed, 1)), SW_OK);
    tlv_put(&out, 0x81, bytes_of_string("TILL"));
    tlv_put_uint(&out, 0x86, 1234);
    tlv_put(&out, 0x87, BYTES_OF(unit));
    CU_ASSERT_EQUAL(scene_send(wallet, COMMAND_PURSE_ARM, tlv_writer_bytes(&out)), SW_OK);
    wallet->interface = CARD_CONTACTLESS;
    pay(WALLET, TILL, 1234, "armed");
    wallet->interface = CARD_CONTACT;
}

static void flow_personalization(void) {
    struct scene_card *card =
        scene_add(scene, "NEW", ROLE_WALLET, &(struct scene_profile){.pin = "2468"});
    CU_ASSERT_EQUAL(scene_select(card, NULL), SW_OK);
}

/// After a cut at the factory the security domain answers, and it can go on.
static const char *tap_factory(struct scene *of, size_t step) {
    struct scene_card *card = of->cards[of->count - 1];
    card->interface = CARD_INTERNAL;
    if (scene_send_select(card, bytes_of(NULL, 0)) != SW_OK)
        return say("the security domain is gone", card);
    of->count--; // a purse in the making is none that could be added up
    const char *fault = tap(of, step);
    of->count++;
    return fault;
}

// ---- running -----------------------------------------------------------------------------------

/// Payments above 1000 need the PIN, as the scripts expect.
static void issue_first(struct scene_card *card, uint64_t transfer) {
    uint8_t octets[512];
    struct scene_issue issue = scene_issue_for(card, transfer);
    issue.no_pin_single = 1000;
    scene_show_center(card);
    struct bytes object = scene_issue_object(scene, &issue, octets, sizeof octets);
    CU_ASSERT_EQUAL_FATAL(scene_send(card, COMMAND_PURSE_ISSUE, object), SW_OK);
}

static void set_up(void) {
    if (scene != NULL)
        return;
    scene = scene_open(2004);
    scene->serial = 1; // issue logs of scripts come later
    struct scene_profile profile = {.user = "USER1",
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
        profile.device = rows[i].holder; // as the factory has it where nobody says another
        scene_add(scene, rows[i].holder, rows[i].role, &profile);
    }
    issue_first(scene->cards[WALLET], 3000);
    issue_first(scene->cards[FLOAT], 50000);
    scene_introduce(scene->cards[WALLET], scene->cards[TILL]);
    scene_introduce(scene->cards[WALLET], scene->cards[FLOAT]);
    CU_ASSERT_FATAL(scene_audit(scene));
    fresh = scene_save(scene);
}

static void tear_flow(const char *name, void (*flow)(void), tear_tap *then) {
    struct tear_figures figures = {0};
    set_up();
    scene_restore(scene, &fresh);
    struct tear *tear = tear_begin(scene);
    flow();
    tear_cut(tear, then, &figures);
    tear_end(tear);
    tear_tell(name, &figures, &total);
    CU_ASSERT(figures.commands > 0 && figures.points > 0);
    CU_ASSERT_EQUAL(figures.violations, 0);
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
TEAR(release)
TEAR(acknowledged)
TEAR(center)
TEAR(pin)
TEAR(armed)

static const char *script;
static struct host_keys keys; // of the scene's authority

static void flow_script(void) {
    CU_ASSERT(scene_play(scene, script, &keys.keys));
}

/// Does this scene have what the script's head asks for? Scripts that begin with blank cards are
/// cut by test-tear-scripts.
static bool plays_here(const char *path) {
    struct script_head_card cards[SCENE_CARDS_MAX];
    size_t count = script_head(path, cards);
    for (size_t i = 0; i < count; i++)
        if (card_named(scene, bytes_of_string(cards[i].name)) == NULL)
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
        {"root", scene->root.certificate, scene->root.scalar.scalar},
        {"purse", scene->purses.certificate, scene->purses.scalar.scalar},
        {"clearing", scene->centers.certificate, scene->centers.scalar.scalar},
        {"center", scene->center.certificate, scene->center.scalar.scalar},
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
    scene_restore(scene, &fresh);
    struct tear *tear = tear_begin(scene);
    flow_payment();
    tear_misplace_syncs(tear);
    tear_cut(tear, NULL, &figures);
    tear_end(tear);
    CU_ASSERT(figures.violations > 0);
}

/// Adds a card, so the scene is made anew for whoever comes next.
static void test_personalization(void) {
    tear_flow("personalization", flow_personalization, tap_factory);
    scene_forget(&fresh);
    scene_close(scene);
    scene = NULL;
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
        {"cuts in a release and what is carried", test_release, NULL},
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
