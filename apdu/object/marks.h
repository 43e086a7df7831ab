// SPDX-License-Identifier: Apache-2.0
// What a hotlist lists: marks of 8 octets, each of one revoked certificate or of one holder whose
// certificates are all revoked. A list stands in rising order; it travels in parts behind a signed
// hotlist object, which names their number and the digest that they chain up to: it is taken whole
// or not at all. docs/protocol.md, "Hotlist and time". Freestanding.
#ifndef APDU_OBJECT_MARKS_H
#define APDU_OBJECT_MARKS_H

#include "apdu/crypto/crypto.h"

enum {
    MARK_SIZE = 8,
    MARKS_A_PART = 240, // of every part but the last, which may have fewer
    MARKS_PART_MAX = MARK_SIZE * MARKS_A_PART,
    MARKS_OF_WALLET = 128,   // that a wallet or store takes: machines and centers live 35 days
    MARKS_OF_MACHINE = 8192, // that a till or float takes: 4096 wallets, certificate and holder
};

/// Mark of a holder: leading octets of SHA-256 over 42 issuer, 5F20 holder, as they stand in the
/// holder's certificates. The mark of a certificate are the leading octets of its digest.
bool mark_of_holder(const struct crypto *crypto, struct bytes issuer, struct bytes holder,
                    uint8_t mark[MARK_SIZE]);

/// Are these whole marks, each above the one before?
bool marks_rise(struct bytes marks);

/// One part more: digest becomes SHA-256 of digest and SHA-256 of the part. It begins with zeros.
bool marks_chain(const struct crypto *crypto, uint8_t digest[SHA256_SIZE], struct bytes part);

/// Digest of a whole list.
bool marks_digest(const struct crypto *crypto, struct bytes marks, uint8_t digest[SHA256_SIZE]);

/// Part number of a whole list; size 0 after the last.
struct bytes marks_part(struct bytes marks, size_t number);

/// Is it in the list?
bool marks_have(struct bytes marks, const uint8_t mark[MARK_SIZE]);

#endif
