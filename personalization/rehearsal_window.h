// SPDX-License-Identifier: Apache-2.0
// A link that shows on standard output what passes through it: command by name, header, data with
// every secret masked, status word.
#ifndef PERSONALIZATION_REHEARSAL_WINDOW_H
#define PERSONALIZATION_REHEARSAL_WINDOW_H

#include "apdu/link.h"

struct rehearsal_window {
    struct link link;
    struct link *inside;
    const char *applet; // selected, as the catalogue names it
};

/// Both ends stay the caller's; closing the window does nothing.
void rehearsal_window_open(struct rehearsal_window *window, struct link *inside);

#endif
