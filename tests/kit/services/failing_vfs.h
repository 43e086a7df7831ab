// SPDX-License-Identifier: Apache-2.0
// A disk under SQLite whose n-th read, write or sync fails, or that is full from then on.
#ifndef TESTS_KIT_SERVICES_FAILING_VFS_H
#define TESTS_KIT_SERVICES_FAILING_VFS_H

#include <stdbool.h>
#include <stddef.h>

enum disk_fault { DISK_READ, DISK_WRITE, DISK_SYNC, DISK_FULL, DISK_FAULTS };

/// Registers it. Returns its name for store_sqlite_options.
const char *failing_vfs(void);

/// From now on the n-th operation of that kind fails once (DISK_FULL: every write from it on);
/// 0: none does.
void failing_vfs_arm(enum disk_fault fault, size_t n);
/// Did it come to that?
bool failing_vfs_struck(void);

#endif
