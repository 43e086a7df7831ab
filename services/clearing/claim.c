// SPDX-License-Identifier: Apache-2.0
// Loads that a wallet's signed totals tell and no log of a float or till proves yet. They are
// claimed, so that the wallet's spends are no overdraft; the logs that prove them end the claim.
// One that stays unproven for longer than logs may take is a finding, and nothing more is issued.
#include "base/calendar.h"
#include "base/clock.h"
#include "services/clearing/clearing_private.h"

#include <inttypes.h>

/// Minor units that one purse may claim. Sums over all purses stay far from 64 bits, so that
/// one stolen key hides nothing from whoever reads them.
static const int64_t CLAIM_MOST = INT64_C(1000000000000);

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

bool claim_tell(struct call *call, struct session *session, const struct stated *stated,
                const struct pocket *pocket) {
    const char *id = stated->purse.id;
    struct value proven[1] = {0};
    struct entry entry;
    if ((stated->purse.roles & ROLE_WALLET) == 0)
        return true;
    sql_run(session, &clearing_sql[NUMBER_TOTAL], IN(value_text(id), value_int(pocket->unit)),
            proven);
    int64_t more =
        pocket->loaded - proven[0].number - book_balance(session, BOOK_CLAIM, id, pocket->unit);
    if (session->failed != STORE_DONE || more == 0)
        return session->failed == STORE_DONE;
    if (pocket->loaded - proven[0].number > CLAIM_MOST)
        return call_refuse(call, &clearing_statement,
                           "%s tells %" PRId64
                           " to have been loaded that no log proves: no machine "
                           "holds as much",
                           id, pocket->loaded - proven[0].number);
    entry_begin(&entry, "claim", pocket->unit, stated->digest, "Q:%s:%u:%u:%" PRId64, id,
                pocket->unit, (unsigned)stated->state, more);
    entry_move(&entry, BOOK_CLAIM, id, BOOK_PURSE, id, more);
    return entry_post(call, session, &entry) && note_since(call, session, id, pocket->unit);
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
