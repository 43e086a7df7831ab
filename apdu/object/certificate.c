// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/certificate.h"

#include "apdu/octets/date.h"
#include "base/must.h"

#include <string.h>

// ---- faults --------------------------------------------------------------------------------

static const struct {
    uint16_t sw;
    const char *text;
} FAULTS[] = {
    [CERTIFICATE_OK] = {SW_OK, "good"},
    [CERTIFICATE_MALFORMED] = {SW_BAD_CERTIFICATE, "not in the exact form of a certificate"},
    [CERTIFICATE_ROLE_CONFLICT] = {SW_WRONG_ROLE, "roles that exclude each other, or none"},
    [CERTIFICATE_UNKNOWN_ISSUER] = {SW_UNKNOWN_ISSUER, "the issuer is not a trusted authority"},
    [CERTIFICATE_WRONG_DOMAIN] = {SW_WRONG_DOMAIN, "the issuer may not certify this role"},
    [CERTIFICATE_WRONG_ENTERPRISE] = {SW_WRONG_ENTERPRISE,
                                      "the issuer certifies for another enterprise only"},
    [CERTIFICATE_WRONG_NAME] = {SW_WRONG_NAME, "the issuer may not certify this name"},
    [CERTIFICATE_EMULATED] = {SW_EMULATED, "an emulated key below an authority for hardware"},
    [CERTIFICATE_BAD_SIGNATURE] = {SW_BAD_SIGNATURE, "the signature does not verify"},
    [CERTIFICATE_EXPIRED] = {SW_EXPIRED, "out of its validity"},
    [CERTIFICATE_TOO_LONG_LIVED] = {SW_BAD_CERTIFICATE, "valid for longer than its role allows"},
    [CERTIFICATE_CHAIN_TOO_LONG] = {SW_BAD_CERTIFICATE, "an authority below an issuing authority"},
    [CERTIFICATE_NO_ROOM] = {SW_NO_SPACE, "does not fit"},
};
must_cover(FAULTS, CERTIFICATE_FAULT_COUNT);

uint16_t certificate_fault_sw(enum certificate_fault fault) {
    return (size_t)fault < sizeof FAULTS / sizeof FAULTS[0] ? FAULTS[fault].sw : SW_UNKNOWN;
}

const char *certificate_fault_text(enum certificate_fault fault) {
    return (size_t)fault < sizeof FAULTS / sizeof FAULTS[0] ? FAULTS[fault].text : "unknown fault";
}

// ---- making --------------------------------------------------------------------------------

static bool lives_too_long(const struct certificate *certificate) {
    const uint16_t short_lived = ROLE_TILL | ROLE_FLOAT | ROLE_PLAYER | ROLE_CONVERTER;
    bool valid;
    if ((certificate->roles & (ROLE_ROOT | ROLE_ISSUING)) != 0 ||
        (certificate->roles & short_lived) == 0)
        return false;
    return date_difference(certificate->from, certificate->until, &valid) >= SHORT_LIVED_DAYS;
}

static enum certificate_fault check_fields(const struct certificate *fields,
                                           const struct signer *issuer) {
    if (!roles_are_lawful(fields->roles))
        return CERTIFICATE_ROLE_CONFLICT;
    if (lives_too_long(fields))
        return CERTIFICATE_TOO_LONG_LIVED;
    bool own_key = memcmp(issuer->point, fields->signing_point, P256_COMPRESSED_SIZE) == 0;
    return (fields->roles & ROLE_ROOT) == 0 || own_key ? CERTIFICATE_OK
                                                       : CERTIFICATE_UNKNOWN_ISSUER;
}

enum certificate_fault certificate_make(const struct certificate *fields,
                                        const struct signer *issuer, uint8_t *out, size_t capacity,
                                        size_t *size) {
    uint8_t body[CERTIFICATE_MAX], signature[ECDSA_SIZE];
    struct certificate check;
    enum certificate_fault fault = check_fields(fields, issuer);
    if (fault != CERTIFICATE_OK)
        return fault;
    struct tlv_writer inner = tlv_writer_over(body, sizeof body);
    certificate_put_body(&inner, fields);
    if (!tlv_writer_ok(&inner))
        return CERTIFICATE_MALFORMED; // only fields that are too long make it that long
    // the form of the body is checked before the authority's key touches it
    fault = certificate_take_body(tlv_writer_bytes(&inner), &check);
    if (fault != CERTIFICATE_OK)
        return fault;
    if (!issuer->sign(issuer, tlv_writer_bytes(&inner), signature))
        return CERTIFICATE_BAD_SIGNATURE;
    struct tlv_writer outer = tlv_writer_over(out, capacity);
    size_t mark = tlv_begin(&outer, CVC_CERTIFICATE);
    tlv_put_raw(&outer, tlv_writer_bytes(&inner));
    tlv_put(&outer, CVC_SIGNATURE, BYTES_OF(signature));
    tlv_end(&outer, mark);
    *size = outer.size;
    return tlv_writer_ok(&outer) ? CERTIFICATE_OK : CERTIFICATE_NO_ROOM;
}

// ---- verifying -----------------------------------------------------------------------------

// Root certifies issuing authorities, they certify end entities: nothing else.
static enum certificate_fault check_level(const struct certificate *certificate,
                                          const struct authority *authority) {
    bool below_issuing = (authority->roles & ROLE_ISSUING) != 0;
    if ((certificate->roles & ROLE_ROOT) != 0)
        return memcmp(certificate->signing_point, authority->point, P256_COMPRESSED_SIZE) == 0
                   ? CERTIFICATE_OK
                   : CERTIFICATE_UNKNOWN_ISSUER;
    if ((certificate->roles & ROLE_ISSUING) != 0)
        return below_issuing                         ? CERTIFICATE_CHAIN_TOO_LONG
               : (authority->roles & ROLE_ROOT) != 0 ? CERTIFICATE_OK
                                                     : CERTIFICATE_WRONG_DOMAIN;
    return below_issuing ? CERTIFICATE_OK : CERTIFICATE_WRONG_DOMAIN;
}

bool authorities_overlap(const struct authority *a, const struct authority *b) {
    return (a->roles & b->roles & ROLE_ENTITIES) != 0 && bytes_equal(a->space, b->space);
}

// A name has one owner: of each role, one authority below the root gives the names of a space.
static bool is_in_space(const struct certificate *certificate, const struct authority *authority) {
    return (certificate->roles & (ROLE_ROOT | ROLE_ISSUING)) != 0 ||
           bytes_equal(holder_space(certificate->holder), authority->space);
}

enum certificate_fault certificate_verify(const struct certificate *certificate,
                                          const struct authority *authority, uint32_t today,
                                          const struct crypto *crypto) {
    if (!bytes_equal(certificate->issuer, authority->name))
        return CERTIFICATE_UNKNOWN_ISSUER;
    enum certificate_fault fault = check_level(certificate, authority);
    if (fault != CERTIFICATE_OK)
        return fault;
    if ((certificate->roles & ROLE_ENTITIES & ~authority->roles) != 0)
        return CERTIFICATE_WRONG_DOMAIN;
    if (authority->enterprise.size > 0 &&
        !bytes_equal(certificate->enterprise, authority->enterprise))
        return CERTIFICATE_WRONG_ENTERPRISE;
    if (!is_in_space(certificate, authority))
        return CERTIFICATE_WRONG_NAME;
    if (authority->assurance == ASSURANCE_HARDWARE && certificate->assurance != ASSURANCE_HARDWARE)
        return CERTIFICATE_EMULATED;
    if (lives_too_long(certificate))
        return CERTIFICATE_TOO_LONG_LIVED;
    if (!crypto->ops->ecdsa_verify(crypto, authority->point, certificate->body,
                                   certificate->signature))
        return CERTIFICATE_BAD_SIGNATURE;
    return today > certificate->until ? CERTIFICATE_EXPIRED : CERTIFICATE_OK;
}

static struct authority authority_of(const struct certificate *certificate) {
    return (struct authority){certificate->holder,        certificate->roles,
                              certificate->signing_point, certificate->enterprise,
                              certificate->space,         certificate->assurance};
}

enum certificate_fault certificate_verify_chain(const struct bytes *chain, size_t count,
                                                const uint8_t root_point[P256_COMPRESSED_SIZE],
                                                uint32_t today, const struct crypto *crypto,
                                                struct certificate *leaf) {
    if (count == 0)
        return CERTIFICATE_MALFORMED;
    if (count > 3)
        return CERTIFICATE_CHAIN_TOO_LONG;
    enum certificate_fault fault = certificate_parse(chain[0], leaf);
    if (fault != CERTIFICATE_OK)
        return fault;
    if ((leaf->roles & ROLE_ROOT) == 0)
        return CERTIFICATE_UNKNOWN_ISSUER;
    // whatever key the first one shows, the trusted one is the caller's
    struct authority above = authority_of(leaf);
    above.point = root_point;
    fault = certificate_verify(leaf, &above, today, crypto);
    for (size_t i = 1; i < count && fault == CERTIFICATE_OK; i++) {
        above = authority_of(leaf);
        fault = certificate_parse(chain[i], leaf);
        if (fault == CERTIFICATE_OK)
            fault = certificate_verify(leaf, &above, today, crypto);
    }
    return fault;
}

bool certificate_digest(const struct crypto *crypto, struct bytes whole,
                        uint8_t digest[CERTIFICATE_DIGEST_SIZE]) {
    uint8_t full[SHA256_SIZE];
    if (!crypto->ops->sha256(crypto, whole, full))
        return false;
    memcpy(digest, full, CERTIFICATE_DIGEST_SIZE);
    return true;
}
