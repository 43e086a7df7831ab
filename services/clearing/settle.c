// SPDX-License-Identifier: Apache-2.0
// Who gets what a number brought. What a policy stands behind is divided by its shares, if price,
// unit and enterprise are the policy's; other goods are their seller's. What does not fit waits in
// suspense under the number, until a person decides.
#include "services/clearing/batch.h"
#include "services/core/books/split.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OFFER_ROW = 14, PARTIES_MAX = 38 };

/// Parties of a policy with their weights.
struct shares {
    size_t count;
    struct name_text parties[PARTIES_MAX];
    uint64_t weights[PARTIES_MAX];
};

static void read_shares(const struct object *policy, struct shares *out) {
    struct bytes rows = policy->fields[FIELD_SHARES];
    out->count = 0;
    for (size_t at = 0; at + 3 < rows.size && out->count < PARTIES_MAX;) {
        size_t size = rows.data[at + 2];
        out->weights[out->count] = bytes_get_be(rows.data + at, 2);
        out->parties[out->count++] = name_of(bytes_of(rows.data + at + 3, size));
        at += 3 + size;
    }
}

static bool is_offered(const struct object *policy, uint16_t unit, int64_t price) {
    struct bytes rows = policy->fields[FIELD_OFFERS];
    for (size_t at = 0; at + OFFER_ROW <= rows.size; at += OFFER_ROW)
        if (bytes_get_be(rows.data + at, 2) == unit &&
            bytes_get_be(rows.data + at + 2, 8) == (uint64_t)price)
            return true;
    return false;
}

/// Why a number waits; NULL: it is paid by these shares.
static const char *judge(struct session *session, const struct batch *batch, const struct due *due,
                         struct shares *shares) {
    struct object policy;
    struct value row[1] = {0};
    if (due->word != NULL)
        return due->word;
    if (due->policy.size == 0) {
        bool wants = due->kind == REFERENCE_CONTENT || due->kind == REFERENCE_TICKET;
        *shares = (struct shares){.count = 1, .weights = {1}};
        shares->parties[0] = name_of(bytes_of_string(purse_party(&batch->purse)));
        return wants ? "policy-missing" : NULL;
    }
    if (sql_run(session, &clearing_sql[POLICY_READ], IN(value_octets(due->policy)), row) !=
            STORE_ROW ||
        !object_decode_as(OBJECT_POLICY, row[0].octets, &policy))
        return "policy-unknown";
    if (!bytes_equal(policy.fields[FIELD_ENTERPRISE], bytes_of_string(batch->purse.enterprise)))
        return "enterprise";
    read_shares(&policy, shares);
    return is_offered(&policy, due->unit, due->price) ? NULL : "price";
}

static bool suspend(struct call *call, struct session *session, const struct batch *batch,
                    const struct due *due, struct entry *entry, const char *word) {
    entry_move(entry, BOOK_PURSE, batch->till, BOOK_SUSPENSE, batch->till, due->amount);
    sql_run(session, &clearing_sql[SUSPENSE_ADD],
            IN(value_text(batch->till), value_int(due->n), value_int(batch->number),
               value_int(due->unit), value_int(due->amount), value_text(word),
               value_text(due->payer)),
            NULL);
    return entry_post(call, session, entry);
}

static bool divide(struct call *call, struct session *session, const struct batch *batch,
                   const struct due *due, struct entry *entry, const struct shares *shares) {
    uint64_t parts[PARTIES_MAX];
    char cause[40];
    if (!split_amount((uint64_t)due->amount, shares->weights, shares->count, parts))
        return suspend(call, session, batch, due, entry, "shares");
    snprintf(cause, sizeof cause, "%s/%u", batch->till, (unsigned)batch->number);
    entry_debit(entry, BOOK_PURSE, batch->till, due->amount);
    for (size_t i = 0; i < shares->count; i++)
        entry_credit(entry, BOOK_PAYABLE, shares->parties[i].text, (int64_t)parts[i]);
    for (size_t i = 0; i < shares->count; i++)
        if (parts[i] > 0 && !payout_add(call, session, cause, shares->parties[i].text, due->unit,
                                        (int64_t)parts[i]))
            return false;
    return entry_post(call, session, entry);
}

bool settle_number(struct call *call, struct session *session, const struct batch *batch,
                   const struct due *due) {
    struct shares shares;
    struct entry entry;
    entry_begin(&entry, "settlement", due->unit, batch->digest, "S:%s:%" PRIu32 ":%" PRIu32,
                batch->till, due->n, batch->number);
    const char *word = judge(session, batch, due, &shares);
    sql_run(session, &clearing_sql[NUMBER_SETTLE],
            IN(value_text(batch->till), value_int(due->n), value_int(due->amount),
               value_int(batch->number)),
            NULL);
    sql_run(session, &clearing_sql[USAGE_SETTLE],
            IN(value_text(due->payer), value_int(due->counter)), NULL);
    return word != NULL ? suspend(call, session, batch, due, &entry, word)
                        : divide(call, session, batch, due, &entry, &shares);
}

bool settle_rest(struct call *call, struct session *session, const struct batch *batch,
                 uint16_t unit, int64_t amount) {
    struct due due = {.unit = unit, .amount = amount, .payer = ""};
    struct entry entry;
    entry_begin(&entry, "settlement", unit, batch->digest, "S:%s:rest:%" PRIu32 ":%u", batch->till,
                batch->number, (unsigned)unit);
    return suspend(call, session, batch, &due, &entry, "unexplained");
}
