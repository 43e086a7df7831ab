// SPDX-License-Identifier: Apache-2.0
// Tickets in use: plays and copies counted, periods, contents, bound phones, sealed tickets and how
// their sale is settled.
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair_use.h"

#include <string.h>

static struct fair *fair;
static struct scene_card *phone, *home;
static struct fair_ticket ticket;
static struct ticket_left left;

static void begin(void) {
    fair = fair_open(2);
    phone = fair_phone(fair, "ANNA", 4);
    home = fair_home(fair, "HOME", 4);
    fair_befriend(phone, home);
}

static void end(void) {
    fair_close(fair);
}

/// Sold to ANNA, moved to the home server.
static void at_home(const struct fair_sale *sale) {
    begin();
    fair_sell(fair, phone, sale, &ticket);
    CU_ASSERT_EQUAL_FATAL(fair_transfer(phone, home, &ticket), SW_OK);
}

static uint16_t play(void) {
    return fair_play(fair, home, &ticket);
}

static uint16_t play_on(uint32_t date) {
    struct fair_use use = fair_use(fair, home, &ticket);
    use.date = date;
    fair_use_ask(&use);
    return fair_use_play(&use);
}

static uint16_t copy_by(const struct sample_party *player) {
    struct fair_use use = fair_use(fair, home, &ticket);
    use.player = player;
    use.action = ACTION_COPY;
    fair_use_ask(&use);
    return fair_use_play(&use);
}

static void three_plays(void) {
    const struct fair_sale sale = fair_three_plays("ANNA");
    at_home(&sale);
    for (unsigned i = 3; i-- > 0;) {
        CU_ASSERT_EQUAL(play(), SW_OK);
        CU_ASSERT_TRUE(fair_left(home, ticket.name, &left));
        CU_ASSERT_EQUAL(left.plays, i);
    }
    CU_ASSERT_EQUAL(play(), SW_PLAYS_EXHAUSTED);
    // neither moving nor a loss of power brings any back
    scene_power(home);
    CU_ASSERT_EQUAL(fair_transfer(home, phone, &ticket), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_PLAYS_EXHAUSTED);
    end();
}

static void uncounted(void) {
    struct fair_sale sale = {.buyer = "ANNA", .number = "NO_9", .content = "ID_9", .open = true};
    at_home(&sale);
    for (unsigned i = 0; i < 20; i++)
        CU_ASSERT_EQUAL(play(), SW_OK);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_NOT_PERMITTED);
    end();
}

static void same_key(void) {
    const struct fair_sale sale = fair_three_plays("ANNA");
    at_home(&sale);
    struct fair_use use = fair_use(fair, home, &ticket);
    fair_use_ask(&use);
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_OK);
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_OK); // the answer was lost
    fair_use_ask(&use);                          // and after a reset
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_OK);
    CU_ASSERT_EQUAL(use.left.plays, 2);
    struct fair_use other = fair_use(fair, home, &ticket);
    fair_use_ask(&other);
    CU_ASSERT_EQUAL(fair_use_play(&other), SW_OK);
    CU_ASSERT_EQUAL(other.left.plays, 1);
    // an old request after another play: no cost, no grant
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_BAD_CHALLENGE);
    CU_ASSERT_TRUE(fair_left(home, ticket.name, &left));
    CU_ASSERT_EQUAL(left.plays, 1);
    end();
}

static void contents(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    at_home(&sale);
    struct fair_use use = fair_use(fair, home, &ticket);
    use.content = "ID_0002";
    fair_use_ask(&use);
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_MISMATCH);
    struct fair_ticket none = ticket;
    none.name[15] ^= 1;
    CU_ASSERT_EQUAL(fair_play(fair, home, &none), SW_RECORD_NOT_FOUND);
    // a key id opens whatever content has that key
    sale.content = NULL;
    sale.key_id = "KEY_7";
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    use = fair_use(fair, home, &ticket);
    use.content = "ID_0008";
    fair_use_ask(&use);
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_OK);
    use.content = "ID_0009"; // another content under the same fresh key is another play
    fair_use_ask(&use);
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_OK);
    CU_ASSERT_EQUAL(use.left.plays, 1);
    end();
}

static void periods(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.plays = 9;
    sale.first_day = 20260110;
    sale.last_day = 20260120;
    at_home(&sale);
    CU_ASSERT_EQUAL(play_on(20260109), SW_TOO_EARLY);
    CU_ASSERT_EQUAL(play_on(20260110), SW_OK);
    CU_ASSERT_EQUAL(play_on(20260120), SW_OK);
    CU_ASSERT_EQUAL(play_on(20260121), SW_EXPIRED);
    CU_ASSERT_EQUAL(play_on(20251231), SW_TOO_EARLY);
    CU_ASSERT_EQUAL(play_on(20260115), SW_OK); // no date of a player is remembered
    end();
}

/// A player's clock that stands before the day of the card's authorities.
static void clock_back(void) {
    const struct fair_sale sale = fair_three_plays("ANNA");
    at_home(&sale);
    CU_ASSERT_EQUAL(play_on(20251231), SW_CLOCK_BACK);
    CU_ASSERT_EQUAL(play_on(20260101), SW_OK);
    end();
}

static void copies(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.actions = ACTION_PLAY | ACTION_COPY;
    sale.copies = 2;
    at_home(&sale);
    CU_ASSERT_EQUAL(copy_by(&fair->player), SW_WRONG_ROLE); // no recorder
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_OK);
    // what is left moves along
    CU_ASSERT_EQUAL(fair_transfer(home, phone, &ticket), SW_OK);
    CU_ASSERT_TRUE(fair_left(phone, ticket.name, &left));
    CU_ASSERT_EQUAL(left.copies, 1);
    CU_ASSERT_EQUAL(left.plays, 3);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_OK);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_COPIES_EXHAUSTED);
    CU_ASSERT_EQUAL(play(), SW_OK);
    end();
}

static uint16_t play_by(const struct sample_party *player) {
    struct fair_use use = fair_use(fair, home, &ticket);
    use.player = player;
    fair_use_ask(&use);
    return fair_use_play(&use);
}

/// The right says which: one for game machines opens on a certified one only, any other on it, too.
static void games(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.actions = ACTION_PLAY | ACTION_COPY | ACTION_GAME;
    sale.copies = 1;
    at_home(&sale);
    CU_ASSERT_EQUAL_FATAL(fair_show(home, fair->game.certificate), SW_OK);
    CU_ASSERT_EQUAL(play_by(&fair->player), SW_WRONG_ROLE);
    CU_ASSERT_EQUAL(play_by(&fair->recorder), SW_WRONG_ROLE);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_WRONG_ROLE);
    CU_ASSERT_EQUAL(copy_by(&fair->game), SW_WRONG_ROLE);
    CU_ASSERT_TRUE(fair_left(home, ticket.name, &left) && left.plays == 3 && left.copies == 1);
    CU_ASSERT_EQUAL(play_by(&fair->game), SW_OK);
    CU_ASSERT_TRUE(fair_left(home, ticket.name, &left) && left.plays == 2);
    end();
}

static void games_play_all(void) {
    const struct fair_sale sale = fair_three_plays("ANNA");
    at_home(&sale);
    CU_ASSERT_EQUAL_FATAL(fair_show(home, fair->game.certificate), SW_OK);
    CU_ASSERT_EQUAL(play_by(&fair->game), SW_OK);
    end();
}

static void free_copies(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.plays = 1;
    sale.actions = ACTION_PLAY | ACTION_COPY;
    sale.copies = TICKET_COPIES_UNLIMITED;
    at_home(&sale);
    for (unsigned i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_OK);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_PLAYS_EXHAUSTED);
    end();
}

static void no_copies(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    at_home(&sale);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_NOT_PERMITTED);
    sale.actions = ACTION_PLAY | ACTION_COPY; // the action without a number of copies
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_NOT_PERMITTED);
    sale.actions = ACTION_COPY; // and copies that may not be played here
    sale.copies = 1;
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_NOT_PERMITTED);
    CU_ASSERT_EQUAL(copy_by(&fair->recorder), SW_OK);
    end();
}

/// The home server keeps whom it is from, asks for that phone's proof at each use, and plays for no
/// other.
static void bound(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.actions = ACTION_PLAY | ACTION_BOUND;
    at_home(&sale);
    struct scene_card *bert = fair_phone(fair, "BERT", 4);
    fair_befriend(bert, home);
    CU_ASSERT_EQUAL(play(), SW_BOUND);
    struct fair_use use = fair_use(fair, home, &ticket);
    fair_use_ask(&use);
    CU_ASSERT_EQUAL(fair_use_prove(&use, bert), SW_OK);
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_BOUND);
    CU_ASSERT_EQUAL(fair_use_prove(&use, phone), SW_OK);
    CU_ASSERT_EQUAL(fair_use_play(&use), SW_OK);
    struct fair_use next = fair_use(fair, home, &ticket);
    next.presence = use.presence; // the proof of the last time
    fair_use_ask(&next);
    CU_ASSERT_EQUAL(fair_use_play(&next), SW_BOUND);
    // at the buyer's own store none is needed
    CU_ASSERT_EQUAL(fair_transfer(home, phone, &ticket), SW_OK);
    CU_ASSERT_EQUAL(fair_play(fair, phone, &ticket), SW_OK);
    end();
}

static void named_plays(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.named[0] = "HOME";
    at_home(&sale);
    CU_ASSERT_EQUAL(play(), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(home, phone, &ticket), SW_OK);
    CU_ASSERT_EQUAL(fair_play(fair, phone, &ticket), SW_NOT_NAMED); // it carries only
    end();
}

static void where(void) {
    const struct fair_sale sale = fair_three_plays("ANNA");
    at_home(&sale);
    home->interface = CARD_CONTACTLESS;
    CU_ASSERT_EQUAL(play(), SW_INTERFACE);
    home->interface = CARD_INTERNAL;
    CU_ASSERT_EQUAL(play(), SW_OK);
    home->interface = CARD_CONTACT;
    struct fair_move move = fair_move(home, phone, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_IN_TRANSIT);
    end();
}

// ---- settling ----------------------------------------------------------------------------------

static struct fair_sale sealed(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.open = false;
    sale.activator = "TELCO";
    return sale;
}

static void activation(void) {
    const struct fair_sale sale = sealed();
    at_home(&sale);
    CU_ASSERT_EQUAL(play(), SW_SEALED);
    CU_ASSERT_EQUAL(fair_settle(home, &fair->telco, ticket.name, false), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_SEALED); // there was no docket that it could refuse
    CU_ASSERT_EQUAL(fair_settle(home, &fair->telco, ticket.name, true), SW_OK);
    CU_ASSERT_EQUAL(fair_settle(home, &fair->telco, ticket.name, true), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_OK);
    CU_ASSERT_EQUAL(fair_settle(home, &fair->telco, ticket.name, false), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_OK); // what is open stays so
    end();
}

static uint16_t pay(struct scene_card *till) {
    uint8_t reference[17];
    struct scene_payment payment = scene_payment(phone, till, 300, "x");
    fair_reference(fair, &ticket, reference);
    CU_ASSERT_EQUAL(scene_select(phone, &payment.selected), SW_OK);
    payment.terms = scene_terms(phone, &payment.selected, 300, REFERENCE_TICKET, "x");
    memcpy(payment.terms.reference, reference, sizeof reference);
    payment.terms.reference_size = sizeof reference;
    CU_ASSERT_EQUAL(scene_request(till, &payment.terms, &payment.request), SW_OK);
    return scene_step_debit(&payment);
}

static void docket(void) {
    const struct fair_sale sale = sealed();
    uint8_t first[256], again[256];
    begin();
    struct scene_card *till = scene_add(fair->scene, "TILL", ROLE_TILL, NULL);
    scene_introduce(phone, till);
    CU_ASSERT_EQUAL(scene_issue(phone, 1000), SW_OK);
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_OK);
    size_t size = phone->answer.size;
    memcpy(first, phone->answer.data, size);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_OK);
    memcpy(again, phone->answer.data, phone->answer.size);
    CU_ASSERT_EQUAL(memcmp(first, again, size - 66), 0); // the body
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-2"), SW_MISMATCH);
    CU_ASSERT_EQUAL(pay(till), SW_DOCKETED);
    CU_ASSERT_EQUAL(fair_settle(phone, &fair->telco, ticket.name, false), SW_OK);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_VOIDED);
    // without the claim the ticket itself says that it was docketed
    uint8_t claim[2 + 17] = {0x88, 17};
    fair_reference(fair, &ticket, claim + 2);
    CU_ASSERT_EQUAL(fair_forget(phone, TICKETS_FORGET_SALE, BYTES_OF(claim)), SW_OK);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_PAID);
    CU_ASSERT_EQUAL(pay(till), SW_OK);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_PAID);
    CU_ASSERT_EQUAL(fair_settle(phone, &fair->seller, ticket.name, true), SW_OK);
    CU_ASSERT_EQUAL(fair_play(fair, phone, &ticket), SW_OK);
    end();
}

static void paid_first(void) {
    const struct fair_sale sale = sealed();
    begin();
    struct scene_card *till = scene_add(fair->scene, "TILL", ROLE_TILL, NULL);
    scene_introduce(phone, till);
    CU_ASSERT_EQUAL(scene_issue(phone, 1000), SW_OK);
    fair_make(fair, &sale, &ticket);
    CU_ASSERT_EQUAL(pay(till), SW_OK); // before it is delivered
    CU_ASSERT_EQUAL(fair_deliver(fair, phone, &ticket), SW_OK);
    CU_ASSERT_TRUE(fair_left(phone, ticket.name, &left));
    CU_ASSERT_EQUAL(left.flags, LEFT_SEALED | LEFT_CLAIMED);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_PAID);
    end();
}

/// The mark goes with the ticket, so that it holds when it comes back and the row is gone.
static void moved_docket(void) {
    const struct fair_sale sale = sealed();
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_TRUE(fair_left(home, ticket.name, &left));
    CU_ASSERT_EQUAL(left.flags, LEFT_SEALED | LEFT_CLAIMED);
    CU_ASSERT_EQUAL(fair_docket(home, &ticket, "+81-90-1"), SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, "+81-90-1"), SW_CONDITIONS);
    CU_ASSERT_EQUAL(fair_settle(phone, &fair->telco, ticket.name, false), SW_OK); // it is told
    CU_ASSERT_EQUAL(fair_settle(home, &fair->telco, ticket.name, true), SW_OK);
    CU_ASSERT_EQUAL(play(), SW_OK);
    end();
}

static const struct suite_test tests[] = {
    {"three plays, and the fourth is refused", three_plays, "W14 P1-54"},
    {"a ticket that counts no plays", uncounted, NULL},
    {"the same key again costs nothing, an old request gives nothing", same_key, NULL},
    {"other content, no ticket, one key for many contents", contents, "P1-52 P1-53 M14a"},
    {"the first and the last day", periods, "P1-55"},
    {"a clock set back", clock_back, NULL},
    {"a right for game machines is for them alone", games, "M24"},
    {"and they play what anybody plays", games_play_all, NULL},
    {"copies are counted, for recorders only, and move along", copies, "P1-56 M24"},
    {"copies without number", free_copies, NULL},
    {"no copies", no_copies, NULL},
    {"a ticket bound to a phone plays with that phone's proof", bound, "M20a M20b M20c"},
    {"apparatus that a ticket names plays, others carry", named_plays, "G10"},
    {"not over the air, not in transit", where, NULL},
    {"a sealed ticket opens by its activation", activation, NULL},
    {"a docket, its refusal, then the purse", docket, NULL},
    {"paid before it is delivered", paid_first, NULL},
    {"the docket's mark moves with the ticket", moved_docket, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-ticket-use", tests, sizeof tests / sizeof tests[0], argc, argv);
}
