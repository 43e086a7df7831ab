// SPDX-License-Identifier: Apache-2.0
// Exchanges live over UDP as GSMTAP version 2, type SIM: one packet has command and answer, as
// Wireshark and pySim-trace read them (port 4729).
#ifndef READERS_TRACE_GSMTAP_H
#define READERS_TRACE_GSMTAP_H

#include "base/bytes.h"

struct gsmtap {
    int socket;
    bool failed; // a packet could not be sent
};

/// "HOST:PORT"; false leaves errno.
bool gsmtap_open(struct gsmtap *tap, const char *address);
/// Sends one exchange as a packet of type SIM; card numbers the card. Losses stay in tap->failed.
void gsmtap_exchange(struct gsmtap *tap, size_t card, struct bytes command, struct bytes answer);
/// Closes the socket.
void gsmtap_close(struct gsmtap *tap);

#endif
