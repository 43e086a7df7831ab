// SPDX-License-Identifier: Apache-2.0
// The authorities of one Tessera realm in memory: a root, one issuing authority per domain, the
// local center that signs issue logs and hotlists until a clearing center runs, and branches:
// further issuing authorities of a domain, each with a space of names of its own. Which roles a
// domain may give: docs/protocol.md, Certificates. Storage is authority.h's.
#ifndef PERSONALIZATION_AUTHORITY_HIERARCHY_H
#define PERSONALIZATION_AUTHORITY_HIERARCHY_H

#include "apdu/command/perso.h"
#include "apdu/object/certificate.h"

enum member {
    MEMBER_ROOT,
    MEMBER_PURSE,     // wallet, till, float, store
    MEMBER_TRADE,     // seller, provider, telco, bank, registry
    MEMBER_CLEARING,  // center
    MEMBER_APPARATUS, // player, converter
    MEMBER_CENTER,    // the local center: an end entity of the clearing domain
    MEMBER_COUNT
};

enum {
    ISSUING_FIRST = MEMBER_PURSE,
    ISSUING_LAST = MEMBER_APPARATUS,
    BRANCHES_MAX =
        PERSO_ISSUING_MAX - (ISSUING_LAST - ISSUING_FIRST + 1), // a card has room for all
};

/// Lab and production roots differ by name and by assurance; a production root never certifies an
/// emulated key.
enum realm { REALM_LAB, REALM_PRODUCTION };

struct hierarchy_member {
    char name[HOLDER_MAX + 1];
    struct signer signer;
    struct signer_scalar key; // behind signer, where the key is in memory
    uint8_t certificate[CERTIFICATE_MAX];
    size_t certificate_size;
};

/// A further issuing authority: of a domain, for the names of its space.
struct hierarchy_branch {
    struct hierarchy_member member;
    enum member domain;
    char space[HOLDER_MAX + 1];      // with its colon
    char enterprise[HOLDER_MAX + 1]; // the one it certifies for; "": any
};

/// Must not be moved once made: signers point into it.
struct hierarchy {
    const struct crypto *crypto;
    enum realm realm;
    char enterprise[HOLDER_MAX + 1]; // the one it certifies for; "": any
    struct hierarchy_member members[MEMBER_COUNT];
    struct hierarchy_branch branches[BRANCHES_MAX];
    size_t branch_count;
};

/// File name stem of a member: "root", "purse", ...
const char *member_word(enum member member);
/// The roles that the member's certificate carries.
uint16_t member_roles(enum member member);
/// Domain that may give all of these roles; MEMBER_COUNT if no single one may.
enum member member_for_roles(uint32_t roles);
/// Issuing domain of this word ("purse", ...); MEMBER_COUNT if there is none.
enum member domain_from_word(const char *word);

/// An empty hierarchy, whose signers the caller puts in. With an enterprise ("" for none) the
/// issuing authorities carry it and certify for nobody else.
void hierarchy_begin(struct hierarchy *hierarchy, const struct crypto *crypto, enum realm realm,
                     const char *enterprise);
/// Names everyone after the root's key and certifies from the root down. Every signer is there.
bool hierarchy_found(struct hierarchy *hierarchy, uint32_t today);
/// Both, with keys generated in memory.
bool hierarchy_make(struct hierarchy *hierarchy, const struct crypto *crypto, enum realm realm,
                    const char *enterprise, uint32_t today);

/// Names and certifies the next branch, whose signer, domain, space and enterprise the caller has
/// put at branches[branch_count]; it counts from then on. CERTIFICATE_WRONG_NAME: it is no space,
/// or another authority of these roles gives its names, or one of another enterprise gives names
/// that begin like them. CERTIFICATE_NO_ROOM: there are BRANCHES_MAX.
enum certificate_fault hierarchy_branch_out(struct hierarchy *hierarchy, uint32_t today);

/// An issuing authority, as its owner and as a verifier knows it. Points into the hierarchy.
struct issuer {
    const struct hierarchy_member *member;
    struct authority authority;
};
/// The one issuing authority that gives these roles to holders of this name. False: there is none.
bool hierarchy_issuer(const struct hierarchy *hierarchy, uint32_t roles, struct bytes holder,
                      struct issuer *issuer);
/// The issuing authorities in the order in which they were made; false: i is behind the last.
bool hierarchy_issuer_at(const struct hierarchy *hierarchy, size_t i, struct issuer *issuer);
/// Is this the name of an authority of the hierarchy or of its center, or one that it keeps for a
/// later one?
bool hierarchy_owns(const struct hierarchy *hierarchy, struct bytes name);

/// Checks an end entity's certificate against the authority that gives its name and roles.
enum certificate_fault hierarchy_verify(const struct hierarchy *hierarchy,
                                        const struct certificate *certificate, uint32_t today);

/// Certifies an end entity. The caller gives holder, roles, enterprise, assurance, validity and
/// keys; issuer is filled in, and that authority's enterprise where the caller names none.
/// CERTIFICATE_WRONG_DOMAIN also for an emulated key in production, CERTIFICATE_WRONG_NAME for a
/// name in nobody's space.
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
