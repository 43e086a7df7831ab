// SPDX-License-Identifier: Apache-2.0
// Private keys at rest: P-256 as PKCS#8 in PEM (RFC 5958, RFC 7468), readable by their owner only.
// Users of a key never come here; they hold a struct signer.
#ifndef PERSONALIZATION_KEYS_KEYFILE_H
#define PERSONALIZATION_KEYS_KEYFILE_H

#include "apdu/crypto/crypto.h"
#include "base/failure.h"

/// Writes a new file, mode 0600. An existing file is refused.
bool keyfile_write(const char *path, const uint8_t scalar[P256_SCALAR_SIZE],
                   const uint8_t point[P256_COMPRESSED_SIZE], struct failure *failure);

/// Writes the public half alone, as SubjectPublicKeyInfo in PEM, for everyone to read.
bool keyfile_write_public(const char *path, const uint8_t point[P256_COMPRESSED_SIZE],
                          struct failure *failure);

/// Reads a key. Refused: another curve or algorithm, a file that others may read.
bool keyfile_read(const char *path, uint8_t scalar[P256_SCALAR_SIZE],
                  uint8_t point[P256_COMPRESSED_SIZE], struct failure *failure);

#endif
