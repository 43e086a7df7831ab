// SPDX-License-Identifier: Apache-2.0
// The highest hotlist that a terminal has believed, of each center, durable in its directory: who
// puts an older list of its own center in the place of --hotlist is refused after it.
// docs/protocol.md, "Hotlist and time".
#ifndef HOST_TERMINAL_HOTLIST_MEMORY_H
#define HOST_TERMINAL_HOTLIST_MEMORY_H

#include "base/failure.h"
#include "services/wire/revocations.h"

/// Believes a list that is open, and remembers its version in DIRECTORY/hotlists before it says so.
/// The directory is the caller's alone meanwhile. list NULL: nothing to do. False: an older list
/// than one that was believed there, or the memory cannot be read or written (EXIT_REFUSED).
bool hotlist_believe(const char *directory, const struct revocations *list,
                     struct failure *failure);

#endif
