// SPDX-License-Identifier: Apache-2.0
// The link over a byte stream, as a serial profile of Bluetooth or an infrared port gives it: the
// same APDUs in frames of a 16-bit big-endian length and a payload, the frames of vpcd.h. The
// terminal listens, the card's side connects: tessera card run IMAGE --reader vpcd:HOST:PORT.
#ifndef READERS_LINK_STREAM_H
#define READERS_LINK_STREAM_H

#include "readers/link/link_kind.h"

enum {
    STREAM_APDU_MAX = 2048, // as much as a card gathers by chaining
    STREAM_COMMAND_MS = 5000,
};

/// address: HOST:PORT to listen at. Waits for one card's side; nobody else is let in meanwhile.
struct link *stream_link_open(const char *address, const struct link_options *options,
                              struct link_failure *failure);

/// Who brings the card's side.
struct stream_side {
    /// Called when the link listens, with its port and before the card's side is waited for. False:
    /// the link does not open, and the failure is told.
    bool (*listening)(void *context, unsigned port, struct link_failure *failure);
    /// Asked while it is waited for: false ends the waiting.
    bool (*comes)(void *context);
    void *context;
};

/// As stream_link_open, but at a free port of this machine, which side is told; address is a
/// name for messages alone. side NULL: at address.
struct link *stream_link_open_with(const char *address, const struct link_options *options,
                                   const struct stream_side *side, struct link_failure *failure);

/// In a forked child: closes its copy of the link. The card's side, which serves the parent, hears
/// nothing of it.
void stream_link_leave(struct link *link);

#endif
