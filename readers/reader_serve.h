// SPDX-License-Identifier: Apache-2.0
// The reader process's own side: opens a link when it is told to, carries commands, and ends with
// whoever started it. All that talks to PC/SC and libnfc for a terminal happens in here.
#ifndef READERS_READER_SERVE_H
#define READERS_READER_SERVE_H

#include "base/failure.h"

/// Serves one terminal at a socket of packets until it hangs up. False: the socket is none.
bool reader_serve(int socket, const char *link_name, struct failure *failure);

#endif
