// SPDX-License-Identifier: Apache-2.0
// One connection to PostgreSQL with its prepared statements. store_postgres.c is above it.
#ifndef SERVICES_CORE_STORE_POSTGRES_LINK_H
#define SERVICES_CORE_STORE_POSTGRES_LINK_H

#include "services/core/store/store.h"

#include <libpq-fe.h>

enum { POSTGRES_STATEMENTS_MAX = 512 }; // a power of two

struct postgres_link {
    PGconn *connection;
    const char *prepared[POSTGRES_STATEMENTS_MAX]; // texts by place; named "s" and the place
};

/// Connects, enters the schema, refuses a server whose commits are not durable.
bool postgres_link_open(struct postgres_link *link, const char *uri, const char *schema,
                        struct failure *failure);
void postgres_link_close(struct postgres_link *link);

/// BEGIN, COMMIT and the like; a COMMIT that the server turned into a ROLLBACK is a conflict.
enum store_result postgres_link_exec(struct postgres_link *link, const char *sql,
                                     struct failure *failure);

/// A session over this link; begin and commit are the caller's.
void postgres_session_init(struct session *session, struct postgres_link *link,
                           struct arena *arena);
enum store_result postgres_session_script(struct session *session, const char *text);

#endif
