// SPDX-License-Identifier: Apache-2.0
#include "card/identity/trust.h"

#include <string.h>

// Trust row: used 1, name size 1, name 16, roles 2, made 4, until 4, point 33, digest 16,
// enterprise size 1, enterprise 16, assurance 1, space size 1, space 16.
enum {
    TRUST_USED = 0,
    TRUST_NAME_SIZE = 1,
    TRUST_NAME = 2,
    TRUST_ROLES = 18,
    TRUST_MADE = 20,
    TRUST_UNTIL = 24,
    TRUST_POINT = 28,
    TRUST_DIGEST = 61,
    TRUST_ENTERPRISE_SIZE = 77,
    TRUST_ENTERPRISE = 78,
    TRUST_ASSURANCE = 94,
    TRUST_SPACE_SIZE = 95,
    TRUST_SPACE = 96,
    TRUST_END = 112,
};
_Static_assert((int)TRUST_END <= (int)TRUST_SIZE, "an authority outgrew its row");
enum { ROOT_ROW = 0 };

/// One row of the trust table, as read.
struct trust {
    uint8_t row;
    uint8_t octets[TRUST_SIZE];
};

static uint32_t trust_offset(uint8_t row) {
    return TRUST_AT + (uint32_t)row * TRUST_SIZE;
}

static bool trust_at(const struct card_call *call, uint8_t row, struct trust *trust) {
    trust->row = row;
    card_shared_read(call, trust_offset(row), trust->octets, sizeof trust->octets);
    return trust->octets[TRUST_USED] != 0;
}

static struct bytes trust_name(const struct trust *trust) {
    return bytes_of(trust->octets + TRUST_NAME, trust->octets[TRUST_NAME_SIZE]);
}

static struct authority trust_authority(const struct trust *trust) {
    return (struct authority){
        .name = trust_name(trust),
        .roles = (uint16_t)bytes_get_be(trust->octets + TRUST_ROLES, 2),
        .point = trust->octets + TRUST_POINT,
        .enterprise =
            bytes_of(trust->octets + TRUST_ENTERPRISE, trust->octets[TRUST_ENTERPRISE_SIZE]),
        .space = bytes_of(trust->octets + TRUST_SPACE, trust->octets[TRUST_SPACE_SIZE]),
        .assurance = (enum assurance)trust->octets[TRUST_ASSURANCE]};
}

static uint32_t trust_until(const struct trust *trust) {
    return (uint32_t)bytes_get_be(trust->octets + TRUST_UNTIL, 4);
}

/// Row of this name; false when there is none.
static bool trust_find(const struct card_call *call, struct bytes name, struct trust *trust) {
    for (uint8_t row = ROOT_ROW; row < TRUST_ROWS; row++)
        if (trust_at(call, row, trust) && bytes_equal(trust_name(trust), name))
            return true;
    return false;
}

static uint16_t trust_store(struct card_call *call, uint8_t row,
                            const struct certificate *certificate) {
    uint8_t octets[TRUST_SIZE] = {1, (uint8_t)certificate->holder.size};
    memcpy(octets + TRUST_NAME, certificate->holder.data, certificate->holder.size);
    bytes_put_be(octets + TRUST_ROLES, 2, certificate->roles);
    bytes_put_be(octets + TRUST_MADE, 4, certificate->made);
    bytes_put_be(octets + TRUST_UNTIL, 4, certificate->until);
    memcpy(octets + TRUST_POINT, certificate->signing_point, P256_COMPRESSED_SIZE);
    octets[TRUST_ENTERPRISE_SIZE] = (uint8_t)certificate->enterprise.size;
    if (certificate->enterprise.size > 0)
        memcpy(octets + TRUST_ENTERPRISE, certificate->enterprise.data,
               certificate->enterprise.size);
    octets[TRUST_ASSURANCE] = (uint8_t)certificate->assurance;
    octets[TRUST_SPACE_SIZE] = (uint8_t)certificate->space.size;
    if (certificate->space.size > 0)
        memcpy(octets + TRUST_SPACE, certificate->space.data, certificate->space.size);
    if (!certificate_digest(call->crypto, certificate->whole, octets + TRUST_DIGEST))
        return SW_UNKNOWN;
    card_shared_stage(call, trust_offset(row), octets, sizeof octets);
    clock_raise(call, certificate->made);
    return SW_OK;
}

uint16_t trust_set_root(struct card_call *call, struct bytes whole) {
    struct certificate root;
    struct trust old;
    uint16_t sw = certificate_fault_sw(certificate_parse(whole, &root));
    if (sw != SW_OK)
        return sw;
    if (trust_at(call, ROOT_ROW, &old))
        return SW_EXISTS;
    if ((root.roles & ROLE_ROOT) == 0)
        return SW_WRONG_ROLE;
    sw = certificate_fault_sw(
        certificate_verify_chain(&whole, 1, root.signing_point, 0, call->crypto, &root));
    return sw == SW_OK ? trust_store(call, ROOT_ROW, &root) : sw;
}

/// An authority's certificate on its way into the table.
struct candidate {
    struct certificate certificate;
    struct trust old; // of the same name, if known
    bool known;
};

/// What stands in the way of it before its signature is looked at.
static uint16_t candidate_form(const struct card_call *call, const struct candidate *candidate,
                               const struct trust *root) {
    struct trust other;
    const struct certificate *issuing = &candidate->certificate;
    if ((issuing->roles & ROLE_ISSUING) == 0)
        return SW_WRONG_ROLE;
    if (bytes_equal(issuing->issuer, trust_name(root)))
        return candidate->known && candidate->old.row == ROOT_ROW ? SW_WRONG_ROLE : SW_OK;
    enum certificate_fault fault = trust_find(call, issuing->issuer, &other)
                                       ? CERTIFICATE_CHAIN_TOO_LONG
                                       : CERTIFICATE_UNKNOWN_ISSUER;
    return certificate_fault_sw(fault);
}

/// Verified under the root on the card's day.
static uint16_t candidate_open(const struct card_call *call, struct bytes whole,
                               struct candidate *candidate) {
    struct trust root;
    uint16_t sw = certificate_fault_sw(certificate_parse(whole, &candidate->certificate));
    if (sw != SW_OK)
        return sw;
    if (!trust_at(call, ROOT_ROW, &root))
        return SW_CONDITIONS;
    candidate->known = trust_find(call, candidate->certificate.holder, &candidate->old);
    sw = candidate_form(call, candidate, &root);
    if (sw != SW_OK)
        return sw;
    struct authority authority = trust_authority(&root);
    sw = certificate_fault_sw(
        certificate_verify(&candidate->certificate, &authority, clock_today(call), call->crypto));
    if (sw != SW_OK || !candidate->known)
        return sw;
    bool older = candidate->certificate.made < bytes_get_be(candidate->old.octets + TRUST_MADE, 4);
    return older ? SW_STALE : SW_OK;
}

static struct authority candidate_authority(const struct candidate *candidate) {
    const struct certificate *fields = &candidate->certificate;
    return (struct authority){.roles = fields->roles,
                              .enterprise = fields->enterprise,
                              .space = fields->space,
                              .assurance = fields->assurance};
}

/// Is it the very certificate that stands there?
static bool candidate_is_old(const struct card_call *call, const struct candidate *candidate) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    return certificate_digest(call->crypto, candidate->certificate.whole, digest) &&
           memcmp(candidate->old.octets + TRUST_DIGEST, digest, sizeof digest) == 0;
}

/// Puts it where its predecessor stands.
static uint16_t candidate_replace(struct card_call *call, const struct candidate *candidate,
                                  uint8_t *row, bool *changed) {
    *row = candidate->old.row;
    *changed = !candidate_is_old(call, candidate);
    return trust_store(call, *row, &candidate->certificate);
}

uint16_t trust_renew(struct card_call *call, struct bytes whole, uint8_t *row, bool *changed) {
    struct candidate candidate;
    uint16_t sw = candidate_open(call, whole, &candidate);
    if (sw != SW_OK)
        return sw;
    if (!candidate.known)
        return SW_NO_RENEWAL;
    struct authority old = trust_authority(&candidate.old);
    struct authority next = candidate_authority(&candidate);
    bool same = old.roles == next.roles && old.assurance == next.assurance &&
                bytes_equal(old.enterprise, next.enterprise) && bytes_equal(old.space, next.space);
    if (!same)
        return SW_NO_RENEWAL;
    // of two that were made on one day, the issuer's channel says which is the later
    uint32_t made = (uint32_t)bytes_get_be(candidate.old.octets + TRUST_MADE, 4);
    if (candidate.certificate.made == made && !candidate_is_old(call, &candidate))
        return SW_STALE;
    return candidate_replace(call, &candidate, row, changed);
}

/// Does another authority of the table give the same names?
static bool overlaps(const struct card_call *call, const struct candidate *candidate) {
    struct trust other;
    struct authority next = candidate_authority(candidate);
    for (uint8_t row = ROOT_ROW + 1; row < TRUST_ROWS; row++) {
        if (!trust_at(call, row, &other) ||
            bytes_equal(trust_name(&other), candidate->certificate.holder))
            continue;
        struct authority there = trust_authority(&other);
        if (authorities_overlap(&there, &next))
            return true;
    }
    return false;
}

/// A free row, or else one whose authority has run out; *changed tells which. False: there is none.
static bool find_room(const struct card_call *call, uint8_t *row, bool *changed) {
    struct trust trust;
    uint32_t today = clock_today(call);
    for (int pass = 0; pass < 2; pass++)
        for (*row = ROOT_ROW + 1; *row < TRUST_ROWS; (*row)++) {
            bool used = trust_at(call, *row, &trust);
            *changed = used;
            if (!used || (pass == 1 && trust_until(&trust) < today))
                return true;
        }
    return false;
}

uint16_t trust_add(struct card_call *call, struct bytes whole, uint8_t *row, bool *changed) {
    struct candidate candidate;
    uint16_t sw = candidate_open(call, whole, &candidate);
    if (sw != SW_OK)
        return sw;
    if (overlaps(call, &candidate))
        return SW_WRONG_NAME;
    if (candidate.known)
        return candidate_replace(call, &candidate, row, changed);
    return find_room(call, row, changed) ? trust_store(call, *row, &candidate.certificate)
                                         : SW_NO_SPACE;
}

uint16_t trust_check(const struct card_call *call, const struct certificate *certificate,
                     uint32_t today, uint8_t *slot) {
    struct trust trust;
    if (!trust_find(call, certificate->issuer, &trust))
        return SW_UNKNOWN_ISSUER;
    if (trust.row == ROOT_ROW)
        return SW_WRONG_DOMAIN;
    if (today > trust_until(&trust))
        return SW_EXPIRED;
    struct authority authority = trust_authority(&trust);
    *slot = trust.row;
    return certificate_fault_sw(certificate_verify(certificate, &authority, today, call->crypto));
}

uint16_t trust_standing(const struct card_call *call, uint8_t row, uint32_t day,
                        uint8_t digest[CERTIFICATE_DIGEST_SIZE]) {
    struct trust trust;
    if (row >= TRUST_ROWS || !trust_at(call, row, &trust))
        return SW_UNKNOWN_ISSUER;
    memcpy(digest, trust.octets + TRUST_DIGEST, CERTIFICATE_DIGEST_SIZE);
    return day > trust_until(&trust) ? SW_EXPIRED : SW_OK;
}
