// SPDX-License-Identifier: Apache-2.0
// A link that can be pulled out and put back: `insert` and `remove` for cards in process, and the
// place where a script's control of its card hangs. Everything else passes through.
#ifndef APDU_SCRIPT_RUN_REMOVABLE_H
#define APDU_SCRIPT_RUN_REMOVABLE_H

#include "apdu/command/link.h"
#include "apdu/script/run/run.h"

struct removable {
    struct link link; // hand this one to the runner
    struct link *inner;
    bool removed;
    struct script_control control;
};

/// Wraps inner; the caller keeps both alive and closes inner itself.
void removable_init(struct removable *removable, struct link *inner);

#endif
