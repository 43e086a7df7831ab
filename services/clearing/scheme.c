// SPDX-License-Identifier: Apache-2.0
// What arrives for a purse: money, as the bank tells it, and what is no money (points, vouchers,
// coupons), as its scheme grants it. A unit is the one or the other: the bank brings none of a
// scheme's, and a scheme grants nothing else. What a scheme redeems was paid in by it before.
#include "services/clearing/clearing_private.h"

#include <stdio.h>
#include <string.h>

bool scheme_read(struct session *session, uint16_t unit, struct scheme *out) {
    struct value row[3] = {0};
    if (sql_run(session, &clearing_sql[SCHEME_READ], IN(value_int(unit)), row) != STORE_ROW)
        return false;
    *out = (struct scheme){value_string(&row[0]), row[1].number, (uint16_t)row[2].number};
    return true;
}

bool scheme_is_of(struct session *session, const char *party, uint16_t money) {
    struct value row[1] = {0};
    return sql_run(session, &clearing_sql[SCHEME_OF], IN(value_text(party), value_int(money)),
                   row) == STORE_ROW;
}

bool clearing_scheme_transact(struct call *call, struct session *session) {
    struct value row[1] = {0};
    struct scheme known;
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    const char *party = form_text(&call->in, NAME_PARTY);
    if (form_uint(&call->in, NAME_MONEY) == unit ||
        sql_run(session, &clearing_sql[SCHEME_IN],
                IN(in_int(call, NAME_UNIT), in_int(call, NAME_MONEY)), row) == STORE_ROW)
        return call_refuse(call, &clearing_scheme_taken,
                           "A unit of a scheme is no money that another one is redeemed for");
    form_set_uint(&call->out, NAME_UNIT, unit);
    form_set_text(&call->out, NAME_PARTY, party);
    form_set_uint(&call->out, NAME_AMOUNT, form_uint(&call->in, NAME_AMOUNT));
    form_set_uint(&call->out, NAME_MONEY, form_uint(&call->in, NAME_MONEY));
    if (sql_run(session, &clearing_sql[SCHEME_ADD],
                IN(in_int(call, NAME_UNIT), value_text(party), in_int(call, NAME_AMOUNT),
                   in_int(call, NAME_MONEY)),
                row) == STORE_ROW)
        return true;
    return (scheme_read(session, unit, &known) && strcmp(known.party, party) == 0 &&
            known.worth == form_int(&call->in, NAME_AMOUNT) &&
            known.money == form_uint(&call->in, NAME_MONEY)) ||
           call_refuse(call, &clearing_scheme_taken,
                       "The unit is another party's, or is worth another sum");
}

// ---- what arrives ------------------------------------------------------------------------------

/// Where it comes from, and under which id.
struct arrival {
    const char *kind, *owner; // of the posting; owner: of the debited account
    enum book from;
    char id[72];
};

/// A transfer's terms have no signed object of their own: their digest justifies the posting.
static bool hash_terms(struct call *call, const struct arrival *arrival,
                       uint8_t digest[SHA256_SIZE]) {
    struct buffer terms;
    buffer_init(&terms, call->arena->memory);
    buffer_format(&terms, "Tessera/1 incoming\n%s\n%s\n%u\n%l\n", arrival->id,
                  form_text(&call->in, NAME_PURSE), (unsigned)form_uint(&call->in, NAME_UNIT),
                  form_uint(&call->in, NAME_AMOUNT));
    bool done = call->crypto->ops->sha256(call->crypto, buffer_bytes(&terms), digest);
    buffer_free(&terms);
    return done ||
           call_refuse(call, &problem_busy, "The transfer cannot be hashed now; tell it again");
}

static bool same_transfer(const struct call *call, const struct value *row) {
    return strcmp(value_string(&row[0]), form_text(&call->in, NAME_PURSE)) == 0 &&
           row[1].number == form_int(&call->in, NAME_UNIT) &&
           row[2].number == form_int(&call->in, NAME_AMOUNT);
}

static bool book_arrival(struct call *call, struct session *session, const struct arrival *arrival,
                         enum book to) {
    uint8_t digest[SHA256_SIZE];
    struct entry entry;
    if (!hash_terms(call, arrival, digest))
        return false;
    entry_begin(&entry, arrival->kind, (uint16_t)form_uint(&call->in, NAME_UNIT), digest, "I:%s",
                arrival->id);
    entry_move(&entry, arrival->from, arrival->owner, to, form_text(&call->in, NAME_PURSE),
               form_int(&call->in, NAME_AMOUNT));
    return entry_post(call, session, &entry);
}

static bool arrive(struct call *call, struct session *session, const struct arrival *arrival) {
    struct value row[3] = {0};
    form_set_text(&call->out, NAME_TRANSFER, form_text(&call->in, NAME_TRANSFER));
    if (sql_run(session, &clearing_sql[INCOMING_ADD],
                IN(value_text(arrival->id), in_text(call, NAME_PURSE), in_int(call, NAME_UNIT),
                   in_int(call, NAME_AMOUNT)),
                row) == STORE_ROW)
        return book_arrival(call, session, arrival, BOOK_WAIT);
    if (session->failed != STORE_DONE || sql_run(session, &clearing_sql[INCOMING_READ],
                                                 IN(value_text(arrival->id)), row) != STORE_ROW)
        return false;
    return same_transfer(call, row) ||
           call_refuse(call, &clearing_transfer_taken,
                       "The transfer %s arrived for another purse or sum",
                       form_text(&call->in, NAME_TRANSFER));
}

static bool refuse_stranger(struct call *call) {
    return call_refuse(call, &clearing_unknown_purse, "There is no purse %s here",
                       form_text(&call->in, NAME_PURSE));
}

bool clearing_incoming_transact(struct call *call, struct session *session) {
    const char *purse = form_text(&call->in, NAME_PURSE);
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    struct arrival arrival = {.kind = "transfer-arrived", .owner = "", .from = BOOK_BANK};
    struct known_purse known;
    struct scheme scheme;
    snprintf(arrival.id, sizeof arrival.id, "%s", form_text(&call->in, NAME_TRANSFER));
    if (scheme_read(session, unit, &scheme))
        return call_refuse(call, &clearing_unit, "The unit is no money: %s grants it",
                           scheme.party);
    if (purse_read(session, purse, &known))
        return arrive(call, session, &arrival);
    if (!scheme_is_of(session, purse, unit))
        return refuse_stranger(call);
    form_set_text(&call->out, NAME_TRANSFER, form_text(&call->in, NAME_TRANSFER));
    return book_arrival(call, session, &arrival, BOOK_PREPAID);
}

bool clearing_grant_transact(struct call *call, struct session *session) {
    uint16_t unit = (uint16_t)form_uint(&call->in, NAME_UNIT);
    struct arrival arrival = {.kind = "granted", .from = BOOK_SCHEME};
    struct known_purse known;
    struct scheme scheme;
    if (!scheme_read(session, unit, &scheme) ||
        (strcmp(scheme.party, call->sender->enterprise) != 0 &&
         strcmp(scheme.party, call->sender->id) != 0))
        return call_refuse(call, &clearing_unit, "The unit is not one that %s grants",
                           call->sender->id);
    if (!purse_read(session, form_text(&call->in, NAME_PURSE), &known))
        return refuse_stranger(call);
    arrival.owner = scheme.party;
    snprintf(arrival.id, sizeof arrival.id, "%u:%s", (unsigned)unit,
             form_text(&call->in, NAME_TRANSFER));
    return arrive(call, session, &arrival);
}
