// SPDX-License-Identifier: Apache-2.0
// Who signs, as a folder: root.cvc, issuer.cvc, certificate.cvc and key.pem, as `tessera ca issue`
// writes them.
#ifndef PERSONALIZATION_KEYS_KEYFOLDER_H
#define PERSONALIZATION_KEYS_KEYFOLDER_H

#include "apdu/object/certificate.h"
#include "base/failure.h"

enum { KEYFOLDER_CHAIN = 3 };

/// Must not be moved: spans and signer point into it.
struct keyfolder {
    uint8_t octets[KEYFOLDER_CHAIN][CERTIFICATE_MAX];
    struct bytes certificates[KEYFOLDER_CHAIN]; // root, authority, its own
    size_t count; // of certificates; 0: a role that has none, which signs nothing
    struct signer signer;
    struct signer_scalar scalar;
    struct crypto *crypto; // the signer's own
};

/// Reads it. A folder without root.cvc, issuer.cvc or certificate.cvc is one of a role that has
/// none. False: files that cannot be read, a key that others may read. Ended by keyfolder_close in
/// every case.
bool keyfolder_open(struct keyfolder *folder, const char *directory, struct failure *failure);
/// Erases the key. One of zeros is nothing.
void keyfolder_close(struct keyfolder *folder);

#endif
