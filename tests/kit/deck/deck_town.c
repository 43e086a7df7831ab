// SPDX-License-Identifier: Apache-2.0
// What a town's phone, till, bank, telephone company and operators send next.
#include "apdu/object/object.h"
#include "tests/kit/deck/deck.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define PAID    "ffeeddccbbaa9988"
#define BILLED  "0011223344556601"
#define DEBITED "0011223344556602"

static const struct peer anybody;
static const struct peer converter = {.roles = ROLE_CONVERTER, .id = "conv-1"};

/// Whose deck a kit's requests go on while that is not NULL.
static struct deck *taking;

static void take(const struct peer *peer, const struct shop *shop, const char *method,
                 const char *target, const char *body) {
    enum deck_service to = 0;
    while (taking->shops[to] != shop)
        to++;
    deck_add(taking, to, peer, method, target, body);
}

/// From here on, or with NULL to here, what the kit of a seller asks is not sent.
static void take_for(struct deck *deck) {
    taking = deck;
    licensing_capture = deck != NULL ? take : NULL;
}

// ---- the seller --------------------------------------------------------------------------------

static void add_stock(struct deck *deck) {
    struct shop *licence = &deck->town.licence;
    deck_add(deck, DECK_LICENCE, &anybody, "GET", "/v1/recipient", NULL);
    take_for(deck);
    licensing_hand_over(licence, "ID_0003", LICENSING_KEY);
    licensing_offer(licence, "ID_0001", "\"amount\":1000,\"plays\":3");
    take_for(NULL);
    deck_add(deck, DECK_LICENCE, &anybody, "GET", "/v1/offers?content=ID_0001", NULL);
    deck_add(deck, DECK_LICENCE, &anybody, "GET", "/v1/offers/NO_1", NULL);
}

/// An order that a bank will tell the payment of, and one with its receipt.
static void add_sales(struct deck *deck) {
    static char more[LICENSING_BODY_MAX / 2];
    struct shop *licence = &deck->town.licence;
    struct reception second = licensing_first;
    struct payment paid = licensing_paid;
    second.n = 2;
    paid.instance = PAID;
    take_for(deck);
    licensing_order(licence, &licensing_buyer, &licensing_first, "NO_1",
                    "\"amount\":1000,\"instance\":\"" LICENSING_INSTANCE "\"");
    snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"" PAID "\",%s",
             licensing_receipt(&paid, &licensing.till));
    licensing_order(licence, &licensing_buyer, &second, "NO_1", more);
    take_for(NULL);
    deck_add(deck, DECK_LICENCE, &licensing_buyer, "GET", "/v1/sales/" LICENSING_INSTANCE, NULL);
    deck_add(deck, DECK_LICENCE, &licensing_bank, "POST", "/v1/settlements",
             "{\"transfer\":\"t1\",\"date\":\"2004-02-11\",\"number\":\"NO_1\",\"mail\":"
             "\"" LICENSING_MAIL "\",\"amount\":1000,\"unit\":\"JPY\",\"enterprise\":\"ID_2000\","
             "\"instance\":\"" LICENSING_INSTANCE "\"}");
    deck_add(deck, DECK_LICENCE, &licensing_buyer, "POST",
             "/v1/sales/" LICENSING_INSTANCE "/activation", "{}");
}

#define ORDER                                                                                      \
    "{\"enterprise\":\"ID_2000\",\"number\":\"NO_1\",\"amount\":1000,\"unit\":\"JPY\",\"payer\":"  \
    "\"phone-1\"}"

/// The money of a payment is about to go back.
static void add_cancellation(struct deck *deck, const struct payment *paid) {
    static char body[LICENSING_BODY_MAX];
    snprintf(body, sizeof body, "{\"enterprise\":\"ID_2000\",%s}",
             licensing_receipt(paid, &licensing.till));
    deck_add(deck, DECK_LICENCE, &licensing_till, "POST", "/v1/cancellations", body);
}

/// An order of a kiosk, and the payment of one that was made already; a payment of
/// nothing is cancelled.
static void add_kiosk(struct deck *deck) {
    static char body[LICENSING_BODY_MAX];
    char target[80], instance[17] = "";
    struct reception third = licensing_first;
    struct payment paid = licensing_paid;
    struct told told =
        licensing_ask(&deck->town.licence, &licensing_till, "POST", "/v1/orders", ORDER);
    const char *at = strstr(told.body, "\"instance\":\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memcpy(instance, at + strlen("\"instance\":\""), 16);
    third.n = 3;
    paid.n = 6;
    paid.instance = instance;
    snprintf(body, sizeof body, "{%s,%s}", licensing_reception(&third),
             licensing_receipt(&paid, &licensing.till));
    snprintf(target, sizeof target, "/v1/orders/%s/payment", instance);
    deck_add(deck, DECK_LICENCE, &licensing_till, "POST", "/v1/orders", ORDER);
    deck_add(deck, DECK_LICENCE, &licensing_till, "POST", target, body);
    paid.n = 7;
    add_cancellation(deck, &paid);
}

static void add_conversion(struct deck *deck) {
    char body[3000];
    uint8_t octets[512];
    snprintf(body, sizeof body, "{\"container\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}",
             licensing_text(licensing_container("ID_0001", true, false, octets, sizeof octets)),
             licensing_text(licensing.root.certificate),
             licensing_text(licensing.apparatus.certificate),
             licensing_text(licensing.converter.certificate));
    deck_add(deck, DECK_LICENCE, &converter, "POST", "/v1/conversions", body);
}

// ---- telephone company and bank ----------------------------------------------------------------

static void add_subscribers(struct deck *deck) {
    deck_add(deck, DECK_CHARGE, &town_operator, "PUT", "/v1/settings",
             "{\"account\":\"TELCO\",\"unit\":\"JPY\",\"zone\":\"+09:00\",\"registry\":true}");
    deck_add(deck, DECK_CHARGE, &town_operator, "PUT", "/v1/tariffs/plan-b",
             "{\"first-month\":\"2004-01\",\"basic\":2000,\"call-seconds\":30,\"call-amount\":10,"
             "\"packet-count\":10,\"packet-amount\":1}");
    deck_add(deck, DECK_CHARGE, &town_operator, "PUT", "/v1/subscribers/090-2",
             "{\"mail\":\"b@xx.xxx\",\"trm\":\"phone-2\",\"tariff\":\"plan-a\","
             "\"services\":[{\"text\":\"Voice mail\",\"amount\":300}]}");
    deck_add(deck, DECK_CHARGE, &town_operator, "PUT", "/v1/payees/ID_2000",
             "{\"account\":\"SHOP\"}");
    deck_add(deck, DECK_CHARGE, &town_operator, "PUT", "/v1/deposit-account",
             "{\"account\":\"CENTER\"}");
    deck_add(deck, DECK_CHARGE, &town_operator, "PUT", "/v1/passwords/" TOWN_PHONE,
             "{\"password\":\"a right one\"}");
}

/// What is used and bought with the phone; of its docket the ticket was sold already.
static void add_usage(struct deck *deck) {
    static char body[TOWN_PURCHASE_MAX];
    struct town_ticket ticket;
    char target[80];
    deck_add(deck, DECK_CHARGE, &town_gateway, "POST", "/v1/usage",
             "{\"items\":[{\"n\":1,\"phone\":\"" TOWN_PHONE
             "\",\"time\":1076468400000,\"seconds\":61},{\"n\":2,\"phone\":\"" TOWN_PHONE
             "\",\"time\":1076468400000,\"sent\":11,\"received\":9}]}");
    town_order(&deck->town, &ticket, 8, BILLED);
    take_for(deck);
    town_send_docket(&deck->town, &licensing_buyer, &ticket, &town_docket);
    take_for(NULL);
    snprintf(target, sizeof target, "/v1/dockets/%s", ticket.sale);
    deck_add(deck, DECK_CHARGE, &licensing_buyer, "GET", target, NULL);
    town_purchase_body(body, "phone-1", REFERENCE_GOODS, &licensing.till);
    deck_add(deck, DECK_CHARGE, &licensing_buyer, "POST", "/v1/purchases", body);
    deck_add(deck, DECK_CHARGE, &licensing_buyer, "POST", "/v1/deposits",
             "{\"id\":\"0123456789abcdef\",\"password\":\"a right one\",\"amount\":2000}");
    deck_add(deck, DECK_CHARGE, &town_operator, "POST", "/v1/closes/2004-01", "{}");
    deck_add(deck, DECK_CHARGE, &licensing_buyer, "GET", "/v1/bills/" TOWN_PHONE "/2004-01", NULL);
}

/// A transfer that was made already is read.
static void add_transfer_read(struct deck *deck) {
    char target[80];
    struct told told = licensing_ask(
        &deck->town.bank, &town_telco, "POST", "/v1/transfers",
        "{\"id\":\"t8\",\"from\":\"TELCO\",\"to\":\"SHOP\",\"amount\":7,\"unit\":\"JPY\"}");
    const char *at = strstr(told.body, "\"transfer\":\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(target, sizeof target, "/v1/transfers/%.32s", at + strlen("\"transfer\":\""));
    deck_add(deck, DECK_BANK, &town_telco, "GET", target, NULL);
}

static void add_bookings(struct deck *deck) {
    deck_add(deck, DECK_BANK, &town_clerk, "PUT", "/v1/accounts/NEW",
             "{\"owner\":\"phone-2\",\"unit\":\"JPY\"}");
    deck_add(deck, DECK_BANK, &town_clerk, "GET", "/v1/accounts/SHOP", NULL);
    deck_add(deck, DECK_BANK, &town_clerk, "GET", "/v1/accounts/SHOP/lines", NULL);
    deck_add(deck, DECK_BANK, &town_clerk, "POST", "/v1/payments",
             "{\"id\":\"c9\",\"to\":\"CARD\",\"amount\":500,\"unit\":\"JPY\"}");
    deck_add(deck, DECK_BANK, &town_telco, "POST", "/v1/transfers",
             "{\"id\":\"t9\",\"from\":\"TELCO\",\"to\":\"SHOP\",\"amount\":1000,\"unit\":\"JPY\"}");
    add_transfer_read(deck);
}

/// A card with a debit function: its ticket is the bank's to settle.
static void add_debit(struct deck *deck) {
    static char body[LICENSING_BODY_MAX];
    struct town_ticket ticket;
    town_debit_account(&deck->town, 3000);
    shop_script(&deck->town.licence, "UPDATE offer SET activator = 'bank-1'");
    town_order(&deck->town, &ticket, 9, DEBITED);
    shop_script(&deck->town.licence, "UPDATE offer SET activator = 'telco-1'");
    town_docket_body(body, &ticket, &town_docket);
    deck_add(deck, DECK_BANK, &licensing_buyer, "POST", "/v1/dockets", body);
}

static void add_trust(struct deck *deck) {
    deck_add(deck, DECK_REGISTRY, &town_telco, "POST", "/v1/inquiries",
             "{\"enterprise\":\"ID_2000\",\"challenge\":\"AAECAwQFBgcICQoLDA0ODw\"}");
    deck_add(deck, DECK_REGISTRY, &licensing_buyer, "GET", "/v1/refusals", NULL);
    deck_add(deck, DECK_REGISTRY, &town_registrar, "PUT", "/v1/enterprises/ID_3000",
             "{\"address\":\"192.0.2.7\"}");
    deck_add(deck, DECK_REGISTRY, &town_registrar, "DELETE", "/v1/enterprises/ID_2000", NULL);
}

void deck_fill_town(struct deck *deck) {
    add_stock(deck);
    add_sales(deck);
    add_kiosk(deck);
    add_conversion(deck);
    add_subscribers(deck);
    add_usage(deck);
    add_bookings(deck);
    add_debit(deck);
    add_trust(deck);
}
