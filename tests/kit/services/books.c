// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/books.h"

#include "base/heap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 32, JPY = 392 };

struct entering {
    struct shop *shop;
    enum books_kind kind;
    const char *of;
    struct ledger_transfer transfer;
    struct ledger_line lines[LEDGER_LINES_MAX];
    char names[LEDGER_LINES_MAX][NAME_ROOM];
    enum ledger_result result;
};

static void read_lines(struct entering *entering, const char *text) {
    size_t count = 0;
    for (int used; *text != '\0' && count < LEDGER_LINES_MAX; count++, text += used) {
        unsigned unit = JPY;
        int64_t amount;
        used = 0;
        if (sscanf(text, " %31s %" SCNd64 "%n", entering->names[count], &amount, &used) != 2)
            abort();
        int more = 0;
        if (sscanf(text + used, " %x%n", &unit, &more) == 1)
            used += more;
        else
            unit = JPY;
        used += text[used] == ',';
        entering->lines[count] =
            (struct ledger_line){entering->names[count], (uint16_t)unit, amount};
    }
    entering->transfer.lines = entering->lines;
    entering->transfer.count = count;
}

static bool enter(struct session *session, void *context) {
    struct entering *entering = context;
    const struct shop *shop = entering->shop;
    if (entering->kind == BOOKS_POST)
        entering->result = ledger_post(session, shop->crypto, &entering->transfer, shop->now_ms);
    else if (entering->kind == BOOKS_HOLD)
        entering->result = ledger_hold(session, shop->crypto, &entering->transfer, shop->now_ms);
    else
        entering->result =
            ledger_end(session, shop->crypto, entering->of, &entering->transfer, shop->now_ms);
    return entering->result <= LEDGER_AGAIN;
}

static enum store_result run(struct shop *shop, transaction_fn *fn, void *context) {
    struct arena arena;
    struct failure failure = {0};
    arena_init(&arena, &host_memory);
    enum store_result result = store_write(shop->store, &arena, fn, context, &failure);
    arena_free(&arena);
    if (result != STORE_DONE && result != STORE_STOPPED)
        printf("\n    %s: %s", store_result_name(result), failure.text);
    return result;
}

enum ledger_result books_enter(struct shop *shop, enum books_kind kind, const char *id,
                               const char *of, const char *lines) {
    static const uint8_t object[SHA256_SIZE] = {1};
    struct entering entering = {.shop = shop,
                                .kind = kind,
                                .of = of,
                                .transfer = {.id = id, .kind = "test", .object = object}};
    read_lines(&entering, lines);
    enum store_result result = run(shop, enter, &entering);
    return result == STORE_DONE || result == STORE_STOPPED ? entering.result : LEDGER_FAILED;
}

static bool open_one(struct session *session, void *context) {
    return ledger_open(session, context);
}

void books_open(struct shop *shop, const char *accounts) {
    while (*accounts != '\0') {
        char id[NAME_ROOM], side;
        int used = 0;
        struct ledger_account account = {.id = id, .owner = "OWNER", .kind = "K", .unit = JPY};
        if (sscanf(accounts, " %31s %c%n", id, &side, &used) != 2)
            abort();
        account.side = side == 'd' ? LEDGER_DEBIT : LEDGER_CREDIT;
        int more = 0;
        account.has_floor = sscanf(accounts + used, " %" SCNd64 "%n", &account.floor, &more) == 1;
        accounts += used + (account.has_floor ? more : 0);
        accounts += *accounts == ',';
        if (run(shop, open_one, &account) != STORE_DONE)
            abort();
    }
}

struct asking {
    const char *account;
    struct ledger_balance balance;
    bool found;
};

static bool ask(struct session *session, void *context) {
    struct asking *asking = context;
    asking->found = ledger_balance(session, asking->account, &asking->balance);
    return true;
}

const char *books_balance(struct shop *shop, const char *account, char out[64]) {
    struct asking asking = {.account = account};
    run(shop, ask, &asking);
    snprintf(out, 64, "none");
    if (asking.found)
        snprintf(out, 64, "%" PRId64 "/%" PRId64, asking.balance.posted, asking.balance.pending);
    return out;
}

static bool fold(struct session *session, void *context) {
    *(size_t *)context = ledger_fold(session);
    return true;
}

size_t books_fold(struct shop *shop) {
    size_t all = 0, count = 0;
    do {
        run(shop, fold, &count);
        all += count;
    } while (count > 0);
    return all;
}
