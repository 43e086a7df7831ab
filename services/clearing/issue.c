// SPDX-License-Identifier: Apache-2.0
// Issue logs: over what arrived for a purse, on top of what its statement says that it holds. One
// is open at a time; a statement ends it by the purse's issued total, which only a log raises. It
// may be made anew for the same state of the purse, which takes one of them.
#include "base/calendar.h"
#include "services/clearing/clearing_private.h"

#include <inttypes.h>
#include <string.h>

enum { ISSUE_DAYS = 365 };

// ---- the open one ------------------------------------------------------------------------------

/// Logs that are open for one state, the purse's newest; the greatest one stands for what OPEN
/// holds. Those of older states are there where the books were put back from a copy and what was
/// signed since was shown: one ended before the next one was signed.
struct open_logs {
    const char *purse;
    size_t count;
    int64_t until;                              // the state that ends those of older ones
    size_t ended;                               // so many states of theirs
    int64_t ended_state, ended_sum, last_state; // newest; of the greatest of each; oldest so far
    int64_t state, before, greatest, expiry, serial, revision;
    uint8_t digest[SHA256_SIZE], object[CENTER_OBJECT_SIZE];
    size_t object_size;
    int64_t wanted;  // amount that the purse says to have taken
    bool has_wanted; // by one of those that end
};

static void take_ended(struct open_logs *open, int64_t state, int64_t amount) {
    if (open->ended == 0 || state != open->last_state) {
        open->ended_state = open->ended == 0 ? state : open->ended_state;
        open->ended_sum += amount;
        open->ended++;
    }
    open->last_state = state;
    open->has_wanted = open->has_wanted || amount == open->wanted;
}

static bool take_open(void *context, const struct value *row) {
    struct open_logs *open = context;
    if (open->count++ == 0) {
        memcpy(open->digest, row[0].octets.data, sizeof open->digest);
        open->state = row[1].number;
        open->before = row[2].number;
        open->greatest = row[3].number;
        open->expiry = row[4].number;
        open->object_size = row[5].octets.size <= sizeof open->object ? row[5].octets.size : 0;
        memcpy(open->object, row[5].octets.data, open->object_size);
        open->serial = row[6].number;
        open->revision = row[7].number;
    }
    if (row[1].number < open->until)
        take_ended(open, row[1].number, row[3].number);
    return true;
}

/// taken: what the purse was issued since; until: the state in which it says so.
static void read_open(struct session *session, const char *purse, uint16_t unit, int64_t taken,
                      int64_t until, struct open_logs *open) {
    *open = (struct open_logs){.purse = purse, .wanted = taken, .until = until};
    sql_each(session, &clearing_sql[ISSUE_OPEN], IN(value_text(purse), value_int(unit)), take_open,
             open);
}

static bool refuse_books(struct call *call, const char *purse, int64_t said, int64_t known) {
    return call_refuse(call, &clearing_books,
                       "%s says that it was issued %" PRId64 ", the books %" PRId64
                       ": another center issued, or a copy of the card was used",
                       purse, said, known);
}

/// One behind the other, each with what was its state's greatest.
static bool took_all(const struct open_logs *open) {
    return open->ended > 1 && open->wanted == open->ended_sum;
}

/// What the purse took leaves OPEN for it, the rest waits again.
static bool close_open(struct call *call, struct session *session, const struct issued_total *total,
                       const struct open_logs *open, int64_t taken) {
    struct entry entry;
    entry_begin(&entry, taken > 0 ? "issue-taken" : "issue-dead", total->unit, total->digest,
                "T:%s:%u:%" PRId64, total->purse, total->unit, open->ended_state);
    entry_debit(&entry, BOOK_OPEN, total->purse, open->ended_sum);
    entry_credit(&entry, BOOK_PURSE, total->purse, taken);
    entry_credit(&entry, BOOK_WAIT, total->purse, open->ended_sum - taken);
    sql_run(session, &clearing_sql[ISSUE_END],
            IN(value_text(total->purse), value_int(total->unit), value_int(taken),
               value_int(took_all(open)), value_int(open->ended_state)),
            NULL);
    return entry_post(call, session, &entry);
}

static int64_t issued_known(struct session *session, const struct issued_total *total) {
    struct value row[7] = {0};
    bool known = sql_run(session, &clearing_sql[STATEMENT_READ],
                         IN(value_text(total->purse), value_int(total->unit)), row) == STORE_ROW;
    return known ? row[2].number : 0;
}

bool issue_judge(struct call *call, struct session *session, const struct issued_total *total) {
    struct open_logs open;
    int64_t before = issued_known(session, total), taken = total->issued - before;
    read_open(session, total->purse, total->unit, taken, (int64_t)total->state, &open);
    if (session->failed != STORE_DONE)
        return false;
    if (taken != 0 && !open.has_wanted && !took_all(&open))
        return refuse_books(call, total->purse, total->issued, before + open.greatest);
    if (open.ended == 0)
        return true; // there is none, or it is still open
    return close_open(call, session, total, &open, taken);
}

bool issue_told_by_log(struct call *call, struct session *session,
                       const struct issued_total *total) {
    if (total->issued <= issued_known(session, total))
        return session->failed == STORE_DONE; // an older one
    if (!issue_judge(call, session, total))
        return false;
    sql_run(session, &clearing_sql[STATEMENT_RAISE],
            IN(value_text(total->purse), value_int(total->unit), value_int(total->issued)), NULL);
    return session->failed == STORE_DONE;
}

// ---- a new one ---------------------------------------------------------------------------------

struct issue {
    struct stated *stated;
    struct pocket pocket;
    struct open_logs open;
    int64_t serial, revision, amount;
    uint32_t expiry;
};

static bool judge(struct call *call, struct session *session, struct issue *issue) {
    const struct known_purse *purse = &issue->stated->purse;
    if (!statement_judge(call, session, issue->stated))
        return false;
    if (purse->state != PURSE_LIVE)
        return call_refuse(call, &clearing_listed, "%s is on the hotlist", purse->id);
    if ((purse->roles & (ROLE_WALLET | ROLE_FLOAT)) == 0)
        return call_refuse(call, &problem_role, "%s is a till: nothing is issued to it", purse->id);
    if (claim_is_overdue(call, session, purse->id, issue->pocket.unit))
        return call_refuse(call, &clearing_claim,
                           "%s was loaded by machines whose logs are overdue; their operators have "
                           "to hand them in",
                           purse->id);
    return (purse->user != NULL || purse->device != NULL) ||
           call_refuse(call, &clearing_unknown_purse, "Nobody said whose %s is", purse->id);
}

/// Everything that was spent under the present serial is settled: its next revision. Else another
/// serial, under which what comes late is told apart. More settled than was spent: a copy.
static bool number_log(struct call *call, struct session *session, struct issue *issue) {
    const struct stated *stated = issue->stated;
    struct value sums[2] = {0}, serial[1] = {0};
    sql_run(session, &clearing_sql[USAGE_SETTLED],
            IN(value_text(stated->purse.id), value_int(issue->pocket.unit)), sums);
    sql_run(session, &clearing_sql[ISSUE_SERIAL], IN(value_text(stated->purse.id)), serial);
    if (session->failed != STORE_DONE)
        return false;
    if (sums[0].number > issue->pocket.spent)
        return call_refuse(call, &clearing_rolled_back,
                           "%s says that it spent %" PRId64 ", its logs %" PRId64
                           ": a copy of the card was used",
                           stated->purse.id, issue->pocket.spent, sums[0].number);
    if (issue->open.count > 0) { // made anew: the purse takes one of them
        issue->serial = issue->open.serial;
        issue->revision = issue->open.revision;
        return true;
    }
    int64_t present = (int64_t)object_uint(stated->object, FIELD_SERIAL);
    int64_t unsettled = issue->pocket.spent - issue->pocket.recredited - sums[1].number;
    bool same = present != 0 && unsettled == 0;
    int64_t newest = serial[0].number > present ? serial[0].number : present;
    issue->serial = same ? present : newest + 1;
    issue->revision = same ? (int64_t)object_uint(stated->object, FIELD_REVISION) + 1 : 1;
    return true;
}

static void put_limits(struct object_writer *writer, const struct known_purse *purse) {
    static const enum field fields[LIMITS] = {
        FIELD_LIMIT_BALANCE, FIELD_LIMIT_SINGLE,  FIELD_NO_PIN_SINGLE, FIELD_NO_PIN_SUM,
        FIELD_NO_PIN_COUNT,  FIELD_OFFLINE_COUNT, FIELD_OFFLINE_SUM};
    for (size_t i = 0; i < LIMITS; i++)
        if (purse->limits[i] >= 0)
            object_put_uint(writer, fields[i], (uint64_t)purse->limits[i]);
}

static bool sign_log(struct call *call, struct session *session, const struct issue *issue,
                     uint8_t out[CENTER_OBJECT_SIZE], struct bytes *object) {
    const struct known_purse *purse = &issue->stated->purse;
    struct object_writer writer;
    object_begin(&writer, OBJECT_ISSUE_LOG, out, CENTER_OBJECT_SIZE);
    object_put_unit(&writer, issue->pocket.unit);
    object_put_uint(&writer, FIELD_SERIAL, (uint64_t)issue->serial);
    object_put_uint(&writer, FIELD_REVISION, (uint64_t)issue->revision);
    object_put_uint(&writer, FIELD_STATE_NUMBER, issue->stated->state);
    center_put(call, &writer, purse->id);
    if (purse->device != NULL)
        object_put(&writer, FIELD_DEVICE, bytes_of_string(purse->device));
    if (purse->user != NULL)
        object_put(&writer, FIELD_USER, bytes_of_string(purse->user));
    object_put_uint(&writer, FIELD_ALLOWANCE, (uint64_t)(issue->pocket.balance + issue->amount));
    object_put_uint(&writer, FIELD_TRANSFER, (uint64_t)issue->amount);
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put_date(&writer, FIELD_EXPIRY, issue->expiry);
    put_limits(&writer, purse);
    return center_sign(call, session, &writer, "issue-log", object);
}

static bool store_log(struct call *call, struct session *session, const struct issue *issue,
                      struct bytes octets) {
    const char *purse = issue->stated->purse.id;
    struct object log;
    uint8_t digest[SHA256_SIZE];
    struct entry entry;
    if (!object_decode(octets, &log) || !object_digest(&log, call->crypto, digest))
        return call_refuse(call, &problem_busy, "The issue log cannot be hashed now; ask again");
    sql_run(session, &clearing_sql[ISSUE_ADD],
            IN(value_octets(BYTES_OF(digest)), value_text(purse), value_int(issue->pocket.unit),
               value_int(issue->serial), value_int(issue->revision),
               value_int(issue->stated->state), value_int(issue->pocket.issued),
               value_int(issue->amount), value_int(issue->expiry), value_octets(octets),
               value_int((int64_t)call->now_ms)),
            NULL);
    entry_begin(&entry, "issue-log", issue->pocket.unit, digest, "O:%s:%u:%" PRIu32 ":%" PRId64,
                purse, issue->pocket.unit, issue->stated->state, issue->amount);
    entry_move(&entry, BOOK_WAIT, purse, BOOK_OPEN, purse, issue->amount - issue->open.greatest);
    form_set_octets(&call->out, NAME_OBJECT, octets);
    return entry_post(call, session, &entry);
}

/// The open log as it is, unless more arrived or its days are over.
static bool is_repeated(const struct call *call, const struct issue *issue, int64_t waiting) {
    return issue->open.count > 0 && waiting == 0 && issue->open.expiry >= (int64_t)call->today;
}

static bool prepare(struct call *call, struct session *session, struct issue *issue,
                    int64_t waiting) {
    issue->expiry = date_add_days(call->today, ISSUE_DAYS);
    if (__builtin_add_overflow(waiting, issue->open.greatest, &issue->amount) ||
        issue->pocket.balance > INT64_MAX - issue->amount)
        return call_refuse(call, &clearing_overflow, "The balance of %s would pass 2^63-1",
                           issue->stated->purse.id);
    if (issue->amount == 0)
        return call_refuse(call, &clearing_no_transfer, "No transfer waits for %s",
                           issue->stated->purse.id);
    return number_log(call, session, issue);
}

bool clearing_issue_transact(struct call *call, struct session *session) {
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    struct issue issue = {.stated = call->command};
    uint8_t out[CENTER_OBJECT_SIZE];
    struct bytes object;
    issue.pocket = pocket_of(issue.stated->object->fields[FIELD_POCKETS], unit);
    if (!judge(call, session, &issue))
        return false;
    int64_t waiting = book_balance(session, BOOK_WAIT, issue.stated->purse.id, unit);
    read_open(session, issue.stated->purse.id, unit, 0, 0, &issue.open);
    if (is_repeated(call, &issue, waiting))
        return center_again(call, bytes_of(issue.open.object, issue.open.object_size));
    return prepare(call, session, &issue, waiting) &&
           sign_log(call, session, &issue, out, &object) &&
           store_log(call, session, &issue, object);
}

bool clearing_issued_transact(struct call *call, struct session *session) {
    struct value row[1] = {0};
    if (sql_run(session, &clearing_sql[ISSUE_NEWEST],
                IN(in_text(call, NAME_PURSE), in_int(call, NAME_UNIT)), row) == STORE_NONE)
        return call_refuse(call, &clearing_no_transfer, "Nothing was issued to %s in this unit",
                           form_text(&call->in, NAME_PURSE));
    return center_again(call, row[0].octets);
}
