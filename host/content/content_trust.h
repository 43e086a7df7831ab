// SPDX-License-Identifier: Apache-2.0
// Whom a program believes about containers, and who it is itself, out of directories as `tessera
// ca` writes them: root.cvc of the trusted root, center.cvc whose hotlists count; of a sealer
// certificate.cvc and issuer.cvc.
#ifndef HOST_CONTENT_CONTENT_TRUST_H
#define HOST_CONTENT_CONTENT_TRUST_H

#include "apdu/container/front.h"
#include "base/failure.h"
#include "host/content/container_pack.h"
#include "services/wire/revocations.h"

struct content_trust {
    struct front_trust front; // points into this struct: not to be moved
    uint8_t root[CERTIFICATE_MAX];
    struct revocations revoked; // none are where no list was opened
};

/// Reads the root, and the hotlist (NULL: none): signed by the center of center.cvc, the whole one,
/// for programs. Freed by content_trust_free, also when it failed.
bool content_trust_open(struct content_trust *trust, const char *directory, const char *hotlist,
                        const struct crypto *crypto, struct failure *failure);
void content_trust_free(struct content_trust *trust);

/// A sealer's certificates.
struct content_sealer {
    uint8_t certificate[CERTIFICATE_MAX], authority[CERTIFICATE_MAX];
    struct pack_party party; // points into this struct
};

/// Reads them and sees that they are of this role and of this key (compressed point), and valid on
/// this day.
bool content_sealer_open(struct content_sealer *sealer, const char *directory, uint16_t role,
                         const uint8_t point[P256_COMPRESSED_SIZE], uint32_t today,
                         struct failure *failure);

#endif
