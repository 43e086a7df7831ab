// SPDX-License-Identifier: Apache-2.0
// The state directory of a user's machine (home server, phone): its owner's alone, marked with the
// kind of machine and, where it has one, the card that it belongs to, so that no other machine
// works on it. What lies in it is each machine's own; files are written by base/files.h, whole or
// not.
#ifndef HOST_STATE_MACHINE_STATE_H
#define HOST_STATE_MACHINE_STATE_H

#include "apdu/object/role.h"
#include "base/failure.h"

#include <limits.h>

struct machine_state {
    char directory[PATH_MAX - 2 * NAME_MAX];
    int lock; // -1: taken by nobody here
};

/// Which machine: "home", "phone"; the id of its card, or NULL where it is not known yet.
struct machine_kind {
    const char *kind, *card;
};

/// Opens, or makes and marks, a state directory (0700). alone: no other process that says so works
/// on it meanwhile. False: others may read it (5), it is of another kind or card, of a newer
/// program (1), no directory (2), or somebody works on it (5).
bool machine_state_open(struct machine_state *state, const char *directory,
                        const struct machine_kind *kind, bool alone, struct failure *failure);
/// Once the card is known: it has to be the one that the state belongs to; one that has none yet is
/// this card's from now on. False: it is another one's (1), by name.
bool machine_state_bind(const struct machine_state *state, const struct machine_kind *kind,
                        struct failure *failure);
/// Gives it back; one that failed to open, too.
void machine_state_close(struct machine_state *state);

/// STATE/FOLDER/ID.SUFFIX into out (PATH_MAX); the folder is made (0700) where it is missing.
bool machine_state_path(const struct machine_state *state, const char *folder, const char *id,
                        const char *suffix, char *out, struct failure *failure);

/// DIRECTORY where it was said, else STATE/NAME; into out (PATH_MAX).
bool machine_state_find(const struct machine_state *state, const char *directory, const char *name,
                        char *out, struct failure *failure);

#endif
