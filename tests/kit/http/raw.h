// SPDX-License-Identifier: Apache-2.0
// A client that sends octets as they are and keeps what comes back, with a hard end.
#ifndef TESTS_KIT_HTTP_RAW_H
#define TESTS_KIT_HTTP_RAW_H

#include "base/bytes.h"

enum { RAW_MAX = 65536, RAW_SECONDS = 20 };

/// Connects to the address that a listening socket has. -1: not accepted.
int raw_connect(int listening);
bool raw_send(int socket, struct bytes octets);
bool raw_say(int socket, const char *text);

/// Reads until the other side closes, terminates; octets read.
size_t raw_read_all(int socket, char *out, size_t capacity);

/// Reads one answer with Content-Length, terminates; false: the connection ended before.
bool raw_read_answer(int socket, char *out, size_t capacity);

/// Status of the first answer in text; 0: none.
unsigned raw_status(const char *text);

#endif
