// SPDX-License-Identifier: Apache-2.0
// Systems and modifications together. A pairwise cover of eight switches: every two values of
// different switches meet in a purchase, but for those that a rule below names with its reason.
// Each row is run from the order to the refused fourth play, with emulated cards (phone, home
// server, till) and the handlers of charge service, bank, registry and licence service: the ticket
// is usable, it is paid exactly once and by what was chosen, and all books say so.
//
// In the cover: who pays and whether a registry is asked (systems 1, 2 and 4, M17), at which
// machine and in which order (M09, M10, M13), the number with an enterprise's code (M05), where it
// plays (M20, M21), and the interface over which the phone's card is reached (a card that can be
// taken out, M11). The other modifications are switches of other places; docs/modifications.md says
// which suite shows each.
#include "tests/kit/suite.h"
#include "tests/kit/telco/customer.h"
#include "tests/kit/telco/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAID, REGISTRY, ORDERED, OPENED, NUMBER, PLACE, LINK, ENGINE, SWITCHES };
enum { BILL, PURSE, DEBIT };
enum { NOT_ASKED, TRUSTS, REFUSES };
enum { BY_PHONE, KIOSK_HANDS, KIOSK_FETCHED };
enum { BY_SELLER, BY_PAYER, PAID_BEFORE };
enum { PLAIN, CODED };
enum { AT_PHONE, AT_HOME, BOUND, NAMED };
enum { SHORT_RANGE, CONTACTS };

static const struct pairs_switch switches[] = {
    [PAID] = {"paid by", {"telephone bill", "purse", "debit card"}},
    [REGISTRY] = {"registry", {"not asked", "trusts", "refuses, so the purse pays"}},
    [ORDERED] = {"ordered", {"by phone", "kiosk hands over", "kiosk, then network"}},
    [OPENED] = {"opened", {"by the seller", "by who settled", "paid before"}},
    [NUMBER] = {"number", {"plain", "coded"}},
    [PLACE] = {"plays", {"phone", "home server", "home beside its phone", "home that is named"}},
    [LINK] = {"link", {"short range", "contacts"}},
    [ENGINE] = {"store", {"memory", "SQLite", "PostgreSQL"}},
};

static const char KIOSK[] = "a kiosk's order is paid by a receipt of its own till",
                  NO_QUESTION[] = "only a telephone company asks a registry",
                  AFTER[] = "a docket is for a ticket that the card has",
                  AT_ONCE[] = "a kiosk gives a ticket out when it is paid for",
                  NOBODY[] = "a till has no word for the card, its seller has";

static const struct pairs_rule rules[] = {
    {PAID, BILL, ORDERED, KIOSK_HANDS, KIOSK},
    {PAID, BILL, ORDERED, KIOSK_FETCHED, KIOSK},
    {PAID, DEBIT, ORDERED, KIOSK_HANDS, KIOSK},
    {PAID, DEBIT, ORDERED, KIOSK_FETCHED, KIOSK},
    {REGISTRY, TRUSTS, ORDERED, KIOSK_HANDS, KIOSK},
    {REGISTRY, TRUSTS, ORDERED, KIOSK_FETCHED, KIOSK},
    {REGISTRY, REFUSES, ORDERED, KIOSK_HANDS, KIOSK},
    {REGISTRY, REFUSES, ORDERED, KIOSK_FETCHED, KIOSK},
    {PAID, PURSE, REGISTRY, TRUSTS, NO_QUESTION},
    {PAID, PURSE, REGISTRY, REFUSES, NO_QUESTION},
    {PAID, DEBIT, REGISTRY, TRUSTS, NO_QUESTION},
    {PAID, DEBIT, REGISTRY, REFUSES, NO_QUESTION},
    {PAID, BILL, OPENED, PAID_BEFORE, AFTER},
    {PAID, DEBIT, OPENED, PAID_BEFORE, AFTER},
    {REGISTRY, TRUSTS, OPENED, PAID_BEFORE, AFTER},
    {REGISTRY, REFUSES, OPENED, PAID_BEFORE, AFTER},
    {ORDERED, KIOSK_HANDS, OPENED, BY_SELLER, AT_ONCE},
    {ORDERED, KIOSK_FETCHED, OPENED, BY_SELLER, AT_ONCE},
    {ORDERED, KIOSK_HANDS, OPENED, BY_PAYER, AT_ONCE},
    {ORDERED, KIOSK_FETCHED, OPENED, BY_PAYER, AT_ONCE},
    {PAID, PURSE, OPENED, BY_PAYER, NOBODY},
    {REGISTRY, REFUSES, OPENED, BY_PAYER, NOBODY},
};

static const struct pairs all = {switches, SWITCHES, rules, sizeof rules / sizeof rules[0]};

/// One row being run.
struct purchase {
    struct customer customer;
    const uint8_t *of; // a value for each switch
    bool by_purse;     // who pays in the end
};

static const char *named(const struct purchase *purchase) {
    return purchase->of[PLACE] == NAMED ? ",\"named\":[\"HOME\"]" : "";
}

/// The phone reads its own card, not over the air.
static bool is_sealed(struct customer *customer) {
    enum card_interface link = customer->phone->interface;
    struct ticket_left left = {0};
    customer->phone->interface = CARD_CONTACT;
    CU_ASSERT_TRUE(fair_left(customer->phone, customer->ticket.name, &left));
    customer->phone->interface = link;
    return (left.flags & LEFT_SEALED) != 0;
}

// ---- paid before the ticket comes --------------------------------------------------------------

/// The phone chooses the instance, so that its till can ask for the money before there is a sale.
static void choose_instance(struct customer *customer, uint8_t reference[17]) {
    static const uint8_t instance[8] = {0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0xAA};
    strcpy(customer->instance, LICENSING_INSTANCE);
    reference[0] = REFERENCE_TICKET;
    CU_ASSERT_TRUE_FATAL(ticket_sale_id(licensing.crypto, bytes_of_string("ID_2000"),
                                        bytes_of_string(customer->number), BYTES_OF(instance),
                                        reference + 1));
}

/// The order of what was paid for: by the phone with its receipt, or at the kiosk.
static struct told order_paid(struct purchase *purchase) {
    static char more[LICENSING_BODY_MAX];
    struct customer *customer = &purchase->customer;
    if (purchase->of[ORDERED] == KIOSK_HANDS) {
        snprintf(more, sizeof more, ",%s%s", customer_reception(customer), named(purchase));
        return customer_kiosk_pays(customer, more);
    }
    bool fetched = purchase->of[ORDERED] == KIOSK_FETCHED;
    if (fetched) {
        struct told told = customer_kiosk_pays(customer, "");
        CU_ASSERT_TRUE(licensing_says(&told, 200, customer->instance));
    }
    snprintf(more, sizeof more, ",\"instance\":\"%s\"%s%s%s", customer->instance, named(purchase),
             fetched ? "" : ",", fetched ? "" : customer_receipt(customer));
    return customer_orders(customer, more);
}

static void pay_first(struct purchase *purchase) {
    struct customer *customer = &purchase->customer;
    uint8_t reference[17];
    if (purchase->of[ORDERED] == BY_PHONE)
        choose_instance(customer, reference);
    else
        customer_kiosk_orders(customer, reference);
    CU_ASSERT_EQUAL_FATAL(customer_pays(customer, reference), SW_OK);
    customer_asks(customer);
    struct told told = order_paid(purchase), again = order_paid(purchase);
    CU_ASSERT_STRING_EQUAL(told.body, again.body); // the receipt pays for one ticket
    customer_takes(customer, &told);
}

// ---- the ticket first --------------------------------------------------------------------------

static struct shop *settler(struct purchase *purchase) {
    struct town *town = &purchase->customer.town;
    return purchase->of[PAID] == DEBIT ? &town->bank : &town->charge;
}

static uint16_t pay_at_till(struct customer *customer) {
    uint8_t reference[17];
    fair_reference(&customer->fair, &customer->ticket, reference);
    return customer_pays(customer, reference);
}

/// Hands the docket in until it is decided, and once more; meanwhile the purse does not pay.
static struct told settle_docket(struct purchase *purchase) {
    struct customer *customer = &purchase->customer;
    for (unsigned i = 0; i < 2; i++) {
        customer_dockets(customer, settler(purchase));
        CU_ASSERT_EQUAL(pay_at_till(customer), SW_DOCKETED);
        town_deliver(&customer->town);
    }
    return customer_dockets(customer, settler(purchase));
}

static struct told activation(struct purchase *purchase, const char *with) {
    static char body[LICENSING_BODY_MAX];
    char target[80];
    snprintf(target, sizeof target, "/v1/sales/%s/activation", purchase->customer.instance);
    snprintf(body, sizeof body, "{%s}", with);
    return licensing_ask(&purchase->customer.town.licence, &licensing_buyer, "POST", target, body);
}

static void open_by(struct purchase *purchase, const struct told *told) {
    CU_ASSERT_EQUAL(told->status, 200);
    CU_ASSERT_EQUAL(customer_activates(&purchase->customer, told), SW_OK);
}

static void pay_by_purse(struct purchase *purchase) {
    struct customer *customer = &purchase->customer;
    CU_ASSERT_EQUAL_FATAL(pay_at_till(customer), SW_OK);
    CU_ASSERT_NOT_EQUAL(customer_makes_docket(customer), SW_OK);
    for (unsigned i = 0; i < 2; i++) { // said twice, paid once
        struct told told = activation(purchase, customer_receipt(customer));
        open_by(purchase, &told);
    }
}

static void pay_by_docket(struct purchase *purchase) {
    struct told settled = settle_docket(purchase);
    bool refused = purchase->of[REGISTRY] == REFUSES;
    CU_ASSERT_TRUE(
        licensing_says(&settled, 200, refused ? "not-trusted" : "\"outcome\":\"accepted\""));
    if (refused || purchase->of[OPENED] == BY_PAYER) {
        open_by(purchase, &settled); // a refusal lets the purse pay
    } else {
        struct told told = activation(purchase, "");
        open_by(purchase, &told);
    }
}

static void ticket_first(struct purchase *purchase) {
    struct customer *customer = &purchase->customer;
    customer_asks(customer);
    struct told told = customer_orders(customer, named(purchase));
    customer_takes(customer, &told);
    CU_ASSERT_TRUE(is_sealed(customer));
    if (purchase->of[PAID] != PURSE)
        pay_by_docket(purchase);
    if (purchase->by_purse) {
        CU_ASSERT_TRUE(is_sealed(customer));
        pay_by_purse(purchase);
    }
}

// ---- what has to be true afterwards ------------------------------------------------------------

static uint16_t play(struct purchase *purchase, struct scene_card *at) {
    struct customer *customer = &purchase->customer;
    struct fair_use use = fair_use(&customer->fair, at, &customer->ticket);
    fair_use_ask(&use);
    if (purchase->of[PLACE] == BOUND)
        CU_ASSERT_EQUAL(fair_use_prove(&use, customer->phone), SW_OK);
    return fair_use_play(&use);
}

static void is_usable(struct purchase *purchase) {
    struct customer *customer = &purchase->customer;
    bool at_phone = purchase->of[PLACE] == AT_PHONE;
    struct scene_card *at = at_phone ? customer->phone : customer->home;
    CU_ASSERT_FALSE(is_sealed(customer));
    if (!at_phone)
        CU_ASSERT_EQUAL(fair_transfer(customer->phone, at, &customer->ticket), SW_OK);
    if (purchase->of[PLACE] == BOUND)
        CU_ASSERT_EQUAL(fair_play(&customer->fair, at, &customer->ticket), SW_BOUND);
    customer->phone->interface = CARD_CONTACT; // nothing plays over the air
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(play(purchase, at), SW_OK);
    CU_ASSERT_EQUAL(play(purchase, at), SW_PLAYS_EXHAUSTED);
}

/// There is one ticket, wherever it went.
static bool is_one(struct customer *customer) {
    return fair_count(customer->phone) + fair_count(customer->home) == 1;
}

static void purses_are(struct customer *customer, bool paid) {
    uint64_t charge = paid ? CUSTOMER_CHARGE : 0;
    CU_ASSERT_EQUAL(scene_balance(customer->phone, SCENE_UNIT), CUSTOMER_PURSE - charge);
    CU_ASSERT_EQUAL(scene_balance(customer->till, SCENE_UNIT), charge);
}

static void books_are(struct town *town, bool billed, bool debited) {
    int64_t charge = CUSTOMER_CHARGE;
    CU_ASSERT_EQUAL(town_book(town, "UNBILLED:" TOWN_PHONE), billed ? charge : 0);
    CU_ASSERT_EQUAL(town_book(town, "DUE:ID_2000"), 0);
    CU_ASSERT_EQUAL(town_book(town, "ORDERED:ID_2000"), 0);
    CU_ASSERT_EQUAL(town_money(town, "TELCO"), billed ? -charge : 0);
    CU_ASSERT_EQUAL(town_money(town, "SHOP"), billed || debited ? charge : 0);
    CU_ASSERT_EQUAL(town_money(town, "CARD"), CUSTOMER_PURSE - (debited ? charge : 0));
    CU_ASSERT_EQUAL(licensing_count(&town->charge, "SELECT count(*) FROM content_charge"), billed);
}

static void sold_once(struct shop *licence, bool by_receipt) {
    CU_ASSERT_EQUAL(licensing_count(licence, "SELECT count(*) FROM sale"), 1);
    CU_ASSERT_EQUAL(licensing_count(licence, "SELECT count(*) FROM settled"), 1);
    CU_ASSERT_EQUAL(
        licensing_count(licence, "SELECT count(*) FROM settled WHERE by_kind = 'receipt'"),
        by_receipt);
    CU_ASSERT_TRUE(licensing_stores_hold(licence));
}

static void sums_up(struct purchase *purchase) {
    struct customer *customer = &purchase->customer;
    town_deliver(&customer->town);
    CU_ASSERT_TRUE(is_one(customer));
    purses_are(customer, purchase->by_purse);
    books_are(&customer->town, purchase->of[PAID] == BILL && !purchase->by_purse,
              purchase->of[PAID] == DEBIT);
    sold_once(&customer->town.licence, purchase->by_purse);
}

// ---- the rows ----------------------------------------------------------------------------------

static void prepare(struct purchase *purchase) {
    static const char *const activators[] = {[BILL] = "telco-1", [DEBIT] = "bank-1"};
    struct customer *customer = &purchase->customer;
    const uint8_t *of = purchase->of;
    customer_open(customer, of[ENGINE], of[REGISTRY] != NOT_ASKED);
    town_debit_account(&customer->town, CUSTOMER_PURSE);
    customer_offer(customer, of[NUMBER] == PLAIN ? "NO_7" : NULL, activators[of[PAID]],
                   of[PLACE] == BOUND ? ACTION_PLAY | ACTION_BOUND : ACTION_PLAY);
    if (of[REGISTRY] == REFUSES)
        licensing_ask(&customer->town.registry, &town_registrar, "DELETE",
                      "/v1/enterprises/ID_2000", NULL);
    customer->phone->interface = of[LINK] == CONTACTS ? CARD_CONTACT : CARD_CONTACTLESS;
}

static void buy(const struct pairs_row *row) {
    struct purchase *purchase = calloc(1, sizeof *purchase);
    CU_ASSERT_PTR_NOT_NULL_FATAL(purchase);
    purchase->of = row->value;
    purchase->by_purse = row->value[PAID] == PURSE || row->value[REGISTRY] == REFUSES;
    prepare(purchase);
    if (row->value[OPENED] == PAID_BEFORE)
        pay_first(purchase);
    else
        ticket_first(purchase);
    is_usable(purchase);
    sums_up(purchase);
    customer_close(&purchase->customer);
    free(purchase);
}

static void test_cover(void) {
    struct pairs_row rows[PAIRS_ROWS];
    size_t count = pairs_cover(&all, rows);
    CU_ASSERT_TRUE(count > 0 && count < PAIRS_ROWS);
    CU_ASSERT_EQUAL(pairs_missing(&all, rows, count), 0);
    pairs_print_rules(&all);
}

static void test_all_pairs(void) {
    struct pairs_row rows[PAIRS_ROWS];
    size_t count = pairs_cover(&all, rows);
    for (size_t i = 0; i < count; i++) {
        pairs_print(&all, &rows[i]);
        buy(&rows[i]);
    }
}

static const struct suite_test tests[] = {
    {"every two values meet in a row, or a rule says why not", test_cover, "M27"},
    {"every row of the cover buys, pays once and plays", test_all_pairs, "M27"},
};

int main(int argc, char **argv) {
    return suite_main("test-pairs", tests, sizeof tests / sizeof tests[0], argc, argv);
}
