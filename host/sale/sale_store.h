// SPDX-License-Identifier: Apache-2.0
// The durable memory of a terminal: a directory of its own (0700) with a marker that says which
// kind of machine, in which version, and with which purse of its own it belongs to; a lock, so that
// one process has it; and the records of sales, one line appended and synced for each step. What
// was half written when the power went is no record. docs/terminals.md describes the files.
#ifndef HOST_SALE_SALE_STORE_H
#define HOST_SALE_SALE_STORE_H

#include "base/failure.h"
#include "host/sale/sale_step.h"

enum { SALE_STORE_VERSION = 1 };

struct sale_store;

/// Opens the directory, made if need be, for this kind of machine ("kiosk"). NULL with a failure:
/// in use by another process or no permission (5), another machine's or a newer version's (1),
/// damaged (1), a path that leads nowhere (2).
struct sale_store *sale_store_open(const char *directory, const char *machine,
                                   struct failure *failure);
/// NULL is allowed.
void sale_store_close(struct sale_store *store);

/// The directory belongs to the machine with this purse, from its first time on. False: it is the
/// state of a machine with another one.
bool sale_store_own(struct sale_store *store, const char *id, struct failure *failure);

/// For flows and struct sale_machine. A save that sale_may_follow does not know is refused.
struct journal *sale_store_journal(struct sale_store *store);

/// Why the last find or save failed.
const struct failure *sale_store_failure(const struct sale_store *store);

/// Records of sales that are not over, or of all, in the order in which they began. visit false:
/// enough. False: a record cannot be read.
bool sale_store_each(struct sale_store *store, bool all,
                     bool (*visit)(void *context, const struct sale_record *record), void *context);

/// Sales that it knows, and those that are not over.
size_t sale_store_count(const struct sale_store *store, size_t *open);

#endif
