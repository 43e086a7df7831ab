// SPDX-License-Identifier: Apache-2.0
// Double entry, immutable: a transfer is a set of lines that sum to zero in every unit, with an id
// that its maker chose (so that the same again is the same transfer) and the digest of the object
// that justifies it. A pending transfer holds its amounts back until it is posted or voided, once.
// No row is written by everybody: a balance is its newest fold and the lines after it, or stands in
// the row of an account that has a floor and belongs to one party.
#ifndef SERVICES_CORE_LEDGER_H
#define SERVICES_CORE_LEDGER_H

#include "apdu/crypto/crypto.h"
#include "services/core/store/store.h"

enum ledger_result {
    LEDGER_DONE,
    LEDGER_AGAIN,      // the same transfer is there already: nothing was changed
    LEDGER_TWIN,       // its id is there with other lines
    LEDGER_UNBALANCED, // lines that do not sum to zero in each unit, a line of 0, or none
    LEDGER_ACCOUNT,    // no such account
    LEDGER_UNIT,       // the account is of another unit
    LEDGER_FLOOR,      // an account would fall below its floor
    LEDGER_OVERFLOW,   // an amount or a sum beyond 2^63-1
    LEDGER_PENDING,    // there is no such pending transfer
    LEDGER_ENDED,      // it was posted or voided otherwise
    LEDGER_FAILED,     // the session has failed
    LEDGER_RESULT_COUNT,
};

/// "floor", "twin": for messages.
const char *ledger_result_word(enum ledger_result result);

/// Which way an account grows. Banks, users' money and payables grow by credit.
enum ledger_side { LEDGER_DEBIT = 1, LEDGER_CREDIT = -1 };

struct ledger_account {
    const char *id;    // "PAYABLE:seller-1"
    const char *owner; // id of who may see it
    const char *kind;  // "PAYABLE"
    uint16_t unit;
    enum ledger_side side;
    bool has_floor; // its balance is then in its row, which everything that moves it writes: keep
                    // it one party's
    int64_t floor;  // least balance
};

/// Opens an account; the same again is no failure. False: it is there with another unit or side.
bool ledger_open(struct session *session, const struct ledger_account *account);

/// amount > 0 debits, < 0 credits the account. Minor units.
struct ledger_line {
    const char *account;
    uint16_t unit;
    int64_t amount;
};

enum { LEDGER_LINES_MAX = 64 };

struct ledger_transfer {
    const char *id;
    const char *kind;      // "payout-order"
    const char *chain;     // NULL, or a name that linked transfers share
    const uint8_t *object; // SHA256_SIZE octets: what justifies it
    const struct ledger_line *lines;
    size_t count;
};

/// Posts a transfer. A refusal leaves the session as it is but for reading: the caller refuses its
/// request, and so all linked transfers are undone together.
enum ledger_result ledger_post(struct session *session, const struct crypto *crypto,
                               const struct ledger_transfer *transfer, uint64_t now_ms);

/// Holds the amounts back: they lower what floors allow and are no balance yet.
enum ledger_result ledger_hold(struct session *session, const struct crypto *crypto,
                               const struct ledger_transfer *transfer, uint64_t now_ms);
/// Ends a pending transfer by another one: its lines are posted (they may be others than were held;
/// count 0 voids). Once: the same end again is LEDGER_AGAIN, another one LEDGER_ENDED.
enum ledger_result ledger_end(struct session *session, const struct crypto *crypto,
                              const char *pending, const struct ledger_transfer *transfer,
                              uint64_t now_ms);

struct ledger_balance {
    int64_t posted;  // on the account's own side
    int64_t pending; // what pending transfers would add to it, likewise
};

/// False: no such account, a sum beyond 64 bits, or a failed session.
bool ledger_balance(struct session *session, const char *account, struct ledger_balance *out);

/// The keeper's: sums up to 1000 lines into the folds of their accounts. Returns how many there
/// were.
size_t ledger_fold(struct session *session);

extern const struct statement ledger_sql[];
extern const size_t ledger_sql_count;

#endif
