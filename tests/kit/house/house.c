// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/house/house.h"

#include "apdu/object/object.h"
#include "apdu/octets/unit.h"
#include "base/base64url.h"
#include "base/calendar.h"
#include "services/clearing/clearing.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct house house;
void (*house_capture)(const struct peer *peer, const struct shop *shop, const char *target,
                      const char *body);
static struct bytes certificates[3];
static struct service_keys keys;
static unsigned requests;

const struct peer house_operator = {.roles = ROLE_OPERATOR, .id = "operator"};
const struct peer house_auditor = {.roles = ROLE_AUDITOR, .id = "auditor"};
const struct peer house_bank = {.roles = ROLE_BANK, .id = "bank-1"};
const struct peer house_alice = {.roles = ROLE_WALLET, .id = "alice-p"};
const struct peer house_bob = {.roles = ROLE_WALLET, .id = "bob-p"};
const struct peer house_shop = {.roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"};
const struct peer house_rival = {.roles = ROLE_SELLER, .id = "shop-9", .enterprise = "ID_9999"};
const struct peer house_provider = {.roles = ROLE_PROVIDER, .id = "prov-1"};

// ---- the world ---------------------------------------------------------------------------------

static void certify(struct sample_party *who, const char *holder, uint16_t roles,
                    const struct sample_party *by, const char *enterprise) {
    CU_ASSERT_EQUAL_FATAL(sample_certify(who, house.crypto, holder, roles, by), CERTIFICATE_OK);
    if (enterprise != NULL)
        sample_name_enterprise(who, by, enterprise);
}

static void open_world(void) {
    house.crypto = crypto_openssl_new_seeded(2000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(house.crypto);
    certify(&house.root, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL, NULL);
    certify(&house.purses, "PURSES", ROLE_ISSUING | ROLE_PURSES | ROLE_STORE, &house.root, NULL);
    certify(&house.centers, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &house.root, NULL);
    certify(&house.trade, "TRADE", ROLE_ISSUING | ROLE_SELLER | ROLE_PROVIDER, &house.root, NULL);
    certify(&house.center, "center-1", ROLE_CENTER, &house.centers, NULL);
    certify(&house.provider, "prov-1", ROLE_PROVIDER, &house.trade, NULL);
    certify(&house.alice, "alice-p", ROLE_WALLET, &house.purses, NULL);
    certify(&house.twin, "alice-p", ROLE_WALLET, &house.purses, NULL);
    certify(&house.bob, "bob-p", ROLE_WALLET, &house.purses, NULL);
    certify(&house.till, "till-1", ROLE_TILL, &house.purses, "ID_2000");
    certify(&house.other, "till-9", ROLE_TILL, &house.purses, "ID_9999");
    certify(&house.machine, "float-1", ROLE_FLOAT, &house.purses, NULL);
    certify(&house.foreign, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL, NULL);
    certify(&house.stranger, "alice-p", ROLE_WALLET, &house.purses, NULL);
    certificates[0] = house.root.certificate;
    certificates[1] = house.centers.certificate;
    certificates[2] = house.center.certificate;
    keys = (struct service_keys){.signer = &house.center.signer,
                                 .certificates = certificates,
                                 .certificate_count = 3,
                                 .scalar = house.center.scalar.scalar};
}

static void introduce(struct shop *shop) {
    CU_ASSERT_EQUAL(house_register(shop, &house.alice, ",\"user\":\"alice\"").status, 200);
    CU_ASSERT_EQUAL(
        house_register(shop, &house.bob, ",\"user\":\"bob\",\"device\":\"bob-d\"").status, 200);
    CU_ASSERT_EQUAL(house_register(shop, &house.till, ",\"host\":\"shop-1\"").status, 200);
    CU_ASSERT_EQUAL(house_register(shop, &house.other, ",\"host\":\"shop-9\"").status, 200);
    CU_ASSERT_EQUAL(house_register(shop, &house.machine, ",\"device\":\"float-1\"").status, 200);
}

void house_open(struct shop *shop, enum engine engine) {
    if (house.crypto == NULL)
        open_world();
    shop_use_keys(&keys);
    shop_open(shop, &clearing_service, engine);
    shop->now_ms = (uint64_t)time_of_date(HOUSE_DAY) * 1000;
    introduce(shop);
}

void house_renew_center(struct shop *shop) {
    certify(&house.center, "center-1", ROLE_CENTER, &house.centers, NULL);
    certificates[2] = house.center.certificate;
    keys.scalar = house.center.scalar.scalar;
    shop_use_keys(&keys);
    shop_restart(shop);
}

void house_on_every_engine(void (*check)(struct shop *shop)) {
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct shop shop;
        house_open(&shop, engine);
        check(&shop);
        CU_ASSERT_TRUE(house_holds(&shop));
        shop_close(&shop);
    }
}

void house_close(void) {
    crypto_openssl_free(house.crypto);
    house.crypto = NULL;
}

struct card house_card(const struct sample_party *key) {
    return (struct card){.key = key, .state = 1, .counter = 1, .n = 1, .first = 1};
}

// ---- asking ------------------------------------------------------------------------------------

const char *house_text(struct bytes octets) {
    static char texts[16][BASE64URL_SIZE(HOUSE_OBJECT_MAX)];
    static unsigned used;
    char *text = texts[used++ % 16];
    CU_ASSERT_FATAL(base64url_encode(octets, text, sizeof texts[0]));
    return text;
}

struct told house_ask(struct shop *shop, const struct peer *peer, const char *method,
                      const char *target, const char *body) {
    char key[24];
    if (house_capture != NULL && strcmp(method, "POST") == 0 &&
        strstr(target, "/challenges") == NULL) {
        house_capture(peer, shop, target, body);
        return (struct told){0};
    }
    snprintf(key, sizeof key, "k%u", ++requests);
    return shop_ask(shop, peer, method, target, strcmp(method, "GET") == 0 ? NULL : key, body);
}

bool house_says(const struct told *told, unsigned status, const char *part) {
    bool right = told->status == status && strstr(told->body, part) != NULL;
    if (!right)
        printf("\n    %u %.400s, wanted %u %s", told->status, told->body, status, part);
    return right;
}

struct bytes house_field(const struct told *told, const char *name, uint8_t *out, size_t capacity) {
    char start[40], text[4096];
    size_t size = 0;
    snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *at = strstr(told->body, start);
    if (at == NULL)
        printf("\n    %u %.400s has no %s", told->status, told->body, name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(text, sizeof text, "%.*s", (int)strcspn(at + strlen(start), "\""), at + strlen(start));
    CU_ASSERT_FATAL(base64url_decode(text, out, capacity, &size));
    return bytes_of(out, size);
}

// ---- purses and transfers ----------------------------------------------------------------------

struct told house_register(struct shop *shop, const struct sample_party *key, const char *more) {
    char body[4096];
    snprintf(body, sizeof body, "{\"certificates\":[\"%s\",\"%s\",\"%s\"]%s}",
             house_text(house.root.certificate), house_text(house.purses.certificate),
             house_text(key->certificate), more);
    return house_ask(shop, &house_operator, "POST", "/v1/purses", body);
}

struct told house_transfer(struct shop *shop, const char *id, const char *purse, uint64_t amount) {
    char body[256];
    snprintf(body, sizeof body,
             "{\"transfer\":\"%s\",\"purse\":\"%s\",\"amount\":%llu,\"unit\":\"JPY\"}", id, purse,
             (unsigned long long)amount);
    return house_ask(shop, &house_bank, "POST", "/v1/incoming", body);
}

// ---- statements and issue logs -----------------------------------------------------------------

uint64_t house_balance(const struct card *card) {
    return card->issued + card->loaded + card->recredited - card->spent - card->redeemed;
}

static uint16_t unit_of(const struct card *card) {
    return card->unit != 0 ? card->unit : UNIT_JPY;
}

void house_turn(struct card *card, uint16_t unit) {
    struct house_pocket rest = card->rest;
    if (unit == unit_of(card))
        return;
    card->rest =
        (struct house_pocket){unit_of(card), card->issued,   card->loaded,   card->recredited,
                              card->spent,   card->redeemed, card->reserved, card->carry};
    card->unit = unit;
    card->issued = rest.issued;
    card->loaded = rest.loaded;
    card->recredited = rest.recredited;
    card->spent = rest.spent;
    card->redeemed = rest.redeemed;
    card->reserved = rest.reserved;
    card->carry = rest.carry;
}

static void put_pocket(const struct card *card, uint8_t row[66]) {
    const uint64_t numbers[] = {house_balance(card) + card->lie,
                                card->issued,
                                card->loaded,
                                card->recredited,
                                card->spent,
                                card->redeemed,
                                card->reserved,
                                card->carry};
    bytes_put_be(row, 2, unit_of(card));
    for (size_t i = 0; i < 8; i++)
        bytes_put_be(row + 2 + 8 * i, 8, numbers[i]);
}

struct bytes house_pockets(const struct card *card, uint8_t *out) {
    struct card other = *card;
    bool behind = card->rest.unit != 0 && card->rest.unit < unit_of(card);
    put_pocket(card, out + (behind ? 66 : 0));
    if (card->rest.unit == 0)
        return bytes_of(out, 66);
    house_turn(&other, card->rest.unit);
    put_pocket(&other, out + (behind ? 0 : 66));
    return bytes_of(out, 132);
}

static struct bytes sign_statement(const struct card *card, struct bytes challenge, uint8_t *out) {
    struct object_writer writer;
    uint8_t pockets[132], hash[SHA256_SIZE];
    struct bytes made;
    struct object batch;
    object_begin(&writer, OBJECT_STATEMENT, out, HOUSE_OBJECT_MAX);
    object_put_uint(&writer, FIELD_N, card->n);
    object_put_uint(&writer, FIELD_COUNTER, card->counter);
    object_put(&writer, FIELD_CHALLENGE, challenge);
    if (card->serial != 0) {
        object_put_uint(&writer, FIELD_SERIAL, card->serial);
        object_put_uint(&writer, FIELD_REVISION, card->revision);
    }
    object_put_uint(&writer, FIELD_STATE_NUMBER, card->state);
    object_put(&writer, FIELD_PURSE, bytes_of_string(card->key->holder));
    if (card->open_size > 0) {
        CU_ASSERT(object_decode(bytes_of(card->open, card->open_size), &batch) &&
                  object_digest(&batch, house.crypto, hash));
        object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(hash));
    }
    object_put_uint(&writer, FIELD_BASE, card->first);
    object_put(&writer, FIELD_COUNTERS, bytes_of("", 0));
    object_put(&writer, FIELD_POCKETS, house_pockets(card, pockets));
    if ((card->key->roles & ROLE_TILL) != 0)
        object_put_uint(&writer, FIELD_BATCH_NUMBER, card->batch);
    CU_ASSERT_FATAL(object_sign(&writer, &card->key->signer, &made));
    return made;
}

const char *house_stated(const struct card *card, struct bytes challenge) {
    static char envelopes[4][4096];
    static unsigned used;
    uint8_t out[HOUSE_OBJECT_MAX];
    char *text = envelopes[used++ % 4];
    struct bytes made = sign_statement(card, challenge, out);
    snprintf(text, sizeof envelopes[0],
             "{\"object\":\"%s\",\"certificates\":[\"%s\",\"%s\",\"%s\"]}", house_text(made),
             house_text(house.root.certificate), house_text(house.purses.certificate),
             house_text(card->key->certificate));
    return text;
}

const char *house_statement(struct shop *shop, const struct peer *host, const struct card *card) {
    char target[80];
    uint8_t octets[HOUSE_OBJECT_MAX];
    struct object challenge;
    snprintf(target, sizeof target, "/v1/purses/%s/challenges", card->key->holder);
    struct told told = house_ask(shop, host, "POST", target, "{}");
    CU_ASSERT_FATAL(object_decode_as(OBJECT_STATEMENT_CHALLENGE,
                                     house_field(&told, "object", octets, sizeof octets),
                                     &challenge));
    CU_ASSERT(object_verify(&challenge, house.crypto, house.center.signer.point));
    return house_stated(card, challenge.fields[FIELD_CHALLENGE]);
}

struct told house_tell(struct shop *shop, const struct peer *host, const struct card *card) {
    char target[80], body[5000];
    snprintf(target, sizeof target, "/v1/purses/%s/statements", card->key->holder);
    snprintf(body, sizeof body, "{\"statement\":%s}", house_statement(shop, host, card));
    return house_ask(shop, host, "POST", target, body);
}

struct told house_issue(struct shop *shop, const struct peer *host, const struct card *card) {
    char target[80], body[5000], unit[UNIT_NAME_MAX];
    snprintf(target, sizeof target, "/v1/purses/%s/issue-logs", card->key->holder);
    snprintf(body, sizeof body, "{\"statement\":%s,\"unit\":\"%s\"}",
             house_statement(shop, host, card), unit_name(unit_of(card), unit));
    return house_ask(shop, host, "POST", target, body);
}

bool house_take(struct card *card, const struct told *told) {
    uint8_t octets[HOUSE_OBJECT_MAX];
    struct object log;
    if (told->status != 200 ||
        !object_decode_as(OBJECT_ISSUE_LOG, house_field(told, "object", octets, sizeof octets),
                          &log) ||
        !object_verify(&log, house.crypto, house.center.signer.point) ||
        !bytes_equal(log.fields[FIELD_PURSE], bytes_of_string(card->key->holder)))
        return false;
    uint64_t serial = object_uint(&log, FIELD_SERIAL), revision = object_uint(&log, FIELD_REVISION);
    uint64_t expected = serial == card->serial ? card->revision + 1 : 1;
    if (object_uint(&log, FIELD_STATE_NUMBER) != card->state || revision != expected ||
        object_uint(&log, FIELD_ALLOWANCE) !=
            house_balance(card) + object_uint(&log, FIELD_TRANSFER))
        return false;
    card->issued += object_uint(&log, FIELD_TRANSFER);
    card->serial = serial;
    card->revision = (uint32_t)revision;
    card->state++;
    return true;
}

struct card house_funded(struct shop *shop, const struct peer *host, const struct sample_party *key,
                         uint64_t amount) {
    struct card card = house_card(key);
    CU_ASSERT_EQUAL(house_transfer(shop, "b-1", key->holder, amount).status, 200);
    struct told told = house_issue(shop, host, &card);
    CU_ASSERT_TRUE_FATAL(house_take(&card, &told));
    return card;
}

struct card house_alice_with(struct shop *shop, uint64_t amount) {
    return house_funded(shop, &house_alice, &house.alice, amount);
}

// ---- the books ---------------------------------------------------------------------------------

int64_t house_number(struct shop *shop, const char *text) {
    char dump[64];
    struct statement query = {text, "", "i"};
    shop_dump(shop, &query, 1, dump, sizeof dump);
    return strtoll(dump, NULL, 10);
}

int64_t house_account(struct shop *shop, const char *account) {
    static const struct statement all = {
        "SELECT a.id, CAST(SUM(p.amount * a.side) AS BIGINT) FROM posting p, ledger_account a"
        " WHERE p.account = a.id GROUP BY a.id ORDER BY a.id",
        "", "ti"};
    static char dump[65536];
    char start[64];
    snprintf(start, sizeof start, "%s|", account);
    shop_dump(shop, &all, 1, dump, sizeof dump);
    for (const char *line = dump; line[0] != '\0'; line = strchr(line, '\n') + 1)
        if (strncmp(line, start, strlen(start)) == 0)
            return strtoll(line + strlen(start), NULL, 10);
    return 0;
}

bool house_holds(struct shop *shop) {
    static const struct {
        const char *what, *text;
    } rules[] = {
        {"postings of a unit that do not sum to 0",
         "SELECT count(*) FROM (SELECT unit FROM posting GROUP BY unit HAVING SUM(amount) <> 0) s"},
        {"postings that do not sum to 0",
         "SELECT count(*) FROM (SELECT transfer FROM posting GROUP BY transfer, unit"
         " HAVING SUM(amount) <> 0) s"},
        {"batches that pay out other sums than they settle",
         "SELECT count(*) FROM (SELECT b.payee, b.number FROM batch_sum b, batch t WHERE t.payee ="
         " b.payee AND t.number = b.number AND t.state = 1 AND b.amount <> (SELECT"
         " COALESCE(SUM(x.amount), 0) FROM transfer y, posting x WHERE x.transfer = y.id AND y.kind"
         " = 'settlement' AND y.object = t.digest AND x.amount > 0 AND x.unit = b.unit)) s"},
        {"accounts below 0", // a write-off of what nobody claims is no loss
         "SELECT count(*) FROM (SELECT a.id FROM posting p, ledger_account a WHERE p.account = a.id"
         " AND a.id NOT LIKE 'LOSS:%' GROUP BY a.id, a.side HAVING SUM(p.amount) * a.side < 0) s"},
        {"open logs that OPEN does not hold",
         "SELECT count(*) FROM (SELECT purse FROM issue WHERE state = 0 GROUP BY purse, unit"
         " HAVING MAX(amount) <> (SELECT COALESCE(SUM(p.amount), 0) FROM posting p WHERE p.unit ="
         " issue.unit AND p.account LIKE 'OPEN:' || purse || ':%') * -1) s"},
    };
    bool holds = true;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int64_t found = house_number(shop, rules[i].text);
        if (found != 0)
            printf("\n    %lld %s", (long long)found, rules[i].what);
        holds = holds && found == 0;
    }
    return holds;
}
