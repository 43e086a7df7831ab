// SPDX-License-Identifier: Apache-2.0
// What is paid out: one order to the bank for each cause (a batch, a redemption) and party, under
// an id that follows from both, so that a backup that was put back orders the same again and not
// anew.
#include "services/clearing/batch.h"

#include "apdu/crypto/binding.h"
#include "services/clearing/payout.h"

#include <stdio.h>

static bool payout_id(struct call *call, const char *cause, const char *party, uint16_t unit,
                      uint8_t digest[SHA256_SIZE], char id[PAYOUT_ID_SIZE]) {
    struct binding binding;
    uint8_t octets[2];
    bytes_put_be(octets, sizeof octets, unit);
    binding_begin(&binding, "payout");
    binding_add(&binding, bytes_of_string(cause));
    binding_add(&binding, bytes_of_string(party));
    binding_add(&binding, BYTES_OF(octets));
    if (!call->crypto->ops->sha256(call->crypto, binding_bytes(&binding), digest))
        return call_refuse(call, &problem_busy, "An order cannot be named now; ask again");
    for (size_t i = 0; i + 1 < PAYOUT_ID_SIZE; i += 2)
        snprintf(id + i, 3, "%02x", digest[i / 2]);
    return true;
}

bool payout_add(struct call *call, struct session *session, const char *cause, const char *party,
                uint16_t unit, int64_t amount) {
    uint8_t digest[SHA256_SIZE];
    char id[PAYOUT_ID_SIZE];
    if (!payout_id(call, cause, party, unit, digest, id))
        return false;
    sql_run(session, &clearing_sql[PAYOUT_ADD],
            IN(value_text(id), value_text(cause), value_text(party), value_int(unit),
               value_int(amount), value_int((int64_t)call->now_ms)),
            NULL);
    return session->failed == STORE_DONE;
}

// ---- ordering ----------------------------------------------------------------------------------

enum { WAITING_MOST = 100 };

struct waiting {
    struct arena *arena;
    size_t count;
    struct payout rows[WAITING_MOST];
};

static bool take_waiting(void *context, const struct value *row) {
    struct waiting *waiting = context;
    struct value id = value_keep(waiting->arena, &row[0]),
                 party = value_keep(waiting->arena, &row[1]),
                 account = value_keep(waiting->arena, &row[4]);
    waiting->rows[waiting->count++] =
        (struct payout){value_string(&id), value_string(&party), value_string(&account),
                        (uint16_t)row[2].number, row[3].number};
    return waiting->count < WAITING_MOST;
}

static bool pay(struct call *call, struct session *session, struct payout *payout, const char *from,
                const uint8_t digest[SHA256_SIZE]) {
    struct entry entry;
    entry_begin(&entry, "payout-order", payout->unit, digest, "D:%s", payout->id);
    entry_move(&entry, BOOK_PAYABLE, payout->party, BOOK_ORDERED, payout->party, payout->amount);
    bank_order(call, session, payout, from);
    return entry_post(call, session, &entry);
}

static void set_state(struct session *session, const struct payout *payout,
                      enum payout_state state) {
    sql_run(session, &clearing_sql[PAYOUT_STATE],
            IN(value_text(payout->id), value_int(state), value_int(payout->amount)), NULL);
}

/// What is no money goes back to its scheme for what it is worth, out of what the scheme paid in;
/// while that is not enough it waits. The money is then ordered like any other.
static bool redeem(struct call *call, struct session *session, const struct payout *payout,
                   const struct scheme *scheme, const uint8_t digest[SHA256_SIZE]) {
    struct entry unit, money;
    int64_t worth = 0;
    char cause[40];
    if (__builtin_mul_overflow(payout->amount, scheme->worth, &worth))
        return call_refuse(call, &clearing_overflow, "The worth of %s would pass 2^63-1",
                           payout->id);
    if (book_balance(session, BOOK_PREPAID, scheme->party, scheme->money) < worth)
        return session->failed == STORE_DONE;
    set_state(session, payout, PAYOUT_DONE);
    entry_begin(&unit, "scheme-redeemed", payout->unit, digest, "D:%s", payout->id);
    entry_move(&unit, BOOK_PAYABLE, payout->party, BOOK_SCHEME, scheme->party, payout->amount);
    entry_begin(&money, "scheme-paid", scheme->money, digest, "W:%s", payout->id);
    entry_move(&money, BOOK_PREPAID, scheme->party, BOOK_PAYABLE, payout->party, worth);
    snprintf(cause, sizeof cause, "scheme:%.24s", payout->id);
    return entry_post(call, session, &unit) && entry_post(call, session, &money) &&
           payout_add(call, session, cause, payout->party, scheme->money, worth) &&
           payout_order(call, session, cause);
}

/// What the party owes by then (a seller's refunds) is kept back.
static bool order(struct call *call, struct session *session, struct payout *payout,
                  const char *from) {
    uint8_t digest[SHA256_SIZE];
    struct scheme scheme;
    int64_t owed = book_balance(session, BOOK_PAYABLE, payout->party, payout->unit);
    if (owed < payout->amount)
        payout->amount = owed > 0 ? owed : 0;
    if (!call->crypto->ops->sha256(call->crypto, bytes_of_string(payout->id), digest))
        return call_refuse(call, &problem_busy, "An order cannot be made now; ask again");
    if (payout->amount > 0 && scheme_read(session, payout->unit, &scheme))
        return redeem(call, session, payout, &scheme, digest);
    set_state(session, payout, payout->amount > 0 ? PAYOUT_ORDERED : PAYOUT_DONE);
    return payout->amount == 0 || pay(call, session, payout, from, digest);
}

bool payout_order(struct call *call, struct session *session, const char *cause) {
    struct waiting *waiting = arena_take(call->arena, sizeof *waiting);
    struct value from[1] = {0};
    if (waiting == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    *waiting = (struct waiting){.arena = call->arena};
    if (sql_run(session, &clearing_sql[PARTY_READ], IN(value_text(clearing_of(call)->party.id)),
                from) != STORE_ROW)
        return session->failed == STORE_DONE; // nobody said from which account
    sql_each(session, &clearing_sql[PAYOUT_WAITING], IN(value_text(cause != NULL ? cause : "")),
             take_waiting, waiting);
    for (size_t i = 0; i < waiting->count && session->failed == STORE_DONE; i++)
        if (!order(call, session, &waiting->rows[i], value_string(&from[0])))
            return false;
    return session->failed == STORE_DONE;
}
