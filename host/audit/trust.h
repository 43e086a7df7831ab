// SPDX-License-Identifier: Apache-2.0
// The auditor's own anchor: a root that somebody handed over by hand, and below it the certificates
// that services sign checkpoints with. Chains out of a database are believed only below this root.
#ifndef HOST_AUDIT_TRUST_H
#define HOST_AUDIT_TRUST_H

#include "apdu/object/certificate.h"
#include "base/failure.h"

enum { TRUST_CHAIN = 3, TRUST_CHAIN_MAX = TRUST_CHAIN * CERTIFICATE_MAX, TRUST_SLOTS = 1024 };

/// A chain that was verified, and its leaf.
struct trusted {
    bool used;
    size_t size;
    uint8_t octets[TRUST_CHAIN_MAX];
    enum certificate_fault fault;
    struct certificate leaf; // points into octets
};

struct trust {
    const struct crypto *crypto;
    const char *directory;
    uint8_t root[CERTIFICATE_MAX];
    struct certificate anchor;             // points into root
    char fingerprint[2 * SHA256_SIZE + 1]; // of root.pem, as databases name their authority; or ""
    struct trusted *slots;                 // TRUST_SLOTS, by their octets
};

/// DIR/root.cvc is the anchor; root.pem beside it tells which databases are its own. False: 2 or 1
/// with a failure.
bool trust_open(struct trust *trust, const char *directory, const struct crypto *crypto,
                struct failure *failure);
void trust_close(struct trust *trust);

/// Root, authority and leaf one after the other. NULL with *fault: it is not a chain below the
/// anchor. Days do not count: what was signed before a certificate ended may come late.
const struct certificate *trust_chain(struct trust *trust, struct bytes chain,
                                      enum certificate_fault *fault);

/// Did the holder of a certificate in DIR (or DIR/issued) that has one of these roles sign this?
bool trust_signed(struct trust *trust, uint32_t roles, struct bytes message,
                  const uint8_t signature[ECDSA_SIZE]);

#endif
