// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/hierarchy.h"

#include "personalization/authority/validity.h"

#include <stdio.h>
#include <string.h>

static const struct member_row {
    const char *word;
    const char *tag; // part of the holder reference
    char initial;    // the same of its branches
    uint16_t gives;  // roles that it may give; of the center: has
} rows[MEMBER_COUNT] = {
    [MEMBER_ROOT] = {"root", "ROOT", 0, ROLE_ENTITIES},
    [MEMBER_PURSE] = {"purse", "PURSE", 'P', ROLE_PURSES | ROLE_STORE},
    [MEMBER_TRADE] = {"trade", "TRADE", 'T',
                      ROLE_SELLER | ROLE_PROVIDER | ROLE_TELCO | ROLE_BANK | ROLE_REGISTRY},
    [MEMBER_CLEARING] = {"clearing", "CLEAR", 'C', ROLE_CENTER},
    [MEMBER_APPARATUS] = {"apparatus", "APPAR", 'A',
                          ROLE_PLAYER | ROLE_CONVERTER | ROLE_PLAYER_KINDS},
    [MEMBER_CENTER] = {"center", "LOCAL", 0, ROLE_CENTER},
};

const char *member_word(enum member member) {
    return rows[member].word;
}

uint16_t member_roles(enum member member) {
    if (member == MEMBER_ROOT)
        return rows[member].gives | ROLE_ROOT;
    return rows[member].gives | (member == MEMBER_CENTER ? 0 : ROLE_ISSUING);
}

enum member member_for_roles(uint32_t roles) {
    for (int i = ISSUING_FIRST; i <= ISSUING_LAST; i++)
        if (roles != 0 && (roles & ~(uint32_t)rows[i].gives) == 0)
            return (enum member)i;
    return MEMBER_COUNT;
}

enum member domain_from_word(const char *word) {
    for (int i = ISSUING_FIRST; i <= ISSUING_LAST; i++)
        if (strcmp(rows[i].word, word) == 0)
            return (enum member)i;
    return MEMBER_COUNT;
}

struct bytes member_certificate(const struct hierarchy *hierarchy, enum member member) {
    const struct hierarchy_member *of = &hierarchy->members[member];
    return bytes_of(of->certificate, of->certificate_size);
}

static enum member issuer_of(enum member member) {
    return member == MEMBER_CENTER ? MEMBER_CLEARING : MEMBER_ROOT;
}

enum { REALM_SIZE = 4, ROOT_MARK_SIZE = 7 }; // "LAB-" and "-3FA2C1" of LAB-PURSE-3FA2C1

/// LAB-PURSE-3FA2C1: the realm, the domain, and where the root's key hashes to.
static void name_members(struct hierarchy *hierarchy, const uint8_t digest[SHA256_SIZE]) {
    const char *realm = hierarchy->realm == REALM_LAB ? "LAB" : "TSR";
    for (int i = 0; i < MEMBER_COUNT; i++)
        snprintf(hierarchy->members[i].name, sizeof hierarchy->members[i].name,
                 "%s-%s-%02X%02X%02X", realm, rows[i].tag, digest[0], digest[1], digest[2]);
}

bool hierarchy_owns(const struct hierarchy *hierarchy, struct bytes name) {
    struct bytes root = bytes_of_string(hierarchy->members[MEMBER_ROOT].name);
    return name.size >= REALM_SIZE + ROOT_MARK_SIZE &&
           memcmp(name.data, root.data, REALM_SIZE) == 0 &&
           memcmp(name.data + name.size - ROOT_MARK_SIZE, root.data + root.size - ROOT_MARK_SIZE,
                  ROOT_MARK_SIZE) == 0;
}

static bool draw_key(struct hierarchy_member *member, const struct crypto *crypto) {
    uint8_t point[P256_COMPRESSED_SIZE];
    member->key.crypto = crypto;
    if (!crypto->ops->p256_generate(crypto, member->key.scalar, point))
        return false;
    signer_from_scalar(&member->signer, &member->key, point);
    return true;
}

static enum assurance assurance_of(enum realm realm) {
    return realm == REALM_LAB ? ASSURANCE_EMULATED : ASSURANCE_HARDWARE;
}

/// Puts the certificate of one of the hierarchy's own by its issuer; the caller has filled in who
/// it is for.
static enum certificate_fault certify_own(const struct hierarchy *hierarchy,
                                          struct hierarchy_member *of, struct certificate *fields,
                                          const struct hierarchy_member *issuer, uint32_t today) {
    struct validity validity = validity_for(fields->roles, today);
    fields->issuer = bytes_of_string(issuer->name);
    fields->holder = bytes_of_string(of->name);
    fields->made = (fields->roles & (ROLE_ROOT | ROLE_ISSUING)) != 0 ? today : 0;
    fields->assurance = assurance_of(hierarchy->realm);
    fields->from = validity.from;
    fields->until = validity.until;
    fields->signing_point = of->signer.point;
    return certificate_make(fields, &issuer->signer, of->certificate, sizeof of->certificate,
                            &of->certificate_size);
}

static bool certify_member(struct hierarchy *hierarchy, enum member member, uint32_t today) {
    const char *enterprise = member == MEMBER_ROOT ? "" : hierarchy->enterprise;
    struct certificate fields = {.roles = member_roles(member),
                                 .enterprise = bytes_of_string(enterprise)};
    return certify_own(hierarchy, &hierarchy->members[member], &fields,
                       &hierarchy->members[issuer_of(member)], today) == CERTIFICATE_OK;
}

void hierarchy_begin(struct hierarchy *hierarchy, const struct crypto *crypto, enum realm realm,
                     const char *enterprise) {
    memset(hierarchy, 0, sizeof *hierarchy);
    hierarchy->crypto = crypto;
    hierarchy->realm = realm;
    snprintf(hierarchy->enterprise, sizeof hierarchy->enterprise, "%s", enterprise);
}

bool hierarchy_found(struct hierarchy *hierarchy, uint32_t today) {
    uint8_t digest[SHA256_SIZE];
    const struct crypto *crypto = hierarchy->crypto;
    const struct signer *root = &hierarchy->members[MEMBER_ROOT].signer;
    if (!crypto->ops->sha256(crypto, bytes_of(root->point, sizeof root->point), digest))
        return false;
    name_members(hierarchy, digest);
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (!certify_member(hierarchy, (enum member)i, today))
            return false;
    return true;
}

bool hierarchy_make(struct hierarchy *hierarchy, const struct crypto *crypto, enum realm realm,
                    const char *enterprise, uint32_t today) {
    hierarchy_begin(hierarchy, crypto, realm, enterprise);
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (!draw_key(&hierarchy->members[i], crypto))
            return false;
    return hierarchy_found(hierarchy, today);
}

// ---- issuers -----------------------------------------------------------------------------------

bool hierarchy_issuer_at(const struct hierarchy *hierarchy, size_t i, struct issuer *issuer) {
    enum { DOMAINS = ISSUING_LAST - ISSUING_FIRST + 1 };
    if (i >= DOMAINS + hierarchy->branch_count)
        return false;
    bool own = i < DOMAINS;
    const struct hierarchy_branch *branch = own ? NULL : &hierarchy->branches[i - DOMAINS];
    enum member domain = own ? (enum member)(ISSUING_FIRST + i) : branch->domain;
    issuer->member = own ? &hierarchy->members[domain] : &branch->member;
    issuer->authority = (struct authority){
        .name = bytes_of_string(issuer->member->name),
        .roles = member_roles(domain),
        .point = issuer->member->signer.point,
        .enterprise = bytes_of_string(own ? hierarchy->enterprise : branch->enterprise),
        .space = bytes_of_string(own ? "" : branch->space),
        .assurance = assurance_of(hierarchy->realm)};
    return true;
}

bool hierarchy_issuer(const struct hierarchy *hierarchy, uint32_t roles, struct bytes holder,
                      struct issuer *issuer) {
    if (member_for_roles(roles) == MEMBER_COUNT)
        return false;
    for (size_t i = 0; hierarchy_issuer_at(hierarchy, i, issuer); i++)
        if ((roles & ROLE_ENTITIES & ~(uint32_t)issuer->authority.roles) == 0 &&
            bytes_equal(issuer->authority.space, holder_space(holder)))
            return true;
    return false;
}

static bool begins_with(struct bytes text, struct bytes start) {
    return start.size > 0 && start.size <= text.size &&
           memcmp(text.data, start.data, start.size) == 0;
}

/// Would a name of the one be, or be taken for, a name of the other?
static bool collide(const struct authority *a, const struct authority *b) {
    return authorities_overlap(a, b) ||
           (!bytes_equal(a->enterprise, b->enterprise) &&
            (begins_with(a->space, b->space) || begins_with(b->space, a->space)));
}

enum certificate_fault hierarchy_branch_out(struct hierarchy *hierarchy, uint32_t today) {
    if (hierarchy->branch_count == BRANCHES_MAX)
        return CERTIFICATE_NO_ROOM;
    struct hierarchy_branch *branch = &hierarchy->branches[hierarchy->branch_count];
    struct hierarchy_member *root = &hierarchy->members[MEMBER_ROOT];
    const char *mark = root->name + strlen(root->name) - ROOT_MARK_SIZE;
    struct authority next = {.roles = member_roles(branch->domain),
                             .enterprise = bytes_of_string(branch->enterprise),
                             .space = bytes_of_string(branch->space)};
    if (!holder_space_is_valid(next.space))
        return CERTIFICATE_WRONG_NAME;
    struct issuer other;
    for (size_t i = 0; hierarchy_issuer_at(hierarchy, i, &other); i++)
        if (collide(&other.authority, &next))
            return CERTIFICATE_WRONG_NAME;
    snprintf(branch->member.name, sizeof branch->member.name, "%.*s%c%02zu%s", REALM_SIZE,
             root->name, rows[branch->domain].initial, hierarchy->branch_count + 1, mark);
    struct certificate fields = {
        .roles = next.roles, .enterprise = next.enterprise, .space = next.space};
    enum certificate_fault fault = certify_own(hierarchy, &branch->member, &fields, root, today);
    hierarchy->branch_count += fault == CERTIFICATE_OK;
    return fault;
}

enum certificate_fault hierarchy_verify(const struct hierarchy *hierarchy,
                                        const struct certificate *certificate, uint32_t today) {
    struct issuer issuer;
    if (member_for_roles(certificate->roles) == MEMBER_COUNT)
        return CERTIFICATE_WRONG_DOMAIN;
    return hierarchy_issuer(hierarchy, certificate->roles, certificate->holder, &issuer)
               ? certificate_verify(certificate, &issuer.authority, today, hierarchy->crypto)
               : CERTIFICATE_WRONG_NAME;
}

enum certificate_fault hierarchy_certify(const struct hierarchy *hierarchy,
                                         struct certificate *fields, uint8_t *out, size_t capacity,
                                         size_t *size) {
    struct issuer issuer;
    if (member_for_roles(fields->roles) == MEMBER_COUNT)
        return CERTIFICATE_ROLE_CONFLICT;
    if (!hierarchy_issuer(hierarchy, fields->roles, fields->holder, &issuer))
        return CERTIFICATE_WRONG_NAME;
    if (hierarchy->realm == REALM_PRODUCTION && fields->assurance != ASSURANCE_HARDWARE)
        return CERTIFICATE_WRONG_DOMAIN;
    struct bytes enterprise = issuer.authority.enterprise;
    fields->issuer = issuer.authority.name;
    if (fields->enterprise.size == 0)
        fields->enterprise = enterprise;
    if (enterprise.size > 0 && !bytes_equal(fields->enterprise, enterprise))
        return CERTIFICATE_WRONG_ENTERPRISE;
    return certificate_make(fields, &issuer.member->signer, out, capacity, size);
}

// ---- checking ----------------------------------------------------------------------------------

/// One of the hierarchy below the root; above is NULL where the root itself certifies it.
static enum certificate_fault check_own(const struct hierarchy *hierarchy,
                                        const struct hierarchy_member *above,
                                        const struct hierarchy_member *member) {
    struct bytes chain[3];
    size_t count = 0;
    struct certificate leaf;
    chain[count++] = member_certificate(hierarchy, MEMBER_ROOT);
    if (above != NULL)
        chain[count++] = bytes_of(above->certificate, above->certificate_size);
    chain[count++] = bytes_of(member->certificate, member->certificate_size);
    enum certificate_fault fault = certificate_verify_chain(
        chain, count, hierarchy->members[MEMBER_ROOT].signer.point, 0, hierarchy->crypto, &leaf);
    if (fault != CERTIFICATE_OK)
        return fault;
    bool own_key = memcmp(leaf.signing_point, member->signer.point, P256_COMPRESSED_SIZE) == 0;
    return own_key ? CERTIFICATE_OK : CERTIFICATE_BAD_SIGNATURE;
}

enum certificate_fault hierarchy_check(const struct hierarchy *hierarchy) {
    const struct hierarchy_member *clearing = &hierarchy->members[MEMBER_CLEARING];
    enum certificate_fault fault =
        check_own(hierarchy, clearing, &hierarchy->members[MEMBER_CENTER]);
    struct issuer issuer, other;
    for (size_t i = 0; fault == CERTIFICATE_OK && hierarchy_issuer_at(hierarchy, i, &issuer); i++) {
        fault = check_own(hierarchy, NULL, issuer.member);
        for (size_t j = 0; j < i && hierarchy_issuer_at(hierarchy, j, &other); j++)
            if (collide(&issuer.authority, &other.authority))
                return CERTIFICATE_WRONG_NAME;
    }
    return fault;
}

static void erase_key(const struct hierarchy *hierarchy, struct hierarchy_member *member) {
    if (hierarchy->crypto != NULL)
        hierarchy->crypto->ops->forget(hierarchy->crypto, member->key.scalar);
    bytes_erase(&member->key, sizeof member->key);
}

void hierarchy_erase(struct hierarchy *hierarchy) {
    for (int i = 0; i < MEMBER_COUNT; i++)
        erase_key(hierarchy, &hierarchy->members[i]);
    for (size_t i = 0; i < BRANCHES_MAX; i++)
        erase_key(hierarchy, &hierarchy->branches[i].member);
}
