// SPDX-License-Identifier: Apache-2.0
// Value that leaves: out of a purse to its user's account, when a statement tells that it has left
// and not when it was signed; out of a seller's payable back to whom it sold; what is left of a
// lost card, when nobody can pay with it any more.
#include "base/calendar.h"
#include "services/clearing/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// ---- cash out ----------------------------------------------------------------------------------

/// What the books say that a purse holds: without what it only claims to have been loaded.
static int64_t proven(struct session *session, const char *purse, uint16_t unit) {
    return book_balance(session, BOOK_PURSE, purse, unit) -
           book_balance(session, BOOK_CLAIM, purse, unit);
}

struct open_refund {
    int64_t state, before, amount;
    struct bytes object;
};

static bool read_open(struct session *session, const char *purse, uint16_t unit,
                      struct open_refund *open) {
    struct value row[4] = {0};
    if (sql_run(session, &clearing_sql[REDEMPTION_OPEN], IN(value_text(purse), value_int(unit)),
                row) != STORE_ROW)
        return false;
    *open = (struct open_refund){row[0].number, row[1].number, row[2].number, row[3].octets};
    return true;
}

static bool close_open(struct call *call, struct session *session, const struct stated *stated,
                       const struct open_refund *open, uint16_t unit, bool left) {
    const char *purse = stated->purse.id, *party = purse_party(&stated->purse);
    struct entry entry;
    char cause[40];
    sql_run(session, &clearing_sql[REDEMPTION_END],
            IN(value_text(purse), value_int(unit), value_int(open->state), value_int(left ? 1 : 2)),
            NULL);
    if (!left)
        return true;
    snprintf(cause, sizeof cause, "%s:%" PRId64, purse, open->state);
    entry_begin(&entry, "cash-out", unit, stated->digest, "C:%s:%u:%" PRId64, purse, unit,
                open->state);
    entry_move(&entry, BOOK_PURSE, purse, BOOK_PAYABLE, party, open->amount);
    return entry_post(call, session, &entry) &&
           payout_add(call, session, cause, party, unit, open->amount) &&
           payout_order(call, session, cause);
}

bool redeem_judge(struct call *call, struct session *session, const struct stated *stated,
                  const struct pocket *pocket, int64_t known) {
    struct open_refund open = {0};
    int64_t left = pocket->redeemed - known;
    if ((stated->purse.roles & ROLE_TILL) != 0)
        return true; // its batches judge
    bool has_open = read_open(session, stated->purse.id, pocket->unit, &open);
    if (has_open && left == 0 && open.state == (int64_t)stated->state)
        return true; // still open
    if (left != 0 && (!has_open || left != open.amount))
        return call_refuse(call, &clearing_books,
                           "%s says that %" PRId64 " left it, the books say %" PRId64,
                           stated->purse.id, pocket->redeemed, known + open.amount);
    return !has_open || close_open(call, session, stated, &open, pocket->unit, left != 0);
}

static bool sign_refund(struct call *call, struct session *session, const struct stated *stated,
                        const struct pocket *pocket, int64_t amount) {
    struct object_writer writer;
    uint8_t out[CENTER_OBJECT_SIZE];
    struct bytes object;
    object_begin(&writer, OBJECT_REFUND, out, sizeof out);
    object_put_uint(&writer, FIELD_AMOUNT, (uint64_t)amount);
    object_put_unit(&writer, pocket->unit);
    object_put_uint(&writer, FIELD_STATE_NUMBER, stated->state);
    center_put(call, &writer, stated->purse.id);
    object_put_date(&writer, FIELD_DATE, call->today);
    if (!center_sign(call, session, &writer, "refund", &object))
        return false;
    sql_run(session, &clearing_sql[REDEMPTION_ADD],
            IN(value_text(stated->purse.id), value_int(pocket->unit), value_int(stated->state),
               value_int(pocket->redeemed), value_int(amount), value_octets(object)),
            NULL);
    form_set_octets(&call->out, NAME_OBJECT, object);
    return session->failed == STORE_DONE;
}

bool clearing_redeem_transact(struct call *call, struct session *session) {
    struct stated *stated = call->command;
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    int64_t amount = form_int(&call->in, NAME_AMOUNT);
    struct pocket pocket = pocket_of(stated->object->fields[FIELD_POCKETS], unit);
    struct open_refund open;
    if (!statement_judge(call, session, stated))
        return false;
    if (stated->purse.state != PURSE_LIVE)
        return call_refuse(call, &clearing_listed, "%s is on the hotlist", stated->purse.id);
    if (read_open(session, stated->purse.id, unit, &open)) // its state is this statement's
        return center_again(call, open.object);
    if ((stated->purse.roles & ROLE_TILL) != 0 || amount > pocket.balance)
        return call_refuse(call, &clearing_insufficient, "%s does not hold %" PRId64,
                           stated->purse.id, amount);
    if (amount > proven(session, stated->purse.id, unit))
        return session->failed == STORE_DONE &&
               call_refuse(call, &clearing_claim,
                           "What loaded %s has not told so here yet; ask again when the machine's "
                           "logs are in",
                           stated->purse.id);
    return session->failed == STORE_DONE && sign_refund(call, session, stated, &pocket, amount);
}

// ---- a seller's order --------------------------------------------------------------------------

static bool hash_order(struct call *call, int64_t ordered, uint8_t digest[SHA256_SIZE]) {
    struct buffer terms;
    buffer_init(&terms, call->arena->memory);
    buffer_format(&terms, "Tessera/1 refund order\n%s\n%s\n%l\n%l\n%l\n", call->sender->id,
                  form_text(&call->in, NAME_PURSE), form_uint(&call->in, NAME_N),
                  form_uint(&call->in, NAME_AMOUNT), (uint64_t)ordered);
    bool done = call->crypto->ops->sha256(call->crypto, buffer_bytes(&terms), digest);
    buffer_free(&terms);
    return done || call_refuse(call, &problem_busy, "The order cannot be hashed now; ask again");
}

bool clearing_order_transact(struct call *call, struct session *session) {
    const char *till = form_text(&call->in, NAME_PURSE);
    struct value row[3] = {0};
    struct known_purse purse;
    uint8_t digest[SHA256_SIZE];
    struct entry entry;
    if (sql_run(session, &clearing_sql[NUMBER_ORDER],
                IN(value_text(till), in_int(call, NAME_N), in_int(call, NAME_AMOUNT)),
                row) == STORE_NONE)
        return call_refuse(call, &clearing_insufficient,
                           "Of number %" PRIu64 " of %s not as much is settled and not given back",
                           form_uint(&call->in, NAME_N), till);
    if (!purse_read(session, till, &purse) || !hash_order(call, row[2].number, digest))
        return false;
    entry_begin(&entry, "seller-refund", (uint16_t)row[1].number, digest,
                "B:%s:%" PRIu64 ":%" PRId64, till, form_uint(&call->in, NAME_N), row[2].number);
    entry_move(&entry, BOOK_PAYABLE, purse_party(&purse), BOOK_WAIT, value_string(&row[0]),
               form_int(&call->in, NAME_AMOUNT));
    form_set_text(&call->out, NAME_PURSE, value_string(&row[0]));
    return entry_post(call, session, &entry);
}

// ---- lost cards --------------------------------------------------------------------------------

/// The card has been on the list for longer than any till could not know it, its issue logs are
/// over, and what tills hand in late has come. A till makes batches until its certificate has run
/// out.
static uint32_t due_day(struct session *session, const struct known_purse *purse) {
    struct value row[1] = {0};
    struct certificate own;
    uint32_t day = date_add_days(purse->listed, LOST_DAYS);
    sql_run(session, &clearing_sql[ISSUE_EXPIRY], IN(value_text(purse->id)), row);
    if (row[0].number > (int64_t)day)
        day = (uint32_t)row[0].number;
    if ((purse->roles & ROLE_TILL) != 0 &&
        certificate_parse(purse->certificate, &own) == CERTIFICATE_OK && own.until > day)
        day = own.until;
    return date_add_days(day, LATE_DAYS);
}

/// In this unit: each pocket is paid once.
static bool was_paid(struct session *session, const char *id, uint16_t unit) {
    char posting[40];
    struct value row[1] = {0};
    snprintf(posting, sizeof posting, "L:%s:%u", id, unit);
    return sql_run(session, &clearing_sql[POSTING_FIND], IN(value_text(posting)), row) == STORE_ROW;
}

static bool pay_rest(struct call *call, struct session *session, const struct known_purse *purse,
                     uint16_t unit, int64_t amount) {
    uint8_t digest[SHA256_SIZE];
    struct entry entry;
    char cause[40];
    const char *party = purse_party(purse);
    snprintf(cause, sizeof cause, "lost:%s", purse->id);
    if (!call->crypto->ops->sha256(call->crypto, bytes_of_string(cause), digest))
        return call_refuse(call, &problem_busy, "The refund cannot be named now; ask again");
    sql_run(session, &clearing_sql[PURSE_END], IN(value_text(purse->id)), NULL);
    entry_begin(&entry, "lost-card", unit, digest, "L:%s:%u", purse->id, unit);
    entry_move(&entry, BOOK_PURSE, purse->id, BOOK_PAYABLE, party, amount);
    return entry_post(call, session, &entry) &&
           payout_add(call, session, cause, party, unit, amount) &&
           payout_order(call, session, cause);
}

bool clearing_lost_transact(struct call *call, struct session *session) {
    const char *id = form_text(&call->in, NAME_PURSE);
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    struct known_purse purse;
    if (!purse_read(session, id, &purse))
        return call_refuse(call, &clearing_unknown_purse, "There is no purse %s here", id);
    bool till = (purse.roles & ROLE_TILL) != 0;
    purse_list(call, session, id, "lost");
    if (purse.state == PURSE_LIVE)
        purse.listed = call->today;
    uint32_t due = due_day(session, &purse);
    int64_t amount = proven(session, id, unit);
    bool paid = purse.state == PURSE_ENDED || call->today > due;
    form_set_text(&call->out, NAME_OUTCOME, paid ? "paid" : "waiting");
    form_set_uint(&call->out, NAME_DATE, due);
    form_set_uint(&call->out, NAME_BALANCE, amount > 0 ? (uint64_t)amount : 0);
    if (paid && till) {
        sql_run(session, &clearing_sql[PURSE_END], IN(value_text(id)), NULL);
        return batch_pay_dead(call, session, &purse);
    }
    return !paid || amount <= 0 || was_paid(session, id, unit) ||
           pay_rest(call, session, &purse, unit, amount);
}
