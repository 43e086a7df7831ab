// SPDX-License-Identifier: Apache-2.0
// What purses, tills, their hosts and the operator send to the clearing center next.
#include "apdu/object/object.h"
#include "tests/kit/deck/deck.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define SHARES(text) bytes_of(text, sizeof(text) - 1)

static const struct peer anybody;
static const struct peer scheme_host = {
    .roles = ROLE_SELLER, .id = "points-1", .enterprise = "CLUB"};

/// Whose deck what is sent goes on while house_capture is take.
static struct deck *taking;

static void take(const struct peer *peer, const struct shop *shop, const char *target,
                 const char *body) {
    (void)shop;
    deck_add(taking, DECK_CLEARING, peer, "POST", target, body);
}

static void take_for(struct deck *deck) {
    taking = deck;
    house_capture = deck != NULL ? take : NULL;
}

static void add(struct deck *deck, const struct peer *peer, const char *method, const char *target,
                const char *text) {
    deck_add(deck, DECK_CLEARING, peer, method, target, text);
}

static void add_parties(struct deck *deck, struct shop *shop) {
    uint8_t policy[SHA256_SIZE];
    add(deck, &anybody, "GET", "/v1/center", NULL);
    add(deck, &house_operator, "GET", "/v1/purses/alice-p/certificates", NULL);
    add(deck, &house_operator, "PUT", "/v1/parties/prov-1", "{\"account\":\"prov\"}");
    add(deck, &house_operator, "POST", "/v1/schemes",
        "{\"unit\":\"F001\",\"party\":\"CLUB\",\"amount\":2,\"money\":\"JPY\"}");
    add(deck, &scheme_host, "POST", "/v1/grants",
        "{\"transfer\":\"g-1\",\"purse\":\"alice-p\",\"amount\":100,\"unit\":\"F001\"}");
    take_for(deck);
    house_register(shop, &house.bob, ",\"user\":\"bob\",\"device\":\"bob-d\"");
    house_policy(shop, SHARES("\0\1\6prov-1\0\1\7ID_2000\0\1\10center-1"), policy);
    house_transfer(shop, "b-9", "bob-p", 700);
    take_for(NULL);
}

/// Money that waits for a card.
static void add_issue(struct deck *deck, struct shop *shop, const struct card *alice) {
    CU_ASSERT_EQUAL_FATAL(house_transfer(shop, "b-2", "alice-p", 1500).status, 200);
    add(deck, &house_alice, "POST", "/v1/purses/alice-p/challenges", "{}");
    take_for(deck);
    house_tell(shop, &house_alice, alice);
    house_issue(shop, &house_alice, alice);
    take_for(NULL);
    add(deck, &house_alice, "GET", "/v1/purses/alice-p/issue-logs?unit=JPY", NULL);
}

/// Two contents, one without a policy, and goods; in a batch of the shop's till.
static void add_batch(struct deck *deck, struct shop *shop, struct card *alice) {
    uint8_t policy[SHA256_SIZE];
    struct deal deals[3];
    struct card till = house_card(&house.till);
    const struct terms content = {.kind = REFERENCE_CONTENT, .policy = policy},
                       bare = {.kind = REFERENCE_CONTENT};
    CU_ASSERT_EQUAL_FATAL(
        house_policy(shop, SHARES("\0\5\6prov-1\0\3\7ID_2000\0\2\10center-1"), policy).status, 200);
    house_pay(alice, &till, 1000, &content, &deals[0]);
    house_pay(alice, &till, 500, NULL, &deals[1]);
    house_pay(alice, &till, 40, &bare, &deals[2]);
    house_batch(&till);
    take_for(deck);
    house_upload(shop, &house_shop, &till, deals, 3);
    house_end(shop, &house_shop, &till, "batches", true);
    take_for(NULL);
    add(deck, &house_shop, "POST", "/v1/purses/till-1/orders", "{\"n\":2,\"amount\":100}");
    add(deck, &house_operator, "POST", "/v1/suspense/till-1",
        "{\"n\":3,\"batch-number\":1,\"unit\":\"JPY\",\"outcome\":\"write-off\"}");
}

/// A batch of another enterprise, which wants it back.
static void add_release(struct deck *deck, struct shop *shop, struct card *bob) {
    struct deal deal;
    struct card other = house_card(&house.other);
    house_pay(bob, &other, 300, NULL, &deal);
    house_batch(&other);
    take_for(deck);
    house_end(shop, &house_rival, &other, "releases", true);
    house_upload(shop, &house_rival, &other, &deal, 1);
    take_for(NULL);
}

static void add_statement(struct deck *deck, struct shop *shop, const struct card *bob,
                          const char *target, const char *more) {
    char body[5000];
    snprintf(body, sizeof body, "{\"statement\":%s%s}", house_statement(shop, &house_bob, bob),
             more);
    add(deck, &house_bob, "POST", target, body);
}

/// What it was issued, shown to books that know it.
static void add_evidence(struct deck *deck, const struct told *issued) {
    char body[3000];
    uint8_t log[HOUSE_OBJECT_MAX];
    struct bytes object = house_field(issued, "object", log, sizeof log);
    snprintf(body, sizeof body,
             "{\"certificates\":[\"%s\",\"%s\"],"
             "\"evidence\":[{\"object\":\"%s\"}]}",
             house_text(house.centers.certificate), house_text(house.center.certificate),
             house_text(object));
    add(deck, &house_bob, "POST", "/v1/purses/bob-p/evidence", body);
    add(deck, &house_operator, "PUT", "/v1/restored", "{\"date\":\"2026-01-04\"}");
}

/// Seen and decided at the operator's desk.
static void add_desk(struct deck *deck) {
    char body[1000];
    snprintf(body, sizeof body, "{\"certificate\":\"%s\"}", house_text(house.machine.certificate));
    add(deck, &house_operator, "POST", "/v1/purses/bob-p/refunds", "{\"unit\":\"JPY\"}");
    add(deck, &house_operator, "POST", "/v1/revocations", body);
    add(deck, &anybody, "GET", "/v1/hotlist/machines", NULL);
    add(deck, &anybody, "GET", "/v1/hotlist/hosts", NULL);
    add(deck, &house_auditor, "GET", "/v1/status", NULL);
    add(deck, &house_auditor, "GET", "/v1/trace/alice-p/1", NULL);
    add(deck, &house_auditor, "GET", "/v1/payouts", NULL);
    add(deck, &house_auditor, "GET", "/v1/suspense", NULL);
    add(deck, &house_operator, "GET", "/operator?language=ja", NULL);
    add(deck, &house_auditor, "GET", "/operator/logs?after=alice-p&n=1", NULL);
}

void deck_fill_house(struct deck *deck) {
    struct shop *shop = &deck->clearing;
    struct card alice = house_alice_with(shop, 3000);
    struct card bob = house_card(&house.bob);
    CU_ASSERT_EQUAL_FATAL(house_transfer(shop, "b-4", "bob-p", 800).status, 200);
    struct told told = house_issue(shop, &house_bob, &bob);
    CU_ASSERT_TRUE_FATAL(house_take(&bob, &told));
    add_parties(deck, shop);
    add_issue(deck, shop, &alice);
    add_batch(deck, shop, &alice);
    add_release(deck, shop, &bob);
    add_statement(deck, shop, &bob, "/v1/purses/bob-p/acknowledgements", "");
    add_statement(deck, shop, &bob, "/v1/purses/bob-p/redemptions",
                  ",\"amount\":100,\"unit\":\"JPY\"");
    add_evidence(deck, &told);
    add_desk(deck);
}
