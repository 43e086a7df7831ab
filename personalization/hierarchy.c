// SPDX-License-Identifier: Apache-2.0
#include "personalization/hierarchy.h"

#include "personalization/validity.h"

#include <stdio.h>
#include <string.h>

static const struct member_row {
    const char *word;
    const char *tag; // part of the holder reference
    uint16_t gives;  // roles that it may give; of the center: has
} rows[MEMBER_COUNT] = {
    [MEMBER_ROOT] = {"root", "ROOT", ROLE_ENTITIES},
    [MEMBER_PURSE] = {"purse", "PURSE", ROLE_PURSES | ROLE_STORE},
    [MEMBER_TRADE] = {"trade", "TRADE", ROLE_SELLER | ROLE_PROVIDER | ROLE_TELCO | ROLE_BANK},
    [MEMBER_CLEARING] = {"clearing", "CLEAR", ROLE_CENTER},
    [MEMBER_APPARATUS] = {"apparatus", "APPAR", ROLE_PLAYER | ROLE_CONVERTER},
    [MEMBER_CENTER] = {"center", "BENCH", ROLE_CENTER},
};

const char *member_word(enum member member) {
    return rows[member].word;
}

uint16_t member_roles(enum member member) {
    if (member == MEMBER_ROOT)
        return rows[member].gives | ROLE_ROOT;
    return rows[member].gives | (member == MEMBER_CENTER ? 0 : ROLE_ISSUING);
}

enum member member_for_roles(uint16_t roles) {
    for (int i = ISSUING_FIRST; i <= ISSUING_LAST; i++)
        if (roles != 0 && (roles & ~rows[i].gives) == 0)
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

/// LAB-PURSE-3FA2C1: the world, the domain, and where the root's key hashes to.
static void name_members(struct hierarchy *hierarchy, const uint8_t digest[SHA256_SIZE]) {
    const char *world = hierarchy->world == WORLD_LAB ? "LAB" : "TSR";
    for (int i = 0; i < MEMBER_COUNT; i++)
        snprintf(hierarchy->members[i].name, sizeof hierarchy->members[i].name,
                 "%s-%s-%02X%02X%02X", world, rows[i].tag, digest[0], digest[1], digest[2]);
}

static bool draw_key(struct hierarchy_member *member, const struct crypto *crypto) {
    uint8_t point[P256_COMPRESSED_SIZE];
    member->key.crypto = crypto;
    if (!crypto->ops->p256_generate(crypto, member->key.scalar, point))
        return false;
    signer_from_scalar(&member->signer, &member->key, point);
    return true;
}

static enum assurance assurance_of(enum world world) {
    return world == WORLD_LAB ? ASSURANCE_EMULATED : ASSURANCE_HARDWARE;
}

static bool certify_member(struct hierarchy *hierarchy, enum member member, uint32_t today) {
    struct hierarchy_member *of = &hierarchy->members[member];
    struct hierarchy_member *issuer = &hierarchy->members[issuer_of(member)];
    struct validity validity = validity_for(member_roles(member), today);
    struct certificate fields = {.issuer = bytes_of_string(issuer->name),
                                 .holder = bytes_of_string(of->name),
                                 .roles = member_roles(member),
                                 .enterprise = member == MEMBER_ROOT
                                                   ? bytes_of(NULL, 0)
                                                   : bytes_of_string(hierarchy->enterprise),
                                 .assurance = assurance_of(hierarchy->world),
                                 .from = validity.from,
                                 .until = validity.until,
                                 .signing_point = of->signer.point};
    return certificate_make(&fields, &issuer->signer, of->certificate, sizeof of->certificate,
                            &of->certificate_size) == CERTIFICATE_OK;
}

void hierarchy_begin(struct hierarchy *hierarchy, const struct crypto *crypto, enum world world,
                     const char *enterprise) {
    memset(hierarchy, 0, sizeof *hierarchy);
    hierarchy->crypto = crypto;
    hierarchy->world = world;
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

bool hierarchy_make(struct hierarchy *hierarchy, const struct crypto *crypto, enum world world,
                    const char *enterprise, uint32_t today) {
    hierarchy_begin(hierarchy, crypto, world, enterprise);
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (!draw_key(&hierarchy->members[i], crypto))
            return false;
    return hierarchy_found(hierarchy, today);
}

enum certificate_fault hierarchy_certify(const struct hierarchy *hierarchy,
                                         struct certificate *fields, uint8_t *out, size_t capacity,
                                         size_t *size) {
    enum member member = member_for_roles(fields->roles);
    if (member == MEMBER_COUNT)
        return CERTIFICATE_ROLE_CONFLICT;
    if (hierarchy->world == WORLD_PRODUCTION && fields->assurance != ASSURANCE_HARDWARE)
        return CERTIFICATE_WRONG_DOMAIN;
    const struct hierarchy_member *issuer = &hierarchy->members[member];
    struct bytes enterprise = bytes_of_string(hierarchy->enterprise);
    fields->issuer = bytes_of_string(issuer->name);
    if (fields->enterprise.size == 0)
        fields->enterprise = enterprise;
    if (enterprise.size > 0 && !bytes_equal(fields->enterprise, enterprise))
        return CERTIFICATE_WRONG_ENTERPRISE;
    return certificate_make(fields, &issuer->signer, out, capacity, size);
}

struct authority member_authority(const struct hierarchy *hierarchy, enum member member) {
    const struct hierarchy_member *of = &hierarchy->members[member];
    return (struct authority){
        .name = bytes_of_string(of->name),
        .roles = member_roles(member),
        .point = of->signer.point,
        .enterprise = bytes_of_string(member == MEMBER_ROOT ? "" : hierarchy->enterprise)};
}

static enum certificate_fault check_member(const struct hierarchy *hierarchy, enum member member) {
    struct bytes chain[3];
    size_t count = 0;
    struct certificate leaf;
    chain[count++] = member_certificate(hierarchy, MEMBER_ROOT);
    if (member == MEMBER_CENTER)
        chain[count++] = member_certificate(hierarchy, MEMBER_CLEARING);
    chain[count++] = member_certificate(hierarchy, member);
    enum certificate_fault fault = certificate_verify_chain(
        chain, count, hierarchy->members[MEMBER_ROOT].signer.point, 0, hierarchy->crypto, &leaf);
    if (fault != CERTIFICATE_OK)
        return fault;
    bool own_key = memcmp(leaf.signing_point, hierarchy->members[member].signer.point,
                          P256_COMPRESSED_SIZE) == 0;
    return own_key ? CERTIFICATE_OK : CERTIFICATE_BAD_SIGNATURE;
}

enum certificate_fault hierarchy_check(const struct hierarchy *hierarchy) {
    for (int i = ISSUING_FIRST; i < MEMBER_COUNT; i++) {
        enum certificate_fault fault = check_member(hierarchy, (enum member)i);
        if (fault != CERTIFICATE_OK)
            return fault;
    }
    return CERTIFICATE_OK;
}

void hierarchy_erase(struct hierarchy *hierarchy) {
    for (int i = 0; i < MEMBER_COUNT; i++) {
        struct hierarchy_member *member = &hierarchy->members[i];
        if (hierarchy->crypto != NULL)
            hierarchy->crypto->ops->forget(hierarchy->crypto, member->key.scalar);
        bytes_erase(&member->key, sizeof member->key);
    }
}
