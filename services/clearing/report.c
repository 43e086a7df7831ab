// SPDX-License-Identifier: Apache-2.0
// What an operator or auditor may know: how much there is of everything, one payment from its log
// to its payout, what waits for a person, what was ordered of the bank.
#include "services/clearing/batch.h"

#include "services/clearing/logs.h"

#include <string.h>

// ---- status ------------------------------------------------------------------------------------

static bool take_count(void *context, const struct value *row) {
    struct form *out = context, *line = form_add(out, NAME_COUNTS);
    form_set_text(line, NAME_WORD, value_string(&row[0]));
    form_set_uint(line, NAME_N, (uint64_t)row[1].number);
    return true;
}

static bool take_balance(void *context, const struct value *row) {
    struct form *out = context, *line = form_add(out, NAME_BALANCES);
    form_set_text(line, NAME_WORD, value_string(&row[0]));
    form_set_uint(line, NAME_UNIT, (uint64_t)row[1].number);
    form_set_uint(line, NAME_BALANCE, row[2].number > 0 ? (uint64_t)row[2].number : 0);
    if (row[2].number < 0)
        form_set_uint(line, NAME_BELOW, (uint64_t)-row[2].number);
    return true;
}

void status_read(struct session *session, struct form *out) {
    sql_each(session, &clearing_sql[STATUS_COUNTS], NULL, take_count, out);
    sql_each(session, &clearing_sql[STATUS_BALANCES], NULL, take_balance, out);
}

bool clearing_status_transact(struct call *call, struct session *session) {
    status_read(session, &call->out);
    return true;
}

// ---- one payment -------------------------------------------------------------------------------

static void put_object(struct form *out, enum name name, struct session *session,
                       struct bytes digest) {
    struct journal_object kept;
    uint8_t key[SHA256_SIZE];
    if (digest.size != sizeof key)
        return;
    memcpy(key, digest.data, sizeof key);
    if (journal_get(session, key, &kept))
        form_set_octets(out, name, kept.octets);
}

bool clearing_trace_transact(struct call *call, struct session *session) {
    static const char *const states[] = {"under-way", "credited", "void"};
    struct value usage[5] = {0}, number[5] = {0};
    if (sql_run(session, &clearing_sql[TRACE_USAGE],
                IN(in_text(call, NAME_PAYER), in_int(call, NAME_COUNTER)), usage) != STORE_ROW)
        return call_refuse(call, &clearing_unknown_log, "There is no log %llu of %s here",
                           (unsigned long long)form_uint(&call->in, NAME_COUNTER),
                           form_text(&call->in, NAME_PAYER));
    form_set_text(&call->out, NAME_PAYEE, value_string(&usage[0]));
    form_set_uint(&call->out, NAME_N, (uint64_t)usage[1].number);
    form_set_text(&call->out, NAME_STATE, states[usage[2].number % 3]);
    form_set_uint(&call->out, NAME_AMOUNT, (uint64_t)usage[4].number);
    put_object(&call->out, NAME_USAGE, session, usage[3].octets);
    if (sql_run(session, &clearing_sql[TRACE_NUMBER], IN(usage[0], usage[1]), number) != STORE_ROW)
        return session->failed == STORE_DONE;
    put_object(&call->out, NAME_END, session, number[0].octets);
    form_set_uint(&call->out, NAME_REFUNDED, (uint64_t)number[1].number);
    form_set_uint(&call->out, NAME_SETTLED_SUM, (uint64_t)number[2].number);
    if (number[3].number != 0)
        form_set_uint(&call->out, NAME_BATCH_NUMBER, (uint64_t)number[3].number);
    if (number[4].kind != VALUE_NULL)
        form_set_text(&call->out, NAME_WORD, value_string(&number[4]));
    return session->failed == STORE_DONE;
}

// ---- lists -------------------------------------------------------------------------------------

static bool take_payout(void *context, const struct value *row) {
    static const char *const states[] = {"waiting", "ordered", "done", "refused"};
    struct form *line = form_add(context, NAME_PAYOUTS);
    form_set_text(line, NAME_ID, value_string(&row[0]));
    form_set_text(line, NAME_CAUSE, value_string(&row[1]));
    form_set_text(line, NAME_PARTY, value_string(&row[2]));
    form_set_uint(line, NAME_UNIT, (uint64_t)row[3].number);
    form_set_uint(line, NAME_BALANCE, (uint64_t)row[4].number);
    form_set_text(line, NAME_STATE, states[row[5].number & 3]);
    return true;
}

bool clearing_payouts_transact(struct call *call, struct session *session) {
    const char *after = form_has(&call->in, NAME_AFTER) ? form_text(&call->in, NAME_AFTER) : "";
    sql_each(session, &clearing_sql[PAYOUT_LIST], IN(value_text(after)), take_payout, &call->out);
    return true;
}

static bool take_suspense(void *context, const struct value *row) {
    struct form *line = form_add(context, NAME_SUSPENSE);
    form_set_text(line, NAME_PAYEE, value_string(&row[0]));
    form_set_uint(line, NAME_N, (uint64_t)row[1].number);
    form_set_uint(line, NAME_BATCH_NUMBER, (uint64_t)row[2].number);
    form_set_uint(line, NAME_UNIT, (uint64_t)row[3].number);
    form_set_uint(line, NAME_AMOUNT, (uint64_t)row[4].number);
    form_set_text(line, NAME_WORD, value_string(&row[5]));
    if (row[6].octets.size > 0)
        form_set_text(line, NAME_PAYER, value_string(&row[6]));
    return true;
}

bool clearing_suspense_transact(struct call *call, struct session *session) {
    sql_each(session, &clearing_sql[SUSPENSE_LIST], NULL, take_suspense, &call->out);
    return true;
}

// ---- a person decides --------------------------------------------------------------------------

/// pay: to the till's enterprise; return: to whom it was paid from; write-off: it was nobody's.
static bool post_decision(struct call *call, struct session *session, const struct value *row,
                          const char *outcome) {
    const char *till = form_text(&call->in, NAME_PAYEE);
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    struct known_purse purse;
    struct entry entry;
    char cause[48];
    bool pays = strcmp(outcome, "pay") == 0, returns = strcmp(outcome, "return") == 0;
    const char *owner = pays ? till : value_string(&row[1]);
    if ((pays || returns) && !purse_read(session, owner, &purse))
        return session->failed == STORE_DONE &&
               call_refuse(call, &clearing_unknown_purse,
                           "%s is no purse here; make it known first, or write the money off",
                           owner);
    snprintf(cause, sizeof cause, "%s/%u/%u", till,
             (unsigned)form_uint(&call->in, NAME_BATCH_NUMBER),
             (unsigned)form_uint(&call->in, NAME_N));
    uint8_t digest[SHA256_SIZE];
    if (!call->crypto->ops->sha256(call->crypto, bytes_of_string(cause), digest))
        return call_refuse(call, &problem_busy, "The decision cannot be named now; ask again");
    entry_begin(&entry, "suspense-end", unit, digest, "U:%s:%u", cause, unit);
    entry_debit(&entry, BOOK_SUSPENSE, till, row[0].number);
    entry_credit(&entry,
                 pays      ? BOOK_PAYABLE
                 : returns ? BOOK_WAIT
                           : BOOK_LOSS,
                 pays      ? purse_party(&purse)
                 : returns ? owner
                           : "",
                 row[0].number);
    if (!entry_post(call, session, &entry))
        return false;
    return !pays || (payout_add(call, session, cause, purse_party(&purse), unit, row[0].number) &&
                     payout_order(call, session, cause));
}

bool clearing_decide_check(struct call *call) {
    const char *outcome = form_text(&call->in, NAME_OUTCOME);
    return strcmp(outcome, "pay") == 0 || strcmp(outcome, "return") == 0 ||
           strcmp(outcome, "write-off") == 0 ||
           call_refuse(call, &clearing_decision, "The outcome is pay, return or write-off, not %s",
                       outcome);
}

bool clearing_decide_transact(struct call *call, struct session *session) {
    const char *outcome = form_text(&call->in, NAME_OUTCOME);
    struct value row[2] = {0};
    form_set_text(&call->out, NAME_OUTCOME, outcome);
    if (sql_run(session, &clearing_sql[SUSPENSE_END],
                IN(in_text(call, NAME_PAYEE), in_int(call, NAME_N), in_int(call, NAME_BATCH_NUMBER),
                   in_int(call, NAME_UNIT), value_text(outcome)),
                row) == STORE_NONE)
        return call_refuse(call, &clearing_unknown_log,
                           "Nothing of that number waits for a person");
    if (strcmp(outcome, "return") == 0 && row[1].octets.size == 0)
        return call_refuse(call, &clearing_unknown_log, "Nobody is known to have paid this");
    return post_decision(call, session, row, outcome);
}
