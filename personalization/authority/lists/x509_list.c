// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/lists/x509_list.h"

#include "personalization/authority/x509_private.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

static bool revoked_put(X509_CRL *crl, const struct x509_revoked *row) {
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, row->time);
    bool done = entry != NULL && serial != NULL && time != NULL &&
                ASN1_INTEGER_set_uint64(serial, row->serial) == 1 &&
                X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                X509_REVOKED_set_revocationDate(entry, time) == 1 &&
                X509_CRL_add0_revoked(crl, entry) == 1;
    if (!done)
        X509_REVOKED_free(entry);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(time);
    return done;
}

static bool issuer_put(X509_CRL *crl, const char *issuer) {
    X509_NAME *name = X509_NAME_new();
    bool done = name != NULL &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)issuer,
                                           -1, -1, 0) == 1 &&
                X509_CRL_set_issuer_name(crl, name) == 1;
    X509_NAME_free(name);
    return done;
}

static bool times_put(X509_CRL *crl, const struct x509_list *list) {
    ASN1_TIME *from = ASN1_TIME_set(NULL, list->from), *until = ASN1_TIME_set(NULL, list->until);
    bool done = from != NULL && until != NULL && X509_CRL_set1_lastUpdate(crl, from) == 1 &&
                X509_CRL_set1_nextUpdate(crl, until) == 1;
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return done;
}

static bool extensions_put(X509_CRL *crl, const struct x509_list *list) {
    AUTHORITY_KEYID *id = x509_issuer_id(list->issuer_key_id);
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    bool done =
        id != NULL && number != NULL && ASN1_INTEGER_set_uint64(number, list->number) == 1 &&
        X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, id, 0, X509V3_ADD_DEFAULT) == 1 &&
        X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, X509V3_ADD_DEFAULT) == 1;
    AUTHORITY_KEYID_free(id);
    ASN1_INTEGER_free(number);
    return done;
}

/// OpenSSL names the algorithm inside a list only by signing it: a key of the moment does, and the
/// issuer's signature, whose key may be anywhere, takes the place of that one.
static bool signature_put(X509_CRL *crl, const struct signer *issuer) {
    EVP_PKEY *moment = EVP_EC_gen("P-256");
    const ASN1_BIT_STRING *place = NULL;
    unsigned char *body = NULL;
    int size = 0;
    bool done = moment != NULL && X509_CRL_sort(crl) == 1 &&
                X509_CRL_sign(crl, moment, EVP_sha256()) > 0 &&
                (size = i2d_re_X509_CRL_tbs(crl, &body)) > 0;
    X509_CRL_get0_signature(crl, &place, NULL);
    done = done && x509_sign(issuer, bytes_of(body, (size_t)size), place);
    OPENSSL_free(body);
    EVP_PKEY_free(moment);
    return done;
}

static char *pem_of(X509_CRL *crl, size_t *size) {
    char *text = NULL, *copy = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory != NULL && PEM_write_bio_X509_CRL(memory, crl) == 1) {
        *size = (size_t)BIO_get_mem_data(memory, &text);
        copy = malloc(*size);
        for (size_t i = 0; copy != NULL && i < *size; i++)
            copy[i] = text[i];
    }
    BIO_free(memory);
    return copy;
}

char *x509_list_make(const struct x509_list *list, const struct signer *issuer, size_t *size) {
    X509_CRL *crl = X509_CRL_new();
    bool done = crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
                issuer_put(crl, list->issuer) && times_put(crl, list) && extensions_put(crl, list);
    for (size_t i = 0; done && i < list->count; i++)
        done = revoked_put(crl, &list->revoked[i]);
    char *pem = done && signature_put(crl, issuer) ? pem_of(crl, size) : NULL;
    X509_CRL_free(crl);
    return pem;
}
