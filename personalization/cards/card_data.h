// SPDX-License-Identifier: Apache-2.0
// What single cards and batches are given alike: PINs that are generated, addresses for phones.
#ifndef PERSONALIZATION_CARDS_CARD_DATA_H
#define PERSONALIZATION_CARDS_CARD_DATA_H

#include "apdu/crypto/crypto.h"

/// Generates count decimal digits without bias, and a zero octet after them.
bool draw_digits(const struct crypto *crypto, char *out, size_t count);

/// One short NDEF record: well-known type U, the whole address in it (NFC Forum URI record type).
/// Returns its size; 0 when it does not fit.
size_t ndef_address(const char *url, uint8_t *out, size_t capacity);

#endif
