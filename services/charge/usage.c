// SPDX-License-Identifier: Apache-2.0
// Calls and packets, as a gateway counts them under numbers of its own: each number once, charged
// by the subscriber's tariff of its month. And the books that everything goes into.
#include "services/charge/charge_private.h"

#include <stdio.h>
#include <string.h>

// ---- books -------------------------------------------------------------------------------------

static void book_name(const char *kind, const char *of, char out[BOOK_MAX]) {
    snprintf(out, BOOK_MAX, of[0] != '\0' ? "%s:%s" : "%s%s", kind, of);
}

static bool open_book(struct call *call, struct session *session, const char *id, const char *kind,
                      const struct move *move) {
    bool owed =
        strcmp(kind, "DUE") == 0 || strcmp(kind, "ORDERED") == 0 || strcmp(kind, "REVENUE") == 0;
    const struct ledger_account account = {.id = id,
                                           .owner = charge_party(call)->id,
                                           .kind = kind,
                                           .unit = move->unit,
                                           .side = owed ? LEDGER_CREDIT : LEDGER_DEBIT};
    return ledger_open(session, &account);
}

bool charge_move(struct call *call, struct session *session, const struct move *move) {
    char debit[BOOK_MAX], credit[BOOK_MAX];
    uint8_t digest[SHA256_SIZE];
    book_name(move->debit, move->debit_of, debit);
    book_name(move->credit, move->credit_of, credit);
    if (!call->crypto->ops->sha256(call->crypto, bytes_of_string(move->id), digest) ||
        !open_book(call, session, debit, move->debit, move) ||
        !open_book(call, session, credit, move->credit, move))
        return false;
    const struct ledger_line lines[] = {{debit, move->unit, move->amount},
                                        {credit, move->unit, -move->amount}};
    const struct ledger_transfer transfer = {
        .id = move->id, .kind = move->kind, .object = digest, .lines = lines, .count = 2};
    enum ledger_result result = ledger_post(session, call->crypto, &transfer, call->now_ms);
    return result == LEDGER_DONE || result == LEDGER_AGAIN;
}

// ---- items -------------------------------------------------------------------------------------

struct item {
    const char *phone, *kind;
    int64_t n, quantity, at_ms, charge;
    uint32_t month;
};

/// How often a step of so many fits, the last one begun.
static int64_t steps(int64_t quantity, int64_t step) {
    return (quantity + step - 1) / step;
}

/// A call has seconds; packets are sent and received.
static bool read_item(const struct settings *settings, const struct form *form, struct item *item) {
    bool call = form_has(form, NAME_SECONDS);
    bool packets = form_has(form, NAME_SENT) && form_has(form, NAME_RECEIVED);
    *item =
        (struct item){.phone = form_text(form, NAME_PHONE),
                      .kind = call ? "call" : "packet",
                      .n = form_int(form, NAME_N),
                      .quantity = call ? form_int(form, NAME_SECONDS)
                                       : form_int(form, NAME_SENT) + form_int(form, NAME_RECEIVED),
                      .at_ms = form_int(form, NAME_TIME)};
    item->month = month_of_day(local_day(settings, (uint64_t)item->at_ms));
    return call != packets;
}

/// "" or why there is no charge.
static const char *price_item(struct session *session, struct item *item) {
    struct value who[2] = {0}, price[5] = {0};
    if (sql_run(session, &charge_sql[SUBSCRIBER_READ], IN(value_text(item->phone)), who) !=
        STORE_ROW)
        return "unknown-subscriber";
    if (sql_run(session, &charge_sql[TARIFF_READ],
                IN(value_text(value_string(&who[0])), value_int(item->month)), price) != STORE_ROW)
        return "no-tariff";
    item->charge = item->kind[0] == 'c' ? steps(item->quantity, price[1].number) * price[2].number
                                        : steps(item->quantity, price[3].number) * price[4].number;
    return "";
}

static bool is_same(struct session *session, const char *source, const struct item *item) {
    struct value row[4] = {0};
    sql_run(session, &charge_sql[USAGE_READ], IN(value_text(source), value_int(item->n)), row);
    return session->failed == STORE_DONE && strcmp(value_string(&row[0]), item->phone) == 0 &&
           strcmp(value_string(&row[1]), item->kind) == 0 && row[2].number == item->quantity &&
           row[3].number == item->at_ms;
}

static void book_item(struct call *call, struct session *session, const struct settings *settings,
                      const struct item *item) {
    char id[BOOK_MAX];
    snprintf(id, sizeof id, "use-%s-%lld", call->sender->id, (long long)item->n);
    const struct move move = {.id = id,
                              .kind = "usage",
                              .debit = "UNBILLED",
                              .debit_of = item->phone,
                              .credit = "REVENUE",
                              .credit_of = item->kind,
                              .amount = item->charge,
                              .unit = settings->unit};
    if (item->charge > 0 && !charge_move(call, session, &move))
        sql_fail(session, STORE_BROKEN, "The books do not take %s", id);
}

static const char *take_item(struct call *call, struct session *session,
                             const struct settings *settings, const struct form *form) {
    struct item item;
    struct value row[1] = {0};
    if (!read_item(settings, form, &item))
        return "shape";
    const char *word = price_item(session, &item);
    if (word[0] != '\0')
        return word;
    if (sql_run(session, &charge_sql[USAGE_ADD],
                IN(value_text(call->sender->id), value_int(item.n), value_text(item.phone),
                   value_text(item.kind), value_int(item.quantity), value_int(item.at_ms),
                   value_int(item.month), value_int(item.charge)),
                row) == STORE_NONE)
        return is_same(session, call->sender->id, &item) ? "again" : "reused";
    book_item(call, session, settings, &item);
    return "accepted";
}

/// Up to which number nothing is missing; numbers begin with 1.
static int64_t through(struct call *call, struct session *session) {
    struct value row[4] = {0}, own = value_text(call->sender->id);
    if (sql_run(session, &charge_sql[USAGE_READ], IN(own, value_int(1)), row) != STORE_ROW)
        return 0;
    sql_run(session, &charge_sql[USAGE_THROUGH], IN(own), row);
    return row[0].number;
}

bool charge_usage_transact(struct call *call, struct session *session) {
    size_t count = 0;
    struct settings settings;
    const struct form *list = form_list(&call->in, NAME_ITEMS, &count);
    charge_settings_read(session, &settings);
    for (size_t i = 0; i < count; i++) {
        const char *word = take_item(call, session, &settings, &list[i]);
        struct form *outcome = form_add(&call->out, NAME_ITEMS);
        form_set_uint(outcome, NAME_N, form_uint(&list[i], NAME_N));
        form_set_text(outcome, NAME_OUTCOME, word);
    }
    form_set_uint(&call->out, NAME_AFTER, (uint64_t)through(call, session));
    return true;
}
