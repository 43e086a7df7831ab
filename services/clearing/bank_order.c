// SPDX-License-Identifier: Apache-2.0
// The bank, as the center asks it: orders go out with what they follow from, what became of them
// comes back, and what is paid in to the center's account is read line by line, so that no notice
// can be lost.
#include "base/calendar.h"
#include "services/clearing/batch.h"
#include "services/clearing/payout.h"

#include "services/core/keeper/outbox.h"
#include "services/wire/api/bank_api.h"

#include <stdio.h>
#include <string.h>

// ---- orders ------------------------------------------------------------------------------------

void bank_order(struct call *call, struct session *session, const struct payout *payout,
                const char *from) {
    struct form form;
    form_init(&form, bank_transfer.request, call->arena);
    form_set_text(&form, NAME_ID, payout->id);
    form_set_text(&form, NAME_FROM, from);
    form_set_text(&form, NAME_TO, payout->account);
    form_set_uint(&form, NAME_AMOUNT, (uint64_t)payout->amount);
    form_set_uint(&form, NAME_UNIT, payout->unit);
    outbox_put(session, payout->id, "bank", &bank_transfer, &form, call->now_ms);
}

/// Done: the money left the bank. Refused: it is owed again, until the party's account is set anew.
bool clearing_transfer_reply(struct call *call, struct session *session) {
    struct value row[4] = {0};
    uint8_t digest[SHA256_SIZE];
    struct entry entry;
    bool done = call->refused == NULL;
    if (sql_run(session, &clearing_sql[PAYOUT_READ], IN(value_text(call->key)), row) != STORE_ROW)
        return call_refuse(call, &problem_internal, "There is no payout %s", call->key);
    if (!call->crypto->ops->sha256(call->crypto, bytes_of_string(call->key), digest))
        return false;
    sql_run(session, &clearing_sql[PAYOUT_STATE],
            IN(value_text(call->key), value_int(done ? PAYOUT_DONE : PAYOUT_REFUSED), row[2]),
            NULL);
    entry_begin(&entry, done ? "payout-done" : "payout-refused", (uint16_t)row[1].number, digest,
                "%s:%s", done ? "F" : "N", call->key);
    entry_debit(&entry, BOOK_ORDERED, value_string(&row[0]), row[2].number);
    entry_credit(&entry, done ? BOOK_BANK : BOOK_PAYABLE, done ? "" : value_string(&row[0]),
                 row[2].number);
    return entry_post(call, session, &entry);
}

// ---- jobs --------------------------------------------------------------------------------------

/// Work without a request has no caller, but everything else of a call.
static struct call own_call(const struct service_context *context, const struct crypto *crypto,
                            struct arena *arena) {
    uint64_t now = clock_now_ms(context->clock);
    return (struct call){.context = context,
                         .crypto = crypto,
                         .arena = arena,
                         .now_ms = now,
                         .today = date_of_time((int64_t)(now / 1000))};
}

static bool order_waiting(struct session *session, void *context) {
    return payout_order(context, session, NULL);
}

/// What could not be ordered when it became due: no account was known.
bool clearing_payouts_job(const struct service_context *context, const struct crypto *crypto,
                          struct failure *failure) {
    struct arena arena;
    arena_init(&arena, context->memory);
    struct call call = own_call(context, crypto, &arena);
    enum store_result result = store_write(context->store, &arena, order_waiting, &call, failure);
    arena_free(&arena);
    return result == STORE_DONE || result == STORE_STOPPED;
}

// ---- what comes in -----------------------------------------------------------------------------

/// Lines of the center's account on their way into the books.
struct incoming {
    struct call call;
    char account[40];
    int64_t after;
    bool known; // is the center's account?
    uint16_t unit;
    const struct form *lines;
    size_t count;
};

static bool read_cursor(struct session *session, void *context) {
    struct incoming *incoming = context;
    struct value account[1] = {0}, after[1] = {0};
    const struct clearing_state *state = incoming->call.context->state;
    incoming->known = sql_run(session, &clearing_sql[PARTY_READ], IN(value_text(state->party.id)),
                              account) == STORE_ROW;
    if (!incoming->known)
        return true;
    snprintf(incoming->account, sizeof incoming->account, "%s", value_string(&account[0]));
    sql_run(session, &clearing_sql[CURSOR_READ], IN(account[0]), after);
    incoming->after = after[0].number;
    return true;
}

/// A payment for nobody that is known waits for a person: returned, it is that name's once it has
/// one.
static bool suspend(struct call *call, struct session *session, const struct form *line,
                    struct entry *entry) {
    const char *payer = form_text(line, NAME_PAYER);
    bool is_name = payer != NULL && strlen(payer) <= HOLDER_PURSE_MAX;
    entry_move(entry, BOOK_BANK, "", BOOK_SUSPENSE, "bank", form_int(line, NAME_AMOUNT));
    sql_run(session, &clearing_sql[SUSPENSE_ADD],
            IN(value_text("bank"), value_int(form_int(line, NAME_INDEX)), value_int(0),
               value_int(entry->unit), value_int(form_int(line, NAME_AMOUNT)),
               value_text("unknown-purse"), value_text(is_name ? payer : "")),
            NULL);
    return entry_post(call, session, entry);
}

static bool book_line(struct session *session, struct incoming *incoming, const struct form *line) {
    struct call *call = &incoming->call;
    const char *transfer = form_text(line, NAME_TRANSFER), *payer = form_text(line, NAME_PAYER);
    struct known_purse purse;
    struct value row[1] = {0};
    uint8_t digest[SHA256_SIZE];
    struct entry entry;
    if (!call->crypto->ops->sha256(call->crypto, bytes_of_string(transfer), digest))
        return false;
    entry_begin(&entry, "transfer-arrived", incoming->unit, digest, "I:%s", transfer);
    bool known =
        payer != NULL && strlen(payer) <= HOLDER_PURSE_MAX && purse_read(session, payer, &purse);
    if (!known && payer != NULL && scheme_is_of(session, payer, incoming->unit)) {
        entry_move(&entry, BOOK_BANK, "", BOOK_PREPAID, payer, form_int(line, NAME_AMOUNT));
        return entry_post(call, session, &entry);
    }
    if (!known)
        return session->failed == STORE_DONE && suspend(call, session, line, &entry);
    if (sql_run(session, &clearing_sql[INCOMING_ADD],
                IN(value_text(transfer), value_text(payer), value_int(incoming->unit),
                   value_int(form_int(line, NAME_AMOUNT))),
                row) != STORE_ROW)
        return session->failed == STORE_DONE;
    entry_move(&entry, BOOK_BANK, "", BOOK_WAIT, payer, form_int(line, NAME_AMOUNT));
    return entry_post(call, session, &entry);
}

static bool book_lines(struct session *session, void *context) {
    struct incoming *incoming = context;
    int64_t after = incoming->after;
    for (size_t i = 0; i < incoming->count; i++) {
        const struct form *line = &incoming->lines[i];
        after = form_int(line, NAME_INDEX);
        if (form_uint(line, NAME_CREDIT) != 0 && !book_line(session, incoming, line))
            return false;
    }
    sql_run(session, &clearing_sql[CURSOR_SET], IN(value_text(incoming->account), value_int(after)),
            NULL);
    return true;
}

static bool ask_bank(struct incoming *incoming, const struct endpoint *row, struct form *out,
                     struct failure *failure) {
    const struct service_context *context = incoming->call.context;
    struct form in;
    form_init(&in, row->request, incoming->call.arena);
    form_init(out, row->answer, incoming->call.arena);
    form_set_text(&in, NAME_ACCOUNT, incoming->account);
    if (row == &bank_statement && incoming->after > 0)
        form_set_uint(&in, NAME_AFTER, (uint64_t)incoming->after);
    return courier_call(context->courier, "bank", row, NULL, &in, out, NULL, failure);
}

/// One page of the account.
static bool read_page(struct incoming *incoming, struct failure *failure) {
    struct form lines, account;
    if (!ask_bank(incoming, &bank_statement, &lines, failure))
        return failure->code == EXIT_ABSENT; // the bank is not there: next time
    incoming->lines = form_list(&lines, NAME_LINES, &incoming->count);
    if (incoming->count == 0)
        return true;
    if (!ask_bank(incoming, &bank_account_read, &account, failure))
        return failure->code == EXIT_ABSENT;
    incoming->unit = (uint16_t)form_uint(&account, NAME_UNIT);
    return store_write(incoming->call.context->store, incoming->call.arena, book_lines, incoming,
                       failure) == STORE_DONE;
}

bool clearing_incoming_job(const struct service_context *context, const struct crypto *crypto,
                           struct failure *failure) {
    struct arena arena;
    arena_init(&arena, context->memory);
    struct incoming incoming = {.call = own_call(context, crypto, &arena)};
    bool done = context->courier == NULL ||
                store_read(context->store, &arena, read_cursor, &incoming, failure) == STORE_DONE;
    if (done && incoming.known)
        done = read_page(&incoming, failure);
    arena_free(&arena);
    return done;
}
