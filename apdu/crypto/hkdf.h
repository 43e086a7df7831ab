// SPDX-License-Identifier: Apache-2.0
// HKDF with SHA-256 (RFC 5869) over the crypto interface. Freestanding.
#ifndef APDU_CRYPTO_HKDF_H
#define APDU_CRYPTO_HKDF_H

#include "apdu/crypto/crypto.h"

enum {
    HKDF_INFO_MAX = 640, // octets of info that hkdf_expand takes
    HKDF_OUTPUT_MAX = 255 * SHA256_SIZE,
};

/// RFC 5869 2.2. An empty salt counts as 32 zero octets. False: a primitive failed.
bool hkdf_extract(const struct crypto *crypto, struct bytes salt, struct bytes ikm,
                  uint8_t prk[SHA256_SIZE]);

/// RFC 5869 2.3: size octets to out. False: size above HKDF_OUTPUT_MAX, info above HKDF_INFO_MAX,
/// or a primitive failed; out is then erased.
bool hkdf_expand(const struct crypto *crypto, const uint8_t prk[SHA256_SIZE], struct bytes info,
                 uint8_t *out, size_t size);

/// Both steps, for a key whose info fits.
bool hkdf(const struct crypto *crypto, struct bytes ikm, struct bytes salt, struct bytes info,
          uint8_t *out, size_t size);

#endif
