// SPDX-License-Identifier: Apache-2.0
// Sealing content into a container file. Content streams through one chunk of memory; the file
// appears whole or not at all.
#ifndef HOST_CONTENT_CONTAINER_PACK_H
#define HOST_CONTENT_CONTAINER_PACK_H

#include "apdu/container/front.h"
#include "base/failure.h"

#include <stdio.h>

/// A signer's certificate and the one of the authority that gave it.
struct pack_party {
    struct bytes certificate, authority;
};

/// What is put into the front, and under which key.
struct pack_plan {
    struct bytes policy; // signed object
    struct bytes grant;  // signed object; of a derived container, else empty
    struct pack_party provider, sealer, granter; // of policy, container and grant
    const struct signer *signer;                 // the sealer's
    const char *content, *key_id, *media;        // key_id NULL: a key for this content alone
    struct bytes original; // of a derived container: digest of the original's container object
    uint32_t date;
    unsigned log2; // of a chunk's content
    enum container_algorithm algorithm;
    struct bytes key; // the ticket's key octets
};

/// Where content comes from.
struct pack_source {
    uint64_t size;
    /// Exactly size octets, in order.
    bool (*read)(void *context, uint8_t *out, size_t size, struct failure *failure);
    void *context;
};

/// Seals into a new file; a file of that name is refused. manifest_digest: SHA-256 of the container
/// object's body, by which a grant and a derived container name this one; may be NULL.
bool container_pack(const char *path, const struct pack_plan *plan,
                    const struct pack_source *source, const struct crypto *crypto,
                    uint8_t manifest_digest[SHA256_SIZE], struct failure *failure);

/// A file as a source, read once from its beginning to its end.
struct pack_file {
    const char *path;
    FILE *file; // NULL: not open
    uint64_t size;
};

/// Refused: what is no file, whose size would not be known beforehand.
bool pack_file_open(struct pack_file *input, const char *path, struct failure *failure);
/// It reads from input, which must stay.
struct pack_source pack_file_source(struct pack_file *input);
/// What was not opened is nothing.
void pack_file_close(struct pack_file *input);

#endif
