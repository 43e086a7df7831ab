// SPDX-License-Identifier: Apache-2.0
// Card-verifiable certificates: the data objects of BSI TR-03110 part 3 (C.1) with a compact body,
// so that one certificate fits one short APDU (certificate_form.h). Root, one issuing authority per
// domain, end entity; nothing deeper. Form, field by field: docs/protocol.md. Freestanding.
#ifndef APDU_OBJECT_CERTIFICATE_H
#define APDU_OBJECT_CERTIFICATE_H

#include "apdu/object/certificate_form.h"
#include "apdu/octets/status.h"

/// Writes and signs a certificate from the given fields (body, signature, whole are ignored).
enum certificate_fault certificate_make(const struct certificate *fields,
                                        const struct signer *issuer, uint8_t *out, size_t capacity,
                                        size_t *size);

/// The authority as a verifier knows it: the fields of its verified certificate. No authority's
/// mask exceeds the one above it, so the roles are the AND along its chain.
struct authority {
    struct bytes name;
    uint16_t roles; // ROLE_ROOT or ROLE_ISSUING, and what it may give
    const uint8_t *point;
    struct bytes enterprise; // whose certificates it may make; empty: anybody's
    struct bytes space;      // in which it may give names
    enum assurance assurance;
};

/// Do two authorities give a role both, in the same space of names? Below one root none may: a name
/// has one owner.
bool authorities_overlap(const struct authority *a, const struct authority *b);

/// Checks one parsed certificate against one authority: issuer name, domain, space of names,
/// assurance, enterprise, validity length, signature, expiry. today 0 skips the expiry check (a TRM
/// without any time yet). A day before from is no fault here: a TRM's latest time may lie behind;
/// callers that know the day look.
enum certificate_fault certificate_verify(const struct certificate *certificate,
                                          const struct authority *authority, uint32_t today,
                                          const struct crypto *crypto);

/// Checks root, issuing authority, end entity in that order (1 to 3 certificates); the first must
/// be self-signed by root_point. On success *leaf is the last one. A role that one above may not
/// give is refused, so the roles of the last are the effective ones.
enum certificate_fault certificate_verify_chain(const struct bytes *chain, size_t count,
                                                const uint8_t root_point[P256_COMPRESSED_SIZE],
                                                uint32_t today, const struct crypto *crypto,
                                                struct certificate *leaf);

/// Status word that a card answers to a fault.
uint16_t certificate_fault_sw(enum certificate_fault fault);
/// The fault as words for people.
const char *certificate_fault_text(enum certificate_fault fault);

/// Leading CERTIFICATE_DIGEST_SIZE octets of SHA-256 over the whole certificate.
bool certificate_digest(const struct crypto *crypto, struct bytes whole,
                        uint8_t digest[CERTIFICATE_DIGEST_SIZE]);

#endif
