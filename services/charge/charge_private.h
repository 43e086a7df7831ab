// SPDX-License-Identifier: Apache-2.0
// What the files of the charge service share: its SQL, settings, books, handlers.
#ifndef SERVICES_CHARGE_CHARGE_PRIVATE_H
#define SERVICES_CHARGE_CHARGE_PRIVATE_H

#include "services/charge/charge.h"
#include "services/core/books/ledger.h"
#include "services/core/settlement.h"
#include "services/wire/api/charge_api.h"

enum charge_statement {
    SETTING_SET,
    SETTING_READ,
    TARIFF_OVERLAP,
    TARIFF_SET,
    TARIFF_READ,
    SUBSCRIBER_OTHER,
    SUBSCRIBER_SET,
    SUBSCRIBER_READ,
    SUBSCRIBER_OF_TRM,
    SUBSCRIBER_TRM,
    SUBSCRIBER_NEXT,
    MONTHLY_DROP,
    MONTHLY_ADD,
    MONTHLY_LIST,
    PAYEE_SET,
    PAYEE_READ,
    USAGE_ADD,
    USAGE_READ,
    USAGE_THROUGH,
    DOCKET_ADD,
    DOCKET_READ,
    DOCKET_TRM,
    DOCKET_DECIDE,
    DOCKET_PAID,
    CONTENT_ADD,
    CLOSE_LAST,
    CLOSE_ADD,
    CLOSE_READ,
    CLOSE_ADVANCE,
    USAGE_SUMS,
    USAGE_BILLED,
    CONTENT_LIST,
    CONTENT_BILLED,
    BILL_ADD,
    BILL_LIST,
    LINE_ADD,
    LINE_LIST,
    SUBSCRIBER_BY_TRM,
    CENTER_SET,
    CENTER_READ,
    SECRET_SET,
    SECRET_READ,
    SECRET_WRONG,
    DEPOSIT_ADD,
    DEPOSIT_READ,
    DEPOSIT_END,
    CONTENT_DROP,
    CHARGE_SQL,
};

extern const struct statement charge_sql[];
extern const struct migration charge_migrations[];
extern const size_t charge_migration_count;

static inline const struct party *charge_party(const struct call *call) {
    return call->context->state;
}

// ---- settings ----------------------------------------------------------------------------------

struct settings {
    const char *account; // ours at the bank; NULL: there are no settings yet
    uint16_t unit;
    int zone; // minutes that local time is ahead
    bool registry;
};

/// As they are now; account NULL where an operator set none yet, and the rest is 0 then. Text lies
/// in the session's arena.
void charge_settings_read(struct session *session, struct settings *out);
/// Months are numbers YYYYMM. 0: text is no month.
uint32_t month_of_text(const char *text);
void month_to_text(uint32_t month, char out[8]);
uint32_t month_after(uint32_t month);
/// The local month and day of a time.
uint32_t local_day(const struct settings *settings, uint64_t ms);
static inline uint32_t month_of_day(uint32_t day) {
    return day / 100;
}

// ---- books -------------------------------------------------------------------------------------

enum { BOOK_MAX = 64 };

/// Posts amount from credit to debit, each "KIND" with the name of whose it is ("": nobody's);
/// opens them where they are new. id makes it one posting. False: the session failed, or the books
/// do not take it.
struct move {
    const char *id, *kind;
    const char *debit, *debit_of, *credit, *credit_of;
    int64_t amount;
    uint16_t unit;
};
bool charge_move(struct call *call, struct session *session, const struct move *move);

// ---- what is settled by proxy ------------------------------------------------------------------

enum docket_state { DOCKET_ASKING, DOCKET_ACCEPTED, DOCKET_REFUSED };

/// A docket or a purchase on its way to a decision.
struct docket {
    char sale[DOCKET_SALE_SIZE + 1];
    const char *kind, *text; // "content", number; "goods", what the machine says
    const char *trm, *mail, *enterprise;
    const char *number, *instance; // of tickets; instance hexadecimal
    uint8_t ticket[16];            // leading octets of the header's digest
    uint8_t challenge[16];         // of the inquiry
    int64_t amount;
    uint16_t unit;
    uint32_t date; // of the sale, as its seller signed it
};

/// Stores a docket that is new, decides it or asks the registry, and answers how it stands.
bool docket_run(struct call *call, struct session *session, const struct docket *docket);
/// The docket of a sale as it lies in the database.
bool docket_read(struct session *session, const char *sale, struct docket *out,
                 enum docket_state *state, const char **word, struct bytes *answer);
/// Ends a docket: bills it and orders its payment, or refuses it with a word, for ever.
bool docket_decide(struct call *call, struct session *session, const struct docket *docket,
                   const char *refusal);

// ---- handlers ----------------------------------------------------------------------------------
// Check runs before the transaction, transact within it; services/core/handler.h says what both
// have to keep and what false means. Who may call an endpoint, and with what, its row in
// services/wire/api/ says.

/// What settings, tariffs, subscribers and payees have in common: only an operator of this company
/// may change them (problem_owner).
bool charge_operator_check(struct call *call);
/// PUT /v1/settings: operators only, and a zone of +-hh:mm up to 14 hours (problem_shape).
bool charge_settings_check(struct call *call);
/// Stores account, unit, zone and whether the registry is asked; they are the answer.
bool charge_settings_transact(struct call *call, struct session *session);
/// PUT /v1/tariffs/{tariff}: operators only; months as 2004-02, the last not before the first
/// (problem_shape).
bool charge_tariff_check(struct call *call);
/// Stores the prices of a period, in minor units. One that begins in the same month is replaced,
/// one that overlaps another is refused (charge_overlaps). P 0055.
bool charge_tariff_transact(struct call *call, struct session *session);
/// PUT /v1/subscribers/{phone}: mail address, card, tariff, monthly services in place of those
/// before. Address and card are one subscriber's alone (charge_taken). P 0053, 0055.
bool charge_subscriber_transact(struct call *call, struct session *session);
/// PUT /v1/payees/{enterprise}: the bank account on which what is due to it is paid. P 0048.
bool charge_payee_transact(struct call *call, struct session *session);
/// POST /v1/usage: each item of a gateway is charged once, by its number there, with the
/// subscriber's tariff of its month. An item's outcome is accepted, again, reused (the number was
/// another item's), unknown-subscriber, no-tariff or shape; after: up to which number nothing is
/// missing. P 0054.
bool charge_usage_transact(struct call *call, struct session *session);
/// POST /v1/dockets: verifies docket and header; call->command is a struct docket with a fresh
/// challenge for the registry, and its text spans lie in the arena. P 0047-0053.
bool charge_docket_check(struct call *call);
/// Of a docket or purchase: stores one that is new and decides it or asks the registry; answers how
/// it stands, with status 202 while the registry has not said. The same sale for another ticket or
/// card is docket_mismatch.
bool charge_docket_transact(struct call *call, struct session *session);
/// GET /v1/dockets/{sale}, for the card that sent it: the same answer.
bool charge_docket_read_transact(struct call *call, struct session *session);
/// POST /v1/purchases: a payment request for goods, signed by a certified till of an operator and
/// made out to the sender (else charge_request_bad), becomes a struct docket as well; till and its
/// n name the sale. P 0240.
bool charge_purchase_check(struct call *call);
/// The registry's answer decides the docket that asked (outbox key ask-SALE), unless it is decided.
/// One with another challenge, enterprise or asker, or out of date, is problem_signature: the row
/// waits for a person.
bool charge_inquiry_reply(struct call *call, struct session *session);
/// The object of that answer, verified down to a registry's signature, as call->command; else
/// problem_signature.
bool charge_inquiry_check(struct call *call);
/// The bank's answer to an order: of a docket (outbox key pay-SALE) it is booked as paid, or as due
/// again when the bank refused; that of a deposit goes to charge_deposit_reply.
bool charge_transfer_reply(struct call *call, struct session *session);
/// PUT /v1/deposit-account: the center's account at the bank, to which deposits by password are
/// paid.
bool charge_deposits_transact(struct call *call, struct session *session);
/// PUT /v1/passwords/{phone}: operators only; stretches the password (PBKDF2, 5000 rounds) into
/// SHA256_SIZE octets of the arena, call->command.
bool charge_password_check(struct call *call);
/// Stores that digest bound to the telephone, and forgets wrong tries: this is how a locked one is
/// opened.
bool charge_password_transact(struct call *call, struct session *session);
/// POST /v1/deposits: stretches the password as above, before the transaction, since it takes time.
bool charge_deposit_check(struct call *call);
/// Bills an amount (minor units) to the subscriber of the sender's card and orders it from the bank
/// to the center; status 202 and ordered until the bank has done it. Other outcomes: no-subscriber,
/// no-password, wrong-password, wait, locked, no-center. The same id again tells how it stands,
/// whatever password comes along; with another amount or card it is charge_deposit_other.
/// P 0273-0275.
bool charge_deposit_transact(struct call *call, struct session *session);
/// How the outbox key of a deposit's order begins; the deposit's id follows.
#define DEPOSIT_ORDER "load-"
/// The bank's answer to such an order: completed and booked as paid; or failed, and its line is off
/// the bill again, unless a bill has taken it: then it stays due to the center, for a person.
bool charge_deposit_reply(struct call *call, struct session *session);
/// POST /v1/closes/{month}: operators only, a month as 2004-02 (problem_shape).
bool charge_close_check(struct call *call);
/// Bills the next subscribers, at most 200 a request, of a month that has ended and comes behind
/// the last one (charge_month); closed is 1 when all are billed. A closed month again is what it
/// was. P 0055-0057.
bool charge_close_transact(struct call *call, struct session *session);
/// GET /v1/bills/{phone}/{month}, for the subscriber's card and operators: line by line, the
/// telephone's part before the contents'; as a page where Accept asks for one. charge_no_bill where
/// the month has none. P 0056-0058, 0063.
bool charge_bill_transact(struct call *call, struct session *session);
/// The bill in call->out as a page.
void charge_bill_html(struct call *call);

#endif
