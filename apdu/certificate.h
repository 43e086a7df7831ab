// SPDX-License-Identifier: Apache-2.0
// Card-verifiable certificates: the data objects of BSI TR-03110 part 3 (C.1) with a compact body,
// so that one certificate fits one short APDU. Root, one issuing authority per domain, end entity;
// nothing deeper. Form, field by field: docs/protocol.md. Freestanding.
#ifndef APDU_CERTIFICATE_H
#define APDU_CERTIFICATE_H

#include "apdu/crypto.h"
#include "apdu/signer.h"
#include "apdu/status.h"

/// Bits of the authorization field (7F4C). The two highest mark authorities: with one of them the
/// other bits say which roles the authority may give, not what it is. An end entity has neither.
enum role {
    ROLE_WALLET = 0x0001,
    ROLE_TILL = 0x0002,
    ROLE_FLOAT = 0x0004,
    ROLE_STORE = 0x0008,
    ROLE_SELLER = 0x0010,
    ROLE_CENTER = 0x0020,
    ROLE_PROVIDER = 0x0040,
    ROLE_TELCO = 0x0080,
    ROLE_BANK = 0x0100,
    ROLE_PLAYER = 0x0200,
    ROLE_CONVERTER = 0x0400,
    ROLE_ISSUING = 0x4000,
    ROLE_ROOT = 0x8000,
    ROLE_PURSES = ROLE_WALLET | ROLE_TILL | ROLE_FLOAT,
    ROLE_ENTITIES = 0x07FF,
};

enum assurance { ASSURANCE_EMULATED = 1, ASSURANCE_HARDWARE = 2 };

enum {
    HOLDER_MAX = 16,              // printable holder reference, 1..16 octets
    HOLDER_PURSE_MAX = 12,        // purse roles: every purse answer fits one short APDU
    CERTIFICATE_MAX = 245,        // whole certificate, octets
    CERTIFICATE_DIGEST_SIZE = 16, // leading octets of SHA-256 over the whole certificate
    SHORT_LIVED_DAYS = 35,        // longest validity of tills, floats, players, converters
};

struct certificate {
    struct bytes issuer; // holder reference of the authority that signed
    struct bytes holder;
    uint16_t roles;
    struct bytes enterprise; // 0..16 printable octets
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
    CERTIFICATE_BAD_SIGNATURE,
    CERTIFICATE_EXPIRED, // today is behind until (or before from, where the caller knows the day)
    CERTIFICATE_TOO_LONG_LIVED, // more than SHORT_LIVED_DAYS for a short-lived role
    CERTIFICATE_CHAIN_TOO_LONG,
    CERTIFICATE_NO_ROOM, // output buffer too small
};

/// Splits a certificate (7F21). Fields point into in. Form and role rules are checked; signature,
/// issuer and time are not.
enum certificate_fault certificate_parse(struct bytes in, struct certificate *out);

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
};

/// Checks one parsed certificate against one authority: issuer name, domain, enterprise, validity
/// length, signature, expiry. today 0 skips the expiry check (a TRM without any time yet). A day
/// before from is no fault here: a TRM's latest time may lie behind; callers that know the day
/// look.
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

/// Status word and refusal reason of a fault.
uint16_t certificate_fault_sw(enum certificate_fault fault);
const char *certificate_fault_text(enum certificate_fault fault);

/// Leading CERTIFICATE_DIGEST_SIZE octets of SHA-256 over the whole certificate.
bool certificate_digest(const struct crypto *crypto, struct bytes whole,
                        uint8_t digest[CERTIFICATE_DIGEST_SIZE]);

bool holder_is_valid(struct bytes holder, uint16_t roles);
/// "wallet" -> ROLE_WALLET; 0 if unknown. And back; combined roles give the first.
uint16_t role_from_name(const char *name);
const char *role_name(uint16_t roles);
/// Days from a to b (YYYYMMDD both); 0 and *valid false for an impossible date.
int32_t date_difference(uint32_t from, uint32_t to, bool *valid);
bool date_is_valid(uint32_t date);

#endif
