// SPDX-License-Identifier: Apache-2.0
// Where a content comes from, octet by octet: a content service over the network, or a medium with
// containers on it. Neither is believed; what came is judged by itself (host/home/library.h).
#ifndef HOST_HOME_SOURCE_H
#define HOST_HOME_SOURCE_H

#include "base/buffer.h"
#include "services/wire/courier/courier.h"
#include "services/wire/media/container_file.h"

/// What stands under an id.
struct content_entry {
    uint64_t size;
    uint8_t root[SHA256_SIZE];
    struct buffer page; // JSON of the catalogue, or empty; the caller's
};

enum { SOURCE_PIECE = 1 << 20 };

struct content_source {
    /// What is there. False: unknown (EXIT_REFUSED), nobody answers (EXIT_ABSENT), ..
    bool (*ask)(void *context, const char *id, struct content_entry *entry,
                struct failure *failure);
    /// The next octets from a place on, at least one and at most SOURCE_PIECE; into piece.
    bool (*read)(void *context, const char *id, uint64_t at, struct buffer *piece,
                 struct failure *failure);
    void *context;
};

/// Of a content service: the courier's target "content".
struct source_service {
    const struct courier *courier;
    const struct script_memory *memory;
};
struct content_source source_of_service(struct source_service *service);

/// Of a medium: a directory with containers, whatever their names.
struct source_medium {
    const char *directory;
    const struct front_trust *trust;
    char path[PATH_MAX]; // of the container that was asked for
};
struct content_source source_of_medium(struct source_medium *medium);

#endif
