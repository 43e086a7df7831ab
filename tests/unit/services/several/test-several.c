// SPDX-License-Identifier: Apache-2.0
// Two instances of clearing, licence and charge over one PostgreSQL: both are handed the same
// messages at once, under the same keys and under others, while one or the other is killed and the
// database server falls over. The books are in the end those of one instance to which nothing
// happened, what was acknowledged stays so, and the auditor finds nothing in the databases. Ten
// falls and four kills each; TESSERA_HA=full: twenty kills, and more messages.
#include "base/failure.h"
#include "services/licence/licence.h"
#include "tests/kit/audit/audit_shops.h"
#include "tests/kit/house/house.h"
#include "tests/kit/services/fleet/fleet.h"
#include "tests/kit/services/postgres.h"
#include "tests/kit/suite.h"
#include "tests/kit/telco/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES_MAX = 600, DUMP_MAX = 1 << 20, FALLS = 10 };

static struct fleet_message messages[MESSAGES_MAX];
static size_t count;

static bool is_full(void) {
    const char *full = getenv("TESSERA_HA");
    return full != NULL && strcmp(full, "full") == 0;
}

/// A message under a key; every third one comes to the other instance under another key, too, as
/// from a client that forgot what it sent.
static struct fleet_message *add(const struct peer *peer, const char *target, const char *body) {
    struct fleet_message *message = &messages[count++];
    *message = (struct fleet_message){.peer = peer, .body = strdup(body)};
    snprintf(message->target, sizeof message->target, "%s", target);
    snprintf(message->key, sizeof message->key, "a%zu", count);
    return message;
}

static void also_under_another_key(struct fleet_message *message) {
    if (count % 3 == 0)
        snprintf(message->again, sizeof message->again, "b%zu", count);
}

static void forget(void) {
    while (count > 0)
        free(messages[--count].body);
}

// ---- the judge ---------------------------------------------------------------------------------

static void dump(struct shop *shop, const struct statement *queries, size_t queried, char *out) {
    shop_dump(shop, queries, queried, out, DUMP_MAX);
}

/// The same work by one instance, in order, without a fault.
static void work_alone(struct shop *shop) {
    for (size_t i = 0; i < count; i++) {
        struct told told = shop_ask(shop, messages[i].peer, "POST", messages[i].target,
                                    messages[i].key, messages[i].body);
        CU_ASSERT_EQUAL(told.status, 200);
        if (messages[i].again[0] != '\0')
            shop_ask(shop, messages[i].peer, "POST", messages[i].target, messages[i].again,
                     messages[i].body);
    }
}

/// What anybody was told stays so.
static size_t lost_answers(struct shop *shop) {
    size_t lost = 0;
    for (size_t i = 0; i < count; i++) {
        const struct fleet_message *message = &messages[i];
        struct told told =
            shop_ask(shop, message->peer, "POST", message->target, message->key, message->body);
        lost += told.status != message->status || !told.replayed ||
                strncmp(told.body, message->answer, sizeof told.body - 1) != 0;
    }
    return lost;
}

/// What the database server goes through; before_fall: see fleet_plan.h.
struct fate {
    unsigned falls; // in a short run; else FALLS
    void (*before_fall)(const struct shop *shop);
};

static void judge(struct shop *several, struct shop *alone, const struct fate *fate,
                  const struct statement *queries, size_t queried) {
    static char got[DUMP_MAX], wanted[DUMP_MAX];
    unsigned kills = is_full() ? 20 : 4, falls = is_full() ? FALLS : fate->falls;
    struct fleet_plan plan = {messages, count, kills, falls, 16 + count, fate->before_fall};
    struct fleet_result result = fleet_run(several, &plan);
    printf(" (%zu messages, %u attempts, %u kills, %u falls) ", count, result.asked, result.kills,
           result.crashes);
    CU_ASSERT_EQUAL(result.kills, kills);
    CU_ASSERT_EQUAL(result.crashes, falls);
    CU_ASSERT_EQUAL(result.differing, 0);
    CU_ASSERT_EQUAL(result.forgotten, 0);
    CU_ASSERT_EQUAL(result.refused, 0);
    CU_ASSERT_EQUAL(result.unanswered, 0);
    CU_ASSERT_EQUAL(lost_answers(several), 0);
    work_alone(alone);
    dump(several, queries, queried, got);
    dump(alone, queries, queried, wanted);
    CU_ASSERT_TRUE(wanted[0] != '\0');
    CU_ASSERT_STRING_EQUAL(got, wanted);
}

/// The auditor finds nothing, and a change of one row at once.
static void audit(struct audit_world *world, struct shop *const *shops, size_t shop_count,
                  const char *spoil) {
    world->now_ms = shops[0]->now_ms;
    CU_ASSERT_EQUAL(audit_shops(world, shops, shop_count, false), EXIT_DONE);
    shop_script(shops[0], spoil);
    CU_ASSERT_EQUAL(audit_shops(world, shops, shop_count, true), EXIT_REFUSED);
}

// ---- clearing ----------------------------------------------------------------------------------

static const struct statement of_clearing[] = {
    {"SELECT transfer, purse, unit, amount FROM incoming ORDER BY transfer", "", "ttii"},
    {"SELECT payer, counter, payee, n, amount, digest, state, settled FROM usage ORDER BY payer,"
     " counter",
     "", "titiibii"},
    {"SELECT payee, n, payer, outcome, amount, refunded, settled FROM number ORDER BY payee, n", "",
     "titiiii"},
    {"SELECT p.account, CAST(SUM(p.amount) AS BIGINT), count(*) FROM posting p GROUP BY p.account"
     " ORDER BY p.account",
     "", "tii"},
    {"SELECT count(*) FROM suspense", "", "i"},
    {"SELECT count(*) FROM transfer", "", "i"},
};

static void capture(const struct peer *peer, const struct shop *shop, const char *target,
                    const char *body) {
    (void)shop;
    also_under_another_key(add(peer, target, body));
}

/// Money for a wallet, at the center's counter. The card takes it once; both centers do the same.
static void fund(struct shop *shop, const struct peer *host, struct card *card) {
    char id[24];
    snprintf(id, sizeof id, "first-%s", card->key->holder);
    CU_ASSERT_EQUAL(house_transfer(shop, id, card->key->holder, 100000).status, 200);
    struct told told = house_issue(shop, host, card);
    CU_ASSERT_TRUE(house_take(card, &told));
}

static void write_clearing_work(struct shop *shop, struct card *wallets) {
    static struct deal deals[2];
    struct card tills[2] = {house_card(&house.till), house_card(&house.other)};
    const struct peer *const hosts[] = {&house_shop, &house_rival};
    char id[24];
    house_capture = capture;
    for (unsigned i = 0; i < (is_full() ? 240u : 48u); i++) {
        struct card *till = &tills[i % 2], *wallet = &wallets[i / 2 % 2];
        house_pay(wallet, till, 10 + i, NULL, &deals[0]);
        house_pay(&wallets[1 - i / 2 % 2], till, 7, NULL, &deals[1]);
        house_upload(shop, hosts[i % 2], till, deals, 2);
        snprintf(id, sizeof id, "t-%u", i);
        house_transfer(shop, id, wallet->key->holder, 5);
    }
    house_capture = NULL;
}

static void trust_house(struct audit_world *world, const struct shop *shop) {
    audit_world_begin(world);
    world->crypto = house.crypto;
    world->now_ms = shop->now_ms;
    audit_world_trust(world, "root", house.root.certificate);
    audit_world_trust(world, "center", house.center.certificate);
}

static void audit_clearing(struct shop *shop) {
    struct audit_world world;
    trust_house(&world, shop);
    audit(&world, &shop, 1, "DELETE FROM incoming WHERE transfer = 't-7'");
    audit_world_remove(&world);
}

static void clear_together(const struct fate *fate) {
    struct shop several, alone;
    house_open(&several, ENGINE_POSTGRES);
    house_open(&alone, ENGINE_MEMORY);
    struct card wallets[2] = {house_card(&house.alice), house_card(&house.bob)}, same[2];
    memcpy(same, wallets, sizeof same);
    fund(&several, &house_alice, &wallets[0]);
    fund(&several, &house_bob, &wallets[1]);
    fund(&alone, &house_alice, &same[0]);
    fund(&alone, &house_bob, &same[1]);
    write_clearing_work(&alone, wallets);
    judge(&several, &alone, fate, of_clearing, sizeof of_clearing / sizeof of_clearing[0]);
    CU_ASSERT_TRUE(house_holds(&several));
    audit_clearing(&several);
    forget();
    shop_close(&several);
    shop_close(&alone);
}

static void test_clearing(void) {
    static const struct fate fate = {4, NULL};
    clear_together(&fate);
}

/// While everybody works: whatever has been acknowledged is in the follower, and its books are
/// whole.
static void audit_replica(const struct shop *shop) {
    static char out[AUDIT_OUT_MAX];
    struct audit_world world;
    const char *url = audit_shops_url(postgres_replica_uri(), shop);
    trust_house(&world, shop);
    world.now_ms -= AUDIT_LATER_MS; // what others still have in hand is not late
    int code = audit_world_audit_at(&world, &url, 1, NULL, out);
    CU_ASSERT_EQUAL(code, EXIT_DONE);
    if (code != EXIT_DONE)
        printf("\n%.4000s", out);
    audit_world_remove(&world);
}

static void test_fail_over(void) {
    static const struct fate fate = {2, audit_replica};
    postgres_pair();
    clear_together(&fate);
}

// ---- licence -----------------------------------------------------------------------------------

static const struct statement of_licence[] = {
    {"SELECT instance, number, buyer, source_n FROM sale ORDER BY instance", "", "ttti"},
    {"SELECT instance FROM unsettled ORDER BY instance", "", "t"},
    {"SELECT instance, settled_date, by_kind FROM settled ORDER BY instance", "", "tit"},
    {"SELECT till, n, instance FROM receipt_used ORDER BY till, n", "", "tit"},
};

static void write_licence_work(void) {
    static char more[LICENSING_BODY_MAX / 2], body[LICENSING_BODY_MAX], instances[200][17];
    for (unsigned i = 0; i < (is_full() ? 200u : 60u); i++) {
        struct reception reception = licensing_first;
        struct payment paid = licensing_paid;
        snprintf(instances[i], sizeof instances[i], "%016x", 0x1000 + i);
        reception.n = i + 1;
        paid.n = i + 1;
        paid.instance = instances[i];
        snprintf(more, sizeof more, "\"amount\":1000,\"instance\":\"%s\",%s", instances[i],
                 licensing_receipt(&paid, &licensing.till));
        licensing_order_body(body, &reception, more);
        also_under_another_key(add(&licensing_buyer, "/v1/offers/NO_1/sales", body));
    }
}

static void trust_market(struct audit_world *world) {
    audit_world_begin(world);
    world->crypto = licensing.crypto;
    audit_world_trust(world, "root", licensing.root.certificate);
    audit_world_trust(world, "telco", licensing.telco.certificate);
    audit_world_trust(world, "bank", licensing.bank.certificate);
    audit_world_trust(world, "registry", licensing.registry.certificate);
    audit_world_trust(world, "seller", licensing.seller.certificate);
}

static void audit_licence(struct shop *shop) {
    struct audit_world world;
    trust_market(&world);
    audit(&world, &shop, 1, "DELETE FROM receipt_used WHERE n = 7");
    audit_world_remove(&world);
}

static void test_licence(void) {
    static const struct fate fate = {3, NULL};
    struct shop several, alone;
    licensing_open_shop(&several, &licence_service, ENGINE_POSTGRES, &licensing.seller);
    licensing_open_shop(&alone, &licence_service, ENGINE_MEMORY, &licensing.seller);
    licensing_stock(&several, "");
    licensing_stock(&alone, "");
    write_licence_work();
    judge(&several, &alone, &fate, of_licence, sizeof of_licence / sizeof of_licence[0]);
    CU_ASSERT_TRUE(licensing_stores_hold(&several));
    audit_licence(&several);
    forget();
    shop_close(&several);
    shop_close(&alone);
}

// ---- charge ------------------------------------------------------------------------------------

static const struct statement of_charge[] = {
    {"SELECT source, n, phone FROM usage ORDER BY source, n", "", "tit"},
    {"SELECT sale, kind FROM docket ORDER BY sale", "", "tt"},
    {"SELECT sale, phone FROM content_charge ORDER BY sale", "", "tt"},
    {"SELECT p.account, CAST(SUM(p.amount) AS BIGINT), count(*) FROM posting p GROUP BY p.account"
     " ORDER BY p.account",
     "", "tii"},
    {"SELECT id, target FROM outbox ORDER BY id", "", "tt"},
};

/// Two calls under the gateway's numbers.
static void add_calls(unsigned i) {
    static const char call[] =
        "{\"n\":%u,\"phone\":\"" TOWN_PHONE "\",\"time\":1076468400000,\"seconds\":%u}";
    char first[160], second[160], body[400];
    snprintf(first, sizeof first, call, 2 * i + 1, 31 + i);
    snprintf(second, sizeof second, call, 2 * i + 2, 62 + i);
    snprintf(body, sizeof body, "{\"items\":[%s,%s]}", first, second);
    add(&town_gateway, "/v1/usage", body);
}

static void write_charge_work(struct town *town) {
    static char body[LICENSING_BODY_MAX];
    for (unsigned i = 0; i < (is_full() ? 150u : 40u); i++) {
        struct town_ticket ticket;
        char instance[17];
        snprintf(instance, sizeof instance, "%016x", 0x2000 + i);
        town_order(town, &ticket, i + 1, instance);
        town_docket_body(body, &ticket, &town_docket);
        also_under_another_key(add(&licensing_buyer, "/v1/dockets", body));
        add_calls(i);
    }
}

/// What was owed to bank and seller is delivered before.
static void audit_charge(struct town *town, const struct courier *courier) {
    struct shop *const all[] = {&town->charge, &town->bank, &town->registry, &town->licence};
    struct audit_world world;
    for (size_t i = 0; i < 4; i++)
        shop_reopen(all[i]);
    town->charge.context.courier = courier;
    town_deliver(town);
    trust_market(&world);
    audit(&world, all, 4,
          "DELETE FROM content_charge WHERE sale IN (SELECT max(sale) FROM docket)");
    audit_world_remove(&world);
}

static void test_charge(void) {
    static const struct fate fate = {3, NULL};
    struct town *several = calloc(1, sizeof *several), *alone = calloc(1, sizeof *alone);
    town_open(several, ENGINE_POSTGRES, false);
    town_open(alone, ENGINE_MEMORY, false);
    write_charge_work(several);
    const struct courier *courier = several->charge.context.courier;
    several->charge.context.courier = NULL; // what is owed to bank and seller waits in the outbox
    alone->charge.context.courier = NULL;
    judge(&several->charge, &alone->charge, &fate, of_charge,
          sizeof of_charge / sizeof of_charge[0]);
    audit_charge(several, courier);
    forget();
    town_close(several);
    town_close(alone);
    free(several);
    free(alone);
}

static const struct suite_test tests[] = {
    {"two clearing centers take the same logs and transfers once", test_clearing, NULL},
    {"a second database server takes over, and feeds the auditor before", test_fail_over, NULL},
    {"two licence services sell every ticket once", test_licence, NULL},
    {"two charge services bill every docket and call once", test_charge, NULL},
};

int main(int argc, char **argv) {
    int code = suite_main("test-several", tests, sizeof tests / sizeof tests[0], argc, argv);
    licensing_close();
    house_close();
    return code;
}
