// SPDX-License-Identifier: Apache-2.0
// The link over a byte stream, as a serial profile of Bluetooth or an infrared port gives it: the
// same APDUs in frames of a 16-bit big-endian length and a payload, the frames of vpcd.h. The
// terminal listens, the card's side connects: tessera card run IMAGE --reader vpcd:HOST:PORT.
#ifndef READERS_STREAM_H
#define READERS_STREAM_H

#include "readers/link_open.h"

enum {
    STREAM_APDU_MAX = 2048, // as much as a card gathers by chaining
    STREAM_COMMAND_MS = 5000,
};

/// address: HOST:PORT to listen at. Waits for one card's side; nobody else is let in meanwhile.
struct link *stream_link_open(const char *address, const struct link_options *options,
                              struct link_failure *failure);

#endif
