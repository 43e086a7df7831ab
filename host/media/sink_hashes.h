// SPDX-License-Identifier: Apache-2.0
// Frames that nobody looks at: each is hashed as its raw octets, so that two players can be
// compared, and ours with another.
#ifndef HOST_MEDIA_SINK_HASHES_H
#define HOST_MEDIA_SINK_HASHES_H

#include "host/media/player.h"

#include <stdio.h>

struct sink_hashes {
    const struct crypto *crypto;
    FILE *out; // a line a frame: "video|audio", octets, SHA-256; NULL: decoded only
};

/// The sink lives as long as hashes.
struct player_sink sink_to_hashes(struct sink_hashes *hashes);

#endif
