// SPDX-License-Identifier: Apache-2.0
// Batches: a till is seen whole. Every number that a batch lists has its till-signed end here, the
// till's own totals are explained by logs, and its sums are what the logs prove; then the end is
// committed, and only then does it leave. Asked again, the same object; the other end never.
#include "services/clearing/batch.h"
#include "services/clearing/restore/shown.h"

#include <stdio.h>
#include <string.h>

enum { MISSING_MOST = 64 };

// ---- before the transaction --------------------------------------------------------------------

/// What the sums of a batch must be: what the till says to have set aside.
static bool sums_fit(const struct object *batch) {
    struct bytes sums = batch->fields[FIELD_SUMS], pockets = batch->fields[FIELD_POCKETS];
    size_t at = 0;
    for (size_t row = 0; row + POCKET_ROW <= pockets.size; row += POCKET_ROW) {
        uint16_t unit = (uint16_t)bytes_get_be(pockets.data + row, 2);
        int64_t reserved = pocket_of(pockets, unit).reserved;
        if (reserved == 0)
            continue;
        if (at + SUM_ROW > sums.size || bytes_get_be(sums.data + at, 2) != unit ||
            (int64_t)bytes_get_be(sums.data + at + 2, 8) != reserved)
            return false;
        at += SUM_ROW;
    }
    return at == sums.size;
}

static bool read_batch(struct call *call, struct batch *batch) {
    batch->till = form_text(&call->in, NAME_PURSE);
    batch->object = evidence_object(call, form_inner(&call->in, NAME_BATCH), OBJECT_BATCH,
                                    ROLE_TILL, &batch->evidence);
    if (batch->object == NULL || !object_digest(batch->object, call->crypto, batch->digest) ||
        !bytes_equal(batch->object->fields[FIELD_PAYEE], batch->evidence.certificate.holder) ||
        !bytes_equal(batch->object->fields[FIELD_PAYEE], bytes_of_string(batch->till)))
        return call_refuse(call, &clearing_certificate,
                           "The batch is not signed by %s with a certificate that is good now",
                           batch->till);
    batch->number = (uint32_t)object_uint(batch->object, FIELD_BATCH_NUMBER);
    batch->first = (uint32_t)object_uint(batch->object, FIELD_FIRST_N);
    batch->last = (uint32_t)object_uint(batch->object, FIELD_LAST_N);
    batch->counter = (uint32_t)object_uint(batch->object, FIELD_COUNTER);
    return (pockets_add_up(batch->object->fields[FIELD_POCKETS]) && sums_fit(batch->object)) ||
           call_refuse(call, &clearing_batch_bad, "The sums of the batch are not what %s set aside",
                       batch->till);
}

bool clearing_batch_check(struct call *call) {
    struct batch *batch = arena_take(call->arena, sizeof *batch);
    call->command = batch;
    if (batch == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    if (!read_batch(call, batch))
        return false;
    if (form_has(&call->in, NAME_STATEMENT))
        batch->stated = statement_take(call);
    return !form_has(&call->in, NAME_STATEMENT) || batch->stated != NULL;
}

// ---- what is known -----------------------------------------------------------------------------

static bool meet(struct call *call, struct session *session, struct batch *batch) {
    if (!purse_meet(call, session, &batch->evidence, false, NULL) ||
        !purse_read(session, batch->till, &batch->purse))
        return call_refuse(call, &clearing_certificate,
                           "The certificate is not that of the till known as %s", batch->till);
    return batch->stated == NULL || statement_judge(call, session, batch->stated);
}

static bool tell(struct call *call, const char *outcome) {
    form_set_text(&call->out, NAME_OUTCOME, outcome);
    return true;
}

/// A number that was ended before: this very batch with this very end, or none. BUSY: its end
/// cannot be told now.
enum known { KNOWN_NOT, KNOWN_SAME, KNOWN_OTHER_END, KNOWN_TWIN, KNOWN_BUSY };

/// Its end may have been signed before the books were put back: then it can have no other.
static enum known find_shown(struct session *session, const struct batch *batch,
                             enum batch_end end) {
    struct shown_end shown;
    if (!shown_read(session, batch->till, batch->number, &shown))
        return KNOWN_NOT;
    if (!bytes_equal(shown.digest, BYTES_OF(batch->digest)))
        return KNOWN_TWIN;
    return shown.end == (int64_t)end ? KNOWN_NOT : KNOWN_OTHER_END;
}

static enum known find_known(struct call *call, struct session *session, const struct batch *batch,
                             enum batch_end end) {
    struct value row[3] = {0};
    if (sql_run(session, &clearing_sql[BATCH_READ],
                IN(value_text(batch->till), value_int(batch->number)), row) != STORE_ROW)
        return find_shown(session, batch, end);
    if (!bytes_equal(row[0].octets, BYTES_OF(batch->digest)))
        return KNOWN_TWIN;
    if (row[1].number != (int64_t)end)
        return KNOWN_OTHER_END;
    return center_again(call, row[2].octets) ? KNOWN_SAME : KNOWN_BUSY;
}

/// A fresh one is the next in order: above all that was ended, and where the settled ones stop.
static bool is_next(struct session *session, const struct batch *batch, const char **outcome) {
    struct value row[2] = {0};
    sql_run(session, &clearing_sql[BATCH_NEWEST], IN(value_text(batch->till)), row);
    int64_t highest = row[0].number, behind = row[1].number;
    *outcome = (int64_t)batch->number <= highest || (int64_t)batch->first <= behind ? "twin"
               : behind > 0 && (int64_t)batch->first > behind + 1 && highest > 0    ? "gap"
                                                                                    : NULL;
    return *outcome == NULL;
}

// ---- complete? ---------------------------------------------------------------------------------

/// Ends as they are here, against the bits of the batch.
struct listing {
    struct call *call;
    const struct batch *batch;
    uint32_t next; // number that is looked for
    size_t missing;
    bool differs;
};

static bool is_credited(const struct batch *batch, uint32_t n) {
    struct bytes bits = batch->object->fields[FIELD_OUTCOMES];
    size_t at = n - batch->first;
    return at / 8 < bits.size && (bits.data[at / 8] >> (7 - at % 8) & 1) != 0;
}

static void miss_until(struct listing *listing, uint32_t n) {
    for (; listing->next < n; listing->next++)
        if (listing->missing++ < MISSING_MOST) {
            struct form *row = form_add(&listing->call->out, NAME_MISSING);
            if (row != NULL)
                form_set_uint(row, NAME_N, listing->next);
        }
}

static bool take_number(void *context, const struct value *row) {
    struct listing *listing = context;
    uint32_t n = (uint32_t)row[0].number;
    miss_until(listing, n);
    listing->next = n + 1;
    listing->differs = listing->differs || (row[1].number == 1) != is_credited(listing->batch, n);
    return true;
}

static bool is_complete(struct call *call, struct session *session, const struct batch *batch,
                        const char **outcome) {
    struct listing listing = {.call = call, .batch = batch, .next = batch->first};
    sql_each(session, &clearing_sql[NUMBER_RANGE],
             IN(value_text(batch->till), value_int(batch->first), value_int(batch->last)),
             take_number, &listing);
    miss_until(&listing, batch->last + 1);
    *outcome = listing.differs ? "twin" : listing.missing > 0 ? "missing" : NULL;
    return *outcome == NULL;
}

/// What the till says of itself, in one unit, is what its logs and receipts say. It spoke when it
/// made the batch: what it did since, under later counters and numbers, may be here already.
static const char *judge_totals(struct session *session, const struct batch *batch,
                                const struct pocket *pocket) {
    struct value paid[3] = {0}, loaded[1] = {0}, settled[1] = {0};
    struct value till = value_text(batch->till), unit = value_int(pocket->unit);
    sql_run(session, &clearing_sql[USAGE_UNTIL],
            IN(till, unit, value_int(batch->counter), value_int(batch->last)), paid);
    sql_run(session, &clearing_sql[NUMBER_UNTIL], IN(till, unit, value_int(batch->last)), loaded);
    sql_run(session, &clearing_sql[BATCH_TOTAL], IN(till, unit), settled);
    if (pocket->spent > paid[0].number)
        return "refund-missing";
    if (pocket->recredited > paid[1].number)
        return "void-missing";
    if (pocket->spent < paid[0].number || paid[2].number > 0 || pocket->loaded < loaded[0].number ||
        pocket->redeemed < settled[0].number)
        return "twin";
    return pocket->redeemed > settled[0].number ? "books" : NULL;
}

static bool is_explained(struct session *session, const struct batch *batch, const char **outcome) {
    struct bytes pockets = batch->object->fields[FIELD_POCKETS];
    *outcome = NULL;
    for (size_t at = 0; at + POCKET_ROW <= pockets.size && *outcome == NULL; at += POCKET_ROW) {
        struct pocket pocket = pocket_of(pockets, (uint16_t)bytes_get_be(pockets.data + at, 2));
        *outcome = judge_totals(session, batch, &pocket);
    }
    return *outcome == NULL;
}

// ---- what it brings ----------------------------------------------------------------------------

enum { DUES_MAX = 1100 };

struct dues {
    struct arena *arena;
    struct due *rows;
    size_t count;
};

static bool take_due(void *context, const struct value *row) {
    struct dues *dues = context;
    if (dues->count == DUES_MAX)
        return false;
    struct value payer = value_keep(dues->arena, &row[1]), word = value_keep(dues->arena, &row[8]),
                 policy = value_keep(dues->arena, &row[7]);
    dues->rows[dues->count++] = (struct due){.n = (uint32_t)row[0].number,
                                             .payer = value_string(&payer),
                                             .counter = (uint32_t)row[2].number,
                                             .unit = (uint16_t)row[3].number,
                                             .price = row[4].number,
                                             .amount = row[5].number,
                                             .kind = (uint8_t)row[6].number,
                                             .policy = policy.octets,
                                             .word = value_string(&word),
                                             .voided = row[9].number};
    return true;
}

static bool read_dues(struct call *call, struct session *session, const struct batch *batch,
                      struct dues *dues) {
    *dues = (struct dues){.arena = call->arena,
                          .rows = arena_take(call->arena, DUES_MAX * sizeof *dues->rows)};
    if (dues->rows == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    sql_each(session, &clearing_sql[NUMBER_DUE],
             IN(value_text(batch->till), value_int(batch->last)), take_due, dues);
    return session->failed == STORE_DONE;
}

static int64_t sum_of(const struct dues *dues, uint16_t unit) {
    int64_t sum = 0;
    for (size_t i = 0; i < dues->count; i++)
        sum += dues->rows[i].unit == unit ? dues->rows[i].amount : 0;
    return sum;
}

/// A refund that went back after the batch was made is the next one's: the till carries it.
static void leave_carry(const struct dues *dues, uint16_t unit, int64_t more) {
    for (size_t i = 0; i < dues->count && more > 0; i++) {
        struct due *due = &dues->rows[i];
        int64_t most = due->voided < due->amount ? due->voided : due->amount;
        int64_t left = due->unit != unit ? 0 : most < more ? most : more;
        due->amount -= left;
        more -= left;
    }
}

/// Never less than the logs prove: then the card is behind itself.
static bool sums_cover(const struct batch *batch, const struct dues *dues) {
    struct bytes pockets = batch->object->fields[FIELD_POCKETS];
    for (size_t i = 0; i < dues->count; i++) {
        uint16_t unit = dues->rows[i].unit;
        int64_t reserved = pocket_of(pockets, unit).reserved;
        leave_carry(dues, unit, sum_of(dues, unit) - reserved);
        if (reserved < sum_of(dues, unit))
            return false;
    }
    return true;
}

static bool post_dues(struct call *call, struct session *session, const struct batch *batch,
                      const struct dues *dues) {
    struct bytes sums = batch->object->fields[FIELD_SUMS];
    for (size_t i = 0; i < dues->count; i++)
        if (dues->rows[i].amount > 0 && !settle_number(call, session, batch, &dues->rows[i]))
            return false;
    for (size_t at = 0; at + SUM_ROW <= sums.size; at += SUM_ROW) {
        uint16_t unit = (uint16_t)bytes_get_be(sums.data + at, 2);
        int64_t rest = (int64_t)bytes_get_be(sums.data + at + 2, 8) - sum_of(dues, unit);
        if (rest > 0 && !settle_rest(call, session, batch, unit, rest))
            return false;
    }
    return true;
}

// ---- the end -----------------------------------------------------------------------------------

static bool sign_end(struct call *call, struct session *session, const struct batch *batch,
                     enum batch_end end, uint8_t out[CENTER_OBJECT_SIZE], struct bytes *object) {
    struct object_writer writer;
    bool settled = end == BATCH_SETTLED;
    object_begin(&writer, settled ? OBJECT_SETTLEMENT_RECEIPT : OBJECT_RELEASE, out,
                 CENTER_OBJECT_SIZE);
    center_put(call, &writer, batch->till);
    object_put_date(&writer, FIELD_DATE, call->today);
    if (settled)
        object_put(&writer, FIELD_SUMS, batch->object->fields[FIELD_SUMS]);
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(batch->digest));
    object_put_uint(&writer, FIELD_BATCH_NUMBER, batch->number);
    return center_sign(call, session, &writer, settled ? "settlement-receipt" : "release", object);
}

static bool end_batch(struct call *call, struct session *session, const struct batch *batch,
                      enum batch_end end) {
    uint8_t out[CENTER_OBJECT_SIZE];
    struct shown_end shown;
    struct bytes object;
    bool was_shown = shown_read(session, batch->till, batch->number, &shown);
    if (was_shown)
        object = shown.object; // what was signed then, and no second one
    else if (!sign_end(call, session, batch, end, out, &object))
        return false;
    sql_run(session, &clearing_sql[BATCH_ADD],
            IN(value_text(batch->till), value_int(batch->number), value_int(batch->first),
               value_int(batch->last), value_octets(BYTES_OF(batch->digest)), value_int(end),
               value_octets(object), value_int(call->today)),
            NULL);
    struct bytes sums = batch->object->fields[FIELD_SUMS];
    for (size_t at = 0; end == BATCH_SETTLED && at + SUM_ROW <= sums.size; at += SUM_ROW)
        sql_run(session, &clearing_sql[BATCH_SUM],
                IN(value_text(batch->till), value_int(batch->number),
                   value_int((int64_t)bytes_get_be(sums.data + at, 2)),
                   value_int((int64_t)bytes_get_be(sums.data + at + 2, 8))),
                NULL);
    evidence_keep(call, session, batch->object, batch->digest, "batch", batch->evidence.chain);
    form_set_octets(&call->out, NAME_OBJECT, object);
    return tell(call, end == BATCH_SETTLED ? "settled" : "released");
}

/// What was found of a batch that was ended before. A twin is listed.
static bool answer_known(struct call *call, struct session *session, const struct batch *batch,
                         enum known known, enum batch_end end) {
    if (known == KNOWN_BUSY)
        return false; // the problem is set
    if (known == KNOWN_OTHER_END)
        return call_refuse(call, &clearing_ended, "Batch %u of %s was %s", (unsigned)batch->number,
                           batch->till, end == BATCH_SETTLED ? "released" : "settled");
    if (known == KNOWN_SAME)
        return tell(call, end == BATCH_SETTLED ? "settled" : "released");
    purse_list(call, session, batch->till, "twin");
    return tell(call, "twin");
}

static bool judge(struct call *call, struct session *session, const struct batch *batch,
                  const char **outcome) {
    bool good = is_next(session, batch, outcome) && is_complete(call, session, batch, outcome) &&
                is_explained(session, batch, outcome);
    if (!good && strcmp(*outcome, "twin") == 0)
        purse_list(call, session, batch->till, "twin");
    return good;
}

bool batch_pay_dead(struct call *call, struct session *session, const struct known_purse *till) {
    struct batch batch = {.till = till->id, .last = UINT32_MAX, .purse = *till};
    struct dues dues;
    char cause[40];
    snprintf(cause, sizeof cause, "%s/0", till->id);
    if (!call->crypto->ops->sha256(call->crypto, bytes_of_string(cause), batch.digest))
        return call_refuse(call, &problem_busy, "The payout cannot be named now; ask again");
    if (!read_dues(call, session, &batch, &dues))
        return false;
    for (size_t i = 0; i < dues.count; i++)
        if (!settle_number(call, session, &batch, &dues.rows[i]))
            return false;
    return payout_order(call, session, cause);
}

bool clearing_batch_transact(struct call *call, struct session *session) {
    struct batch *batch = call->command;
    struct dues dues;
    const char *outcome = NULL;
    char cause[40];
    if (!meet(call, session, batch))
        return false;
    enum known known = find_known(call, session, batch, BATCH_SETTLED);
    if (known != KNOWN_NOT)
        return answer_known(call, session, batch, known, BATCH_SETTLED);
    if (batch->purse.state == PURSE_ENDED)
        return call_refuse(call, &clearing_ended,
                           "%s was given up; what it took is paid without its batches",
                           batch->till);
    if (!judge(call, session, batch, &outcome))
        return tell(call, outcome);
    if (!read_dues(call, session, batch, &dues))
        return false;
    if (!sums_cover(batch, &dues)) {
        purse_list(call, session, batch->till, "sums");
        return tell(call, "sums");
    }
    snprintf(cause, sizeof cause, "%s/%u", batch->till, (unsigned)batch->number);
    return post_dues(call, session, batch, &dues) && payout_order(call, session, cause) &&
           end_batch(call, session, batch, BATCH_SETTLED);
}

/// Only what the till itself says to have open; nothing of it is posted, for it is not settled.
bool clearing_release_transact(struct call *call, struct session *session) {
    struct batch *batch = call->command;
    const char *outcome = NULL;
    if (!meet(call, session, batch))
        return false;
    enum known known = find_known(call, session, batch, BATCH_RELEASED);
    if (known != KNOWN_NOT)
        return answer_known(call, session, batch, known, BATCH_RELEASED);
    if (batch->stated == NULL ||
        !bytes_equal(batch->stated->object->fields[FIELD_BATCH_HASH], BYTES_OF(batch->digest)))
        return call_refuse(call, &clearing_batch_bad, "%s does not say that this batch is open",
                           batch->till);
    if (!is_next(session, batch, &outcome))
        return tell(call, outcome);
    return end_batch(call, session, batch, BATCH_RELEASED);
}
