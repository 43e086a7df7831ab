// SPDX-License-Identifier: Apache-2.0
// The auditor's world in PostgreSQL: schemas that the services' own migrations made, filled with
// what the copies of the world's databases hold.
#ifndef TESTS_KIT_AUDIT_AUDIT_POSTGRES_H
#define TESTS_KIT_AUDIT_AUDIT_POSTGRES_H

#include "tests/kit/audit/audit_world.h"

struct service;

/// Makes a service's tables, empty, in a schema of its name. Fails the test when it cannot.
void audit_postgres_make(const struct service *service);
/// Fills them with the rows of the world's copy, instead of what they hold; a table that the copy
/// has no more stays as it is. Fails the test when it cannot.
void audit_postgres_fill(const struct audit_world *world, const char *service);
/// What the auditor is given: "postgresql://...#bank"; until the next call.
const char *audit_postgres_url(const char *service);

#endif
