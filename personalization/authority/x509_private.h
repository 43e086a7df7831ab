// SPDX-License-Identifier: Apache-2.0
// What the files that make X.509 share; nobody else includes it.
#ifndef PERSONALIZATION_AUTHORITY_X509_PRIVATE_H
#define PERSONALIZATION_AUTHORITY_X509_PRIVATE_H

#include "personalization/authority/x509.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

/// NULL: out of memory.
AUTHORITY_KEYID *x509_issuer_id(const uint8_t key_id[X509_KEY_ID_SIZE]);

/// Puts the alternative names of a TLS certificate in.
bool x509_names_put(X509 *certificate, const struct x509_fields *fields);

/// Signs a body and puts the signature (ECDSA-Sig-Value) into its place in the structure.
bool x509_sign(const struct signer *issuer, struct bytes body, const ASN1_BIT_STRING *place);

/// NULL: no certificate in PEM.
X509 *x509_read_pem(const char *pem, size_t size);

#endif
