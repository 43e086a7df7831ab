// SPDX-License-Identifier: Apache-2.0
// What taps see, carried from a worker process to the one that holds the files: a tap that writes
// every exchange and event to a stream, and the other end that hands them to the taps there.
#ifndef APDU_SCRIPT_RELAY_H
#define APDU_SCRIPT_RELAY_H

#include "apdu/script/session.h"

/// Writes to a stream that stays the caller's. NULL: memory is out. Places in the script are not
/// carried.
struct script_tap *relay_tap_open(FILE *to);

/// Hands what a relay wrote to every tap of the list, in order. False: it is not whole.
bool relay_replay(struct bytes written, struct script_tap *taps);

#endif
