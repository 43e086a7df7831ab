// SPDX-License-Identifier: Apache-2.0
// How private a lab's PC/SC service is. The best way that this system allows is taken: a user
// namespace (ordinary users), root's own mount namespace, or, where there are no namespaces to be
// had, a library preloaded into pcscd that gives it a directory of its own. With a network
// namespace the ports of the virtual readers are out of anybody's reach; without, free ones are
// taken. Only pcscd and the cards live in it; the command under test sees the normal system
// and reaches the service through its socket.
#ifndef READERS_LAB_ISOLATION_H
#define READERS_LAB_ISOLATION_H

#include <stdbool.h>
#include <stddef.h>

enum isolation_kind {
    ISOLATION_BEST,    // whatever works
    ISOLATION_USER,    // user namespace
    ISOLATION_ROOT,    // root: mount namespace only
    ISOLATION_PRELOAD, // none: a preloaded library (preload/pcscd_directory.c)
};

struct isolation {
    enum isolation_kind kind; // never ISOLATION_BEST once made
    int user;                 // namespace descriptors, -1 when not used
    int network;
};

/// Tries what wish allows. False: error says what the system refuses.
bool lab_isolation_make(struct isolation *isolation, enum isolation_kind wish, char *error,
                        size_t size);

/// Moves the calling process, a fresh child, into it. Leaves errno.
bool lab_isolation_enter(const struct isolation *isolation);

/// Moves the calling process into it with an empty /run/pcscd of its own and without the
/// machine's USB readers. directory: the lab's, which must stay visible.
bool lab_isolation_enter_mounts(const struct isolation *isolation, const char *directory);

/// "user namespace with private network": for people.
const char *lab_isolation_text(const struct isolation *isolation);

/// Words of the command line for the kinds, in their order, with NULL after the last.
extern const char *const lab_isolation_words[];

/// Closes its descriptors; processes in it go on.
void lab_isolation_close(struct isolation *isolation);

#endif
