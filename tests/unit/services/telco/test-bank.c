// SPDX-License-Identifier: Apache-2.0
// The bank, on every engine: only the owner of an account orders, once under each of its ids; what
// was paid for is told to the seller until it has decided; money is conserved.
#include "base/heap.h"
#include "services/bank/bank.h"
#include "services/core/keeper/keeper.h"
#include "services/core/keeper/outbox.h"
#include "services/licence/licence.h"
#include "services/wire/courier/courier_fault.h"
#include "services/wire/courier/courier_local.h"
#include "tests/kit/services/licensing.h"
#include "tests/kit/services/sweep.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static const struct peer operator= {.roles = ROLE_OPERATOR, .id = "clerk", .enterprise = "BANK"};
static const struct peer strange_operator = {
    .roles = ROLE_OPERATOR, .id = "boss", .enterprise = "TELCO"};
static const struct peer telco = {.roles = ROLE_TELCO, .id = "telco-1", .enterprise = "TELCO"};
static const struct peer other_telco = {.roles = ROLE_TELCO, .id = "telco-2", .enterprise = "T2"};

/// Bank and a seller's licence service, with a courier between them.
struct street {
    struct shop bank, licence;
    struct courier_target target;
    struct courier_local local;
    struct courier_fault fault;
};

static void account(struct shop *bank, const char *id, const char *more) {
    char target[64], body[200];
    snprintf(target, sizeof target, "/v1/accounts/%s", id);
    snprintf(body, sizeof body, "{\"unit\":\"JPY\",%s}", more);
    struct told told = licensing_ask(bank, &operator, "PUT", target, body);
    CU_ASSERT_TRUE(licensing_says(&told, 200, id));
}

static void open_bank(struct shop *bank, enum engine engine) {
    licensing_open_shop(bank, &bank_service, engine, &licensing.bank);
    account(bank, "TELCO", "\"owner\":\"telco-1\"");
    account(bank, "SHOP", "\"owner\":\"shop-1\",\"enterprise\":\"ID_2000\",\"notify\":\"licence\"");
    account(bank, "ALICE", "\"owner\":\"phone-1\",\"covered\":true");
}

static void open_street(struct street *street, enum engine engine) {
    open_bank(&street->bank, engine);
    licensing_open_shop(&street->licence, &licence_service, engine, &licensing.seller);
    street->target = (struct courier_target){"licence", &street->licence.front.listener};
    courier_local_init(&street->local, &street->target, 1, &licensing_bank, &host_memory);
    courier_fault_init(&street->fault, &street->local.courier, &host_memory);
    street->bank.context.courier = &street->fault.courier;
}

static void close_street(struct street *street) {
    courier_fault_settle(&street->fault);
    shop_close(&street->bank);
    shop_close(&street->licence);
}

static void on_every_engine(void (*check)(struct street *street)) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct street street;
        open_street(&street, engine);
        check(&street);
        close_street(&street);
    }
}

static size_t deliver(struct shop *shop) {
    struct outbox_round round;
    struct failure failure;
    CU_ASSERT_TRUE(outbox_deliver(&shop->context, shop->crypto, &round, &failure));
    return round.ended;
}

#define SALE                                                                                       \
    ",\"sale\":{\"date\":\"2004-02-11\",\"number\":\"NO_1\",\"mail\":\"" LICENSING_MAIL "\"}"

static struct told transfer_of(struct shop *bank, const struct peer *by, const char *id,
                               const char *way, const char *more) {
    char body[500];
    snprintf(body, sizeof body, "{\"id\":\"%s\",%s,\"unit\":\"JPY\"%s}", id, way, more);
    return licensing_ask(bank, by, "POST", "/v1/transfers", body);
}

#define TO_SHOP "\"from\":\"TELCO\",\"to\":\"SHOP\",\"amount\":1000"

static struct told holds(struct shop *bank, const char *id) {
    char target[64];
    snprintf(target, sizeof target, "/v1/accounts/%s", id);
    return licensing_ask(bank, &operator, "GET", target, NULL);
}

static bool has(struct shop *bank, const char *id, const char *part) {
    struct told told = holds(bank, id);
    return licensing_says(&told, 200, part);
}

// ---- endpoints ---------------------------------------------------------------------------------

static void test_sweep(void) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct shop bank;
        open_bank(&bank, engine);
        CU_ASSERT_TRUE(sweep_service(&bank) > 100);
        shop_close(&bank);
    }
}

// ---- orders ------------------------------------------------------------------------------------

static void orders(struct street *street) {
    struct shop *bank = &street->bank;
    char first[200];
    struct told told = transfer_of(bank, &telco, "d1", TO_SHOP, "");
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"date\":\"2004-02-11\""));
    strcpy(first, told.body);
    bank->now_ms += 24 * 3600 * 1000;
    told = transfer_of(bank, &telco, "d1", TO_SHOP, ""); // another request, the same order
    CU_ASSERT_STRING_EQUAL(told.body, first);
    CU_ASSERT_TRUE(has(bank, "SHOP", "\"balance\":1000}"));
    CU_ASSERT_TRUE(has(bank, "TELCO", "\"balance\":0,\"overdrawn\":1000"));
    told =
        transfer_of(bank, &telco, "d1", "\"from\":\"TELCO\",\"to\":\"SHOP\",\"amount\":1001", "");
    CU_ASSERT_TRUE(licensing_says(&told, 422, "transfer-reused"));
    told = transfer_of(bank, &telco, "d1", TO_SHOP, SALE);
    CU_ASSERT_TRUE(licensing_says(&told, 422, "transfer-reused"));
    // nobody else's id is ours, and nobody else's account
    told = transfer_of(bank, &other_telco, "d1", TO_SHOP, "");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "\"owner\""));
    told = transfer_of(bank, &licensing_buyer, "d2", TO_SHOP, "");
    CU_ASSERT_TRUE(licensing_says(&told, 403, "\"role\""));
    told = transfer_of(bank, &telco, "d2", "\"from\":\"TELCO\",\"to\":\"TELCO\",\"amount\":1", "");
    CU_ASSERT_EQUAL(told.status, 400);
    told = transfer_of(bank, &telco, "d2", "\"from\":\"TELCO\",\"to\":\"NOBODY\",\"amount\":1", "");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "unknown-account"));
    told = transfer_of(bank, &telco, "d3",
                       "\"from\":\"TELCO\",\"to\":\"SHOP\",\"amount\":9223372036854775807", "");
    CU_ASSERT_EQUAL(told.status, 200);
    told = holds(bank, "SHOP"); // more than 64 bits hold: said so, nothing wraps
    CU_ASSERT_TRUE(told.status >= 400);
}

static void test_orders(void) {
    on_every_engine(orders);
}

static void covered(struct street *street) {
    struct shop *bank = &street->bank;
    struct told told =
        licensing_ask(bank, &strange_operator, "POST", "/v1/payments",
                      "{\"id\":\"c1\",\"to\":\"ALICE\",\"amount\":500,\"unit\":\"JPY\"}");
    CU_ASSERT_TRUE(licensing_says(&told, 404, "\"owner\""));
    for (int i = 0; i < 2; i++) {
        told = licensing_ask(
            bank, &operator, "POST", "/v1/payments",
            "{\"id\":\"c1\",\"to\":\"ALICE\",\"amount\":500,\"unit\":\"JPY\",\"payer\":\"alice\"}");
        CU_ASSERT_EQUAL(told.status, 200);
    }
    CU_ASSERT_TRUE(has(bank, "ALICE", "\"balance\":500}"));
    told = licensing_ask(bank, &operator, "PUT", "/v1/accounts/ALICE",
                         "{\"unit\":\"JPY\",\"owner\":\"phone-2\"}");
    CU_ASSERT_TRUE(licensing_says(&told, 409, "account-taken"));
    // read by its owner alone, and by the bank
    told = licensing_ask(bank, &licensing_buyer, "GET", "/v1/accounts/ALICE", NULL);
    CU_ASSERT_EQUAL(told.status, 200);
    told = licensing_ask(bank, &licensing_other, "GET", "/v1/accounts/ALICE", NULL);
    CU_ASSERT_EQUAL(told.status, 404);
    told = licensing_ask(bank, &licensing_other, "GET", "/v1/accounts/ALICE/lines", NULL);
    CU_ASSERT_EQUAL(told.status, 404);
}

static void test_covered(void) {
    on_every_engine(covered);
}

static void statements(struct street *street) {
    struct shop *bank = &street->bank;
    struct keeper keeper;
    keeper_init(&keeper, &bank->context, bank->crypto);
    transfer_of(bank, &telco, "d1", TO_SHOP, "");
    keeper_step(&keeper);
    transfer_of(bank, &telco, "d2", TO_SHOP, "");
    bank->now_ms += 100000;
    keeper_step(&keeper);
    struct told told = licensing_ask(bank, &operator, "GET", "/v1/accounts/SHOP/lines", NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "{\"lines\":[{\"index\":1,"));
    CU_ASSERT_TRUE(
        licensing_says(&told, 200, "\"account\":\"TELCO\",\"credit\":true,\"amount\":1000"));
    told = licensing_ask(bank, &telco, "GET", "/v1/accounts/TELCO/lines?after=1", NULL);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "{\"lines\":[{\"index\":2,"));
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"account\":\"SHOP\",\"credit\":false"));
}

static void test_statements(void) {
    on_every_engine(statements);
}

// ---- notices -----------------------------------------------------------------------------------

static void sell(struct street *street) {
    licensing_stock(&street->licence, "");
    CU_ASSERT_EQUAL(licensing_order(&street->licence, &licensing_buyer, &licensing_first, "NO_1",
                                    "\"amount\":1000")
                        .status,
                    200);
    street->bank.now_ms += UINT64_C(7) * 24 * 3600 * 1000; // the 18th
    street->licence.now_ms = street->bank.now_ms;
}

static struct told outcome(struct shop *bank, const struct told *booked) {
    char target[80];
    snprintf(target, sizeof target, "/v1/transfers/%.32s",
             strstr(booked->body, "transfer\":\"") + 11);
    return licensing_ask(bank, &telco, "GET", target, NULL);
}

static void notices(struct street *street) {
    struct shop *bank = &street->bank;
    sell(street);
    struct told one =
        transfer_of(bank, &telco, "y1", "\"from\":\"TELCO\",\"to\":\"SHOP\",\"amount\":1", SALE);
    CU_ASSERT_EQUAL(deliver(bank), 1); // a yen settles nothing
    struct told told = outcome(bank, &one);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "not-settled"));
    one = transfer_of(bank, &telco, "d1", TO_SHOP, SALE);
    told = outcome(bank, &one);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "notice-due"));
    street->target.listener = NULL; // the seller is away
    CU_ASSERT_EQUAL(deliver(bank), 0);
    street->target.listener = &street->licence.front.listener;
    bank->now_ms += 60000;
    CU_ASSERT_EQUAL(deliver(bank), 1);
    told = outcome(bank, &one);
    CU_ASSERT_TRUE(licensing_says(&told, 200, "\"outcome\":\"settled\""));
    CU_ASSERT_TRUE(licensing_says(
        &told, 200,
        "\"sale\":{\"date\":\"2004-02-11\",\"number\":\"NO_1\",\"mail\":\"" LICENSING_MAIL "\""));
    CU_ASSERT_EQUAL(licensing_count(&street->licence,
                                    "SELECT count(*) FROM settled WHERE settled_date = 20040218"),
                    1);
    transfer_of(bank, &telco, "d1", TO_SHOP, SALE); // again: no second notice
    CU_ASSERT_EQUAL(deliver(bank), 0);
    CU_ASSERT_TRUE(has(bank, "SHOP", "\"balance\":1001}"));
    CU_ASSERT_TRUE(licensing_stores_hold(&street->licence));
}

static void test_notices(void) {
    on_every_engine(notices);
}

// Two of the three fields are no sale: the form itself wants them all.
static void two_fields(struct street *street) {
    static const char *const wrong[] = {
        ",\"sale\":{\"number\":\"NO_1\",\"mail\":\"" LICENSING_MAIL "\"}",
        ",\"sale\":{\"date\":\"2004-02-11\",\"mail\":\"" LICENSING_MAIL "\"}",
        ",\"sale\":{\"date\":\"2004-02-11\",\"number\":\"NO_1\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(transfer_of(&street->bank, &telco, "d1", TO_SHOP, wrong[i]).status, 400);
    CU_ASSERT_TRUE(has(&street->bank, "SHOP", "\"balance\":0}"));
}

static void test_two_fields(void) {
    on_every_engine(two_fields);
}

static const struct suite_test tests[] = {
    {"every row is swept", test_sweep, NULL},
    {"only the owner orders, and once", test_orders, "P1-29 P1-30 S01f"},
    {"payments by the bank's own operator; accounts are their owners'", test_covered, NULL},
    {"statements follow the journal", test_statements, NULL},
    {"rules 19, 29: what was paid for is told until decided; a yen settles nothing", test_notices,
     "P1-22 P1-23 P1-27 P1-30 P1-31 W7"},
    {"two of three fields are no sale", test_two_fields, "P1-22 P1-23"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-bank", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    return code;
}
