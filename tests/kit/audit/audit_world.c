// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/audit/audit_world.h"

#include "base/files.h"
#include "base/heap.h"
#include "host/audit/audit.h"
#include "services/core/keeper/keeper.h"
#include "tests/kit/audit/forge.h"
#include "tests/kit/house/house.h"
#include "tests/kit/services/licensing.h"

#include <CUnit/CUnit.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- money -------------------------------------------------------------------------------------

#define SHARES_50_30_20 "\0\5\6prov-1\0\3\7ID_2000\0\2\10center-1"
#define SHARES_1_1_1    "\0\1\6prov-1\0\1\7ID_2000\0\1\10center-1"
#define SHARES(text)    bytes_of(text, sizeof(text) - 1)

static struct card funded(struct shop *shop, const struct sample_party *key,
                          const struct peer *host, const char *id, uint64_t amount) {
    struct card card = house_card(key);
    CU_ASSERT_EQUAL(house_transfer(shop, id, key->holder, amount).status, 200);
    struct told told = house_issue(shop, host, &card);
    CU_ASSERT_TRUE_FATAL(house_take(&card, &told));
    return card;
}

static void settle(struct shop *shop, struct card *till) {
    house_batch(till);
    struct told told = house_end(shop, &house_shop, till, "batches", true);
    CU_ASSERT_TRUE(house_says(&told, 200, "\"outcome\":\"settled\""));
    CU_ASSERT_TRUE(house_take_end(till, &told));
}

static void upload(struct shop *shop, const struct peer *host, const struct card *of,
                   const struct deal *deals, size_t count) {
    struct told told = house_upload(shop, host, of, deals, count);
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_STRING_EQUAL(house_outcome(&told, i), "accepted");
}

/// A batch of a content, goods, a refund in part and a sale that was called off.
static void sell(struct shop *shop, struct card *alice, struct card *till) {
    uint8_t policy[SHA256_SIZE];
    struct deal deals[5];
    const struct terms content = {.kind = REFERENCE_CONTENT, .policy = policy};
    CU_ASSERT_EQUAL(house_policy(shop, SHARES(SHARES_50_30_20), policy).status, 200);
    house_pay(alice, till, 1000, &content, &deals[0]);
    house_pay(alice, till, 500, NULL, &deals[1]);
    house_pay(alice, till, 700, NULL, &deals[2]);
    house_debit(alice, till, 50, NULL, &deals[3]);
    house_void(alice, till, &deals[3]);
    house_refund(till, alice, 3, 300, &deals[4]);
    house_credit(alice, &deals[4]);
    upload(shop, &house_shop, till, deals, 5);
    settle(shop, till);
    struct told told = house_ask(shop, &house_shop, "POST", "/v1/purses/till-1/orders",
                                 "{\"n\":2,\"amount\":100}");
    CU_ASSERT_EQUAL(told.status, 200); // the seller bears it out of what comes next
}

/// A second batch: a content for three alike, one whose policy is missing; then a sale that no
/// batch has yet, and one whose end is not here.
static void sell_more(struct shop *shop, struct card *alice, struct card *till) {
    uint8_t policy[SHA256_SIZE];
    struct deal deals[2];
    const struct terms content = {.kind = REFERENCE_CONTENT, .policy = policy},
                       bare = {.kind = REFERENCE_CONTENT};
    CU_ASSERT_EQUAL(house_policy(shop, SHARES(SHARES_1_1_1), policy).status, 200);
    house_pay(alice, till, 1000, &content, &deals[0]);
    house_pay(alice, till, 40, &bare, &deals[1]);
    upload(shop, &house_shop, till, deals, 2);
    settle(shop, till);
    house_pay(alice, till, 30, NULL, &deals[0]);
    house_debit(alice, till, 20, NULL, &deals[1]);
    upload(shop, &house_shop, till, deals, 2);
}

/// bob has 300 of 800 paid out; then his card is lost.
static void leave(struct shop *shop) {
    char body[5000];
    uint8_t octets[HOUSE_OBJECT_MAX];
    struct object refund;
    struct card bob = funded(shop, &house.bob, &house_bob, "b-4", 800);
    snprintf(body, sizeof body, "{\"statement\":%s,\"amount\":300,\"unit\":\"JPY\"}",
             house_statement(shop, &house_bob, &bob));
    struct told told = house_ask(shop, &house_bob, "POST", "/v1/purses/bob-p/redemptions", body);
    CU_ASSERT_TRUE(object_decode_as(OBJECT_REFUND,
                                    house_field(&told, "object", octets, sizeof octets), &refund));
    bob.redeemed += 300;
    bob.state++;
    CU_ASSERT_EQUAL(house_tell(shop, &house_bob, &bob).status, 200);
    told =
        house_ask(shop, &house_operator, "POST", "/v1/purses/bob-p/refunds", "{\"unit\":\"JPY\"}");
    CU_ASSERT_TRUE(house_says(&told, 200, "{\"outcome\":\"waiting\""));
}

static void deposit(struct shop *shop, struct card *alice) {
    static const struct peer machine_host = {.roles = ROLE_FLOAT, .id = "float-1"};
    struct deal deal;
    struct card machine = funded(shop, &house.machine, &machine_host, "b-3", 9000);
    house_pay(&machine, alice, 2000, &(struct terms){.kind = REFERENCE_DEPOSIT}, &deal);
    upload(shop, &machine_host, &machine, &deal, 1);
}

/// alice has handed everything in: a fresh budget, twice.
static void acknowledge(struct shop *shop, struct card *alice) {
    char body[5000];
    for (int i = 0; i < 2; i++) {
        shop->now_ms += 1000;
        snprintf(body, sizeof body, "{\"statement\":%s}",
                 house_statement(shop, &house_alice, alice));
        struct told told =
            house_ask(shop, &house_alice, "POST", "/v1/purses/alice-p/acknowledgements", body);
        CU_ASSERT_EQUAL(told.status, 200);
    }
}

static void make_money(struct shop *shop) {
    house_ask(shop, &house_operator, "PUT", "/v1/parties/center-1", "{\"account\":\"center\"}");
    house_ask(shop, &house_operator, "PUT", "/v1/parties/ID_2000", "{\"account\":\"shop\"}");
    struct card alice = funded(shop, &house.alice, &house_alice, "b-1", 3000);
    struct card till = house_card(&house.till);
    sell(shop, &alice, &till);
    sell_more(shop, &alice, &till);
    leave(shop);
    CU_ASSERT_EQUAL(house_transfer(shop, "b-2", "alice-p", 1500).status, 200);
    struct told told = house_issue(shop, &house_alice, &alice);
    CU_ASSERT_TRUE_FATAL(house_take(&alice, &told));
    deposit(shop, &alice);
    acknowledge(shop, &alice);
}

// ---- the end of the day ------------------------------------------------------------------------

void audit_world_fold(struct shop *shop) {
    struct keeper keeper;
    keeper_init(&keeper, &shop->context, shop->crypto);
    keeper_step(&keeper);
}

void audit_world_seal(struct shop *shop) {
    struct keeper keeper;
    struct failure failure = {0};
    keeper_init(&keeper, &shop->context, shop->crypto);
    CU_ASSERT_TRUE(keeper_end(&keeper, &failure));
}

void audit_world_keep(struct audit_world *world, struct shop *shop) {
    audit_world_seal(shop);
    audit_world_take(world, shop);
}

void audit_world_take(struct audit_world *world, struct shop *shop) {
    char path[96];
    shop_reopen(shop); // what is in the log of the file goes into it
    snprintf(path, sizeof path, "%s/shop.sqlite", shop->directory);
    store_close(shop->store);
    const char *healthy = audit_world_path(world, shop->context.service->name, false);
    CU_ASSERT_TRUE_FATAL(files_copy_private(path, healthy));
    shop->store = shop->context.store = NULL;
    snprintf(world->services[world->count++], sizeof world->services[0], "%s",
             shop->context.service->name);
}

void audit_world_trust(const struct audit_world *world, const char *name,
                       struct bytes certificate) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s.cvc", world->trust, name);
    CU_ASSERT_TRUE(files_write(path, certificate, FILES_PUBLIC, FILES_NEW));
}

void audit_world_begin(struct audit_world *world) {
    *world = (struct audit_world){.count = 0};
    strcpy(world->directory, access("/dev/shm", W_OK) == 0 ? "/dev/shm/tessera-audit-XXXXXX"
                                                           : "/tmp/tessera-audit-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(world->directory));
    snprintf(world->trust, sizeof world->trust, "%s", world->directory);
}

void audit_world_open(struct audit_world *world) {
    struct shop shop;
    audit_world_begin(world);
    house_open(&shop, ENGINE_FILE);
    make_money(&shop);
    CU_ASSERT_TRUE(house_holds(&shop));
    world->now_ms = shop.now_ms;
    world->crypto = house.crypto;
    audit_world_keep(world, &shop);
    audit_world_trust(world, "root", house.root.certificate);
    audit_world_trust(world, "center", house.center.certificate);
    shop_close(&shop);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about, (void)kind, (void)place;
    return remove(path);
}

void audit_world_remove(const struct audit_world *world) {
    nftw(world->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void audit_world_close(struct audit_world *world) {
    audit_world_remove(world);
    house_close();
    licensing_close();
}

// ---- copies ------------------------------------------------------------------------------------

const char *audit_world_path(const struct audit_world *world, const char *service, bool copy) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s%s.sqlite", world->directory, copy ? "copy-" : "", service);
    return path;
}

void audit_world_copy(const struct audit_world *world) {
    char from[128];
    for (size_t i = 0; i < world->count; i++) {
        snprintf(from, sizeof from, "%s", audit_world_path(world, world->services[i], false));
        const char *to = audit_world_path(world, world->services[i], true);
        remove(to);
        CU_ASSERT_TRUE(files_copy_private(from, to));
    }
}

bool audit_world_change(const struct audit_world *world, const char *service, const char *sql) {
    char *why = NULL;
    sqlite3 *db = NULL;
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(audit_world_path(world, service, true), &db), SQLITE_OK);
    forge_functions(db);
    sqlite3_exec(db, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF", NULL, NULL, NULL);
    bool done = sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK;
    if (!done)
        printf("\n    %s: %s", sql, why);
    sqlite3_free(why);
    sqlite3_close(db);
    return done;
}

int audit_world_audit_at(const struct audit_world *world, const char *const *urls, size_t count,
                         struct state *since, char out[AUDIT_OUT_MAX]) {
    struct failure failure = {0};
    struct trust anchor = {0};
    struct findings findings = {.out = fmemopen(out, AUDIT_OUT_MAX, "w"), .json = true};
    struct audit audit = {.trust = &anchor,
                          .crypto = world->crypto,
                          .findings = &findings,
                          .objects = world->objects,
                          .cash = world->cash,
                          .now_ms = world->now_ms + AUDIT_LATER_MS,
                          .since = since,
                          .reached = since};
    bool done = trust_open(&anchor, world->trust, world->crypto, &failure) &&
                audit_run(&audit, urls, count, &failure);
    if (!done)
        fprintf(findings.out, "%s\n", failure.text);
    trust_close(&anchor);
    fclose(findings.out);
    return !done ? (int)failure.code : findings.told > 0 ? EXIT_REFUSED : EXIT_DONE;
}

int audit_world_audit(const struct audit_world *world, struct state *since,
                      char out[AUDIT_OUT_MAX]) {
    char paths[AUDIT_SERVICES_MAX][128];
    const char *urls[AUDIT_SERVICES_MAX];
    for (size_t i = 0; i < world->count; i++) {
        snprintf(paths[i], sizeof paths[i], "%s",
                 audit_world_path(world, world->services[i], true));
        urls[i] = paths[i];
    }
    return audit_world_audit_at(world, urls, world->count, since, out);
}
