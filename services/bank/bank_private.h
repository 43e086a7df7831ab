// SPDX-License-Identifier: Apache-2.0
// What the files of the bank share: its SQL, bookings, handlers.
#ifndef SERVICES_BANK_BANK_PRIVATE_H
#define SERVICES_BANK_BANK_PRIVATE_H

#include "services/bank/bank.h"
#include "services/core/books/ledger.h"
#include "services/core/settlement.h"
#include "services/wire/api/bank_api.h"

enum bank_statement_index {
    ACCOUNT_ADD,
    ACCOUNT_READ,
    ACCOUNT_OWNER,
    ACCOUNT_OF_OWNER,
    ACCOUNT_OF_ENTERPRISE,
    BOOKING_ADD,
    BOOKING_READ,
    BOOKING_OWNER,
    BOOKING_LINES,
    NOTICE_END,
    DOCKET_ADD,
    DOCKET_READ,
    DOCKET_DECIDE,
    BANK_SQL,
};

extern const struct statement bank_sql[];
extern const struct migration bank_migrations[];
extern const size_t bank_migration_count;

/// How the notice of a booking stands.
enum notice_state { NOTICE_NONE, NOTICE_DUE, NOTICE_TAKEN, NOTICE_REFUSED };

/// An account as its row says; texts lie in the session's arena.
struct bank_account_row {
    const char *owner, *enterprise, *notify; // enterprise, notify NULL: none
    uint16_t unit;
};

/// False: no such account.
bool bank_find_account(struct session *session, const char *id, struct bank_account_row *out);

enum { LEDGER_ID_MAX = 48 };

/// "ACCOUNT:telco", as the ledger has it.
void bank_ledger_id(const char *account, char out[LEDGER_ID_MAX]);
/// Where money stands that came from outside: one account a unit.
void bank_outside_id(uint16_t unit, char out[LEDGER_ID_MAX]);

/// The sale that is paid, by what its seller finds it.
struct bank_sale {
    const char *number, *mail, *instance; // number NULL: there is none; instance NULL: not said
    uint32_t date;
};

/// What is booked; made before the transaction.
struct booking {
    char id[BANK_TRANSFER_SIZE + 1]; // of sender and its own id for it
    uint8_t order[SHA256_SIZE];      // digest of all that the sender said
    const char *from, *to;           // from NULL: outside
    const char *client, *payer;      // the sender's own id; payer NULL: not said
    int64_t amount;
    uint16_t unit;
    struct bank_sale sale;
};

/// Posts and records a booking, and tells who has to know. Anything but LEDGER_DONE and
/// LEDGER_AGAIN: the request is to be refused.
enum ledger_result bank_book(struct call *call, struct session *session,
                             const struct booking *booking);

/// Tells the one who has to know that money came; needs the row of the account that it came to.
void bank_notify(struct call *call, struct session *session, const struct booking *booking,
                 const struct bank_account_row *to);

// ---- handlers ----------------------------------------------------------------------------------
// Check runs before the transaction, transact within it; services/core/handler.h says what both
// have to keep and what false means. Who may call an endpoint, and with what, its row in
// services/wire/api/ says.

/// Opens accounts and takes payments: only an operator of this bank may (problem_owner).
bool bank_operator_check(struct call *call);
/// PUT /v1/accounts/{account}: opens it in the books, and the one of its unit for money from
/// outside. The same terms again are the same account; others are refused (bank_taken).
bool bank_account_transact(struct call *call, struct session *session);
/// GET /v1/accounts/{account}: what is posted on it, in minor units of its unit: balance, or
/// overdrawn below 0.
bool bank_account_read_transact(struct call *call, struct session *session);
/// GET /v1/accounts/{account}/lines: at most 100 bookings with a number of the sealed journal above
/// "after", the oldest first. Each names the other account.
bool bank_statement_transact(struct call *call, struct session *session);
/// POST /v1/payments, by an operator: makes the booking from outside, in the arena, call->command.
/// Its id is a digest of sender, endpoint and the sender's own id for it.
bool bank_payment_check(struct call *call);
/// POST /v1/transfers: the same between two accounts (the same one twice: problem_shape), with the
/// sale that is paid, if one is.
bool bank_transfer_check(struct call *call);
/// Books what either check made, and answers its id and the day on which it was booked, now or
/// before. Refusals: bank_funds, bank_unit, bank_twin (the id stands for another order),
/// bank_unknown.
bool bank_booking_transact(struct call *call, struct session *session);
/// GET /v1/transfers/{transfer}, for who ordered it. outcome tells of the seller's notice: booked
/// (there is none), notice-due, settled, not-settled.
bool bank_transfer_read_transact(struct call *call, struct session *session);
/// POST /v1/dockets: verifies docket and header, and leaves a struct settlement as call->command.
/// P 0278.
bool bank_docket_check(struct call *call);
/// Decides a sale once, for ever: the account of the sender's card pays the account of the seller's
/// enterprise, or the outcome is no-account, no-payee or funds. The signed answer is kept and given
/// again; another card or ticket for this sale is docket_mismatch.
bool bank_docket_transact(struct call *call, struct session *session);
/// What the seller's licence service said to a notice, taken or refused, goes into the booking's
/// row.
bool bank_notice_reply(struct call *call, struct session *session);

#endif
