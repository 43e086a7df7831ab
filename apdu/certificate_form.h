// SPDX-License-Identifier: Apache-2.0
// The octets of a certificate, one way and back; private to certificate.c and its tests. Outer
// tags are those of BSI TR-03110 part 3 C.1; what stands in the body, in which order and with which
// sizes is the compact profile of docs/protocol.md.
#ifndef APDU_CERTIFICATE_FORM_H
#define APDU_CERTIFICATE_FORM_H

#include "apdu/certificate.h"
#include "apdu/tlv.h"

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
    CVC_AUTHORIZATION = 0x7F4C,
    CVC_ROLES = 0x53, // 2 octets roles, 1 octet assurance
    CVC_FROM = 0x5F25,
    CVC_UNTIL = 0x5F24, // 6 octets YYMMDD, one digit an octet
    CVC_SIGNATURE = 0x5F37,
};

/// Are these roles one authority's or one end entity's?
bool roles_are_lawful(uint16_t roles);

/// Writes 7F4E from the fields; checks nothing but room.
void certificate_put_body(struct tlv_writer *out, const struct certificate *fields);

/// Splits and checks 7F4E: exact form, holder references, roles, dates. Leaves signature and whole
/// alone.
enum certificate_fault certificate_take_body(struct bytes body, struct certificate *out);

#endif
