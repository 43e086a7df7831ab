// SPDX-License-Identifier: Apache-2.0
// Power cuts at every write and octet of a ticket's life on either side: delivery, moves there and
// back, cancels, plays, copies, settling, lists. After every cut the ticket is at one place at most
// and no play came back; honest retries bring every way to its end; then the ticket moves and plays
// once more. Every single command is cut in test-tear-scripts, too.
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair_audit.h"
#include "tests/kit/tickets/fair_use.h"
#include "tests/tear/tear.h"

#include <stdio.h>
#include <string.h>

enum { PHONE, HOME, PLAYS = 9, ANSWERED_MAX = 8 };

static struct fair *fair;
static struct scene_snapshot fresh; // befriended, one ticket at the phone
static struct fair_ticket ticket, second;
static struct tear *tear;
static struct tear_figures total;
static size_t answered[ANSWERED_MAX], answers; // steps whose grants left
static bool may_be_gone;                       // the flow gives the ticket up

static struct scene_card *card(size_t index) {
    return fair->scene->cards[index];
}

// ---- the next tap ------------------------------------------------------------------------------

/// Plays that were answered before this step.
static unsigned grants_before(size_t step) {
    unsigned count = 0;
    for (size_t i = 0; i < answers; i++)
        count += answered[i] < step;
    return count;
}

static const char *add_up(struct scene *of, size_t step) {
    struct fair_place place = fair_find(of, ticket.name);
    unsigned most = PLAYS - grants_before(step);
    if (place.copies > 1)
        return "two copies of one ticket";
    if (place.copies == 0 && !may_be_gone)
        return "the ticket is lost";
    if (place.plays > most)
        return "plays came back";
    if (place.copies == 1 && place.plays + 1U < most)
        return "plays are lost that nobody had";
    for (size_t i = 0; i < of->count; i++)
        if (!fair_counts_agree(of->cards[i]))
            return "a card's counts do not agree with its tables";
    return NULL;
}

/// Wherever it is: it plays (once it is open), and moves to the other card.
static const char *use_once_more(struct scene *of) {
    struct fair_place place = fair_find(of, ticket.name);
    if (place.copies == 0)
        return NULL;
    if (place.live != 1)
        return "honest retries leave a ticket on its way";
    struct scene_card *from = of->cards[place.holder], *to = of->cards[1 - place.holder];
    uint16_t sw = fair_play(fair, from, &ticket);
    if (sw != SW_OK && sw != SW_SEALED)
        return "the ticket does not play";
    fair_device(from, TICKETS_DEVICE_ADD, to->holder);
    fair_device(to, TICKETS_DEVICE_ADD, from->holder);
    return fair_transfer(from, to, &ticket) == SW_OK ? NULL : "the ticket does not move any more";
}

static const char *tap(struct scene *of, size_t step) {
    const char *fault = add_up(of, step);
    for (size_t i = 0; fault == NULL && i < of->count; i++)
        fault = fair_finish(of, of->cards[i], step % 2 == 0);
    if (fault == NULL)
        fault = add_up(of, step);
    if (fault == NULL)
        fault = use_once_more(of);
    return fault;
}

// ---- flows -------------------------------------------------------------------------------------

#define DONE(send) CU_ASSERT_EQUAL_FATAL(send, SW_OK)

static void flow_delivery(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    struct fair_object request, delivery;
    fair_make(fair, &sale, &second);
    DONE(fair_ask(fair, card(PHONE), &request));
    DONE(fair_ask(fair, card(PHONE), &request));
    fair_wrap(fair, &second, &request, &delivery);
    for (unsigned i = 0; i < 2; i++)
        DONE(fair_send(card(PHONE), COMMAND_TICKETS_IMPORT, fair_bytes(&delivery)));
}

static void flow_transfer(void) {
    DONE(fair_transfer(card(PHONE), card(HOME), &ticket));
}

static void flow_there_and_back(void) {
    DONE(fair_transfer(card(PHONE), card(HOME), &ticket));
    DONE(fair_transfer(card(HOME), card(PHONE), &ticket));
    DONE(fair_transfer(card(PHONE), card(HOME), &ticket));
}

/// Each step twice: a repetition must change nothing, cut or not.
static void flow_repeated(void) {
    struct fair_move move = fair_move(card(PHONE), card(HOME), &ticket);
    DONE(fair_step_accept(&move));
    DONE(fair_step_accept(&move));
    for (unsigned i = 0; i < 2; i++)
        DONE(fair_step_surrender(&move));
    for (unsigned i = 0; i < 2; i++)
        DONE(fair_step_import(&move));
    for (unsigned i = 0; i < 2; i++)
        DONE(fair_step_complete(&move));
}

static void flow_cancel(void) {
    struct fair_move move = fair_move(card(PHONE), card(HOME), &ticket);
    DONE(fair_step_accept(&move));
    DONE(fair_step_surrender(&move));
    DONE(fair_step_cancel(&move));
    DONE(fair_step_take_cancel(&move));
    DONE(fair_step_take_cancel(&move));
}

/// Nobody tells the source; its next request does, once for an end and once for a cancel.
static void flow_settle(void) {
    struct fair_move move = fair_move(card(PHONE), card(HOME), &ticket);
    DONE(fair_step_accept(&move));
    DONE(fair_step_surrender(&move));
    DONE(fair_step_cancel(&move));
    DONE(fair_step_accept(&move));
    DONE(fair_step_surrender(&move));
    DONE(fair_step_import(&move));
    move.name = second.name;
    DONE(fair_step_accept(&move));
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_RECORD_NOT_FOUND);
}

static void played(struct fair_use *use) {
    fair_use_ask(use);
    DONE(fair_use_play(use));
    answered[answers++] = tear_steps(tear) - 1;
}

static void flow_play(void) {
    struct fair_use use = fair_use(fair, card(PHONE), &ticket);
    played(&use);
    fair_use_ask(&use);
    DONE(fair_use_play(&use)); // the same again
    struct fair_use next = fair_use(fair, card(PHONE), &ticket);
    played(&next);
    DONE(fair_transfer(card(PHONE), card(HOME), &ticket));
    struct fair_use there = fair_use(fair, card(HOME), &ticket);
    played(&there);
}

static void flow_copy(void) {
    struct fair_use use = fair_use(fair, card(PHONE), &ticket);
    use.player = &fair->recorder;
    use.action = ACTION_COPY;
    fair_use_ask(&use);
    DONE(fair_use_play(&use));
}

static void flow_devices(void) {
    struct fair_move move = fair_move(card(PHONE), card(HOME), &ticket);
    DONE(fair_step_accept(&move));
    DONE(fair_step_surrender(&move));
    DONE(fair_device(card(HOME), TICKETS_DEVICE_REMOVE, "ANNA"));
    DONE(fair_device(card(HOME), TICKETS_DEVICE_ADD, "ANNA"));
    DONE(fair_device(card(PHONE), TICKETS_DEVICE_ADD, "OTHER"));
    CU_ASSERT_EQUAL(fair_select(card(HOME), NULL), SW_OK);
    DONE(fair_step_import(&move)); // answers the cancel
    CU_ASSERT_EQUAL(fair_select(card(PHONE), NULL), SW_OK);
    DONE(fair_step_take_cancel(&move));
}

static void flow_settled(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.open = false;
    sale.activator = "TELCO";
    fair_sell(fair, card(PHONE), &sale, &second);
    DONE(fair_docket(card(PHONE), &second, "+81-90-1"));
    DONE(fair_transfer(card(PHONE), card(HOME), &second));
    DONE(fair_settle(card(PHONE), &fair->telco, second.name, true));
    DONE(fair_settle(card(HOME), &fair->telco, second.name, true));
}

static void flow_forget(void) {
    uint8_t name[3 + TICKET_NAME_SIZE] = {0x9F, 0x40, TICKET_NAME_SIZE};
    memcpy(name + 3, ticket.name, TICKET_NAME_SIZE);
    may_be_gone = true;
    DONE(fair_forget(card(PHONE), TICKETS_FORGET_TICKET, BYTES_OF(name)));
}

// ---- running -----------------------------------------------------------------------------------

static void set_up(void) {
    if (fair != NULL)
        return;
    fair = fair_open(2005);
    struct scene_card *phone = fair_phone(fair, "ANNA", 3), *home = fair_home(fair, "HOME", 3);
    fair_befriend(phone, home);
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.plays = PLAYS;
    sale.copies = 2;
    sale.actions = ACTION_PLAY | ACTION_COPY;
    fair_sell(fair, phone, &sale, &ticket);
    fresh = scene_save(fair->scene);
}

static void tear_flow(const char *name, void (*flow)(void)) {
    struct tear_figures figures = {0};
    char title[64];
    set_up();
    scene_restore(fair->scene, &fresh);
    answers = 0;
    may_be_gone = false;
    memset(&second, 0, sizeof second);
    tear = tear_begin(fair->scene);
    flow();
    tear_cut(tear, tap, &figures);
    tear_end(tear);
    snprintf(title, sizeof title, "tickets %s", name);
    tear_tell(title, &figures, &total);
    CU_ASSERT(figures.commands > 0 && figures.points > 0);
    CU_ASSERT_EQUAL(figures.violations, 0);
}

#define TEAR(flow)                                                                                 \
    static void test_##flow(void) {                                                                \
        tear_flow(#flow, flow_##flow);                                                             \
    }
TEAR(delivery)
TEAR(transfer)
TEAR(there_and_back)
TEAR(repeated)
TEAR(cancel)
TEAR(settle)
TEAR(play)
TEAR(copy)
TEAR(devices)
TEAR(settled)
TEAR(forget)

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/// All flows in the optimised build; two with sanitizers, which are five times slower.
int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a delivery", test_delivery, NULL},
        {"a transfer", test_transfer, "P1-46"},
        {"there, back, and there again", test_there_and_back, NULL},
        {"every step twice", test_repeated, NULL},
        {"a cancel", test_cancel, "P4-22"},
        {"ends that the next request tells", test_settle, NULL},
        {"plays on two stores", test_play, "W14 P1-54"},
        {"a copy", test_copy, NULL},
        {"devices with a move under way", test_devices, NULL},
        {"docket and activation", test_settled, NULL},
        {"a ticket given up", test_forget, NULL},
    };
    size_t count = SANITIZED ? 2 : sizeof tests / sizeof tests[0];
    int code =
        suite_main(SANITIZED ? "test-tear-tickets" : "e2e-tear-tickets", tests, count, argc, argv);
    printf("tear tickets: %zu commands, %zu cuts, %zu taps, %zu violations\n", total.commands,
           total.cuts + total.recut, total.taps, total.violations);
    return code;
}
