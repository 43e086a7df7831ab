// SPDX-License-Identifier: Apache-2.0
// Sockets to listen on: made from "ADDRESS:PORT", or handed over by whoever started the process.
#ifndef SERVICES_WIRE_HTTP_HTTP_LISTEN_H
#define SERVICES_WIRE_HTTP_HTTP_LISTEN_H

#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>

/// Is it ADDRESS:PORT with a port from 0 to 65535 in digits? Else a failure (2) that begins with
/// the address in quotes. Nothing is looked up.
bool http_listen_check(const char *address, struct failure *failure);

/// Listens on "127.0.0.1:8443", "[::1]:8443" or "NAME:0" (any free port). -1 with a failure: no
/// such address (2), port in use (1), no permission (5).
int http_listen(const char *address, struct failure *failure);

/// The n-th socket that socket activation left in this process (sd_listen_fds(3)), or -1 when there
/// is none. The caller owns it.
int http_listen_inherited(size_t n);

/// "127.0.0.1:8443" of a socket, terminated. False: no internet socket, or no room.
bool http_listen_name(int socket, char *out, size_t capacity);

#endif
