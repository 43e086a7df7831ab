// SPDX-License-Identifier: Apache-2.0
// The store over PostgreSQL, for several instances of a service and for hosts that may fail.
// Transactions are SERIALIZABLE, so that a procedure means the same here as over SQLite; every
// service has a schema of its own.
#ifndef SERVICES_CORE_STORE_STORE_POSTGRES_H
#define SERVICES_CORE_STORE_STORE_POSTGRES_H

#include "services/core/store/store.h"

struct store_postgres_options {
    const char *uri;      // "postgresql://host1,host2/database?target_session_attrs=read-write"
    const char *schema;   // the service's name; made when it is missing
    unsigned connections; // at most 64; 0: 16. So many transactions run at a time
};

/// Opens one connection and looks whether commits are durable there. NULL: exit code 3 when no
/// server answers, 5 when it does not let us in, 1 for synchronous_commit=off.
struct store *store_postgres_open(const struct store_postgres_options *options,
                                  struct failure *failure);

#endif
