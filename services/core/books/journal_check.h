// SPDX-License-Identifier: Apache-2.0
// The journal's chain, computed anew: for who has copied it.
#ifndef SERVICES_CORE_BOOKS_JOURNAL_CHECK_H
#define SERVICES_CORE_BOOKS_JOURNAL_CHECK_H

#include "apdu/crypto/crypto.h"
#include "services/core/store/store.h"

struct journal_checked {
    int64_t length; // entries that are whole
    bool whole;     // else entry length + 1 is missing or not what follows, or a checkpoint differs
};

/// Reads a thousand entries at a time. What the session met sticks to it.
struct journal_checked journal_check(struct session *session, const struct crypto *crypto);

#endif
