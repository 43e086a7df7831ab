// SPDX-License-Identifier: Apache-2.0
// A seller's leave to convert one content, for one converter, with the key sealed for it
// (docs/content.md, Converting). As a file: the signed grant, the seller's certificate and that of
// its authority, one behind the other.
#ifndef HOST_CONTENT_GRANT_H
#define HOST_CONTENT_GRANT_H

#include "host/content/container_pack.h"
#include "host/content/content_key.h"
#include "services/wire/media/container_file.h"

#include <limits.h>

enum { GRANT_OBJECT_MAX = 512, GRANT_FILE_MAX = GRANT_OBJECT_MAX + 2 * CERTIFICATE_MAX };

struct grant_terms {
    const struct container_file *original;
    struct bytes converter; // certificate
    struct bytes seller;    // certificate
    uint64_t serial;        // of this seller: never twice
    uint32_t date, expiry;
    struct bytes key;
};

/// Signs a grant in out (GRANT_OBJECT_MAX). Refused: a converter that is none, a seller of another
/// enterprise than the policy's.
bool grant_make(const struct grant_terms *terms, const struct signer *seller,
                const struct crypto *crypto, uint8_t *out, struct bytes *grant,
                struct failure *failure);

/// A grant as it was read; spans point into octets.
struct grant {
    uint8_t octets[GRANT_FILE_MAX];
    struct object object;
    struct pack_party granter;
};

/// A new file that everybody may read: object, granter's certificate, its authority's. An existing
/// one stays, and is the failure.
bool grant_write(const char *path, struct bytes object, const struct pack_party *granter,
                 struct failure *failure);
/// Reads and takes apart such a file; no signature is verified here. Refused with EXIT_USAGE: it is
/// not these three.
bool grant_read(const char *path, struct grant *grant, struct failure *failure);
/// The same from octets that were put into grant->octets; where: for the sentence.
bool grant_parse(struct grant *grant, size_t size, const char *where, struct failure *failure);

/// The key, with the converter's decapsulation key. Refused: a grant that is not for this converter
/// and this original.
bool grant_open(const struct grant *grant, const struct container_file *original,
                const uint8_t scalar[P256_SCALAR_SIZE], const uint8_t point[P256_COMPRESSED_SIZE],
                struct content_key *key, struct failure *failure);

/// A conversion under a grant: from its beginning on the grant is taken, at its end it is used up.
struct grant_claim {
    char path[PATH_MAX]; // of its mark
    int lock;            // -1: not taken
};

/// Takes the grant in a directory, for this process alone; one that broke off is begun again.
/// Refused: it was used up here, or another process converts by it. To be released in any case.
bool grant_take(const struct grant *grant, const char *directory, struct grant_claim *claim,
                struct failure *failure);
/// Used up, durably: what it was lent for may be put in its place now.
bool grant_spend(const struct grant_claim *claim, struct failure *failure);
void grant_release(struct grant_claim *claim);

#endif
