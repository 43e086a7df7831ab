// SPDX-License-Identifier: Apache-2.0
// The tables that every service's database has, and every SQL text of this folder.
#ifndef SERVICES_CORE_TABLES_H
#define SERVICES_CORE_TABLES_H

#include "services/core/store/migrate.h"

extern const struct migration core_migrations[];
extern const size_t core_migration_count;

#endif
