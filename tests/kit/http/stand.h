// SPDX-License-Identifier: Apache-2.0
// An HTTP server with the echo listener on a free port of loopback, in the test's own process.
#ifndef TESTS_KIT_HTTP_STAND_H
#define TESTS_KIT_HTTP_STAND_H

#include "services/wire/http/http_server.h"
#include "tests/kit/http/echo.h"
#include "tests/kit/http/raw.h"

struct http_stand {
    struct echo echo;
    struct http_server *server;
    struct http_server_options options;
    char text[RAW_MAX]; // what came last
};

/// The stand chooses socket and, where there is none, memory. Ends the test when it does not start.
void http_stand_begin(struct http_stand *stand, size_t workers, struct http_server_options options);

/// Stops; nothing may be left in work.
void http_stand_end(struct http_stand *stand);

/// GET /hello on a connection of its own: is it answered as it should?
bool http_stand_serves(struct http_stand *stand);

#endif
