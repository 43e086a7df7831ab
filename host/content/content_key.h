// SPDX-License-Identifier: Apache-2.0
// A content's key where people keep it: one line of a file that nobody else may read. A licence
// service gets it from there, and a player until it has a ticket.
#ifndef HOST_CONTENT_CONTENT_KEY_H
#define HOST_CONTENT_CONTENT_KEY_H

#include "apdu/container/container.h"
#include "base/failure.h"

/// The ticket's key octets. Erased by their owner.
struct content_key {
    uint8_t octets[CONTAINER_KEY_MAX];
    size_t size;
};

/// Reads the first line, 1 to CONTAINER_KEY_MAX octets. Refused: a file that others may read.
bool content_key_read(const char *path, struct content_key *key, struct failure *failure);

/// Generates 32 octets and writes them as base64url into a new file, mode 0600.
bool content_key_make(const char *path, const struct crypto *crypto, struct failure *failure);

/// The key of the content (or key) of this id, DIRECTORY/ID.key, which is generated where it is not
/// there yet.
bool content_key_of(const char *directory, const char *id, const struct crypto *crypto,
                    struct content_key *key, struct failure *failure);

#endif
