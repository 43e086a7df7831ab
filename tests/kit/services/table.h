// SPDX-License-Identifier: Apache-2.0
// A table for tests of the store: things with a number, a note and octets, and their children.
#ifndef TESTS_KIT_SERVICES_TABLE_H
#define TESTS_KIT_SERVICES_TABLE_H

#include "services/core/service.h"

/// Version 1 makes the tables, version 2 one more on PostgreSQL only.
extern const struct migration table_migrations[2];
extern const struct service table_service;

/// thing(id, n, note, raw)
extern const struct statement table_put_row;
/// One thing without note and octets.
enum store_result table_put(struct session *session, const char *id, int64_t n);

#endif
