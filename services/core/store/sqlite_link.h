// SPDX-License-Identifier: Apache-2.0
// One connection to SQLite with its prepared statements. store_sqlite.c is above it.
#ifndef SERVICES_CORE_STORE_SQLITE_LINK_H
#define SERVICES_CORE_STORE_SQLITE_LINK_H

#include "services/core/store/store.h"

#include <sqlite3.h>

enum { SQLITE_STATEMENTS_MAX = 512 }; // a power of two

struct sqlite_prepared {
    const char *text; // the statement's, by its address; NULL: a free place
    sqlite3_stmt *handle;
    int places[STORE_PARAMETERS_MAX]; // of $1, $2, ...: SQLite numbers them by first appearance
};

struct sqlite_link {
    sqlite3 *db;
    struct sqlite_prepared prepared[SQLITE_STATEMENTS_MAX];
};

/// Opens with the pragmas of section "Store" of docs/services.md.
bool sqlite_link_open(struct sqlite_link *link, const char *path, const char *vfs,
                      struct failure *failure);
void sqlite_link_close(struct sqlite_link *link);

/// BEGIN, COMMIT, SAVEPOINT and the like.
int sqlite_link_exec(struct sqlite_link *link, const char *sql);

/// What a result code of SQLite means.
enum store_result sqlite_result(int code);

/// A session over this link; begin and commit are the caller's.
void sqlite_session_init(struct session *session, struct sqlite_link *link, struct arena *arena);
enum store_result sqlite_session_script(struct session *session, const char *sql);

#endif
