// SPDX-License-Identifier: Apache-2.0
// The world of those who settle by proxy: calls, sales that are trusted and not, a deposit, bills.
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/telco/town.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

#define AT "\"phone\":\"" TOWN_PHONE "\",\"time\":1076468400000"

static void asked(struct shop *shop, const struct peer *peer, const char *method,
                  const char *target, const char *body) {
    struct told told = licensing_ask(shop, peer, method, target, body);
    if (told.status >= 300)
        licensing_says(&told, 200, "");
    CU_ASSERT_TRUE(told.status < 300);
}

static void hand_in(struct town *town, uint32_t n, const char *instance) {
    struct town_ticket ticket;
    town_order(town, &ticket, n, instance);
    CU_ASSERT_TRUE(town_send_docket(town, &licensing_buyer, &ticket, &town_docket).status < 300);
    town_deliver(town);
}

/// Two tickets that are paid, one whose seller is trusted no more, one that nobody pays.
static void sell(struct town *town) {
    struct town_ticket ticket;
    hand_in(town, 1, "00112233445566aa");
    hand_in(town, 2, "00112233445566bb");
    asked(&town->registry, &town_registrar, "DELETE", "/v1/enterprises/ID_2000", NULL);
    hand_in(town, 3, "00112233445566cc");
    town_order(town, &ticket, 4, "00112233445566dd");
}

static void deposit(struct town *town) {
    asked(&town->bank, &town_clerk, "PUT", "/v1/accounts/CENTER",
          "{\"owner\":\"center-1\",\"unit\":\"JPY\"}");
    asked(&town->charge, &town_operator, "PUT", "/v1/deposit-account", "{\"account\":\"CENTER\"}");
    asked(&town->charge, &town_operator, "PUT", "/v1/passwords/" TOWN_PHONE,
          "{\"password\":\"correct horse\"}");
    asked(&town->charge, &licensing_buyer, "POST", "/v1/deposits",
          "{\"id\":\"0011223344556677\",\"password\":\"correct horse\",\"amount\":2000}");
    town_deliver(town);
}

static void live(struct town *town) {
    asked(&town->charge, &town_gateway, "POST", "/v1/usage",
          "{\"items\":[{\"n\":1," AT ",\"seconds\":61},{\"n\":2," AT
          ",\"sent\":11,\"received\":9},{\"n\":3," AT ",\"seconds\":30}]}");
    sell(town);
    deposit(town);
    town_day(town, 20040301);
    asked(&town->charge, &town_operator, "POST", "/v1/closes/2004-02", "{}");
    town_day(town, 20040401);
    asked(&town->charge, &town_operator, "POST", "/v1/closes/2004-03", "{}");
    town_day(town, 20040501);
    asked(&town->charge, &town_operator, "POST", "/v1/closes/2004-04", "{}");
}

void audit_town_open(struct audit_world *world) {
    struct town *town = calloc(1, sizeof *town);
    CU_ASSERT_PTR_NOT_NULL_FATAL(town);
    audit_world_begin(world);
    town_open(town, ENGINE_FILE, true);
    live(town);
    world->now_ms = town->charge.now_ms;
    world->crypto = licensing.crypto;
    audit_world_keep(world, &town->charge);
    audit_world_keep(world, &town->bank);
    audit_world_keep(world, &town->registry);
    audit_world_keep(world, &town->licence);
    audit_world_trust(world, "root", licensing.root.certificate);
    audit_world_trust(world, "telco", licensing.telco.certificate);
    audit_world_trust(world, "bank", licensing.bank.certificate);
    audit_world_trust(world, "registry", licensing.registry.certificate);
    audit_world_trust(world, "seller", licensing.seller.certificate);
    town_close(town);
    free(town);
}
