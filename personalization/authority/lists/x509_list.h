// SPDX-License-Identifier: Apache-2.0
// The list of revoked X.509 certificates, for TLS libraries (RFC 5280 5), signed by the X.509 root.
#ifndef PERSONALIZATION_AUTHORITY_LISTS_X509_LIST_H
#define PERSONALIZATION_AUTHORITY_LISTS_X509_LIST_H

#include "personalization/authority/x509.h"

struct x509_revoked {
    uint64_t serial;
    int64_t time; // seconds since 1970
};

struct x509_list {
    const char *issuer;
    uint64_t number;     // rises from list to list
    int64_t from, until; // when the next one is due
    const struct x509_revoked *revoked;
    size_t count;
    const uint8_t *issuer_key_id; // X509_KEY_ID_SIZE
};

/// The list in PEM. The caller frees it with free(). NULL: out of memory, or the signer's key is
/// out of reach.
char *x509_list_make(const struct x509_list *list, const struct signer *issuer, size_t *size);

#endif
