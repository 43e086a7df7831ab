// SPDX-License-Identifier: Apache-2.0
// The store over SQLite: one file, one process. Callers that write at the same time share one
// durable commit (each in its savepoint); readers have connections of their own.
#ifndef SERVICES_CORE_STORE_STORE_SQLITE_H
#define SERVICES_CORE_STORE_STORE_SQLITE_H

#include "services/core/store/store.h"

/// In the head of every file that this program makes ("TESS").
enum { STORE_SQLITE_APPLICATION = 0x54455353 };

struct store_sqlite_options {
    const char *path; // ":memory:" for the simulation: one connection, gone with it
    const char *vfs;  // NULL: the system's
};

/// Opens or makes the file (mode 0600). NULL: exit code 5 when another process has it, 1 when it is
/// damaged or of another program, else what opening said.
struct store *store_sqlite_open(const struct store_sqlite_options *options,
                                struct failure *failure);

#endif
