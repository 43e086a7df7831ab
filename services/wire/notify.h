// SPDX-License-Identifier: Apache-2.0
// What a service tells whoever supervises it (sd_notify(3)): one datagram to the socket that
// NOTIFY_SOCKET names. Without it nothing is sent.
#ifndef SERVICES_WIRE_NOTIFY_H
#define SERVICES_WIRE_NOTIFY_H

#include <stdbool.h>

/// State as NAME=VALUE lines: "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...". socket: the
/// value of NOTIFY_SOCKET, a path or "@" with an abstract name; NULL or "" for nobody, which is no
/// failure. False: it could not be sent.
bool notify_send(const char *socket, const char *state);

#endif
