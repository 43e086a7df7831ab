// SPDX-License-Identifier: Apache-2.0
// Whoever has the issuer's keys puts a second store or purse beside the first, or the same one
// anew, under a name and a key that have counted already: a message that was taken once would be
// taken once more.
#include "apdu/command/perso_card.h"
#include "tests/kit/scene/issuer.h"
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair_use.h"

static const uint8_t purse[] = AID_PURSE, tickets[] = AID_TICKETS;
static const uint8_t WALLET[] = {ROLE_WALLET >> 8, (uint8_t)(ROLE_WALLET | ROLE_STORE)};

static struct fair *fair;
static struct scene_card *phone, *home;
static struct issuer *issuer;

static void begin(void) {
    fair = fair_open(11);
    phone = fair_phone(fair, "ANNA", 6);
    home = fair_home(fair, "HOME", 6);
    fair_befriend(phone, home);
}

static void with_keys_of(struct scene_card *card) {
    issuer = issuer_at(card);
    CU_ASSERT_EQUAL_FATAL(issuer_open(issuer), GP_OK);
}

static void end(void) {
    fair_close(fair);
}

static uint16_t install(struct bytes applet, struct bytes aid) {
    enum gp_status status = gp_install(&issuer->session, applet, aid, BYTES_OF(WALLET));
    return status == GP_OK ? SW_OK : issuer->session.sw;
}

static void second_beside(void) {
    static const uint8_t other[] = {0xF0, 'O', 'T', 'H', 'E', 'R'};
    static const uint8_t third[] = {0xF0, 'T', 'H', 'I', 'R', 'D'};
    begin();
    with_keys_of(phone);
    CU_ASSERT_EQUAL(install(BYTES_OF(tickets), BYTES_OF(other)), SW_CONDITIONS);
    CU_ASSERT_EQUAL(install(BYTES_OF(purse), BYTES_OF(third)), SW_CONDITIONS);
    issuer_leave(issuer);
    end();
}

/// Two that were installed before either was finished: one is finished.
static void second_finished(void) {
    static const uint8_t other[] = {0xF0, 'O', 'T', 'H', 'E', 'R'};
    begin();
    struct scene_card *card = scene_add(fair->scene, "BERT", ROLE_WALLET | ROLE_STORE, NULL);
    with_keys_of(card);
    CU_ASSERT_EQUAL(issuer_put(issuer, 0, SET_A), SW_OK);
    CU_ASSERT_EQUAL_FATAL(issuer_open(issuer), GP_OK);
    CU_ASSERT_EQUAL(install(BYTES_OF(tickets), BYTES_OF(tickets)), SW_OK);
    CU_ASSERT_EQUAL(install(BYTES_OF(tickets), BYTES_OF(other)), SW_OK);
    CU_ASSERT_EQUAL(issuer_store(issuer, "tickets", PERSO_FINISH, (struct bytes){0}), SW_OK);
    CU_ASSERT_EQUAL(gp_aim(&issuer->session, BYTES_OF(other)), GP_OK);
    CU_ASSERT_EQUAL(gp_store(&issuer->session, PERSO_FINISH, (struct bytes){0}, true), GP_REFUSED);
    CU_ASSERT_EQUAL(issuer->session.sw, SW_CONDITIONS);
    issuer_leave(issuer);
    end();
}

/// An empty store may go. A new one under the name and the key of the purse would begin to count
/// again; with the purse the identity goes, and what comes then has other keys.
static void anew(void) {
    begin();
    with_keys_of(phone);
    CU_ASSERT_EQUAL(issuer_delete(issuer, "tickets"), SW_OK);
    CU_ASSERT_EQUAL(install(BYTES_OF(tickets), BYTES_OF(tickets)), SW_CONDITIONS);
    CU_ASSERT_EQUAL(issuer_delete(issuer, "purse"), SW_OK);
    CU_ASSERT_EQUAL(install(BYTES_OF(tickets), BYTES_OF(tickets)), SW_OK);
    CU_ASSERT_EQUAL(install(BYTES_OF(purse), BYTES_OF(purse)), SW_OK);
    issuer_leave(issuer);
    end();
}

static void purse_anew(void) {
    begin();
    with_keys_of(phone);
    CU_ASSERT_EQUAL(issuer_delete(issuer, "purse"), SW_OK);
    CU_ASSERT_EQUAL(install(BYTES_OF(purse), BYTES_OF(purse)), SW_CONDITIONS);
    issuer_leave(issuer);
    end();
}

/// What was begun and never finished may be begun again.
static void unfinished(void) {
    begin();
    struct scene_card *card = scene_bare(fair->scene, "BERT", ROLE_WALLET | ROLE_STORE);
    with_keys_of(card);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(install(BYTES_OF(purse), BYTES_OF(purse)), SW_OK);
        CU_ASSERT_EQUAL(install(BYTES_OF(tickets), BYTES_OF(tickets)), SW_OK);
        CU_ASSERT_EQUAL(issuer_delete(issuer, "tickets"), SW_OK);
        CU_ASSERT_EQUAL(install(BYTES_OF(tickets), BYTES_OF(tickets)), SW_OK);
        CU_ASSERT_EQUAL(issuer_delete(issuer, "tickets"), SW_OK);
        CU_ASSERT_EQUAL(issuer_delete(issuer, "purse"), SW_OK);
    }
    issuer_leave(issuer);
    end();
}

/// A ticket, one on its way or an open number keep the store where it is.
static void value_stays(void) {
    const struct fair_sale sale = fair_three_plays("ANNA");
    struct fair_ticket ticket;
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    with_keys_of(home); // a number is open
    CU_ASSERT_EQUAL(issuer_delete(issuer, "tickets"), SW_HOLDS_VALUE);
    issuer_leave(issuer);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    with_keys_of(phone); // the ticket is on its way
    CU_ASSERT_EQUAL(issuer_delete(issuer, "tickets"), SW_HOLDS_VALUE);
    issuer_leave(issuer);
    CU_ASSERT_EQUAL(fair_select(home, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_step_import(&move), SW_OK);
    with_keys_of(home);
    CU_ASSERT_EQUAL(issuer_delete(issuer, "tickets"), SW_HOLDS_VALUE);
    issuer_leave(issuer);
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_step_complete(&move), SW_OK);
    end();
}

static const struct suite_test tests[] = {
    {"a second one beside the first", second_beside, NULL},
    {"two that are begun", second_finished, NULL},
    {"a store anew under an old name", anew, NULL},
    {"a purse anew under an old name", purse_anew, NULL},
    {"what was never finished", unfinished, NULL},
    {"tickets are not erased", value_stays, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-second-stores", tests, sizeof tests / sizeof tests[0], argc, argv);
}
