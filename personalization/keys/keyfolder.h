// SPDX-License-Identifier: Apache-2.0
// Who signs, as a folder: root.cvc, issuer.cvc, certificate.cvc and key.pem, as `tessera ca issue`
// writes them; the key may be in a token instead.
#ifndef PERSONALIZATION_KEYS_KEYFOLDER_H
#define PERSONALIZATION_KEYS_KEYFOLDER_H

#include "apdu/object/certificate.h"
#include "base/failure.h"
#include "personalization/keys/token.h"

#include <pthread.h>

enum { KEYFOLDER_CHAIN = 3 };

/// Must not be moved: spans and signer point into it.
struct keyfolder {
    uint8_t octets[KEYFOLDER_CHAIN][CERTIFICATE_MAX];
    struct bytes certificates[KEYFOLDER_CHAIN]; // root, authority, its own
    size_t count;         // of certificates; 0: a role that has none, which signs nothing
    struct signer signer; // of any thread; one at a time where the key is in a token
    struct signer_scalar scalar;
    struct crypto *crypto; // the signer's own
    struct token *token;   // NULL: the key is in memory, the scalar
    struct token_signer token_key;
    struct signer in_token;
    pthread_mutex_t lock; // over the token's one session
};

/// Reads it. A folder without root.cvc, issuer.cvc or certificate.cvc is one of a role that has
/// none. key: the pkcs11: URI, with pin-source, of what stands in for key.pem; NULL: nothing does.
/// False: files that cannot be read, a key that others may read; a token or PIN that is missing, a
/// key of another certificate. Ended by keyfolder_close in every case.
bool keyfolder_open(struct keyfolder *folder, const char *directory, const char *key,
                    struct failure *failure);
/// Erases the key. One of zeros is nothing.
void keyfolder_close(struct keyfolder *folder);

#endif
