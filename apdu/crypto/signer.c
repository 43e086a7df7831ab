// SPDX-License-Identifier: Apache-2.0
#include "apdu/crypto/signer.h"

#include <string.h>

static bool sign_with_scalar(const struct signer *signer, struct bytes message,
                             uint8_t signature[ECDSA_SIZE]) {
    const struct signer_scalar *key = signer->context;
    return key->crypto->ops->ecdsa_sign(key->crypto, key->scalar, message, signature);
}

void signer_from_scalar(struct signer *signer, struct signer_scalar *scalar,
                        const uint8_t point[P256_COMPRESSED_SIZE]) {
    signer->sign = sign_with_scalar;
    signer->context = scalar;
    memcpy(signer->point, point, P256_COMPRESSED_SIZE);
}
