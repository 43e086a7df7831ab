// SPDX-License-Identifier: Apache-2.0
// Something that signs with one P-256 key without showing it: a scalar in a sealed file, a token
// behind PKCS#11, a key inside a card. Certificates and signed objects ask only for this.
#ifndef APDU_CRYPTO_SIGNER_H
#define APDU_CRYPTO_SIGNER_H

#include "apdu/crypto/crypto.h"

struct signer {
    /// ECDSA P-256 over SHA-256 of message, low s. False when the key is out of reach.
    bool (*sign)(const struct signer *signer, struct bytes message, uint8_t signature[ECDSA_SIZE]);
    void *context;
    uint8_t point[P256_COMPRESSED_SIZE]; // the public half
};

/// Context of a signer whose scalar is in memory; the caller keeps both alive.
struct signer_scalar {
    const struct crypto *crypto;
    uint8_t scalar[P256_SCALAR_SIZE];
};

/// Signer over a private key in memory; scalar must stay where it is and outlive the signer, the
/// point is copied.
void signer_from_scalar(struct signer *signer, struct signer_scalar *scalar,
                        const uint8_t point[P256_COMPRESSED_SIZE]);

#endif
