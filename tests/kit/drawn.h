// SPDX-License-Identifier: Apache-2.0
// A card's crypto whose asymmetric keys were drawn beforehand: a command that is tried again draws
// the same key, at once. Everything else is OpenSSL's.
#ifndef TESTS_KIT_DRAWN_H
#define TESTS_KIT_DRAWN_H

#include "apdu/crypto/crypto.h"

enum { DRAWN_P256 = 8, DRAWN_RSA = 2 };

struct drawn {
    struct crypto crypto; // hand &drawn->crypto to the card; must not move
    struct {
        uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    } p256[DRAWN_P256];
    struct {
        uint8_t key[RSA_KEY_SIZE], modulus[RSA_2048_SIZE];
    } rsa[DRAWN_RSA];
    size_t next_p256, next_rsa; // drawn next; they go round
};

/// Draws all keys; aborts when it cannot. source outlives it.
struct drawn *drawn_from(const struct crypto *source);
/// The next draws begin with the key of this number.
void drawn_begin(struct drawn *drawn, size_t number);

#endif
