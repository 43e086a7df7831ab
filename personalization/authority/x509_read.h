// SPDX-License-Identifier: Apache-2.0
// An X.509 certificate taken apart as far as a card's maker wants to see it again: whose it is, who
// signed it, what key is in it.
#ifndef PERSONALIZATION_AUTHORITY_X509_READ_H
#define PERSONALIZATION_AUTHORITY_X509_READ_H

#include "apdu/crypto/crypto.h"

enum { X509_SUBJECT_MAX = 64 * 4 + 1 }; // 64 characters of UTF-8 (RFC 5280, ub-common-name)

struct x509_seen {
    char subject[X509_SUBJECT_MAX]; // common name
    bool rsa;
    uint8_t point[P256_POINT_SIZE]; // where not RSA: uncompressed
    uint8_t modulus[RSA_2048_SIZE]; // where RSA; exponent 65537
};

/// False: no certificate, a key of another kind, or not signed by the issuer's key.
bool x509_read(struct bytes der, const uint8_t issuer_point[P256_COMPRESSED_SIZE],
               struct x509_seen *seen);

/// Raw public operation: out = in ^ 65537 mod modulus.
bool x509_rsa_public(const uint8_t modulus[RSA_2048_SIZE], const uint8_t in[RSA_2048_SIZE],
                     uint8_t out[RSA_2048_SIZE]);

#endif
