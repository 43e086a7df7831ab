// SPDX-License-Identifier: Apache-2.0
// A content's key on its way to one converter, bound to the grant that it stands in
// (docs/content.md, Converting). Freestanding.
#ifndef APDU_CONTAINER_CONVERT_KEY_H
#define APDU_CONTAINER_CONVERT_KEY_H

#include "apdu/container/container.h"
#include "apdu/crypto/hpke.h"

enum { CONVERT_WRAPPED_MAX = 1 + HPKE_OVERHEAD + CONTAINER_KEY_MAX };

/// What a grant says, as far as its key is bound to it. Spans are the caller's.
struct convert_terms {
    struct bytes original;   // digest of the container object's body
    struct bytes enterprise; // that grants
    struct bytes converter;  // its id
    struct bytes policy_hash;
    uint64_t serial;
};

/// The terms of a decoded grant.
struct convert_terms convert_terms_of(const struct object *grant);

/// Seals a key of 1..CONTAINER_KEY_MAX octets for the converter's encapsulation key; *size octets
/// to wrapped, which has CONVERT_WRAPPED_MAX.
bool convert_key_seal(const struct crypto *crypto, const struct convert_terms *terms,
                      const uint8_t recipient[P256_COMPRESSED_SIZE], struct bytes key,
                      uint8_t *wrapped, size_t *size);
/// Opens it; key has CONTAINER_KEY_MAX octets. False: not for this key pair, or not of these terms.
bool convert_key_open(const struct crypto *crypto, const struct convert_terms *terms,
                      const uint8_t scalar[P256_SCALAR_SIZE],
                      const uint8_t point[P256_COMPRESSED_SIZE], struct bytes wrapped, uint8_t *key,
                      size_t *size);

#endif
