// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/house/story.h"

#include "services/core/store/store_fault.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS_MOST = 2, TRIES = 3 }; // cuts: of one kind in one story

static struct story_message messages[STORY_MOST];
static size_t count;
static char healthy[STORY_DUMP_MAX], balances[STORY_DUMP_MAX]; // on the first engine

/// What the tables hold, but for times and what is signed anew.
static const struct statement dumped[] = {
    {"SELECT transfer, purse, unit, amount FROM incoming ORDER BY transfer", "", "ttii"},
    {"SELECT purse, serial, revision, state_number, before, amount, state FROM issue ORDER BY"
     " purse, serial, revision, amount",
     "", "tiiiiii"},
    {"SELECT payer, counter, payee, n, amount, digest, state, settled FROM usage ORDER BY payer,"
     " counter",
     "", "titiibii"},
    {"SELECT payee, n, payer, outcome, amount, refunded, settled, batch FROM number ORDER BY payee,"
     " n",
     "", "titiiiii"},
    {"SELECT payee, number, first_n, last_n, digest, state FROM batch ORDER BY payee, number", "",
     "tiiibi"},
    {"SELECT payee, n, batch, amount, word, outcome FROM suspense ORDER BY payee, n, batch", "",
     "tiiitT"},
    {"SELECT purse, unit, state_number, amount, state FROM redemption ORDER BY purse, state_number",
     "", "tiiii"},
    {"SELECT id, state, listed FROM purse ORDER BY id", "", "tii"},
    {"SELECT id, cause, party, amount, state FROM payout ORDER BY id", "", "tttii"},
    {"SELECT transfer, account, amount FROM posting ORDER BY transfer, line", "", "tti"},
    {"SELECT id, target FROM outbox ORDER BY id", "", "tt"},
};
/// The part of it that may not depend on the order in which messages came.
static const struct statement balance_rows[] = {
    {"SELECT a.id, CAST(SUM(p.amount * a.side) AS BIGINT) FROM posting p, ledger_account a"
     " WHERE p.account = a.id GROUP BY a.id HAVING SUM(p.amount) <> 0 ORDER BY a.id",
     "", "ti"},
};

// ---- messages ----------------------------------------------------------------------------------

static void keep(const struct peer *peer, const struct shop *shop, const char *target,
                 const char *body) {
    CU_ASSERT_FATAL(count < STORY_MOST);
    struct story_message *message = &messages[count];
    free(message->body);
    *message = (struct story_message){.peer = peer, .now_ms = shop->now_ms, .body = strdup(body)};
    snprintf(message->target, sizeof message->target, "%s", target);
    snprintf(message->key, sizeof message->key, "s%zu", count++);
    CU_ASSERT_PTR_NOT_NULL_FATAL(message->body);
}

void story_pin(void) {
    messages[count - 1].pinned = true;
}

void story_single(void) {
    messages[count - 1].single = true;
}

void story_close(void) {
    for (size_t i = 0; i < STORY_MOST; i++)
        free(messages[i].body);
    memset(messages, 0, sizeof messages);
    house_close();
}

static void collect(struct shop *shop, const struct story *story) {
    count = 0;
    house_capture = keep;
    story->tell(shop);
    house_capture = NULL;
}

/// Under its own key, or under one that nobody used.
static struct told send(struct shop *shop, const struct story_message *message, bool anew) {
    static unsigned fresh;
    char key[24];
    snprintf(key, sizeof key, "%s", message->key);
    if (anew)
        snprintf(key, sizeof key, "again-%u", fresh++);
    shop->now_ms = message->now_ms;
    return shop_ask(shop, message->peer, "POST", message->target, key, message->body);
}

/// Asks until there is an answer; a dead process is started again.
static void insist(struct shop *shop, struct store_fault *fault, struct story_message *message) {
    struct told told = {0};
    for (unsigned i = 0; i < TRIES && (told.status == 0 || told.status >= 500); i++) {
        told = send(shop, message, false);
        if (fault != NULL && fault->dead)
            told.status = 0; // nobody heard it
        if (fault != NULL)
            fault->dead = false;
    }
    if (told.status != 200)
        printf("\n    %s: %u %.200s", message->target, told.status, told.body);
    CU_ASSERT_EQUAL(told.status, 200);
    message->status = told.status;
    strcpy(message->answer, told.body);
}

// ---- the books ---------------------------------------------------------------------------------

static void clear(struct shop *shop) {
    shop_script(shop, "DELETE FROM payout; DELETE FROM suspense; DELETE FROM batch_sum;"
                      "DELETE FROM batch; DELETE FROM number; DELETE FROM usage; DELETE FROM twin;"
                      "DELETE FROM issue; DELETE FROM statement; DELETE FROM incoming;"
                      "DELETE FROM redemption; DELETE FROM claim; DELETE FROM scheme; DELETE FROM "
                      "finding; DELETE FROM version;"
                      "DELETE FROM posting; DELETE FROM unfolded; DELETE FROM held;"
                      "DELETE FROM fold; DELETE FROM transfer; DELETE FROM ledger_account;"
                      "DELETE FROM outbox; DELETE FROM mark; DELETE FROM list;"
                      "DELETE FROM request WHERE id LIKE 's%' OR id LIKE 'again-%';"
                      "UPDATE purse SET state = 0, listed = 0;"
                      "UPDATE challenge SET used = NULL");
}

static bool is_dumped(struct shop *shop, const struct statement *rows, size_t row_count,
                      char wanted[STORY_DUMP_MAX], const char *how, size_t at) {
    static char dump[STORY_DUMP_MAX];
    shop_dump(shop, rows, row_count, dump, sizeof dump);
    if (wanted[0] == '\0')
        strcpy(wanted, dump);
    bool same = strcmp(dump, wanted) == 0;
    if (!same)
        printf("\n    %s, message or step %zu: now\n%s    wanted\n%s", how, at + 1, dump, wanted);
    return same && house_holds(shop);
}

static bool is_healthy(struct shop *shop, const char *how, size_t at) {
    return is_dumped(shop, dumped, sizeof dumped / sizeof dumped[0], healthy, how, at);
}

static bool is_balanced(struct shop *shop, const char *how, size_t at) {
    return is_dumped(shop, balance_rows, 1, balances, how, at);
}

/// "WAIT:alice-p:JPY 3000, ...": every account that is not 0, in alphabetical order.
static bool ends_so(struct shop *shop, const char *end) {
    char told[1024], *out = told;
    static char dump[STORY_DUMP_MAX];
    shop_dump(shop, balance_rows, 1, dump, sizeof dump);
    for (const char *line = dump; line[0] != '\0'; line = strchr(line, '\n') + 1) {
        int name = (int)strcspn(line, "|"), value = (int)strcspn(line + name + 1, "\n");
        out += snprintf(out, sizeof told - (size_t)(out - told), "%s%.*s %.*s",
                        out > told ? ", " : "", name, line, value, line + name + 1);
    }
    if (strcmp(told, end) != 0)
        printf("\n    ends   %s\n    wanted %s", told, end);
    return strcmp(told, end) == 0;
}

// ---- tellings ----------------------------------------------------------------------------------

static void tell_healthy(struct shop *shop) {
    clear(shop);
    for (size_t i = 0; i < count; i++)
        insist(shop, NULL, &messages[i]);
}

/// Every answer stands, and nothing that comes again, under its key or another one, changes
/// anything.
static void tell_twice(struct shop *shop) {
    clear(shop);
    for (size_t i = 0; i < count; i++) {
        insist(shop, NULL, &messages[i]);
        struct told again = send(shop, &messages[i], false);
        CU_ASSERT_STRING_EQUAL(again.body, messages[i].answer);
        if (!messages[i].single)
            send(shop, &messages[i], true);
    }
    for (size_t i = 0; i < count; i++)
        if (!messages[i].single)
            send(shop, &messages[i], true);
    CU_ASSERT_TRUE(is_balanced(shop, "repeated", 0));
}

/// What its sender would send again: it was refused, or may come as often as it likes.
static void send_rest(struct shop *shop, unsigned status[STORY_MOST]) {
    for (size_t i = 0; i < count; i++)
        if (!messages[i].single || status[i] != 200)
            status[i] = send(shop, &messages[i], true).status;
}

/// One stays away: the books hold, whatever they do not know. It comes after all the others, and
/// senders who were refused try again: the same balances.
static void tell_late(struct shop *shop, size_t late) {
    unsigned status[STORY_MOST] = {0};
    clear(shop);
    for (size_t i = 0; i < count; i++)
        if (i != late)
            status[i] = send(shop, &messages[i], false).status;
    CU_ASSERT_TRUE(house_holds(shop));
    status[late] = send(shop, &messages[late], false).status;
    send_rest(shop, status);
    send_rest(shop, status);
    CU_ASSERT_TRUE(is_balanced(shop, "late", late));
}

static size_t tell_crossed(struct shop *shop, enum store_fault_kind kind, size_t at) {
    struct store_fault fault;
    clear(shop);
    store_fault_init(&fault, shop->store);
    fault.kind = kind;
    fault.at = at;
    shop->context.store = &fault.store;
    for (size_t i = 0; i < count; i++)
        insist(shop, &fault, &messages[i]);
    shop->context.store = shop->store;
    CU_ASSERT_TRUE(is_healthy(shop, "crossed by a crash", at));
    for (size_t i = 0; i < count; i++) {
        struct told again = send(shop, &messages[i], false);
        CU_ASSERT_STRING_EQUAL(again.body, messages[i].answer);
    }
    return fault.steps;
}

static void retell(struct shop *shop) {
    size_t steps = tell_crossed(shop, STORE_FAULTS, 0), pace = steps / CUTS_MOST + 1;
    tell_twice(shop);
    for (size_t i = 0; i < count; i++)
        if (!messages[i].pinned)
            tell_late(shop, i);
    for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++)
        for (size_t at = 1 + (size_t)kind * pace / STORE_FAULTS; at <= steps; at += pace)
            tell_crossed(shop, kind, at);
}

void story_retell(const struct story *story) {
    healthy[0] = balances[0] = '\0';
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct shop shop;
        house_open(&shop, engine);
        collect(&shop, story);
        tell_healthy(&shop);
        CU_ASSERT_TRUE(is_healthy(&shop, "as it was told", 0));
        CU_ASSERT_TRUE(is_balanced(&shop, "as it was told", 0));
        CU_ASSERT_TRUE(ends_so(&shop, story->end));
        if (engine == ENGINE_MEMORY)
            retell(&shop);
        shop_close(&shop);
    }
}
