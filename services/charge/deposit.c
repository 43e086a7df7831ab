// SPDX-License-Identifier: Apache-2.0
// Online deposits: a subscriber types his password and an amount on the phone; the amount goes on
// his bill and to the clearing center, for the purse of the same card, in one transaction. What the
// purse then holds comes from the center alone, over money that has arrived there: no answer of
// ours makes value, and one that is lost loses none.
#include "services/charge/charge_private.h"

#include "apdu/crypto/binding.h"
#include "services/core/keeper/outbox.h"
#include "services/wire/api/bank_api.h"

#include <stdio.h>
#include <string.h>

enum { STRETCH = 5000, WRONG_FREE = 2, WRONG_MOST = 10, WAIT_MS = 1000, KEY_MAX = 64 };
static const char CENTER[] = "center"; // whom it is due to, in the books

// ---- passwords ---------------------------------------------------------------------------------

/// PBKDF2 with HMAC-SHA-256 (RFC 8018), one block, salted with the company; made before the
/// transaction, into call->command.
static bool stretch(struct call *call) {
    const struct crypto *crypto = call->crypto;
    struct binding binding;
    uint8_t round[SHA256_SIZE], first[SHA256_SIZE + 4] = {[SHA256_SIZE + 3] = 1};
    uint8_t *digest = arena_take(call->arena, SHA256_SIZE);
    struct bytes key = bytes_of_string(form_text(&call->in, NAME_PASSWORD));
    binding_begin(&binding, "deposit");
    binding_add(&binding, bytes_of_string(charge_party(call)->id));
    bool done = digest != NULL && crypto->ops->sha256(crypto, binding_bytes(&binding), first) &&
                crypto->ops->hmac_sha256(crypto, key, BYTES_OF(first), round);
    if (done)
        memcpy(digest, round, SHA256_SIZE);
    for (unsigned i = 1; done && i < STRETCH; i++) {
        done = crypto->ops->hmac_sha256(crypto, key, BYTES_OF(round), round);
        for (size_t k = 0; k < SHA256_SIZE; k++)
            digest[k] ^= round[k];
    }
    bytes_erase(round, sizeof round);
    call->command = digest;
    return done || call_refuse(call, &problem_busy, "There is no memory for this now");
}

/// What stands in the database: the digest, bound to the subscriber.
static bool bind_phone(const struct call *call, const char *phone, uint8_t out[SHA256_SIZE]) {
    return call->crypto->ops->hmac_sha256(call->crypto, bytes_of(call->command, SHA256_SIZE),
                                          bytes_of_string(phone), out);
}

bool charge_password_check(struct call *call) {
    return charge_operator_check(call) && stretch(call);
}

bool charge_password_transact(struct call *call, struct session *session) {
    uint8_t digest[SHA256_SIZE];
    if (!bind_phone(call, form_text(&call->in, NAME_PHONE), digest))
        return call_refuse(call, &problem_busy, "The cryptography failed; ask again");
    sql_run(session, &charge_sql[SECRET_SET],
            IN(in_text(call, NAME_PHONE), value_octets(BYTES_OF(digest))), NULL);
    return true;
}

/// Each wrong one makes the next wait longer, from a second to minutes.
static void keep_wrong(struct call *call, struct session *session, const char *phone,
                       int64_t wrong) {
    int64_t wait = wrong > WRONG_FREE ? (int64_t)WAIT_MS << (wrong - WRONG_FREE) : 0;
    sql_run(session, &charge_sql[SECRET_WRONG],
            IN(value_text(phone), value_int(wrong), value_int((int64_t)call->now_ms + wait)), NULL);
}

/// NULL: it is the subscriber's. Else why not; ten wrong ones lock until an operator sets it anew.
/// While one has to wait not even the right one is judged.
static const char *judge_password(struct call *call, struct session *session, const char *phone) {
    struct value row[3] = {0};
    uint8_t digest[SHA256_SIZE];
    if (sql_run(session, &charge_sql[SECRET_READ], IN(value_text(phone)), row) != STORE_ROW)
        return "no-password";
    int64_t wrong = row[1].number;
    if (wrong >= WRONG_MOST)
        return "locked";
    if ((int64_t)call->now_ms < row[2].number)
        return "wait";
    bool right = bind_phone(call, phone, digest) && row[0].octets.size == sizeof digest &&
                 bytes_equal_secret(row[0].octets.data, digest, sizeof digest);
    if (!right || wrong > 0)
        keep_wrong(call, session, phone, right ? 0 : wrong + 1);
    return right ? NULL : "wrong-password";
}

// ---- one deposit -------------------------------------------------------------------------------

struct deposit {
    char id[DOCKET_SALE_SIZE + 1]; // of subscriber and the phone's own id
    const char *phone, *trm, *center;
    int64_t amount;
    uint16_t unit;
    uint32_t date;
};

static bool name_deposit(struct call *call, struct deposit *deposit) {
    struct binding binding;
    uint8_t digest[SHA256_SIZE];
    binding_begin(&binding, "deposit");
    binding_add(&binding, bytes_of_string(deposit->phone));
    binding_add(&binding, bytes_of_string(form_text(&call->in, NAME_ID)));
    if (!call->crypto->ops->sha256(call->crypto, binding_bytes(&binding), digest))
        return call_refuse(call, &problem_busy, "The cryptography failed; ask again");
    settlement_text(digest, DOCKET_SALE_SIZE / 2, deposit->id);
    return true;
}

static void order(struct call *call, struct session *session, const struct deposit *deposit,
                  const struct settings *settings) {
    char key[KEY_MAX];
    struct form form;
    snprintf(key, sizeof key, DEPOSIT_ORDER "%s", deposit->id);
    form_init(&form, bank_transfer.request, call->arena);
    form_set_text(&form, NAME_ID, deposit->id);
    form_set_text(&form, NAME_FROM, settings->account);
    form_set_text(&form, NAME_TO, deposit->center);
    form_set_uint(&form, NAME_AMOUNT, (uint64_t)deposit->amount);
    form_set_uint(&form, NAME_UNIT, deposit->unit);
    form_set_text(&form, NAME_PAYER, deposit->trm);
    outbox_put(session, key, "bank", &bank_transfer, &form, call->now_ms);
}

/// A line of the books: debit and credit with whose they are.
struct entry {
    const char *what, *debit, *debit_of, *credit, *credit_of;
};

static bool post(struct call *call, struct session *session, const struct deposit *deposit,
                 struct entry entry) {
    char id[KEY_MAX];
    snprintf(id, sizeof id, "%s-%s", entry.what, deposit->id);
    const struct move move = {.id = id,
                              .kind = entry.what,
                              .debit = entry.debit,
                              .debit_of = entry.debit_of,
                              .credit = entry.credit,
                              .credit_of = entry.credit_of,
                              .amount = deposit->amount,
                              .unit = deposit->unit};
    return charge_move(call, session, &move) ||
           (session->failed == STORE_DONE &&
            call_refuse(call, &problem_internal, "The books do not take %s", id));
}

/// The bill's line and the order, together.
static bool bill(struct call *call, struct session *session, const struct deposit *deposit,
                 const struct settings *settings) {
    sql_run(session, &charge_sql[DEPOSIT_ADD],
            IN(value_text(deposit->id), value_text(deposit->phone), value_text(deposit->trm),
               value_int(deposit->amount), value_int(deposit->unit), value_int(deposit->date)),
            NULL);
    sql_run(session, &charge_sql[CONTENT_ADD],
            IN(value_text(deposit->id), value_text(deposit->phone), value_text("deposit"),
               value_text("Deposit"), value_int(deposit->date), value_int(deposit->amount),
               value_int(month_of_day(deposit->date))),
            NULL);
    order(call, session, deposit, settings);
    return post(call, session, deposit,
                (struct entry){"deposit", "UNBILLED", deposit->phone, "DUE", CENTER}) &&
           post(call, session, deposit,
                (struct entry){"ordered", "DUE", CENTER, "ORDERED", CENTER});
}

bool charge_deposits_transact(struct call *call, struct session *session) {
    sql_run(session, &charge_sql[CENTER_SET], IN(in_text(call, NAME_ACCOUNT)), NULL);
    return true;
}

bool charge_deposit_check(struct call *call) {
    return stretch(call);
}

static bool say(struct call *call, const char *outcome) {
    form_set_text(&call->out, NAME_OUTCOME, outcome);
    if (strcmp(outcome, "ordered") == 0)
        call->status = 202;
    return true;
}

/// Of an id that was said before: how it stands, whatever password came along.
static bool say_again(struct call *call, const struct value row[6]) {
    if (row[2].number != form_int(&call->in, NAME_AMOUNT) ||
        strcmp(value_string(&row[1]), call->sender->id) != 0)
        return call_refuse(call, &charge_deposit_other, "%s is a deposit of %lld for %s",
                           form_text(&call->in, NAME_ID), (long long)row[2].number,
                           value_string(&row[1]));
    return say(call, value_string(&row[5]));
}

/// Only the card of a subscriber loads, and only itself.
bool charge_deposit_transact(struct call *call, struct session *session) {
    struct settings settings;
    struct value row[6] = {0};
    charge_settings_read(session, &settings);
    struct deposit deposit = {.trm = call->sender->id,
                              .amount = form_int(&call->in, NAME_AMOUNT),
                              .unit = settings.unit,
                              .date = local_day(&settings, call->now_ms)};
    if (sql_run(session, &charge_sql[SUBSCRIBER_BY_TRM], IN(value_text(deposit.trm)), row) !=
        STORE_ROW)
        return say(call, "no-subscriber");
    deposit.phone = value_string(&row[0]);
    if (!name_deposit(call, &deposit))
        return false;
    if (sql_run(session, &charge_sql[DEPOSIT_READ], IN(value_text(deposit.id)), row) == STORE_ROW)
        return say_again(call, row);
    const char *refusal = judge_password(call, session, deposit.phone);
    if (refusal != NULL)
        return say(call, refusal);
    if (sql_run(session, &charge_sql[CENTER_READ], NULL, row) != STORE_ROW ||
        settings.account == NULL)
        return say(call, "no-center");
    deposit.center = value_string(&row[0]);
    return bill(call, session, &deposit, &settings) && say(call, "ordered");
}

// ---- the bank ----------------------------------------------------------------------------------

/// A refused order takes its line off the bill again; one that a bill has already taken waits for a
/// person, due to the center.
static bool undo(struct call *call, struct session *session, const struct deposit *deposit) {
    struct value row[1] = {0};
    if (!post(call, session, deposit, (struct entry){"not-paid", "ORDERED", CENTER, "DUE", CENTER}))
        return false;
    return sql_run(session, &charge_sql[CONTENT_DROP], IN(value_text(deposit->id)), row) !=
               STORE_ROW ||
           post(call, session, deposit,
                (struct entry){"undone", "DUE", CENTER, "UNBILLED", deposit->phone});
}

bool charge_deposit_reply(struct call *call, struct session *session) {
    struct deposit deposit = {.id = ""};
    struct value row[6] = {0};
    snprintf(deposit.id, sizeof deposit.id, "%s", call->key + strlen(DEPOSIT_ORDER));
    if (sql_run(session, &charge_sql[DEPOSIT_READ], IN(value_text(deposit.id)), row) != STORE_ROW)
        return call_refuse(call, &problem_internal, "There is no deposit of this transfer");
    deposit.phone = value_string(&row[0]);
    deposit.amount = row[2].number;
    deposit.unit = (uint16_t)row[3].number;
    bool done = call->refused == NULL;
    sql_run(session, &charge_sql[DEPOSIT_END],
            IN(value_text(deposit.id), value_text(done ? "completed" : "failed"),
               value_text(done ? form_text(&call->in, NAME_TRANSFER) : call->refused->word)),
            NULL);
    return done ? post(call, session, &deposit,
                       (struct entry){"paid", "ORDERED", CENTER, "BANK", ""})
                : undo(call, session, &deposit);
}
