// SPDX-License-Identifier: Apache-2.0
// The world of a club: a clearing center whose purses hold points beside money, a machine that has
// not handed in what it loaded, lines that were folded and some that were not, and what came behind
// the last seal.
#include "apdu/octets/unit.h"
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/house/house.h"

#include <CUnit/CUnit.h>

static const struct peer club = {.roles = ROLE_SELLER, .id = "points-1", .enterprise = "CLUB"};
static const struct peer machine_host = {.roles = ROLE_FLOAT, .id = "float-1"};

static void fund(struct shop *shop, const struct peer *host, struct card *card, const char *id,
                 uint64_t amount) {
    CU_ASSERT_EQUAL(house_transfer(shop, id, card->key->holder, amount).status, 200);
    struct told told = house_issue(shop, host, card);
    CU_ASSERT_TRUE_FATAL(house_take(card, &told));
}

static void done(struct shop *shop, const struct peer *peer, const char *method, const char *target,
                 const char *body) {
    struct told told = house_ask(shop, peer, method, target, body);
    CU_ASSERT_TRUE(house_says(&told, 200, ""));
}

/// alice is granted 100 points of 2 yen and takes them; the club has paid in what they are worth.
static void grant(struct shop *shop, struct card *alice) {
    done(shop, &house_operator, "POST", "/v1/schemes",
         "{\"unit\":\"F001\",\"party\":\"CLUB\",\"amount\":2,\"money\":\"JPY\"}");
    done(shop, &club, "POST", "/v1/grants",
         "{\"transfer\":\"g-1\",\"purse\":\"alice-p\",\"amount\":100,\"unit\":\"F001\"}");
    house_turn(alice, UNIT_POINT);
    struct told told = house_issue(shop, &house_alice, alice);
    CU_ASSERT_TRUE_FATAL(house_take(alice, &told));
    CU_ASSERT_EQUAL(house_transfer(shop, "c-1", "CLUB", 1000).status, 200);
}

/// One sale for points and yen, settled and paid out.
static void redeem(struct shop *shop, struct card *alice) {
    struct deal deals[2];
    struct card till = house_card(&house.till);
    done(shop, &house_operator, "PUT", "/v1/parties/center-1", "{\"account\":\"center\"}");
    done(shop, &house_operator, "PUT", "/v1/parties/ID_2000", "{\"account\":\"shop\"}");
    house_turn(&till, UNIT_POINT);
    house_pay(alice, &till, 60, NULL, &deals[0]);
    house_turn(alice, UNIT_JPY);
    house_turn(&till, UNIT_JPY);
    house_pay(alice, &till, 800, NULL, &deals[1]);
    house_upload(shop, &house_shop, &till, deals, 2);
    CU_ASSERT_TRUE(house_settles(shop, &till, "settled", true));
}

/// bob tells of a load that the machine's host has not handed in.
static void claim(struct shop *shop) {
    struct deal deal;
    struct card machine = house_card(&house.machine), bob = house_card(&house.bob);
    fund(shop, &machine_host, &machine, "b-3", 9000);
    house_pay(&machine, &bob, 2000, &(struct terms){.kind = REFERENCE_DEPOSIT}, &deal);
    CU_ASSERT_EQUAL(house_tell(shop, &house_bob, &bob).status, 200);
}

void audit_club_open(struct audit_world *world) {
    struct shop shop;
    audit_world_begin(world);
    house_open(&shop, ENGINE_FILE);
    struct card alice = house_card(&house.alice);
    fund(&shop, &house_alice, &alice, "b-1", 3000);
    grant(&shop, &alice);
    redeem(&shop, &alice);
    claim(&shop);
    audit_world_fold(&shop);
    CU_ASSERT_EQUAL(house_transfer(&shop, "b-2", "bob-p", 700).status, 200);
    audit_world_seal(&shop);
    CU_ASSERT_EQUAL(house_transfer(&shop, "b-5", "bob-p", 40).status, 200);
    CU_ASSERT_TRUE(house_holds(&shop));
    world->now_ms = shop.now_ms;
    world->crypto = house.crypto;
    audit_world_take(world, &shop);
    audit_world_trust(world, "root", house.root.certificate);
    audit_world_trust(world, "center", house.center.certificate);
    shop_close(&shop);
}
