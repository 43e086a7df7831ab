// SPDX-License-Identifier: Apache-2.0
// Postings in the words of the center: who holds what. Accounts begin when something is first
// booked on them.
#include "services/clearing/clearing_private.h"

#include "apdu/octets/unit.h"
#include "base/must.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/// What is waiting for a purse, what an open log holds and what a scheme paid in is one's alone: it
/// has a floor. All
/// others are many people's, or only told by objects that may come late.
static const struct book_row {
    const char *name;
    enum ledger_side side;
    bool has_floor;
} BOOK_ROWS[] = {
    [BOOK_BANK] = {"BANK", LEDGER_DEBIT, false},
    [BOOK_WAIT] = {"WAIT", LEDGER_CREDIT, true},
    [BOOK_OPEN] = {"OPEN", LEDGER_CREDIT, true},
    [BOOK_PURSE] = {"PURSE", LEDGER_CREDIT, false},
    [BOOK_AIR] = {"AIR", LEDGER_CREDIT, false},
    [BOOK_PAYABLE] = {"PAYABLE", LEDGER_CREDIT, false},
    [BOOK_ORDERED] = {"ORDERED", LEDGER_CREDIT, false},
    [BOOK_SUSPENSE] = {"SUSPENSE", LEDGER_CREDIT, false},
    [BOOK_CLAIM] = {"CLAIM", LEDGER_DEBIT, false},
    [BOOK_LOSS] = {"LOSS", LEDGER_DEBIT, false},
    [BOOK_SCHEME] = {"SCHEME", LEDGER_DEBIT, false},
    [BOOK_PREPAID] = {"PREPAID", LEDGER_CREDIT, true},
};
must_cover(BOOK_ROWS, BOOKS);

/// "PURSE:alice-p:JPY".
static void write_account(enum book book, const char *owner, uint16_t unit,
                          char out[ACCOUNT_ID_MAX]) {
    char name[UNIT_NAME_MAX];
    snprintf(out, ACCOUNT_ID_MAX, "%s:%s:%s", BOOK_ROWS[book].name, owner, unit_name(unit, name));
}

void entry_begin(struct entry *entry, const char *kind, uint16_t unit,
                 const uint8_t object[SHA256_SIZE], const char *id, ...) {
    va_list arguments;
    *entry = (struct entry){.kind = kind, .unit = unit};
    memcpy(entry->object, object, SHA256_SIZE);
    va_start(arguments, id);
    vsnprintf(entry->id, sizeof entry->id, id, arguments);
    va_end(arguments);
}

static void add_line(struct entry *entry, enum book book, const char *owner, int64_t amount) {
    if (amount == 0)
        return;
    must(entry->count < ENTRY_LINES_MAX, "a posting has room for its lines");
    size_t at = entry->count++;
    write_account(book, owner, entry->unit, entry->accounts[at]);
    entry->places[at].book = book;
    snprintf(entry->places[at].owner, sizeof entry->places[at].owner, "%s", owner);
    entry->lines[at] = (struct ledger_line){NULL, entry->unit, amount};
}

void entry_debit(struct entry *entry, enum book book, const char *owner, int64_t amount) {
    add_line(entry, book, owner, amount);
}

void entry_credit(struct entry *entry, enum book book, const char *owner, int64_t amount) {
    add_line(entry, book, owner, -amount);
}

void entry_move(struct entry *entry, enum book from, const char *debit, enum book to,
                const char *credit, int64_t amount) {
    entry_debit(entry, from, debit, amount);
    entry_credit(entry, to, credit, amount);
}

static bool open_accounts(struct session *session, const struct entry *entry) {
    for (size_t i = 0; i < entry->count; i++) {
        const struct book_row *row = &BOOK_ROWS[entry->places[i].book];
        struct ledger_account account = {.id = entry->accounts[i],
                                         .owner = entry->places[i].owner,
                                         .kind = row->name,
                                         .unit = entry->unit,
                                         .side = row->side,
                                         .has_floor = row->has_floor,
                                         .floor = 0};
        if (!ledger_open(session, &account))
            return false;
    }
    return true;
}

bool entry_post(struct call *call, struct session *session, const struct entry *entry) {
    struct ledger_line lines[ENTRY_LINES_MAX];
    struct ledger_transfer transfer = {.id = entry->id,
                                       .kind = entry->kind,
                                       .object = entry->object,
                                       .lines = lines,
                                       .count = entry->count};
    if (entry->count == 0)
        return true;
    for (size_t i = 0; i < entry->count; i++) {
        lines[i] = entry->lines[i];
        lines[i].account = entry->accounts[i];
    }
    if (!open_accounts(session, entry))
        return call_refuse(call, &problem_internal, "An account of %s is of another kind",
                           entry->id);
    enum ledger_result result = ledger_post(session, call->crypto, &transfer, call->now_ms);
    if (result == LEDGER_DONE || result == LEDGER_AGAIN)
        return true;
    if (result == LEDGER_OVERFLOW)
        return call_refuse(call, &clearing_overflow, "The sums of %s would pass 2^63-1", entry->id);
    return call_refuse(call, &problem_internal, "The posting %s is refused: %s", entry->id,
                       ledger_result_word(result));
}

int64_t book_balance(struct session *session, enum book book, const char *owner, uint16_t unit) {
    char account[ACCOUNT_ID_MAX];
    struct ledger_balance balance = {0};
    write_account(book, owner, unit, account);
    return ledger_balance(session, account, &balance) ? balance.posted : 0;
}
