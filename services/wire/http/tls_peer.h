// SPDX-License-Identifier: Apache-2.0
// The certificate at the other end of a session: looked at once, judged at each request by the time
// and the list of revoked serials of that moment.
#ifndef SERVICES_WIRE_HTTP_TLS_PEER_H
#define SERVICES_WIRE_HTTP_TLS_PEER_H

#include "services/wire/http/tls.h"
#include "services/wire/peer.h"

struct tls_peer {
    struct peer named; // by the certificate, or the fault that time does not change
    bool shown;        // there is a certificate
    struct tls_serial serial;
    int64_t from, until; // seconds since 1970, of the whole chain
};

/// Looks at the certificate that a client showed: chain to the root, for clients, names one role.
void tls_peer_look(struct tls_peer *peer, gnutls_session_t session, const struct tls *tls);

/// Who that is at this moment.
struct peer tls_peer_judge(const struct tls_peer *peer, const struct tls *tls, uint64_t now_ms);

#endif
