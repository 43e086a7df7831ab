// SPDX-License-Identifier: Apache-2.0
// The auditor as a judge over shops that have been through something: their databases are audited
// where they are, in PostgreSQL.
#ifndef TESTS_KIT_AUDIT_AUDIT_SHOPS_H
#define TESTS_KIT_AUDIT_AUDIT_SHOPS_H

#include "tests/kit/audit/audit_world.h"
#include "tests/kit/services/shop.h"

/// Seals what the shops (ENGINE_POSTGRES) have taken and audits their databases together, under the
/// anchor of a world that has begun. Prints what is found unless quiet. The exit code that the
/// program would have.
int audit_shops(const struct audit_world *world, struct shop *const *shops, size_t count,
                bool quiet);

/// URL under which the auditor reads a shop's database on a server; until the next call but three.
const char *audit_shops_url(const char *server, const struct shop *shop);

#endif
