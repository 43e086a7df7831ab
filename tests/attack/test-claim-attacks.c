// SPDX-License-Identifier: Apache-2.0
// A sale of a ticket is billed by docket or paid by the purse, never both, and never twice by
// docket: whatever moves, comes back, is paid in between or was signed twice. Nor does keeping that
// in mind fill the card up.
#include "card/identity/claims.h"
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair_use.h"

#include <string.h>

#define SUBSCRIBER "+81-90-1"

static struct fair *fair;
static struct scene_card *phone, *home, *till;
static struct fair_ticket ticket;

static void begin(void) {
    fair = fair_open(7);
    phone = fair_phone(fair, "ANNA", 40);
    home = fair_home(fair, "HOME", 6);
    till = scene_add(fair->scene, "TILL", ROLE_TILL, NULL);
    fair_befriend(phone, home);
    scene_introduce(phone, till);
    CU_ASSERT_EQUAL_FATAL(scene_issue(phone, 100000), SW_OK);
}

static void end(void) {
    fair_close(fair);
}

static struct fair_sale sealed(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    sale.open = false;
    sale.activator = "TELCO";
    return sale;
}

/// Pays for a ticket's sale, to the end.
static uint16_t pay(const struct fair_ticket *sold) {
    struct scene_payment payment = scene_payment(phone, till, 300, "x");
    CU_ASSERT_EQUAL(scene_select(phone, &payment.selected), SW_OK);
    payment.terms = scene_terms(phone, &payment.selected, 300, REFERENCE_TICKET, "x");
    fair_reference(fair, sold, payment.terms.reference);
    payment.terms.reference_size = sizeof payment.terms.reference;
    CU_ASSERT_EQUAL(scene_request(till, &payment.terms, &payment.request), SW_OK);
    uint16_t sw = scene_step_debit(&payment);
    if (sw != SW_OK)
        return sw;
    CU_ASSERT_EQUAL(scene_step_credit(&payment), SW_OK);
    CU_ASSERT_EQUAL(scene_step_ratify(&payment), SW_OK);
    return SW_OK;
}

/// Pays for sales whose tickets come here sealed, so that their rows may go.
static void pay_for_others(unsigned count) {
    const struct fair_sale sale = sealed();
    for (unsigned i = 0; i < count; i++) {
        struct fair_ticket other;
        fair_make(fair, &sale, &other);
        CU_ASSERT_EQUAL_FATAL(pay(&other), SW_OK);
        CU_ASSERT_EQUAL_FATAL(fair_deliver(fair, phone, &other), SW_OK);
    }
}

/// Paid, sent on its way, given back by a cancel, and the claim's row pushed out by other sales: no
/// docket.
static void cancelled_move(void) {
    const struct fair_sale sale = sealed();
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(pay(&ticket), SW_OK);
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_cancel(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_take_cancel(&move), SW_OK);
    pay_for_others(CLAIMS_OF_PHONE + 1);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, SUBSCRIBER), SW_PAID);
    end();
}

/// Bought at a counter, paid and delivered open, again and again.
static void many_open(void) {
    const struct fair_sale sale = fair_three_plays("ANNA");
    begin();
    for (unsigned i = 0; i < 2 * CLAIMS_OF_PHONE; i++) {
        fair_make(fair, &sale, &ticket);
        CU_ASSERT_EQUAL_FATAL(pay(&ticket), SW_OK);
        CU_ASSERT_EQUAL_FATAL(fair_deliver(fair, phone, &ticket), SW_OK);
    }
    end();
}

/// Billed while the ticket is elsewhere: the purse does not pay once more.
static void billed_then_paid(void) {
    const struct fair_sale sale = sealed();
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, SUBSCRIBER), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_EQUAL(fair_settle(phone, &fair->telco, ticket.name, true), SW_OK);
    struct scene_snapshot before = scene_save(fair->scene);
    CU_ASSERT_EQUAL(pay(&ticket), SW_PAID);
    CU_ASSERT_EQUAL(memcmp(before.images[0], phone->image, phone->size), 0);
    scene_forget(&before);
    end();
}

/// Billed, opened, moved away and back: the purse still knows, until other sales need the row.
static void opened_then_paid(void) {
    const struct fair_sale sale = sealed();
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, SUBSCRIBER), SW_OK);
    CU_ASSERT_EQUAL(fair_settle(phone, &fair->telco, ticket.name, true), SW_OK);
    CU_ASSERT_EQUAL(pay(&ticket), SW_PAID);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_EQUAL(pay(&ticket), SW_PAID);
    const struct fair_ticket billed = ticket;
    pay_for_others(CLAIMS_OF_PHONE - 1);
    CU_ASSERT_EQUAL(pay(&billed), SW_PAID); // its row is not needed yet
    pay_for_others(1);                      // and what is billed fills no row for ever
    end();
}

/// Two headers of one sale: the docket is of the first ticket only, and the second's seal does not
/// take it away.
static void two_of_a_sale(void) {
    const struct fair_sale sale = sealed();
    struct fair_sale bound = sale;
    struct fair_ticket other;
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    fair->instances--; // the same instance signed once more, under other conditions
    bound.plays = 4;
    fair_sell(fair, phone, &bound, &other);
    CU_ASSERT_EQUAL(fair_docket(phone, &ticket, SUBSCRIBER), SW_OK);
    struct scene_snapshot before = scene_save(fair->scene);
    CU_ASSERT_EQUAL(fair_docket(phone, &other, SUBSCRIBER), SW_MISMATCH);
    CU_ASSERT_TRUE(scene_unchanged(fair->scene, &before));
    scene_forget(&before);
    CU_ASSERT_EQUAL(fair_settle(phone, &fair->telco, other.name, true), SW_OK);
    CU_ASSERT_EQUAL(pay(&ticket), SW_DOCKETED);
    end();
}

static const struct suite_test tests[] = {
    {"paid, its move cancelled, its claim pushed out: no docket", cancelled_move, NULL},
    {"what is paid and comes open leaves room for the next", many_open, NULL},
    {"billed, then paid", billed_then_paid, NULL},
    {"docket then purse: billed and opened, then paid", opened_then_paid, NULL},
    {"two tickets of one sale", two_of_a_sale, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-claim-attacks", tests, sizeof tests / sizeof tests[0], argc, argv);
}
