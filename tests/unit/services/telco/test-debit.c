// SPDX-License-Identifier: Apache-2.0
// A card with a debit function, on every engine: its docket goes to the bank, no telephone company
// between; its account pays the seller once, the seller hears of it, and a sale has one end.
#include "apdu/object/ticket.h"
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#define INSTANCE "00112233445566aa"

/// Sales of this town are for its bank to settle; phone-1's account holds so much.
static void open_account(struct town *town, unsigned yen) {
    town_debit_account(town, yen);
    shop_script(&town->licence, "UPDATE offer SET activator = 'bank-1'");
}

static struct told hand_in(struct shop *shop, const struct peer *peer,
                           const struct town_ticket *ticket) {
    static char body[LICENSING_BODY_MAX];
    town_docket_body(body, ticket, &town_docket);
    return licensing_ask(shop, peer, "POST", "/v1/dockets", body);
}

static bool answers(const struct told *told, uint8_t result) {
    uint8_t octets[512];
    struct object answer;
    return object_decode_as(OBJECT_SETTLEMENT_ANSWER,
                            licensing_field(told, "object", octets, sizeof octets), &answer) &&
           object_verify(&answer, licensing.crypto, licensing.bank.signer.point) &&
           answer.fields[FIELD_RESULT].data[0] == result &&
           bytes_equal(answer.fields[FIELD_ACTIVATOR], bytes_of_string("bank-1"));
}

static void debit(struct town *town) {
    struct town_ticket ticket;
    open_account(town, 3000);
    town_order(town, &ticket, 1, INSTANCE);
    town_day(town, 20040218);
    for (int i = 0; i < 2; i++) { // said twice, paid once
        struct told told = hand_in(&town->bank, &licensing_buyer, &ticket);
        CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"accepted\"") && answers(&told, 1));
        town_deliver(town);
    }
    CU_ASSERT_TRUE(town_money(town, "CARD") == 2000 && town_money(town, "SHOP") == 1000);
    CU_ASSERT_EQUAL(town_money(town, "TELCO"), 0);
    CU_ASSERT_EQUAL(licensing_count(&town->licence,
                                    "SELECT count(*) FROM settled WHERE settled_date = 20040218"),
                    1);
    CU_ASSERT_TRUE(licensing_stores_hold(&town->licence));
    CU_ASSERT_EQUAL(licensing_count(&town->charge, "SELECT count(*) FROM content_charge"), 0);
}

static void test_debit(void) {
    town_on_every_engine(false, debit);
}

// Rule 26 of the money's design: a sale that names its bank is settled nowhere else, and the other
// way round; nobody pays for another card.
static void one_end(struct town *town) {
    struct town_ticket ticket, billed;
    town_order(town, &billed, 1, INSTANCE); // for the telephone company
    open_account(town, 3000);
    struct told told = hand_in(&town->bank, &licensing_buyer, &billed);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "somebody else to settle"));
    town_order(town, &ticket, 2, "00112233445566bb");
    told = hand_in(&town->charge, &licensing_buyer, &ticket);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "somebody else to settle"));
    told = hand_in(&town->bank, &licensing_other, &ticket);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "\"docket\""));
    town_deliver(town);
    CU_ASSERT_TRUE(town_money(town, "CARD") == 3000 && town_money(town, "SHOP") == 0);
}

static void test_one_end(void) {
    town_on_every_engine(false, one_end);
}

// Too little is a refusal for ever: the purse may pay then, and money that comes later does not.
static void too_little(struct town *town) {
    struct town_ticket ticket;
    open_account(town, 999);
    town_order(town, &ticket, 1, INSTANCE);
    for (int i = 0; i < 2; i++) {
        struct told told = hand_in(&town->bank, &licensing_buyer, &ticket);
        CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"funds\"") && answers(&told, 0));
        licensing_ask(&town->bank, &town_clerk, "POST", "/v1/payments",
                      "{\"id\":\"c2\",\"to\":\"CARD\",\"amount\":1,\"unit\":\"JPY\"}");
    }
    town_deliver(town);
    CU_ASSERT_TRUE(town_money(town, "CARD") == 1000 && town_money(town, "SHOP") == 0);
    CU_ASSERT_EQUAL(licensing_count(&town->licence, "SELECT count(*) FROM settled"), 0);
}

static void test_too_little(void) {
    town_on_every_engine(false, too_little);
}

static void no_account(struct town *town) {
    struct town_ticket ticket;
    shop_script(&town->licence, "UPDATE offer SET activator = 'bank-1'");
    town_order(town, &ticket, 1, INSTANCE);
    struct told told = hand_in(&town->bank, &licensing_buyer, &ticket);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"no-account\""));
}

static void test_no_account(void) {
    town_on_every_engine(false, no_account);
}

static const struct suite_test tests[] = {
    {"the docket goes to the bank, and its card's account pays once", test_debit, "M17 P1-31"},
    {"rule 26: a sale is settled by whom it names, and nowhere else", test_one_end, "M17"},
    {"too little is a refusal for ever", test_too_little, "M17"},
    {"a card without an account", test_no_account, NULL},
};

int main(int argc, char **argv) {
    int code = suite_main("test-debit", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
