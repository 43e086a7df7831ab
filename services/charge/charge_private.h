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

bool charge_operator_check(struct call *call);
bool charge_settings_check(struct call *call);
bool charge_settings_transact(struct call *call, struct session *session);
bool charge_tariff_check(struct call *call);
bool charge_tariff_transact(struct call *call, struct session *session);
bool charge_subscriber_transact(struct call *call, struct session *session);
bool charge_payee_transact(struct call *call, struct session *session);
bool charge_usage_transact(struct call *call, struct session *session);
bool charge_docket_check(struct call *call);
bool charge_docket_transact(struct call *call, struct session *session);
bool charge_docket_read_transact(struct call *call, struct session *session);
bool charge_purchase_check(struct call *call);
bool charge_inquiry_reply(struct call *call, struct session *session);
bool charge_inquiry_check(struct call *call);
bool charge_transfer_reply(struct call *call, struct session *session);
bool charge_deposits_transact(struct call *call, struct session *session);
bool charge_password_check(struct call *call);
bool charge_password_transact(struct call *call, struct session *session);
bool charge_deposit_check(struct call *call);
bool charge_deposit_transact(struct call *call, struct session *session);
/// The bank's answer to the order of a deposit, whose key begins so.
#define DEPOSIT_ORDER "load-"
bool charge_deposit_reply(struct call *call, struct session *session);
bool charge_close_check(struct call *call);
bool charge_close_transact(struct call *call, struct session *session);
bool charge_bill_transact(struct call *call, struct session *session);
/// The bill in call->out as a page.
void charge_bill_html(struct call *call);

#endif
