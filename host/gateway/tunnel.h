// SPDX-License-Identifier: Apache-2.0
// One connection of a phone: TLS in which the phone's certificate says who it is, a request for a
// tunnel to a named addressee (CONNECT, RFC 9110 9.3.6), and then octets that go through unread,
// counted as packets. The addressee sees plain TCP and, within it, the phone's own TLS.
#ifndef HOST_GATEWAY_TUNNEL_H
#define HOST_GATEWAY_TUNNEL_H

#include "base/clock.h"
#include "services/wire/http/tls.h"
#include "services/wire/peer.h"

enum { PACKET_SIZE = 128, TUNNEL_REPORT_SIZE = 65536, TUNNEL_NAME_MAX = 160 };

/// What a tunnel asks of its gateway.
struct tunnel_house {
    struct tls_source *tls;
    const struct clock *clock;
    void *context;
    /// A socket connected to an addressee "HOST:PORT", the caller's to close. -1: *status is 403
    /// for one that is unknown here, 502 for one that does not answer.
    int (*connect)(void *context, const char *addressee, int *status);
    /// The number of the phone with this id; NULL: nobody's.
    const char *(*number)(void *context, const char *id);
    /// Counts packets durably: those that the phone sent, and those for it. False: they cannot be
    /// counted, and nothing more goes through.
    bool (*count)(void *context, const char *number, uint64_t sent, uint64_t received);
};

/// Serves a connection until one end closes it, stays silent for a minute, or client is shut down.
/// client is the caller's to close.
void tunnel_run(const struct tunnel_house *house, int client);

#endif
