// SPDX-License-Identifier: Apache-2.0
// A certified party out of a directory as `tessera ca issue` writes it: key.pem and
// certificate.cvc.
#ifndef PERSONALIZATION_AUTHORITY_PARTY_H
#define PERSONALIZATION_AUTHORITY_PARTY_H

#include "apdu/crypto/signer.h"
#include "apdu/object/certificate.h"
#include "base/failure.h"

/// Must not be moved once opened: signer and certificate point into it.
struct party {
    struct signer signer;
    struct signer_scalar key;
    uint8_t octets[CERTIFICATE_MAX];
    struct certificate certificate;
};

/// Which one: the option that named its directory, and the roles of which it must have one.
struct party_wish {
    const char *option, *directory;
    uint16_t roles;
};

/// Reads both and sees that they belong together, and that the certificate is of one of the roles
/// and has not run out. The party is closed in any case.
bool party_open(struct party *party, const struct party_wish *wish, uint32_t today,
                const struct crypto *crypto, struct failure *failure);
/// Erases its key.
void party_close(struct party *party);

#endif
