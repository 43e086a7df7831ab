// SPDX-License-Identifier: Apache-2.0
// The page of a terminal, for a browser on the same machine: fixed files, a state that streams as
// server-sent events, and requests that go to a listener as ROLE_SCREEN. Who has not the token of
// this start, or comes by another name or from another site, gets nothing.
#ifndef SERVICES_WIRE_SCREEN_SCREEN_H
#define SERVICES_WIRE_SCREEN_SCREEN_H

#include "base/failure.h"
#include "services/wire/http/http_server.h"

enum { SCREEN_TOKEN_SIZE = 16, SCREEN_URL_MAX = 128, SCREEN_STRANGERS_MAX = 16 };

/// A file of the page: "/", "text/html; charset=utf-8".
struct screen_page {
    const char *path, *type;
    struct bytes octets;
};

struct screen_options {
    const char *address;  // "127.0.0.1:8080", port 0 for any; nothing but 127.0.0.0/8 and [::1]
    const uint8_t *token; // SCREEN_TOKEN_SIZE octets, generated anew at each start
    const struct screen_page *pages;
    size_t page_count;
    const struct listener *listener;  // of whatever no page is; NULL: nothing else is there
    const struct http_events *events; // GET /events; NULL: there is none
    const struct script_memory *memory;
};

struct screen;

/// What options point to lives as long as the screen, but for address and token. NULL with a
/// failure: no address of loopback (2), port in use (1), no memory (1).
struct screen *screen_start(const struct screen_options *options, struct failure *failure);

/// "http://127.0.0.1:8080/?t=TOKEN": opens the page once in the browser that is to show it.
const char *screen_url(const struct screen *screen);

/// The state has another version. From any thread.
void screen_changed(struct screen *screen);

/// As http_server_stop.
size_t screen_stop(struct screen *screen, unsigned wait_ms);

#endif
