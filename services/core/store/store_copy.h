// SPDX-License-Identifier: Apache-2.0
// All rows of one database into the empty tables of another one, whatever the engines: in one
// transaction, which ends only when both have been read and found equal.
#ifndef SERVICES_CORE_STORE_STORE_COPY_H
#define SERVICES_CORE_STORE_STORE_COPY_H

#include "apdu/crypto/crypto.h"
#include "services/core/store/store.h"

struct store_copy {
    struct store *from; // of SQLite; only read
    struct store *to; // of PostgreSQL; has the same tables, all but its own account of itself empty
    const struct script_memory *memory;
    const struct crypto *crypto;
    /// A last look in the same transaction, at what has arrived. False with a failure: nothing has.
    bool (*check)(struct session *to, const struct store_copy *copy, struct failure *failure);
    void *context;                                  // check's
    void (*tell)(const char *table, uint64_t rows); // behind each table; NULL: nobody is told
    uint64_t tables, rows;                          // out
};

/// Copies. False, and nothing has been copied: 1 a table there has rows already (it is named) or
/// holds something else afterwards, else what the databases say. Memory does not grow with rows.
bool store_copy_run(struct store_copy *copy, struct failure *failure);

#endif
