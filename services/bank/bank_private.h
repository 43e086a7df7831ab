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

bool bank_operator_check(struct call *call);
bool bank_account_transact(struct call *call, struct session *session);
bool bank_account_read_transact(struct call *call, struct session *session);
bool bank_statement_transact(struct call *call, struct session *session);
bool bank_payment_check(struct call *call);
bool bank_transfer_check(struct call *call);
bool bank_booking_transact(struct call *call, struct session *session);
bool bank_transfer_read_transact(struct call *call, struct session *session);
bool bank_docket_check(struct call *call);
bool bank_docket_transact(struct call *call, struct session *session);
bool bank_notice_reply(struct call *call, struct session *session);

#endif
