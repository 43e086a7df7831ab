// SPDX-License-Identifier: Apache-2.0
// How private a lab's PC/SC world is. The best way that this system allows is taken: a user
// namespace (ordinary users), root's own mount namespace, or none at all, in place. With a network
// namespace the ports of the virtual readers are out of anybody's reach; without, free ones are
// taken. Only pcscd and the cards live in the world; the command under test sees the normal system
// and reaches the service through its socket.
#ifndef READERS_LAB_WORLD_H
#define READERS_LAB_WORLD_H

#include <stdbool.h>
#include <stddef.h>

enum world_kind {
    WORLD_BEST,  // whatever works
    WORLD_USER,  // user namespace
    WORLD_ROOT,  // root: mount namespace only
    WORLD_PLACE, // none
};

struct world {
    enum world_kind kind; // never WORLD_BEST once made
    int user;             // namespace descriptors, -1 when not used
    int network;
};

/// Tries what wish allows. False: error says what the system refuses.
bool world_make(struct world *world, enum world_kind wish, char *error, size_t size);

/// Moves the calling process, a fresh child, into the world. Leaves errno.
bool world_enter(const struct world *world);

/// Moves the calling process into the world with an empty /run/pcscd of its own and without the
/// machine's USB readers. directory: the lab's, which must stay visible.
bool world_enter_mounts(const struct world *world, const char *directory);

/// "user namespace with private network": for people.
const char *world_text(const struct world *world);

/// Word of the command line ("user", "root", "place") to kind; false if there is none.
bool world_kind_parse(const char *word, enum world_kind *kind);

void world_close(struct world *world);

#endif
