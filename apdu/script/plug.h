// SPDX-License-Identifier: Apache-2.0
// A link that can be pulled out and put back: `insert` and `remove` for cards in process, and the
// place where a script's control of its card hangs. Everything else passes through.
#ifndef APDU_SCRIPT_PLUG_H
#define APDU_SCRIPT_PLUG_H

#include "apdu/link.h"
#include "apdu/script/run.h"

struct plug {
    struct link link; // hand this one to the runner
    struct link *inner;
    bool removed;
    struct script_control control;
};

/// Wraps inner; the caller keeps both alive and closes inner itself.
void plug_init(struct plug *plug, struct link *inner);

#endif
