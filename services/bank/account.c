// SPDX-License-Identifier: Apache-2.0
// Accounts: opened by the bank's own operator, read by their owners.
#include "services/bank/bank_private.h"
#include "services/core/books/ledger.h"

#include <stdio.h>
#include <string.h>

bool bank_operator_check(struct call *call) {
    return party_operates(call->context->state, call->sender) ||
           call_refuse(call, &problem_owner, "%s is no operator of this bank", call->sender->id);
}

bool bank_find_account(struct session *session, const char *id, struct bank_account_row *out) {
    struct value row[4] = {0};
    if (sql_run(session, &bank_sql[ACCOUNT_READ], IN(value_text(id)), row) != STORE_ROW)
        return false;
    *out = (struct bank_account_row){.owner = value_string(&row[0]),
                                     .enterprise = value_string(&row[1]),
                                     .notify = value_string(&row[3]),
                                     .unit = (uint16_t)row[2].number};
    return true;
}

void bank_ledger_id(const char *account, char out[LEDGER_ID_MAX]) {
    snprintf(out, LEDGER_ID_MAX, "ACCOUNT:%s", account);
}

void bank_outside_id(uint16_t unit, char out[LEDGER_ID_MAX]) {
    snprintf(out, LEDGER_ID_MAX, "OUTSIDE:%u", (unsigned)unit);
}

// ---- opening -----------------------------------------------------------------------------------

static bool same(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_as_asked(const struct call *call, const struct bank_account_row *row) {
    return strcmp(row->owner, form_text(&call->in, NAME_OWNER)) == 0 &&
           same(row->enterprise, form_text(&call->in, NAME_ENTERPRISE)) &&
           same(row->notify, form_text(&call->in, NAME_NOTIFY)) &&
           row->unit == form_uint(&call->in, NAME_UNIT);
}

/// The account and the one of its unit through which money comes from outside.
static bool open_books(struct call *call, struct session *session) {
    char id[LEDGER_ID_MAX], outside[LEDGER_ID_MAX];
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    bank_ledger_id(form_text(&call->in, NAME_ACCOUNT), id);
    bank_outside_id(unit, outside);
    struct ledger_account account = {.id = id,
                                     .owner = form_text(&call->in, NAME_OWNER),
                                     .kind = "ACCOUNT",
                                     .unit = unit,
                                     .side = LEDGER_CREDIT,
                                     .has_floor = form_uint(&call->in, NAME_COVERED) != 0};
    const struct party *own = call->context->state;
    struct ledger_account rest = {
        .id = outside, .owner = own->id, .kind = "OUTSIDE", .unit = unit, .side = LEDGER_DEBIT};
    return ledger_open(session, &account) && ledger_open(session, &rest);
}

bool bank_account_transact(struct call *call, struct session *session) {
    const char *id = form_text(&call->in, NAME_ACCOUNT);
    struct bank_account_row row;
    sql_run(session, &bank_sql[ACCOUNT_ADD],
            IN(value_text(id), in_text(call, NAME_OWNER), in_text(call, NAME_ENTERPRISE),
               in_int(call, NAME_UNIT), in_text(call, NAME_NOTIFY)),
            NULL);
    if (!bank_find_account(session, id, &row))
        return false;
    if (!is_as_asked(call, &row) || !open_books(call, session))
        return call_refuse(call, &bank_taken, "The account %s is %s's, with other terms", id,
                           row.owner);
    form_set_text(&call->out, NAME_ACCOUNT, id);
    return true;
}

// ---- reading -----------------------------------------------------------------------------------

bool bank_account_read_transact(struct call *call, struct session *session) {
    const char *id = form_text(&call->in, NAME_ACCOUNT);
    char ledger[LEDGER_ID_MAX];
    struct ledger_balance balance;
    struct bank_account_row row;
    bank_ledger_id(id, ledger);
    if (!bank_find_account(session, id, &row) || !ledger_balance(session, ledger, &balance))
        return call_refuse(call, &problem_owner, "There is no account %s", id);
    form_set_text(&call->out, NAME_ACCOUNT, id);
    form_set_text(&call->out, NAME_OWNER, row.owner);
    form_set_uint(&call->out, NAME_UNIT, row.unit);
    form_set_uint(&call->out, NAME_BALANCE, balance.posted > 0 ? (uint64_t)balance.posted : 0);
    if (balance.posted < 0)
        form_set_uint(&call->out, NAME_OVERDRAWN, (uint64_t)-balance.posted);
    return true;
}

struct lines {
    struct call *call;
    const char *account;
};

static bool add_line(void *context, const struct value *row) {
    const struct lines *lines = context;
    struct form *line = form_add(&lines->call->out, NAME_LINES);
    bool credit = strcmp(value_string(&row[3]), lines->account) == 0;
    form_set_uint(line, NAME_INDEX, (uint64_t)row[0].number);
    form_set_text(line, NAME_TRANSFER, value_string(&row[1]));
    form_set_text(line, NAME_ACCOUNT, value_string(&row[credit ? 2 : 3]));
    form_set_uint(line, NAME_CREDIT, credit);
    form_set_uint(line, NAME_AMOUNT, (uint64_t)row[4].number);
    form_set_uint(line, NAME_DATE, (uint64_t)row[5].number);
    if (row[6].kind != VALUE_NULL)
        form_set_text(line, NAME_PAYER, value_string(&row[6]));
    return true;
}

bool bank_statement_transact(struct call *call, struct session *session) {
    struct lines lines = {call, form_text(&call->in, NAME_ACCOUNT)};
    sql_each(session, &bank_sql[BOOKING_LINES],
             IN(value_text(lines.account), value_int(form_int(&call->in, NAME_AFTER))), add_line,
             &lines);
    return true;
}
