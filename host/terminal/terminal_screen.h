// SPDX-License-Identifier: Apache-2.0
// The screen of a terminal: the shell of services/wire/screen with the files that all terminals
// share, one page of the terminal's own, one state that streams to it, and the acts that come back.
// Nothing here waits for a card: the state is put in from the terminal's own thread, and acts wait
// in a mailbox until that thread takes them.
#ifndef HOST_TERMINAL_TERMINAL_SCREEN_H
#define HOST_TERMINAL_TERMINAL_SCREEN_H

#include "base/failure.h"
#include "services/wire/screen/screen.h"

#include <jansson.h>

enum { TERMINAL_ACT_MAX = 4096 };

struct terminal_screen;

struct terminal_screen_options {
    const char *address; // as screen_options
    const uint8_t *token;
    struct bytes page;   // the terminal's own HTML, at "/"
    struct bytes script; // its own script, at "/page.js"
    struct bytes style;  // its own style, at "/page.css"; may be empty
};

/// NULL with a failure, as screen_start.
struct terminal_screen *terminal_screen_start(const struct terminal_screen_options *options,
                                              struct failure *failure);

/// As screen_url.
const char *terminal_screen_url(const struct terminal_screen *screen);

/// Shows another state: an object, taken over. The page that is opened again shows it, too.
void terminal_screen_show(struct terminal_screen *screen, json_t *state);

/// Becomes readable when an act waits.
int terminal_screen_descriptor(const struct terminal_screen *screen);

/// The oldest act that waits, new reference; NULL: none. Acts beyond TERMINAL_ACTS are answered
/// with busy, so that a page that goes wild costs nothing.
json_t *terminal_screen_act(struct terminal_screen *screen);

/// NULL is allowed. Returns how many requests were left, as screen_stop.
size_t terminal_screen_stop(struct terminal_screen *screen, unsigned wait_ms);

#endif
