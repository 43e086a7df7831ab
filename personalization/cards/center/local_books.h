// SPDX-License-Identifier: Apache-2.0
// The local center's books: what it signed, one line each, appended before the object leaves. A
// purse is known by name and key, since a later card under its name begins anew.
//
//   DIR/issue-logs.tsv  serial, day, purse, unit, amount, state number, key, issued before
//   DIR/batches.tsv     day, till, key, batch number, hash, first number, last number, end, sums
#ifndef PERSONALIZATION_CARDS_CENTER_LOCAL_BOOKS_H
#define PERSONALIZATION_CARDS_CENTER_LOCAL_BOOKS_H

#include "personalization/authority/authority.h"

enum { BOOK_KEY_SIZE = 8 };

struct book_owner {
    char name[HOLDER_MAX + 1];
    uint8_t key[BOOK_KEY_SIZE]; // first octets of the SHA-256 of its signing point
};

struct book_issue {
    uint16_t unit;
    uint64_t amount;
    uint64_t state;
    uint64_t before; // total that the purse had been issued, by its own statement
};

/// Whether the total that a purse says to have been issued is one that it can have: what it had
/// before the last log, or the same with that log's amount. Several logs for one state are one: a
/// purse takes one of them.
struct book_account {
    bool known;        // something was issued to it in this unit
    bool fits;         // always, where nothing was
    uint64_t expected; // with the last log
    uint64_t serial;   // the next one
};
bool book_judge_issued(const struct ca *ca, const struct book_owner *owner, uint16_t unit,
                       uint64_t issued, struct book_account *account, struct failure *failure);
bool book_enter_issue(const struct ca *ca, const struct book_owner *owner,
                      const struct book_issue *issue, uint64_t serial, struct failure *failure);

enum book_end { BOOK_SETTLED, BOOK_RELEASED, BOOK_ENDS };
extern const char *const book_end_words[BOOK_ENDS];

struct book_batch {
    uint32_t date, number, first, last;
    enum book_end end;
    uint8_t hash[SHA256_SIZE];
    struct bytes sums; // to be entered; not read back
};

/// What this till handed in so far: the batch of this number, if it was ended, and what is behind
/// all that was settled.
struct book_view {
    bool known;
    struct book_batch batch;
    uint32_t highest;    // batch number that was ended; 0: none
    uint32_t first_free; // first number of the till that no settled batch lists; 0: any
};
bool book_batches(const struct ca *ca, const struct book_owner *till, uint32_t number,
                  struct book_view *view, struct failure *failure);
bool book_enter_batch(const struct ca *ca, const struct book_owner *till,
                      const struct book_batch *batch, struct failure *failure);

#endif
