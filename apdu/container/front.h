// SPDX-License-Identifier: Apache-2.0
// What stands in front of a container's chunks, and who may have sealed it (docs/content.md, Who
// may seal): the policy, the container object, the grant of a converter, and the certificates that
// they are judged by. Freestanding.
#ifndef APDU_CONTAINER_FRONT_H
#define APDU_CONTAINER_FRONT_H

#include "apdu/container/container.h"
#include "apdu/object/certificate.h"

enum {
    FRONT_OBJECTS_MAX = 3,                          // policy, container, grant
    FRONT_CERTIFICATES_MAX = 2 * FRONT_OBJECTS_MAX, // their signers, then these's authorities
    FRONT_MAX = 4096,                               // octets; all of the largest sizes fit
};

/// A decoded front; every span points into the decoded octets.
struct front {
    struct object policy, manifest, grant; // grant: of a derived container only
    struct bytes certificates[FRONT_CERTIFICATES_MAX];
    size_t object_count, certificate_count; // certificate i < object_count: signer of object i
};

enum front_fault {
    FRONT_OK = 0,
    FRONT_MALFORMED,   // not the exact form, or a container object out of range
    FRONT_CERTIFICATE, // a signer's certificate or its authority's is not good
    FRONT_NOT_YET,     // a certificate begins after the container's date
    FRONT_LISTED,      // a signer is revoked
    FRONT_ROLE,        // a signer may not sign such an object
    FRONT_SIGNATURE,   // an object's signature does not verify
    FRONT_SEALER,      // the container names another sealer than its signer
    FRONT_POLICY,      // the policy is another one, or another content's
    FRONT_NO_GRANT,    // a converter's container without a grant, or a provider's with one
    FRONT_GRANT,       // the grant is for another content, original or converter
    FRONT_ENTERPRISE,  // the grant is of another enterprise than the policy
    FRONT_GRANT_DAY,   // sealed before the grant's date or after its end
    FRONT_FAULT_COUNT
};

/// Splits a front and fits the container object into a form. FRONT_MALFORMED, or FRONT_OK.
enum front_fault front_decode(struct bytes in, struct front *out, struct container_form *form);

/// Whom a front is judged by.
struct front_trust {
    const struct crypto *crypto;
    struct bytes root; // the trusted root's certificate
    /// Is it revoked? certificate: of a signer or its authority. NULL: nobody knows of a list.
    bool (*listed)(void *context, const struct certificate *certificate);
    void *context;
};

/// Signers, signatures, and that everything belongs together. Certificates are judged on the day
/// that the container was sealed, so that old media stay good; the list of the revoked, always.
/// certificate_fault, which may be NULL: with FRONT_CERTIFICATE, what is wrong with it.
enum front_fault front_judge(const struct front *front, const struct front_trust *trust,
                             enum certificate_fault *certificate_fault);

/// The fault as words for people.
const char *front_fault_text(enum front_fault fault);

#endif
