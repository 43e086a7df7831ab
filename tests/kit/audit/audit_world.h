// SPDX-License-Identifier: Apache-2.0
// Small healthy worlds for the auditor: a clearing center with everything that may happen to money
// there, or the services that settle by proxy; made once and copied for each case; and an audit of
// copies, its findings as lines.
#ifndef TESTS_KIT_AUDIT_AUDIT_WORLD_H
#define TESTS_KIT_AUDIT_AUDIT_WORLD_H

#include "apdu/crypto/crypto.h"
#include "host/audit/state.h"

#include <stddef.h>
#include <stdint.h>

enum { AUDIT_SERVICES_MAX = 6, AUDIT_OUT_MAX = 262144 };

/// The auditor comes when nothing can be late any more.
#define AUDIT_LATER_MS ((uint64_t)40 * 24 * 3600 * 1000)

struct audit_world {
    char directory[64];
    char trust[80];
    size_t count;
    char services[AUDIT_SERVICES_MAX][16]; // "clearing"
    uint64_t now_ms;                       // of the world; the auditor comes later
    const struct crypto *crypto;           // of who made it
    const char *objects, *cash;            // what the auditor is given beside databases, or NULL
};

struct shop;

/// Makes a clearing center. Fails the test when it cannot.
void audit_world_open(struct audit_world *world);
/// Makes a telephone company, its bank, the registry and a seller's licence service: three months.
void audit_town_open(struct audit_world *world);
/// The same with what goes other ways: receipts of tills, orders of kiosks, conversions, a card
/// with a debit function, an enterprise with an address; and a content service beside them.
void audit_market_open(struct audit_world *world);
/// Makes a clearing center with points, a load that no log proves yet, lines that are folded and
/// digests that no journal has yet.
void audit_club_open(struct audit_world *world);
void audit_world_close(struct audit_world *world);

/// Path of a healthy database, or of the copy for a case; until the next call.
const char *audit_world_path(const struct audit_world *world, const char *service, bool copy);
/// Fresh copies of every database.
void audit_world_copy(const struct audit_world *world);
/// Runs SQL over the copy of a service's database; forge.h says what it may call. False: printed.
bool audit_world_change(const struct audit_world *world, const char *service, const char *sql);

/// Audits databases under these URLs as audit_world_audit does the copies.
int audit_world_audit_at(const struct audit_world *world, const char *const *urls, size_t count,
                         struct state *since, char out[AUDIT_OUT_MAX]);
/// Audits the copies; JSON lines into out. since: what an earlier audit reached, and then this one;
/// NULL: everything is verified. The exit code that the program would have.
int audit_world_audit(const struct audit_world *world, struct state *since,
                      char out[AUDIT_OUT_MAX]);

// ---- for who makes one -------------------------------------------------------------------------

/// An empty world with its directory.
void audit_world_begin(struct audit_world *world);
/// Its directory alone; who made the keys closes them.
void audit_world_remove(const struct audit_world *world);
/// Seals and signs what is in the books of a service, and takes them over under its name.
void audit_world_keep(struct audit_world *world, struct shop *shop);
/// Its keeper does what is due: lines are folded.
void audit_world_fold(struct shop *shop);
/// The two steps of audit_world_keep, for what comes between them.
void audit_world_seal(struct shop *shop);
void audit_world_take(struct audit_world *world, struct shop *shop);
/// Puts a certificate under a name ("root") among those that the auditor trusts.
void audit_world_trust(const struct audit_world *world, const char *name, struct bytes certificate);

#endif
