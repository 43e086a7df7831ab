// SPDX-License-Identifier: Apache-2.0
// What a purse says that it holds. A statement answers one challenge of ours; it may not be behind
// what the purse signed before: that is an older state of the card, or another card of its key.
#include "services/clearing/clearing_private.h"

#include <inttypes.h>
#include <string.h>

enum { CHALLENGE_SIZE = 16, CHALLENGE_LIFE_MS = 10 * 60 * 1000 };

// ---- challenges --------------------------------------------------------------------------------

bool clearing_challenge_check(struct call *call) {
    uint8_t *challenge = arena_take(call->arena, CHALLENGE_SIZE);
    call->command = challenge;
    return (challenge != NULL &&
            call->crypto->ops->random(call->crypto, challenge, CHALLENGE_SIZE)) ||
           call_refuse(call, &problem_busy, "There is no challenge to be had now; ask again");
}

bool clearing_challenge_transact(struct call *call, struct session *session) {
    const char *purse = form_text(&call->in, NAME_PURSE);
    struct bytes challenge = bytes_of(call->command, CHALLENGE_SIZE), object;
    struct object_writer writer;
    uint8_t octets[CENTER_OBJECT_SIZE];
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, octets, sizeof octets);
    object_put(&writer, FIELD_CHALLENGE, challenge);
    center_put(call, &writer, purse);
    object_put_date(&writer, FIELD_DATE, call->today);
    if (!center_sign(call, NULL, &writer, "challenge", &object))
        return false;
    sql_run(session, &clearing_sql[CHALLENGE_ADD],
            IN(value_octets(challenge), value_text(purse),
               value_int((int64_t)call->now_ms + CHALLENGE_LIFE_MS)),
            NULL);
    form_set_octets(&call->out, NAME_OBJECT, object);
    return true;
}

// ---- reading -----------------------------------------------------------------------------------

struct pocket pocket_of(struct bytes pockets, uint16_t unit) {
    struct pocket pocket = {.unit = unit};
    int64_t *const numbers[] = {&pocket.balance,    &pocket.issued, &pocket.loaded,
                                &pocket.recredited, &pocket.spent,  &pocket.redeemed,
                                &pocket.reserved,   &pocket.carry};
    for (size_t at = 0; at + POCKET_ROW <= pockets.size; at += POCKET_ROW)
        for (size_t i = 0; bytes_get_be(pockets.data + at, 2) == unit && i < 8; i++)
            *numbers[i] = (int64_t)bytes_get_be(pockets.data + at + 2 + 8 * i, 8);
    return pocket;
}

/// No sum that a card could not have, and the balance is what its totals make.
static bool adds_up(const struct pocket *pocket) {
    const int64_t numbers[] = {pocket->balance,    pocket->issued, pocket->loaded,
                               pocket->recredited, pocket->spent,  pocket->redeemed,
                               pocket->reserved,   pocket->carry};
    int64_t in, out;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] < 0)
            return false;
    return !__builtin_add_overflow(pocket->issued, pocket->loaded, &in) &&
           !__builtin_add_overflow(in, pocket->recredited, &in) &&
           !__builtin_add_overflow(pocket->spent, pocket->redeemed, &out) &&
           in - out == pocket->balance && pocket->reserved <= pocket->balance &&
           pocket->carry <= pocket->balance - pocket->reserved;
}

bool pockets_add_up(struct bytes pockets) {
    for (size_t at = 0; at + POCKET_ROW <= pockets.size; at += POCKET_ROW) {
        struct pocket pocket = pocket_of(pockets, (uint16_t)bytes_get_be(pockets.data + at, 2));
        if (!adds_up(&pocket))
            return false;
    }
    return true;
}

static bool check_sums(struct call *call, const struct stated *stated) {
    return (pockets_add_up(stated->object->fields[FIELD_POCKETS]) &&
            object_uint(stated->object, FIELD_SERIAL) < INT64_MAX) ||
           call_refuse(call, &clearing_statement,
                       "%s tells numbers that no card has, or totals that do not make its balance",
                       form_text(&call->in, NAME_PURSE));
}

struct stated *statement_take(struct call *call) {
    struct stated *stated = arena_take(call->arena, sizeof *stated);
    if (stated == NULL) {
        call_refuse(call, &problem_busy, "There is no memory for this now");
        return NULL;
    }
    stated->object = evidence_object(call, form_inner(&call->in, NAME_STATEMENT), OBJECT_STATEMENT,
                                     ROLE_PURSES, &stated->evidence);
    if (stated->object != NULL && object_digest(stated->object, call->crypto, stated->digest) &&
        bytes_equal(stated->object->fields[FIELD_PURSE], stated->evidence.certificate.holder) &&
        bytes_equal(stated->object->fields[FIELD_PURSE],
                    bytes_of_string(form_text(&call->in, NAME_PURSE)))) {
        stated->state = (uint32_t)object_uint(stated->object, FIELD_STATE_NUMBER);
        stated->counter = (uint32_t)object_uint(stated->object, FIELD_COUNTER);
        return check_sums(call, stated) ? stated : NULL;
    }
    call_refuse(call, &clearing_certificate,
                "The statement is not signed by %s with a certificate that is good now",
                form_text(&call->in, NAME_PURSE));
    return NULL;
}

// ---- judging -----------------------------------------------------------------------------------

/// One statement a challenge: the same again is the same.
static bool use_challenge(struct call *call, struct session *session, const struct stated *stated) {
    struct bytes challenge = stated->object->fields[FIELD_CHALLENGE];
    struct bytes digest = BYTES_OF(stated->digest);
    struct value row[2] = {0};
    if (sql_run(session, &clearing_sql[CHALLENGE_READ],
                IN(value_octets(challenge), in_text(call, NAME_PURSE)), row) != STORE_ROW ||
        (uint64_t)row[1].number < call->now_ms ||
        (row[0].kind != VALUE_NULL && !bytes_equal(row[0].octets, digest)))
        return call_refuse(call, &clearing_statement,
                           "The statement of %s answers no challenge that is open; ask for one",
                           form_text(&call->in, NAME_PURSE));
    sql_run(session, &clearing_sql[CHALLENGE_USE],
            IN(value_octets(challenge), value_octets(digest)), NULL);
    return true;
}

static bool refuse_past(struct call *call, const struct stated *stated, const char *what,
                        int64_t known, int64_t said) {
    return call_refuse(call, &clearing_rolled_back,
                       "%s says %s %" PRId64 " after %" PRId64
                       ": an older state of the card, or a copy of it",
                       stated->purse.id, what, said, known);
}

/// Counter and state number pass those of every log that is known.
static bool is_after_logs(struct call *call, struct session *session, const struct stated *stated) {
    struct value row[2] = {0};
    if (sql_run(session, &clearing_sql[USAGE_NEWEST], IN(value_text(stated->purse.id)), row) !=
        STORE_ROW)
        return true;
    if (row[0].number >= (int64_t)stated->counter)
        return refuse_past(call, stated, "counter", row[0].number, stated->counter);
    return row[1].number <= (int64_t)stated->state ||
           refuse_past(call, stated, "state", row[1].number, stated->state);
}

/// Totals only rise. *redeemed: the one that was told before.
static bool is_after(struct call *call, struct session *session, const struct stated *stated,
                     const struct pocket *pocket, int64_t *redeemed) {
    static const char *const names[] = {"state",      "counter", "issued",  "loaded",
                                        "recredited", "spent",   "redeemed"};
    const int64_t said[] = {stated->state,      stated->counter, pocket->issued,  pocket->loaded,
                            pocket->recredited, pocket->spent,   pocket->redeemed};
    struct value row[7] = {0};
    *redeemed = 0;
    if (sql_run(session, &clearing_sql[STATEMENT_READ],
                IN(value_text(stated->purse.id), value_int(pocket->unit)), row) != STORE_ROW)
        return true;
    *redeemed = row[6].number;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (said[i] < row[i].number)
            return refuse_past(call, stated, names[i], row[i].number, said[i]);
    return true;
}

static void note(struct session *session, const struct stated *stated,
                 const struct pocket *pocket) {
    sql_run(session, &clearing_sql[STATEMENT_SET],
            IN(value_text(stated->purse.id), value_int(pocket->unit), value_int(stated->state),
               value_int(stated->counter), value_int(pocket->issued), value_int(pocket->loaded),
               value_int(pocket->recredited), value_int(pocket->spent),
               value_int(pocket->redeemed)),
            NULL);
}

static bool judge_pocket(struct call *call, struct session *session, const struct stated *stated,
                         const struct pocket *pocket) {
    const struct issued_total total = {stated->purse.id, pocket->unit, pocket->issued,
                                       stated->state, stated->digest};
    int64_t redeemed = 0;
    if (!is_after(call, session, stated, pocket, &redeemed) ||
        !issue_judge(call, session, &total) ||
        !redeem_judge(call, session, stated, pocket, redeemed) ||
        !claim_tell(call, session, stated, pocket))
        return false;
    note(session, stated, pocket);
    return true;
}

bool statement_judge(struct call *call, struct session *session, struct stated *stated) {
    const char *id = form_text(&call->in, NAME_PURSE);
    struct bytes pockets = stated->object->fields[FIELD_POCKETS];
    if (!purse_meet(call, session, &stated->evidence, false, NULL) ||
        !purse_read(session, id, &stated->purse))
        return call_refuse(call, &clearing_certificate,
                           "The certificate is not that of the purse known as %s", id);
    if (!use_challenge(call, session, stated) || !is_after_logs(call, session, stated))
        return false;
    for (size_t at = 0; at + POCKET_ROW <= pockets.size; at += POCKET_ROW) {
        struct pocket pocket = pocket_of(pockets, (uint16_t)bytes_get_be(pockets.data + at, 2));
        if (!judge_pocket(call, session, stated, &pocket))
            return false;
    }
    evidence_keep(call, session, stated->object, stated->digest, "statement",
                  stated->evidence.chain);
    return session->failed == STORE_DONE;
}

bool clearing_told_check(struct call *call) {
    call->command = statement_take(call);
    return call->command != NULL;
}

bool clearing_told_transact(struct call *call, struct session *session) {
    form_set_text(&call->out, NAME_PURSE, form_text(&call->in, NAME_PURSE));
    return statement_judge(call, session, call->command);
}
