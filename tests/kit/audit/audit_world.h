// SPDX-License-Identifier: Apache-2.0
// A small healthy world for the auditor: a clearing center with everything that may happen to money
// there, made once and copied for each case; and an audit of copies, its findings as lines.
#ifndef TESTS_KIT_AUDIT_AUDIT_WORLD_H
#define TESTS_KIT_AUDIT_AUDIT_WORLD_H

#include "host/audit/state.h"

#include <stddef.h>
#include <stdint.h>

enum { AUDIT_SERVICES_MAX = 6, AUDIT_OUT_MAX = 262144 };

struct audit_world {
    char directory[64];
    char trust[80];
    size_t count;
    char services[AUDIT_SERVICES_MAX][16]; // "clearing"
    uint64_t now_ms;                       // when the auditor looks
};

/// Makes it. Fails the test when it cannot.
void audit_world_open(struct audit_world *world);
void audit_world_close(struct audit_world *world);

/// Path of a healthy database, or of the copy for a case; until the next call.
const char *audit_world_path(const struct audit_world *world, const char *service, bool copy);
/// Fresh copies of every database.
void audit_world_copy(const struct audit_world *world);
/// Runs SQL over the copy of a service's database; forge.h says what it may call. False: printed.
bool audit_world_change(const struct audit_world *world, const char *service, const char *sql);

/// Audits the copies; JSON lines into out. since: what an earlier audit reached, and then this one;
/// NULL: everything is verified. The exit code that the program would have.
int audit_world_audit(const struct audit_world *world, struct state *since,
                      char out[AUDIT_OUT_MAX]);

#endif
