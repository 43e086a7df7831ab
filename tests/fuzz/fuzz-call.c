// SPDX-License-Identifier: Apache-2.0
// Requests of anybody to the six services, over databases in memory that hold a town's day. An
// input is a few requests, parted by the octet 1E. The first octet of each says who asks whom, then
// "METHOD TARGET", the key, a media type and an accepted one, a line each, then the body; or for
// the first line "@NAME", a message of the deck (tests/kit/deck), and for the body what is spoiled
// in it: two octets of a place and one that is put there, any number of times. Whatever comes is
// answered once, with a status and a body that fit; what was done under a key is told again, octet
// for octet; and what was stored holds together. Each input finds the same day.
#include "tests/fuzz/fuzz.h"
#include "tests/kit/deck/deck.h"

#include <CUnit/CUnit.h>
#include <string.h>

enum { LINES = 4, REQUESTS = 16, BETWEEN = 0x1E };

/// The first one: nobody, or for a message of the deck who would send it.
static const struct peer PEERS[] = {
    {.roles = 0},
    {.roles = ROLE_PROVIDER, .id = "prov-1"},
    {.roles = ROLE_PROVIDER, .id = "prov-2"},
    {.roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"},
    {.roles = ROLE_STORE, .id = "home-1"},
    {.fault = &problem_certificate_expired},
    {.roles = ROLE_WALLET, .id = "phone-1"},
    {.roles = ROLE_BANK, .id = "bank-1"},
    {.roles = ROLE_TILL, .id = "till-1", .enterprise = "ID_2000"},
    {.roles = ROLE_CONVERTER, .id = "conv-1"},
    {.roles = ROLE_WALLET, .id = "phone-2"},
    {.roles = ROLE_TELCO, .id = "telco-1", .enterprise = "TELCO"},
    {.roles = ROLE_OPERATOR, .id = "boss", .enterprise = "TELCO"},
    {.roles = ROLE_OPERATOR, .id = "clerk", .enterprise = "BANK"},
    {.roles = ROLE_OPERATOR, .id = "registrar", .enterprise = "REGISTRY"},
    {.roles = ROLE_GATEWAY, .id = "gw-1"},
    {.roles = ROLE_OPERATOR, .id = "operator"},
    {.roles = ROLE_AUDITOR, .id = "auditor"},
    {.roles = ROLE_WALLET, .id = "alice-p"},
    {.roles = ROLE_WALLET, .id = "bob-p"},
    {.roles = ROLE_SELLER, .id = "shop-9", .enterprise = "ID_9999"},
    {.roles = ROLE_FLOAT, .id = "float-1"},
    {.roles = ROLE_CENTER, .id = "center-1"},
    {.roles = ROLE_TILL, .id = "till-2", .enterprise = "ID_2000"},
};
enum { PEER_COUNT = sizeof PEERS / sizeof PEERS[0] };

// ---- what must hold ----------------------------------------------------------------------------

/// What must never be true of a database: a query a line of zeros.
struct invariants {
    const struct statement *wrong;
    size_t count;
};

#define NONE_WHERE(text)                                                                           \
    { "SELECT count(*) FROM " text, "", "i" }
#define BOOKS                                                                                      \
    NONE_WHERE(                                                                                    \
        "(SELECT transfer FROM posting GROUP BY transfer, unit HAVING SUM(amount) <> 0) s"),       \
        NONE_WHERE("transfer WHERE id NOT IN (SELECT transfer FROM posting)"),                     \
        NONE_WHERE("ledger_account a WHERE floor IS NOT NULL AND floor > (SELECT"                  \
                   " COALESCE(SUM(p.amount), 0) * a.side FROM posting p, transfer t WHERE"         \
                   " p.account = a.id AND p.transfer = t.id AND t.state = 1)")
#define JOURNAL                                                                                    \
    NONE_WHERE("unsealed WHERE digest NOT IN (SELECT digest FROM object) AND digest"               \
               " NOT IN (SELECT digest FROM transfer)")

static const struct statement content_wrong[] = {
    NONE_WHERE("upload WHERE received > size OR received < 0"),
    NONE_WHERE("offer WHERE content NOT IN (SELECT id FROM content)"),
    NONE_WHERE("content_key WHERE content NOT IN (SELECT id FROM content)"),
};
static const struct statement licence_wrong[] = {
    NONE_WHERE("offer WHERE content NOT IN (SELECT content FROM content_key)"),
    NONE_WHERE("sale WHERE (instance IN (SELECT instance FROM unsettled)) ="
               " (instance IN (SELECT instance FROM settled))"),
    NONE_WHERE("receipt_used WHERE instance NOT IN (SELECT instance FROM settled) AND instance"
               " NOT IN (SELECT instance FROM sale_order WHERE paid IS NOT NULL) AND instance <>"
               " 'cancelled'"),
    NONE_WHERE("sale_order WHERE paid IS NULL AND instance IN (SELECT instance FROM sale)"),
};
static const struct statement charge_wrong[] = {
    BOOKS,
    NONE_WHERE("docket WHERE answer IS NOT NULL AND state = 0"),
    NONE_WHERE("(SELECT b.phone FROM bill b WHERE b.total <> (SELECT COALESCE(SUM(l.amount), 0)"
               " FROM bill_line l WHERE l.phone = b.phone AND l.month = b.month AND l.part ="
               " b.part)) s"),
};
static const struct statement bank_wrong[] = {
    BOOKS,
    NONE_WHERE("booking WHERE amount <= 0"),
};
static const struct statement registry_wrong[] = {
    NONE_WHERE("address WHERE enterprise NOT IN (SELECT id FROM enterprise)"),
};
static const struct statement clearing_wrong[] = {
    BOOKS,
    JOURNAL,
};

#define WRONG(table)                                                                               \
    { table, sizeof table / sizeof table[0] }
static const struct invariants invariants[DECK_SERVICES] = {
    [DECK_CONTENT] = WRONG(content_wrong), [DECK_LICENCE] = WRONG(licence_wrong),
    [DECK_CHARGE] = WRONG(charge_wrong),   [DECK_CLEARING] = WRONG(clearing_wrong),
    [DECK_BANK] = WRONG(bank_wrong),       [DECK_REGISTRY] = WRONG(registry_wrong),
};

static struct deck deck;
static CU_pSuite suite;
static CU_pTest opening;
static bool open, touched; // something was done: the next input gets the day anew

static void check_stores(void) {
    char dump[64];
    for (size_t i = 0; i < DECK_SERVICES; i++) {
        shop_dump(deck.shops[i], invariants[i].wrong, invariants[i].count, dump, sizeof dump);
        if (dump[strspn(dump, "0\n")] != '\0')
            fprintf(stderr, "%s: %s\n", deck.shops[i]->context.service->name, dump);
        MUST(dump[strspn(dump, "0\n")] == '\0');
    }
    bool holds = house_holds(&deck.clearing);
    fflush(stdout); // it prints what does not
    MUST(holds);
}

// ---- the day -----------------------------------------------------------------------------------

static void open_deck(void) {
    deck_open(&deck);
}

static void begin_day(void) {
    if (open && !touched)
        return;
    if (open)
        deck_close(&deck);
    CU_run_test(suite, opening); // what the kit asserts
    MUST(CU_get_number_of_failures() == 0);
    open = true;
    touched = false;
}

/// Every handler has a message, and in their order all of them are answered well.
static void check_deck(void) {
    char key[32];
    for (size_t i = 0; i < DECK_SERVICES; i++) {
        const struct api *api = deck.shops[i]->context.service->api;
        for (size_t k = 0; k < api->count; k++) {
            size_t at = 0;
            while (at < deck.count && strcmp(deck.messages[at].name, api->endpoints[k]->name) != 0)
                at++;
            if (at == deck.count)
                fprintf(stderr, "the deck has no %s\n", api->endpoints[k]->name);
            MUST(at < deck.count);
        }
    }
    for (size_t i = 0; i < deck.count; i++) {
        snprintf(key, sizeof key, "deck.%zu", i);
        struct told told = deck_send(&deck, &deck.messages[i], key);
        if (told.status >= 400)
            fprintf(stderr, "%s: %u %s\n", deck.messages[i].name, told.status, told.body);
        MUST(told.status < 400);
    }
    town_deliver(&deck.town);
    check_stores();
    touched = true;
}

static void close_at_end(void) {
    deck_close(&deck);
    sealed_scene_close(&deck.sealed);
    licensing_close();
    house_close();
    CU_cleanup_registry();
}

static void open_once(void) {
    if (suite != NULL)
        return;
    MUST(CU_initialize_registry() == CUE_SUCCESS);
    suite = CU_add_suite("fuzz-call", NULL, NULL);
    opening = CU_add_test(suite, "open", open_deck);
    MUST(suite != NULL && opening != NULL);
    begin_day();
    atexit(close_at_end);
    check_deck();
}

// ---- requests ----------------------------------------------------------------------------------

/// Cuts off a line; *rest goes on behind it.
static char *line_of(char **rest) {
    char *line = *rest, *end = line + strcspn(line, "\n");
    *rest = *end == '\n' ? end + 1 : end;
    *end = '\0';
    return line;
}

static const char *or_none(const char *text) {
    return text[0] != '\0' ? text : NULL;
}

static void ask(enum deck_service to, const struct request *request) {
    struct told told = shop_request(deck.shops[to], request);
    MUST(told.status >= 200 && told.status < 600 && told.status != 500);
    MUST(told.status < 400 || strcmp(told.type, PROBLEM_MEDIA) == 0);
    bool done = told.status < 400 && strcmp(request->method, "GET") != 0;
    touched = touched || done;
    if (!done || told.status == 202)
        return;
    struct told again = shop_request(deck.shops[to], request);
    MUST(again.replayed && again.status == told.status && strcmp(again.body, told.body) == 0);
}

/// A name that no message has is some message's: what is spoiled in names should not be lost.
static const struct deck_message *message_of(const char *name) {
    size_t sum = 0;
    for (size_t i = 0; i < deck.count; i++)
        if (strcmp(deck.messages[i].name, name) == 0)
            return &deck.messages[i];
    for (; *name != '\0'; name++)
        sum = sum * 31 + (uint8_t)*name;
    return &deck.messages[sum % deck.count];
}

static void play(const struct deck_message *message, uint8_t who, const char *key,
                 struct bytes spoils) {
    size_t peer = who % PEER_COUNT;
    uint8_t *body = malloc(message->size + 1);
    MUST(body != NULL);
    memcpy(body, message->body, message->size);
    for (size_t i = 0; i + 3 <= spoils.size && message->size > 0; i += 3)
        body[(size_t)(spoils.data[i] << 8 | spoils.data[i + 1]) % message->size] =
            spoils.data[i + 2];
    struct request request = {.method = message->method,
                              .target = message->target,
                              .key = key,
                              .content_type = message->media,
                              .body = bytes_of(body, message->size),
                              .peer = peer != 0 ? PEERS[peer] : message->peer};
    ask(message->to, &request);
    free(body);
}

static void ask_one(uint8_t who, char *text, size_t size) {
    char *lines[LINES], *rest = text;
    for (size_t i = 0; i < LINES; i++)
        lines[i] = line_of(&rest);
    struct bytes body = bytes_of(rest, (size_t)(text + size - rest));
    char *target = strchr(lines[0], ' ');
    if (lines[0][0] == '@') {
        play(message_of(lines[0] + 1), who, or_none(lines[1]), body);
    } else if (target != NULL && target[1] == '/') {
        *target++ = '\0';
        struct request request = {.method = lines[0],
                                  .target = target,
                                  .key = or_none(lines[1]),
                                  .content_type = or_none(lines[2]),
                                  .accept = or_none(lines[3]),
                                  .body = body,
                                  .peer = PEERS[who % PEER_COUNT]};
        ask(who / PEER_COUNT % DECK_SERVICES, &request);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    open_once();
    begin_day();
    for (size_t asked = 0; size >= 2 && asked < REQUESTS; asked++) {
        const uint8_t *end = memchr(data, BETWEEN, size);
        size_t one = end != NULL ? (size_t)(end - data) : size;
        char *text = malloc(one + 1);
        MUST(text != NULL);
        if (one >= 2) {
            memcpy(text, data + 1, one - 1);
            text[one - 1] = '\0';
            ask_one(data[0], text, one - 1);
        }
        free(text);
        size -= end != NULL ? one + 1 : one;
        data += end != NULL ? one + 1 : one;
    }
    town_deliver(&deck.town);
    check_stores();
    return 0;
}
