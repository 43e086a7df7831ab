// SPDX-License-Identifier: Apache-2.0
// A container that was unlocked, shown: in a window with sound, or hashed frame by frame, and what
// is told at the end of it.
#ifndef HOST_MEDIA_SHOWING_H
#define HOST_MEDIA_SHOWING_H

#include "apdu/object/ticket.h"
#include "base/failure.h"
#include "services/wire/media/container_file.h"

struct showing {
    const char *title; // of the window
    bool headless, hashes, json;
    const struct crypto *crypto;
    const struct ticket_left *left; // of the ticket that opened it; NULL: none did
};

/// --hashes goes with --headless.
bool showing_check(const struct showing *showing, struct failure *failure);
/// Plays to the end, or until somebody ended it, and reports: standard output has the hashes where
/// they are wanted, else the report.
bool showing_run(const struct showing *showing, struct container_file *file,
                 struct failure *failure);

#endif
