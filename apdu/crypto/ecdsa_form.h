// SPDX-License-Identifier: Apache-2.0
// The two spellings of an ECDSA P-256 signature, r and s side by side or DER, and the rule that s
// is low. Freestanding.
#ifndef APDU_CRYPTO_ECDSA_FORM_H
#define APDU_CRYPTO_ECDSA_FORM_H

#include "apdu/crypto/crypto.h"

enum { ECDSA_DER_MAX = 72 }; // SEQUENCE of two INTEGERs of up to 33 octets

/// Is 0 < scalar < order of P-256?
bool p256_scalar_is_valid(const uint8_t scalar[P256_SCALAR_SIZE]);
/// Is s in the lower half of the order?
bool ecdsa_is_low(const uint8_t signature[ECDSA_SIZE]);
/// Replaces a high s by order - s: the other spelling of the same signature.
void ecdsa_make_low(uint8_t signature[ECDSA_SIZE]);
/// r and s as DER SEQUENCE of INTEGERs; returns its size.
size_t ecdsa_to_der(const uint8_t signature[ECDSA_SIZE], uint8_t der[ECDSA_DER_MAX]);
/// r and s of exactly one DER signature. False: malformed, or a number above 32 octets.
bool ecdsa_from_der(struct bytes der, uint8_t signature[ECDSA_SIZE]);

#endif
