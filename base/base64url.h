// SPDX-License-Identifier: Apache-2.0
// base64url without padding (RFC 4648 5): how signed objects travel in JSON.
#ifndef BASE_BASE64URL_H
#define BASE_BASE64URL_H

#include "base/bytes.h"

/// Characters for that many octets, terminator included.
#define BASE64URL_SIZE(octets) (((octets)*4 + 2) / 3 + 1)

/// Writes text and terminator; false when capacity is below BASE64URL_SIZE.
bool base64url_encode(struct bytes octets, char *text, size_t capacity);

/// False for a character outside the alphabet, padding, an impossible length, or set bits behind
/// the last octet (one text per octets).
bool base64url_decode(const char *text, uint8_t *octets, size_t capacity, size_t *size);

#endif
