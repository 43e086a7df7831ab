// SPDX-License-Identifier: Apache-2.0
// The form of a certificate: its fields and its octets, one way and back. Outer tags are those of
// BSI TR-03110 part 3 C.1; what stands in the body, in which order and with which sizes is the
// compact profile of docs/protocol.md. Freestanding.
#ifndef APDU_OBJECT_CERTIFICATE_FORM_H
#define APDU_OBJECT_CERTIFICATE_FORM_H

#include "apdu/crypto/crypto.h"
#include "apdu/crypto/signer.h"
#include "apdu/object/role.h"
#include "apdu/octets/tlv.h"

enum assurance { ASSURANCE_EMULATED = 1, ASSURANCE_HARDWARE = 2 };

enum {
    CERTIFICATE_MAX = 245,        // whole certificate, octets
    CERTIFICATE_DIGEST_SIZE = 16, // leading octets of SHA-256 over the whole certificate
    SHORT_LIVED_DAYS = 35,        // longest validity of tills, floats, players, converters
};

enum certificate_tag {
    CVC_CERTIFICATE = 0x7F21,
    CVC_BODY = 0x7F4E,
    CVC_PROFILE = 0x5F29, // 1 octet: 00
    CVC_ISSUER = 0x42,
    CVC_PUBLIC_KEY = 0x7F49,
    CVC_SIGNING_POINT = 0x86, // compressed
    CVC_KEM_POINT = 0x87,
    CVC_HOLDER = 0x5F20,
    CVC_ENTERPRISE = 0x80,
    CVC_SPACE = 0x81,
    CVC_AUTHORIZATION = 0x7F4C,
    CVC_ROLES = 0x53, // 2 octets roles, 1 octet assurance
    CVC_MADE = 0x82,
    CVC_FROM = 0x5F25,
    CVC_UNTIL = 0x5F24, // 6 octets YYMMDD, one digit an octet
    CVC_SIGNATURE = 0x5F37,
};

struct certificate {
    struct bytes issuer; // holder reference of the authority that signed
    struct bytes holder;
    uint16_t roles;
    struct bytes enterprise; // 0..16 printable octets
    struct bytes space;      // of an issuing authority: in which it gives names; else empty
    uint32_t made;           // of an authority: the day on which it was signed, YYYYMMDD; else 0
    enum assurance assurance;
    uint32_t from, until;         // first and last valid day as YYYYMMDD
    const uint8_t *signing_point; // P256_COMPRESSED_SIZE
    const uint8_t *kem_point;     // P256_COMPRESSED_SIZE, or NULL: no encapsulation key
    struct bytes body;            // 7F4E, header included: what is signed
    const uint8_t *signature;     // ECDSA_SIZE; NULL before signing
    struct bytes whole;           // 7F21
};

enum certificate_fault {
    CERTIFICATE_OK = 0,
    CERTIFICATE_MALFORMED,      // not the exact form, bad holder reference, bad date
    CERTIFICATE_ROLE_CONFLICT,  // two purse roles, an authority with an end entity's role, no role
    CERTIFICATE_UNKNOWN_ISSUER, // issuer is not the given authority
    CERTIFICATE_WRONG_DOMAIN,   // a role that the issuer may not give, or issuer is no authority
    CERTIFICATE_WRONG_ENTERPRISE, // the issuer names an enterprise, and this is not of it
    CERTIFICATE_WRONG_NAME,       // the holder's name stands in another space than the issuer's
    CERTIFICATE_EMULATED,         // an emulated key below an authority for hardware
    CERTIFICATE_BAD_SIGNATURE,
    CERTIFICATE_EXPIRED, // today is after until (or before from, where the caller knows the day)
    CERTIFICATE_TOO_LONG_LIVED, // more than SHORT_LIVED_DAYS for a short-lived role
    CERTIFICATE_CHAIN_TOO_LONG,
    CERTIFICATE_NO_ROOM, // output buffer too small
    CERTIFICATE_FAULT_COUNT
};

/// Writes 7F4E from the fields; checks nothing but room.
void certificate_put_body(struct tlv_writer *out, const struct certificate *fields);

/// Splits and checks 7F4E: exact form, holder references, roles, dates. Leaves signature and whole
/// alone.
enum certificate_fault certificate_take_body(struct bytes body, struct certificate *out);

/// Splits a certificate (7F21). Fields point into in. Form and role rules are checked; signature,
/// issuer and time are not.
enum certificate_fault certificate_parse(struct bytes in, struct certificate *out);

#endif
