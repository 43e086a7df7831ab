// SPDX-License-Identifier: Apache-2.0
// Tables and their changes: rows that are only ever appended, each applied once, in order, in one
// transaction, and remembered with the digest of its text. A database that is newer than the
// program, that another text made, or that belongs to another authority is refused.
#ifndef SERVICES_CORE_STORE_MIGRATE_H
#define SERVICES_CORE_STORE_MIGRATE_H

#include "apdu/crypto/crypto.h"
#include "services/core/store/store.h"

/// SQL of both engines; words that begin with @ are replaced: @INT (64 bits), @TEXT, @BLOB, @END
/// (after a table's closing bracket), `@REF table(column)` (stands in SQLite, where tests find the
/// mistake; on PostgreSQL foreign keys make false conflicts, and an auditor looks instead).
struct migration {
    unsigned version; // 1, 2, 3, ...
    const char *sql;  // statements separated by semicolons
    const char *only; // NULL, or the one engine that it is for: "postgresql"
};

/// Whose database this is.
struct store_owner {
    const char *service; // "licence"
    const char *root;    // fingerprint of the authority's root, hexadecimal
    const char *program; // name and version, for the sentence that refuses an older one
    const struct crypto *crypto;
    uint64_t now_ms;
};

/// Brings one set of tables up to date; part names it among the sets of a database. False with exit
/// code 1: newer, altered or foreign, nothing touched.
bool store_migrate(struct store *store, const struct store_owner *owner,
                   const struct script_memory *memory, const char *part,
                   const struct migration *rows, size_t count, struct failure *failure);

/// The SQL for one engine, words replaced.
void migration_write(const struct store_dialect *dialect, const char *sql, struct buffer *out);

#endif
