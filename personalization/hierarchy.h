// SPDX-License-Identifier: Apache-2.0
// The authorities of one Tessera world in memory: a root, one issuing authority per domain, and
// the bench center that signs issue logs and hotlists until a clearing center runs. Which roles a
// domain may give: docs/protocol.md, Certificates. Storage is authority.h's.
#ifndef PERSONALIZATION_HIERARCHY_H
#define PERSONALIZATION_HIERARCHY_H

#include "apdu/certificate.h"

enum member {
    MEMBER_ROOT,
    MEMBER_PURSE,     // wallet, till, float, store
    MEMBER_TRADE,     // seller, provider, telco, bank
    MEMBER_CLEARING,  // center
    MEMBER_APPARATUS, // player, converter
    MEMBER_CENTER,    // the bench center: an end entity of the clearing domain
    MEMBER_COUNT
};

enum { ISSUING_FIRST = MEMBER_PURSE, ISSUING_LAST = MEMBER_APPARATUS };

/// Lab and production roots differ by name and by assurance; a production root never certifies an
/// emulated key.
enum world { WORLD_LAB, WORLD_PRODUCTION };

struct hierarchy_member {
    char name[HOLDER_MAX + 1];
    struct signer signer;
    struct signer_scalar key; // behind signer, where the key is in memory
    uint8_t certificate[CERTIFICATE_MAX];
    size_t certificate_size;
};

/// Must not be moved once made: signers point into it.
struct hierarchy {
    const struct crypto *crypto;
    enum world world;
    char enterprise[HOLDER_MAX + 1]; // the one it certifies for; "": any
    struct hierarchy_member members[MEMBER_COUNT];
};

/// File name stem and roles of a member: "root", "purse", ...
const char *member_word(enum member member);
uint16_t member_roles(enum member member);
/// Authority (or center) that may give all of these roles; MEMBER_COUNT if no single one may.
enum member member_for_roles(uint16_t roles);

/// An empty hierarchy, whose signers the caller puts in. With an enterprise ("" for none) the
/// issuing authorities carry it and certify for nobody else.
void hierarchy_begin(struct hierarchy *hierarchy, const struct crypto *crypto, enum world world,
                     const char *enterprise);
/// Names everyone after the root's key and certifies from the root down. Every signer is there.
bool hierarchy_found(struct hierarchy *hierarchy, uint32_t today);
/// Both, with keys drawn in memory.
bool hierarchy_make(struct hierarchy *hierarchy, const struct crypto *crypto, enum world world,
                    const char *enterprise, uint32_t today);

/// What a member is to a verifier. Points into the hierarchy.
struct authority member_authority(const struct hierarchy *hierarchy, enum member member);

/// Certifies an end entity. The caller gives holder, roles, enterprise, assurance, validity and
/// keys; issuer is filled in, and the hierarchy's enterprise where the caller names none.
/// CERTIFICATE_WRONG_DOMAIN also for an emulated key in production.
enum certificate_fault hierarchy_certify(const struct hierarchy *hierarchy,
                                         struct certificate *fields, uint8_t *out, size_t capacity,
                                         size_t *size);

/// Parses every certificate and checks it under the root: after loading from files.
enum certificate_fault hierarchy_check(const struct hierarchy *hierarchy);

/// Whole certificate of a member.
struct bytes member_certificate(const struct hierarchy *hierarchy, enum member member);

/// Erases every key.
void hierarchy_erase(struct hierarchy *hierarchy);

#endif
