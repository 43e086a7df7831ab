// SPDX-License-Identifier: Apache-2.0
// What observers see, carried from a worker process to the one that holds the files: an observer
// that writes every exchange and event to a stream, and the other end that hands them to the
// observers there.
#ifndef APDU_SCRIPT_TOOLS_RELAY_H
#define APDU_SCRIPT_TOOLS_RELAY_H

#include "apdu/script/run/session.h"

/// Writes to a stream that stays the caller's. NULL: memory is out. Places in the script are not
/// carried.
struct script_observer *relay_observer_open(FILE *to);

/// Hands what a relay wrote to every observer of the list, in order. False: it is not whole.
bool relay_replay(struct bytes written, struct script_observer *observers);

#endif
