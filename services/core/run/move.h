// SPDX-License-Identifier: Apache-2.0
// A service's database from a file of SQLite into an empty one of PostgreSQL.
#ifndef SERVICES_CORE_RUN_MOVE_H
#define SERVICES_CORE_RUN_MOVE_H

#include "services/core/service.h"

struct service_move {
    const struct service *service;
    const char *state; // directory of the service; its file is db/NAME.sqlite there
    const char *db;    // "postgresql://...": the schema there has the service's name
    const struct crypto *crypto;
    uint64_t now_ms;
    void (*tell)(const char *table, uint64_t rows); // behind each table; NULL: nobody is told
    uint64_t tables, rows, seals;                   // out: what was moved; entries of its journal
};

/// Copies every row and compares both; the journal's chain is computed anew over what has arrived.
/// The file stays as it is. False, and there are no rows in PostgreSQL: 2 there is no such file; 5
/// a service has it; 3 no server answers; 1 the file or the schema is another service's, another
/// authority's or another program's, the schema has rows already, or the journal is broken.
bool service_move_run(struct service_move *move, struct failure *failure);

#endif
