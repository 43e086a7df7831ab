// SPDX-License-Identifier: Apache-2.0
// Loads that a wallet's signed totals tell, in its statement or in a usage log, and no log of a
// float or till proves yet. They are claimed, so that the wallet's spends are no overdraft; the
// logs that prove them end the claim. One that stays unproven for longer than logs may take is a
// finding, and nothing more is issued.
#include "base/calendar.h"
#include "base/clock.h"
#include "services/clearing/clearing_private.h"

#include <inttypes.h>

/// A purse's claim as it stands after a posting: since when there is one.
static bool note_since(struct call *call, struct session *session, const char *purse,
                       uint16_t unit) {
    bool open = book_balance(session, BOOK_CLAIM, purse, unit) > 0;
    if (open)
        sql_run(session, &clearing_sql[CLAIM_ADD],
                IN(value_text(purse), value_int(unit), value_int(call->today)), NULL);
    else
        sql_run(session, &clearing_sql[CLAIM_END], IN(value_text(purse), value_int(unit)), NULL);
    return session->failed == STORE_DONE;
}

/// So much of what was loaded is neither proven nor claimed; below 0: the claim is too large.
static int64_t unclaimed(struct session *session, const char *purse, uint16_t unit, int64_t loaded,
                         int64_t *proven) {
    struct value total[1] = {0};
    sql_run(session, &clearing_sql[NUMBER_TOTAL], IN(value_text(purse), value_int(unit)), total);
    *proven = total[0].number;
    return loaded - *proven - book_balance(session, BOOK_CLAIM, purse, unit);
}

static bool post_claim(struct call *call, struct session *session, struct entry *entry,
                       const char *purse, uint16_t unit, int64_t more) {
    entry_move(entry, BOOK_CLAIM, purse, BOOK_PURSE, purse, more);
    return entry_post(call, session, entry) && note_since(call, session, purse, unit);
}

bool claim_tell_by_log(struct call *call, struct session *session, const struct loads_told *told) {
    int64_t proven, more = unclaimed(session, told->purse, told->unit, told->loaded, &proven);
    struct entry entry;
    if (session->failed != STORE_DONE || more <= 0)
        return session->failed == STORE_DONE;
    entry_begin(&entry, "claim", told->unit, told->digest, "Y:%s:%u:%" PRIu32 ":%" PRId64,
                told->purse, told->unit, told->counter, more);
    return post_claim(call, session, &entry, told->purse, told->unit, more);
}

bool claim_tell(struct call *call, struct session *session, const struct stated *stated,
                const struct pocket *pocket) {
    const char *id = stated->purse.id;
    struct entry entry;
    int64_t proven;
    if ((stated->purse.roles & ROLE_WALLET) == 0)
        return true;
    int64_t more = unclaimed(session, id, pocket->unit, pocket->loaded, &proven);
    if (session->failed != STORE_DONE || more == 0)
        return session->failed == STORE_DONE;
    if (pocket->loaded - proven > CLAIM_MOST)
        return call_refuse(call, &clearing_statement,
                           "%s tells %" PRId64
                           " to have been loaded that no log proves: no machine "
                           "holds as much",
                           id, pocket->loaded - proven);
    entry_begin(&entry, "claim", pocket->unit, stated->digest, "Q:%s:%u:%u:%" PRId64, id,
                pocket->unit, (unsigned)stated->state, more);
    return post_claim(call, session, &entry, id, pocket->unit, more);
}

bool claim_prove(struct call *call, struct session *session, const struct proof *proof) {
    int64_t claimed = book_balance(session, BOOK_CLAIM, proof->purse, proof->unit);
    struct entry entry;
    if (session->failed != STORE_DONE || claimed <= 0)
        return session->failed == STORE_DONE;
    entry_begin(&entry, "claim-proven", proof->unit, proof->digest, "K:%s:%" PRIu32, proof->purse,
                proof->n);
    entry_move(&entry, BOOK_PURSE, proof->purse, BOOK_CLAIM, proof->purse,
               claimed < proof->amount ? claimed : proof->amount);
    return entry_post(call, session, &entry) &&
           note_since(call, session, proof->purse, proof->unit);
}

bool claim_is_overdue(struct call *call, struct session *session, const char *purse,
                      uint16_t unit) {
    struct value since[1] = {0};
    return sql_run(session, &clearing_sql[CLAIM_SINCE], IN(value_text(purse), value_int(unit)),
                   since) == STORE_ROW &&
           call->today > date_add_days((uint32_t)since[0].number, LOST_DAYS + LATE_DAYS);
}

/// Days: the one before which an open claim is overdue, and today.
struct claim_days {
    uint32_t before, today;
};

static bool find_overdue(struct session *session, void *context) {
    const struct claim_days *days = context;
    sql_run(session, &clearing_sql[CLAIM_OVERDUE],
            IN(value_int(days->before), value_int(days->today)), NULL);
    return session->failed == STORE_DONE;
}

bool clearing_claims_job(const struct service_context *context, const struct crypto *crypto,
                         struct failure *failure) {
    const int64_t day_s = 24 * 3600, now_s = (int64_t)(clock_now_ms(context->clock) / 1000);
    struct claim_days days = {date_of_time(now_s - (LOST_DAYS + LATE_DAYS) * day_s),
                              date_of_time(now_s)};
    struct arena arena;
    (void)crypto;
    arena_init(&arena, context->memory);
    enum store_result result = store_write(context->store, &arena, find_overdue, &days, failure);
    arena_free(&arena);
    return result == STORE_DONE;
}
