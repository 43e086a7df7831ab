// SPDX-License-Identifier: Apache-2.0
// Keys sealed for one recipient: HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256),
// HKDF-SHA256, AES-128-GCM or AES-256-GCM, one message a context. The ephemeral point travels
// compressed (33 octets); the key schedule uses RFC 9180's 65. Freestanding.
#ifndef APDU_CRYPTO_HPKE_H
#define APDU_CRYPTO_HPKE_H

#include "apdu/crypto/crypto.h"

enum hpke_algorithm {
    HPKE_AES_128 = 1, // RFC 9180 table 5: AEAD 0001
    HPKE_AES_256 = 2, // AEAD 0002
};

enum {
    HPKE_OVERHEAD = P256_COMPRESSED_SIZE + GCM_TAG_SIZE, // of a sealed message over its plaintext
    HPKE_INFO_MAX = 512,
    HPKE_KEY_MATERIAL_MAX = 128, // octets that hpke_derive_key_pair takes
};

/// Seals plain for the owner of recipient. out: plain.size + HPKE_OVERHEAD octets: point,
/// ciphertext, tag. False: unknown algorithm, info too long, a point off the curve, or a primitive
/// failed.
bool hpke_seal(const struct crypto *crypto, enum hpke_algorithm algorithm,
               const uint8_t recipient[P256_COMPRESSED_SIZE], struct bytes info, struct bytes aad,
               struct bytes plain, uint8_t *out);

/// Opens what hpke_seal made with the same info and aad; point belongs to scalar. out:
/// sealed.size - HPKE_OVERHEAD octets, erased when it fails.
bool hpke_open(const struct crypto *crypto, enum hpke_algorithm algorithm,
               const uint8_t scalar[P256_SCALAR_SIZE], const uint8_t point[P256_COMPRESSED_SIZE],
               struct bytes info, struct bytes aad, struct bytes sealed, uint8_t *out);

/// DeriveKeyPair of RFC 9180 7.1.3: one key pair for the same key material, always.
bool hpke_derive_key_pair(const struct crypto *crypto, struct bytes material,
                          uint8_t scalar[P256_SCALAR_SIZE], uint8_t point[P256_COMPRESSED_SIZE]);

#endif
