// SPDX-License-Identifier: Apache-2.0
// Ledger entries written as people write them, for tests: "BANK +3000, WAIT:alice -3000".
#ifndef TESTS_KIT_SERVICES_BOOKS_H
#define TESTS_KIT_SERVICES_BOOKS_H

#include "services/core/books/ledger.h"
#include "tests/kit/services/shop.h"

enum books_kind { BOOKS_POST, BOOKS_HOLD, BOOKS_END };

/// One entry in one transaction, undone unless LEDGER_DONE or LEDGER_AGAIN. of: BOOKS_END's pending
/// one. A line may name its unit: "POINT:seller +100 F001".
enum ledger_result books_enter(struct shop *shop, enum books_kind kind, const char *id,
                               const char *of, const char *lines);

/// Opens accounts of JPY: "BANK d, WAIT:alice c, ACCOUNT:bob c 0" (side, floor). Aborts when not.
void books_open(struct shop *shop, const char *accounts);

/// "posted/pending" of an account on its own side, or "none".
const char *books_balance(struct shop *shop, const char *account, char out[64]);

/// Runs the keeper's folding to its end. Returns how many lines it folded.
size_t books_fold(struct shop *shop);

#endif
