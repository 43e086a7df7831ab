// SPDX-License-Identifier: Apache-2.0
// A window with sound (SDL2). Closing it, Escape or q ends the play.
#ifndef HOST_MEDIA_SINK_WINDOW_H
#define HOST_MEDIA_SINK_WINDOW_H

#include "host/media/player.h"

struct sink_window;

/// title: of the window. NULL with a failure: EXIT_ABSENT where there is no screen.
struct sink_window *sink_window_open(const char *title, struct failure *failure);
struct player_sink sink_to_window(struct sink_window *window);
/// Waits until the last sound was heard.
void sink_window_close(struct sink_window *window);

#endif
