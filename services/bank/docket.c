// SPDX-License-Identifier: Apache-2.0
// The bank's end of a card with a debit function: the docket comes here, no telephone company
// between. The account of the card pays the account of the seller's enterprise at once, or the sale
// is refused for ever; the signed answer opens the ticket, or lets the purse pay.
#include "services/bank/bank_private.h"

#include "apdu/crypto/binding.h"

#include <string.h>

bool bank_docket_check(struct call *call) {
    struct settlement *settlement = arena_take(call->arena, sizeof *settlement);
    call->command = settlement;
    if (settlement == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    return settlement_check(call, call->context->state, settlement);
}

/// Id and justification follow from the sale: one booking for ever.
static bool name_booking(struct call *call, const struct settlement *settlement,
                         struct booking *booking) {
    struct binding binding;
    binding_begin(&binding, "debit");
    binding_add(&binding, bytes_of_string(settlement->sale));
    if (!call->crypto->ops->sha256(call->crypto, binding_bytes(&binding), booking->order))
        return call_refuse(call, &problem_busy, "The cryptography failed; ask again");
    settlement_text(booking->order, BANK_TRANSFER_SIZE / 2, booking->id);
    return true;
}

static const char *account_of(struct session *session, enum bank_statement_index by,
                              const char *name, uint16_t unit) {
    struct value row[1] = {0};
    bool found =
        sql_run(session, &bank_sql[by], IN(value_text(name), value_int(unit)), row) == STORE_ROW;
    return found ? value_string(&row[0]) : NULL;
}

/// A card's account holds what it pays, whether it might be overdrawn or not.
static bool holds(struct session *session, const char *account, int64_t amount) {
    char id[LEDGER_ID_MAX];
    struct ledger_balance balance;
    bank_ledger_id(account, id);
    return ledger_balance(session, id, &balance) && balance.posted >= amount;
}

/// Who pays whom; or why nobody does.
static const char *find_accounts(struct session *session, const struct settlement *settlement,
                                 const char *trm, struct booking *booking) {
    booking->from = account_of(session, ACCOUNT_OF_OWNER, trm, settlement->unit);
    if (booking->from == NULL)
        return "no-account";
    booking->to =
        account_of(session, ACCOUNT_OF_ENTERPRISE, settlement->enterprise, settlement->unit);
    if (booking->to == NULL)
        return "no-payee";
    return holds(session, booking->from, settlement->amount) ? NULL : "funds";
}

static bool decide(struct call *call, struct session *session,
                   const struct settlement *settlement) {
    uint8_t octets[SETTLEMENT_ANSWER_MAX];
    struct bytes made;
    struct booking booking = {
        .client = settlement->sale,
        .amount = settlement->amount,
        .unit = settlement->unit,
        .sale = {settlement->number, settlement->mail, settlement->instance, settlement->date}};
    const char *refusal = find_accounts(session, settlement, call->sender->id, &booking);
    if (session->failed != STORE_DONE || !name_booking(call, settlement, &booking) ||
        !settlement_sign(call, call->context->state, settlement->ticket, refusal == NULL, octets,
                         &made))
        return false;
    sql_run(session, &bank_sql[DOCKET_DECIDE],
            IN(value_text(settlement->sale), value_text(refusal != NULL ? refusal : "accepted"),
               value_octets(made)),
            NULL);
    return refusal != NULL || bank_book(call, session, &booking) == LEDGER_DONE ||
           session->failed != STORE_DONE ||
           call_refuse(call, &problem_internal, "The books do not take %s", settlement->sale);
}

/// As it was decided, then or now.
static bool answer(struct call *call, struct session *session,
                   const struct settlement *settlement) {
    struct value row[4] = {0};
    if (sql_run(session, &bank_sql[DOCKET_READ], IN(value_text(settlement->sale)), row) !=
        STORE_ROW)
        return false;
    if (strcmp(value_string(&row[0]), call->sender->id) != 0 ||
        !bytes_equal(row[1].octets, BYTES_OF(settlement->ticket)))
        return call_refuse(call, &docket_mismatch,
                           "The sale is another ticket's, or another card's");
    settlement_answer(call, settlement->sale, value_string(&row[2]), row[3].octets);
    return true;
}

bool bank_docket_transact(struct call *call, struct session *session) {
    const struct settlement *settlement = call->command;
    struct value row[1] = {0};
    bool is_new = sql_run(session, &bank_sql[DOCKET_ADD],
                          IN(value_text(settlement->sale), value_text(call->sender->id),
                             value_octets(BYTES_OF(settlement->ticket))),
                          row) == STORE_ROW;
    return (!is_new || decide(call, session, settlement)) && session->failed == STORE_DONE &&
           answer(call, session, settlement);
}
