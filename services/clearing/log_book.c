// SPDX-License-Identifier: Apache-2.0
// What a log changes in the books. A usage log takes value from its payer, once for each counter;
// its end gives it to the payee or back, once for each number. Whoever signed two bodies for one,
// or is behind itself, was copied: it is listed, and what it spent waits for a person.
#include "services/clearing/logs.h"
#include "services/clearing/restore/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/// A log on its way into the books.
struct booking {
    struct call *call;
    struct session *session;
    const struct log_item *item;
    struct meetings *meetings;
    enum usage_state state; // of the usage log as it stands
    bool ended;             // the payer was paid out as lost before
    const char *suspect;    // why what it moves waits for a person; NULL: it does not
    bool fresh, twin, refused;
    const char *word;
};

static bool refuse(struct booking *booking, const char *word) {
    booking->refused = true;
    booking->word = word;
    return true;
}

static void suspect(struct booking *booking, const char *why, const char *purse) {
    booking->suspect = why;
    purse_list(booking->call, booking->session, purse, why);
}

// ---- who ---------------------------------------------------------------------------------------

/// Where it was met, or will be.
static size_t place_of(const struct meetings *meetings, const struct evidence *evidence) {
    size_t at = 0;
    while (at < meetings->count && meetings->met[at].evidence != evidence)
        at++;
    return at;
}

static bool meet(struct booking *booking, const struct evidence *evidence,
                 enum purse_state *state) {
    struct meetings *meetings = booking->meetings;
    *state = PURSE_LIVE;
    if (evidence == NULL)
        return true;
    size_t at = place_of(meetings, evidence);
    if (at == meetings->count) {
        if (!purse_meet(booking->call, booking->session, evidence, true, state))
            return false;
        meetings->met[at].evidence = evidence;
        meetings->met[at].state = *state;
        meetings->count++;
    }
    *state = meetings->met[at].state;
    return true;
}

static bool meet_both(struct booking *booking) {
    enum purse_state payer, payee;
    bool good = meet(booking, booking->item->by_payer, &payer) &&
                meet(booking, booking->item->by_payee, &payee);
    booking->ended = good && payer == PURSE_ENDED;
    return good;
}

// ---- the usage log -----------------------------------------------------------------------------

/// The newest of the log's payer and unit; of another one: nothing is known yet.
static struct newest *newest_of(struct booking *booking) {
    const struct log_item *item = booking->item;
    struct newest *newest = &booking->meetings->newest;
    if (newest->unit != item->unit || strcmp(newest->payer.text, item->payer.text) != 0)
        *newest = (struct newest){.payer = item->payer, .unit = item->unit, .issued = -1};
    return newest;
}

static void note_newest(struct newest *newest, const struct log_item *item) {
    newest->known = true;
    newest->counter = item->counter;
    newest->state = item->state;
    newest->spent = item->spent;
}

/// Counter, state number and totals of one payer rise together.
static bool is_in_order(struct booking *booking) {
    const struct log_item *item = booking->item;
    struct newest *newest = newest_of(booking), last = *newest;
    struct value before[2] = {0}, after[3] = {0};
    if (last.known && last.counter < item->counter) {
        note_newest(newest, item);
        return last.spent <= item->spent - item->amount && last.state < item->state;
    }
    const struct value in[] = {value_text(item->payer.text), value_int(item->unit),
                               value_int(item->counter)};
    bool has_before =
        sql_run(booking->session, &clearing_sql[USAGE_BEFORE], in, before) == STORE_ROW;
    bool has_after = sql_run(booking->session, &clearing_sql[USAGE_AFTER], in, after) == STORE_ROW;
    if (!has_after)
        note_newest(newest, item);
    return (!has_before || (before[0].number <= item->spent - item->amount &&
                            before[1].number < (int64_t)item->state)) &&
           (!has_after || (after[0].number - after[1].number >= item->spent &&
                           after[2].number > (int64_t)item->state));
}

/// No more was issued to it than by us. What it says ends an issue log that it took.
static bool is_issued_here(struct booking *booking) {
    const struct log_item *item = booking->item;
    const struct issued_total total = {item->payer.text, item->unit, item->issued, item->state,
                                       item->usage_digest};
    struct newest *newest = newest_of(booking);
    if (item->issued <= newest->issued)
        return true;
    bool good = issue_told_by_log(booking->call, booking->session, &total);
    if (good)
        newest->issued = item->issued;
    booking->call->problem = (struct problem){0};
    return good || booking->session->failed != STORE_DONE;
}

static enum store_result add_usage(struct booking *booking) {
    const struct log_item *item = booking->item;
    booking->state = item->end == END_NONE       ? USAGE_AIR
                     : item->end == END_CREDITED ? USAGE_CREDITED
                                                 : USAGE_VOID;
    return sql_change(booking->session, &clearing_sql[USAGE_ADD],
                      IN(value_text(item->payer.text), value_int(item->counter),
                         value_text(item->payee.text), value_int(item->n), value_int(item->unit),
                         value_int(item->amount), value_int(item->serial), value_int(item->sale),
                         value_int(item->state), value_int(item->spent),
                         value_octets(BYTES_OF(item->usage_digest)), value_int(booking->state)));
}

/// Where the value comes from: the purse, or nobody's pocket when the purse is a copy, or was paid
/// out as lost before.
static bool take_value(struct booking *booking) {
    const struct log_item *item = booking->item;
    struct entry entry;
    bool gone = booking->twin || booking->ended;
    if (item->end == END_VOID)
        return true; // it came back at once
    entry_begin(&entry, "usage-log", item->unit, item->usage_digest,
                booking->twin ? "X:%s:%" PRIu32 ":%02x%02x%02x%02x" : "P:%s:%" PRIu32,
                item->payer.text, item->counter, item->usage_digest[0], item->usage_digest[1],
                item->usage_digest[2], item->usage_digest[3]);
    entry_debit(&entry, gone ? BOOK_LOSS : BOOK_PURSE, gone ? "" : item->payer.text, item->amount);
    entry_credit(&entry, item->end == END_CREDITED ? BOOK_PURSE : BOOK_AIR, item->payee.text,
                 item->amount);
    return entry_post(booking->call, booking->session, &entry);
}

/// Nothing of it is here: it may come again.
static bool drop(struct booking *booking, const char *word) {
    const struct log_item *item = booking->item;
    newest_of(booking)->known = false;
    sql_run(booking->session, &clearing_sql[USAGE_DROP],
            IN(value_text(item->payer.text), value_int(item->counter)), NULL);
    return refuse(booking, word);
}

/// A refund lowers what is left of its sale; a sale that is not here yet: come again.
static bool lower_sale(struct booking *booking) {
    const struct log_item *item = booking->item;
    if (item->sale == 0 || item->end == END_VOID)
        return true;
    if (sql_change(booking->session, &clearing_sql[NUMBER_REFUND],
                   IN(value_text(item->payer.text), value_int(item->sale),
                      value_text(item->payee.text), value_int(item->unit),
                      value_int(item->amount))) == STORE_ROW)
        return true;
    return drop(booking, "sale");
}

/// A wallet that was loaded and says so before the logs of who loaded it do.
static bool tell_loads(struct booking *booking) {
    const struct log_item *item = booking->item;
    const struct loads_told told = {item->payer.text, item->unit, item->counter, item->loaded,
                                    item->usage_digest};
    bool has = item->loaded > 0 && booking->suspect == NULL && !booking->ended &&
               (item->by_payer->certificate.roles & ROLE_WALLET) != 0;
    return !has || claim_tell_by_log(booking->call, booking->session, &told);
}

static bool book_fresh(struct booking *booking) {
    const struct log_item *item = booking->item;
    booking->fresh = true;
    if (!is_in_order(booking))
        suspect(booking, "clone", item->payer.text);
    else if (item->overdrawn)
        suspect(booking, "books", item->payer.text);
    else if (!is_issued_here(booking)) {
        if (restored_lately(booking->call, booking->session))
            return drop(booking, "books");
        suspect(booking, "books", item->payer.text);
    }
    if (!lower_sale(booking) || booking->refused)
        return booking->refused;
    evidence_keep(booking->call, booking->session, item->usage, item->usage_digest, "usage-log",
                  item->by_payer->chain);
    return tell_loads(booking) && take_value(booking);
}

/// Another body for this counter: both are kept, the payer is listed, the second is nobody's money.
static bool book_twin(struct booking *booking) {
    const struct log_item *item = booking->item;
    struct value row[1] = {0};
    booking->twin = true;
    suspect(booking, "twin", item->payer.text);
    if (sql_run(booking->session, &clearing_sql[TWIN_ADD],
                IN(value_text(item->payer.text), value_int(item->counter),
                   value_octets(BYTES_OF(item->usage_digest)), value_text(item->payee.text),
                   value_int(item->n), value_int(item->amount)),
                row) != STORE_ROW)
        return true;
    booking->fresh = true;
    evidence_keep(booking->call, booking->session, item->usage, item->usage_digest, "usage-log",
                  item->by_payer->chain);
    return take_value(booking);
}

static bool book_usage(struct booking *booking) {
    const struct log_item *item = booking->item;
    struct value row[2] = {0};
    if (item->usage == NULL || add_usage(booking) == STORE_ROW)
        return item->usage == NULL || book_fresh(booking);
    if (booking->session->failed != STORE_DONE ||
        sql_run(booking->session, &clearing_sql[USAGE_READ],
                IN(value_text(item->payer.text), value_int(item->counter)), row) != STORE_ROW)
        return false;
    booking->state = (enum usage_state)row[1].number;
    if (!bytes_equal(row[0].octets, BYTES_OF(item->usage_digest)))
        return book_twin(booking);
    return true;
}

// ---- the end -----------------------------------------------------------------------------------

static enum store_result add_number(struct booking *booking) {
    const struct log_item *item = booking->item;
    struct value policy = {.kind = VALUE_NULL};
    if (item->usage != NULL && object_has(item->usage, FIELD_POLICY_HASH))
        policy = value_octets(item->usage->fields[FIELD_POLICY_HASH]);
    return sql_change(booking->session, &clearing_sql[NUMBER_ADD],
                      IN(value_text(item->payee.text), value_int(item->n),
                         value_text(item->payer.text), value_int(item->counter),
                         value_int(item->end), value_int(item->unit), value_int(item->amount),
                         value_int(item->kind), policy, value_text(booking->suspect),
                         value_octets(BYTES_OF(item->end_digest))));
}

/// A log that was under way until now arrives, or goes back.
static bool move_air(struct booking *booking) {
    const struct log_item *item = booking->item;
    bool credited = item->end == END_CREDITED;
    struct entry entry;
    sql_run(booking->session, &clearing_sql[USAGE_END],
            IN(value_text(item->payer.text), value_int(item->counter),
               value_int(credited ? USAGE_CREDITED : USAGE_VOID)),
            NULL);
    if (!credited && item->sale != 0)
        sql_run(booking->session, &clearing_sql[NUMBER_RESTORE],
                IN(value_text(item->payer.text), value_int(item->sale), value_int(item->amount)),
                NULL);
    entry_begin(&entry, credited ? "receive-log" : "void", item->unit, item->end_digest,
                "%s:%s:%" PRIu32, credited ? "R" : "V", item->payer.text, item->counter);
    entry_move(&entry, BOOK_AIR, item->payee.text, BOOK_PURSE,
               credited ? item->payee.text : item->payer.text, item->amount);
    return entry_post(booking->call, booking->session, &entry);
}

/// The number has an end already: the same, or the payee signed two.
static bool judge_again(struct booking *booking, bool *same) {
    const struct log_item *item = booking->item;
    struct value row[1] = {0};
    if (sql_run(booking->session, &clearing_sql[NUMBER_END],
                IN(value_text(item->payee.text), value_int(item->n)), row) != STORE_ROW)
        return false;
    *same = bytes_equal(row[0].octets, BYTES_OF(item->end_digest));
    return true;
}

/// A wallet said before its logs came that it was loaded.
static bool prove(struct booking *booking) {
    const struct log_item *item = booking->item;
    const struct proof proof = {item->payee.text, item->n, item->unit, item->amount,
                                item->end_digest};
    return item->end != END_CREDITED || item->usage == NULL ||
           (item->by_payee->certificate.roles & ROLE_WALLET) == 0 ||
           claim_prove(booking->call, booking->session, &proof);
}

static bool book_end(struct booking *booking) {
    const struct log_item *item = booking->item;
    bool same = false;
    if (item->ended == NULL || booking->refused)
        return true;
    if (add_number(booking) == STORE_ROW) {
        evidence_keep(booking->call, booking->session, item->ended, item->end_digest,
                      item->end == END_VOID ? "void" : "receive-log", item->by_payee->chain);
        bool late =
            item->usage != NULL && !booking->fresh && !booking->twin && booking->state == USAGE_AIR;
        booking->fresh = true;
        return (!late || move_air(booking)) && prove(booking);
    }
    if (booking->session->failed != STORE_DONE || !judge_again(booking, &same))
        return false;
    if (!same) {
        suspect(booking, "two-ends", item->payee.text);
        return refuse(booking, "two-ends");
    }
    return true;
}

bool log_book(struct call *call, struct session *session, const struct log_item *item,
              struct meetings *meetings, struct log_outcome *out) {
    struct booking booking = {.call = call, .session = session, .item = item, .meetings = meetings};
    if (!meet_both(&booking))
        refuse(&booking, "certificate");
    else if (!book_usage(&booking) || !book_end(&booking))
        return false;
    out->word = booking.refused ? booking.word : booking.suspect;
    out->outcome = booking.refused           ? "refused"
                   : booking.suspect != NULL ? "suspense"
                   : booking.fresh           ? "accepted"
                                             : "again";
    return session->failed == STORE_DONE;
}
