// SPDX-License-Identifier: Apache-2.0
// A conversion from one container to another: the seller's grant lends the key, the film is encoded
// anew in this process, the result is sealed by the converter. Keys and films lie nowhere in the
// clear (docs/content.md, Converting).
#ifndef HOST_MEDIA_CONVERSION_H
#define HOST_MEDIA_CONVERSION_H

#include "host/content/grant.h"
#include "host/media/convert.h"

/// Who converts: its signing and decapsulation keys, and its certificates.
struct converter {
    const struct signer *signer;
    const uint8_t *kem_scalar, *kem_point; // P256_SCALAR_SIZE, P256_COMPRESSED_SIZE
    struct pack_party party;
};

/// What is converted by whom.
struct conversion_plan {
    const char *file, *out; // containers; out is a new file
    const char *state;      // which grants were used; room for what is converted
    const struct converter *converter;
    const struct front_trust *trust;
    const struct crypto *crypto;
    uint32_t today;
    struct convert_options options;
    /// Gets the grant for this container: out of a file, or of a licence service.
    bool (*lend)(void *context, const struct container_file *original, struct grant *grant,
                 struct failure *failure);
    void *context;
};

/// Converts. Refused: a grant for another converter, container or day, or one that was used up in
/// this state before, which it is when the film has been converted and before its container is
/// there: a kill costs the work, and in the moments of sealing alone the grant.
bool conversion_run(const struct conversion_plan *plan, struct failure *failure);

#endif
