// SPDX-License-Identifier: Apache-2.0
// A memory card: a directory with a marker that names it, where a card's file system is mounted.
// Containers lie on it under their contents' ids, each whole or not at all (docs/content.md).
#ifndef HOST_CONTENT_MEMORY_CARD_H
#define HOST_CONTENT_MEMORY_CARD_H

#include "services/wire/media/container_file.h"

enum { MEMORY_CARD_ID_SIZE = 32 }; // hexadecimal digits

/// The card that was found in a slot.
struct memory_card {
    char directory[PATH_MAX - 64];
    char id[MEMORY_CARD_ID_SIZE + 1];
};

/// Marks an existing directory as a new card. Refused: it is one already.
bool memory_card_make(struct memory_card *card, const char *directory, const struct crypto *crypto,
                      struct failure *failure);

/// Looks which card is in a slot. EXIT_ABSENT: none. Refused: a marker that is not ours.
bool memory_card_open(struct memory_card *card, const char *directory, struct failure *failure);

/// The same for the directory that a file lies in; false without a word when that is no card.
bool memory_card_below(struct memory_card *card, const char *path);

/// Is it still the same card? EXIT_ABSENT: it was taken out, or another one is there.
bool memory_card_there(const struct memory_card *card, struct failure *failure);

/// Where a content lies on the card, or would. path: PATH_MAX octets.
bool memory_card_path(const struct memory_card *card, struct bytes content, char *path,
                      struct failure *failure);

/// Writes a container that was opened whole; every chunk is held against the list on its way. It
/// appears under its name when all of it is there and the card is still the same one, else not.
/// The same container there already is done; another one is refused.
bool memory_card_write(const struct memory_card *card, struct container_file *file,
                       char path[PATH_MAX], struct failure *failure);

#endif
