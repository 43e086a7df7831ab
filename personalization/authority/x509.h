// SPDX-License-Identifier: Apache-2.0
// The X.509 twin of a card-verifiable certificate (RFC 5280), for TLS, PIV and ordinary tools:
// same key, same holder, same validity, signed by the X.509 root of the same authority.
#ifndef PERSONALIZATION_AUTHORITY_X509_H
#define PERSONALIZATION_AUTHORITY_X509_H

#include "apdu/crypto/signer.h"

enum {
    X509_PEM_MAX = 4096,
    X509_DER_MAX = 1400,
    X509_KEY_ID_SIZE = 20,
    X509_HOSTS_MAX = 8,
    X509_HOST_MAX = 128, // characters of a host with terminator
};

/// Names and addresses under which a server is reached: dNSName or iPAddress each.
struct x509_hosts {
    size_t count;
    char names[X509_HOSTS_MAX][X509_HOST_MAX];
};

/// Letters, digits, hyphens and dots, or an address of version 4 or 6.
bool x509_host_is_valid(const char *host);

/// What the key may be used for: keyUsage and extendedKeyUsage.
enum x509_purpose {
    X509_AUTHORITY, // certifies others: basicConstraints CA, path length 0
    X509_TLS,       // both ends of a connection; its alternative names are URI:tessera:UNIT:SUBJECT
                    // (what is not unreserved in RFC 3986 percent-encoded) and the hosts
    X509_PIV_AUTHENTICATION,
    X509_PIV_SIGNATURE,
    X509_PIV_KEY_MANAGEMENT,
    X509_PIV_CARD_AUTHENTICATION,
    X509_PURPOSE_COUNT,
};

struct x509_fields {
    const char *subject; // common name: the holder reference
    const char *person;  // common name instead, the subject being its serial number; NULL: none
    const char *issuer;
    const char *unit;       // organizational unit: the role's word; NULL for the root
    const char *enterprise; // organization; NULL or "": none
    enum x509_purpose purpose;
    const struct x509_hosts *hosts; // of X509_TLS; NULL: no server
    uint64_t serial;
    int64_t from, until;    // seconds since 1970
    const uint8_t *point;   // compressed, or uncompressed, which is quicker; NULL: the key is RSA
    const uint8_t *modulus; // RSA_2048_SIZE, exponent 65537; NULL: the key is on P-256
    const uint8_t *issuer_key_id; // X509_KEY_ID_SIZE; unused for the root
};

/// How certificates name their issuer's key: RFC 5280 4.2.1.2 (1).
bool x509_key_id(const uint8_t point[P256_COMPRESSED_SIZE], uint8_t id[X509_KEY_ID_SIZE]);

/// Makes and signs one certificate in PEM, ended by a zero octet. False: out of memory or the
/// signer's key is out of reach.
bool x509_make(const struct x509_fields *fields, const struct signer *issuer, char *pem,
               size_t capacity, size_t *size);

/// The same in DER.
bool x509_make_der(const struct x509_fields *fields, const struct signer *issuer, uint8_t *der,
                   size_t capacity, size_t *size);

/// The hosts of a certificate in PEM. False: it is none.
bool x509_read_hosts(const char *pem, size_t size, struct x509_hosts *hosts);

/// The common name of a certificate in PEM.
bool x509_read_subject(const char *pem, size_t size, char *subject, size_t capacity);

/// The P-256 key of a certificate in PEM.
bool x509_read_point(const char *pem, size_t size, uint8_t point[P256_COMPRESSED_SIZE]);

#endif
