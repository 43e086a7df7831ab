// SPDX-License-Identifier: Apache-2.0
// What a terminal must remember over a power cut: one durable record a sale or deposit, found again
// by its reference. docs/protocol.md, "Moving value": the table of who commits what before what.
// Where records are kept is the implementation's: host/flows/journal_file.h, or a test's memory.
#ifndef HOST_FLOWS_JOURNAL_H
#define HOST_FLOWS_JOURNAL_H

#include "host/purse/purse_client.h"

/// Only ever upwards within one record, but for a void sale that is tried again. A flow brings a
/// sale to SALE_VOID or SALE_PAID; what lies behind them is the machine's (host/sale/).
enum sale_state {
    SALE_BEGUN = 1, // terms are durable (a deposit's cash is in escrow); no number yet
    SALE_REQUESTED, // payee counter n is open for it; a debit may have happened
    SALE_VOID,      // n was voided, or never asked for: nothing was paid
    SALE_PAID,      // credited: goods may be served, cash is the machine's
    SALE_SERVING,   // the motor or the cash box may have moved
    SALE_SERVED,    // goods are out, cash is stacked
    SALE_RETURNING, // nothing was paid, and the cash box may have given the cash back
    SALE_RETURNED,  // the cash is back
    SALE_STAFF,     // nothing can tell what left the machine: a person looks
    SALE_STATE_COUNT,
};

enum { SALE_ITEM_MAX = 33, SALE_TEXT_MAX = 97 };

struct sale_record {
    enum sale_state state;
    char payer[HOLDER_PURSE_MAX + 1]; // "" until known
    char payee[HOLDER_PURSE_MAX + 1];
    uint64_t amount;
    uint16_t unit;
    uint8_t reference[PURSE_REFERENCE_MAX];
    size_t reference_size;
    uint32_t n;                    // 0 until SALE_REQUESTED
    uint8_t log[PURSE_OBJECT_MAX]; // usage log, when it came
    size_t log_size;
    uint8_t receipt[PURSE_OBJECT_MAX]; // receive log, when it came
    size_t receipt_size;
    char item[SALE_ITEM_MAX]; // what is sold, as the machine's list names it; "": nothing of a list
    char text[SALE_TEXT_MAX]; // the same for people, UTF-8
    uint64_t cash;            // in escrow, minor units of the same unit; 0: none
    uint64_t time_ms;         // when it began, since 1970; 0: not noted
    bool by_bill; // the telephone company pays: log is the till's request, receipt its answer
};

/// Was it paid? Then no purse is asked anything more for it.
static inline bool sale_record_paid(const struct sale_record *record) {
    return record->state >= SALE_PAID && record->receipt_size > 0;
}

enum journal_answer { JOURNAL_FOUND, JOURNAL_NONE, JOURNAL_FAILED };

struct journal {
    /// The record of a reference.
    enum journal_answer (*find)(struct journal *journal, struct bytes reference,
                                struct sale_record *out);
    /// Makes the record durable, in place of an older one of its reference. False: it is not.
    bool (*save)(struct journal *journal, const struct sale_record *record);
    void *context;
};

#endif
