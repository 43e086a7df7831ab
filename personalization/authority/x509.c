// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/x509_private.h"

#include "base/must.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { DER_MAX = 2600, SIGNATURE_DER_MAX = 72 };

/// Uncompressed form of a point, which every reader of X.509 knows. False: not on the curve.
static bool expand(const uint8_t *point, uint8_t out[P256_POINT_SIZE]) {
    size_t size = point[0] == 0x04 ? P256_POINT_SIZE : P256_COMPRESSED_SIZE;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *place = group != NULL ? EC_POINT_new(group) : NULL;
    bool done = place != NULL && EC_POINT_oct2point(group, place, point, size, NULL) == 1 &&
                EC_POINT_point2oct(group, place, POINT_CONVERSION_UNCOMPRESSED, out,
                                   P256_POINT_SIZE, NULL) == P256_POINT_SIZE;
    EC_POINT_free(place);
    EC_GROUP_free(group);
    return done;
}

/// SubjectPublicKeyInfo (RFC 5480) straight from the point: making a key of it first costs OpenSSL
/// a hundred times as much.
static bool point_put(X509 *certificate, const uint8_t *point) {
    uint8_t *octets = OPENSSL_malloc(P256_POINT_SIZE);
    bool done = octets != NULL && expand(point, octets) &&
                X509_PUBKEY_set0_param(
                    X509_get_X509_PUBKEY(certificate), OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
                    V_ASN1_OBJECT, OBJ_nid2obj(NID_X9_62_prime256v1), octets, P256_POINT_SIZE) == 1;
    if (!done)
        OPENSSL_free(octets);
    return done;
}

static EVP_PKEY *rsa_key(const uint8_t modulus[RSA_2048_SIZE]) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus, RSA_2048_SIZE, NULL);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (build != NULL && n != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_RSA_E, 65537) == 1)
        parameters = OSSL_PARAM_BLD_to_param(build);
    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    return key;
}

static bool modulus_put(X509 *certificate, const uint8_t modulus[RSA_2048_SIZE]) {
    EVP_PKEY *key = rsa_key(modulus);
    bool done = key != NULL && X509_set_pubkey(certificate, key) == 1;
    EVP_PKEY_free(key);
    return done;
}

static bool name_put(X509_NAME *name, const char *part, const char *text) {
    if (text == NULL || text[0] == '\0')
        return true;
    return X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

static bool extension_put(X509 *certificate, X509V3_CTX *context, int kind, const char *text) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, kind, text);
    bool done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

bool x509_key_id(const uint8_t point[P256_COMPRESSED_SIZE], uint8_t id[X509_KEY_ID_SIZE]) {
    uint8_t whole[P256_POINT_SIZE];
    unsigned size = 0;
    return expand(point, whole) &&
           EVP_Digest(whole, sizeof whole, id, &size, EVP_sha1(), NULL) == 1 &&
           size == X509_KEY_ID_SIZE;
}

AUTHORITY_KEYID *x509_issuer_id(const uint8_t key_id[X509_KEY_ID_SIZE]) {
    AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
    if (id != NULL && (id->keyid = ASN1_OCTET_STRING_new()) != NULL &&
        ASN1_OCTET_STRING_set(id->keyid, key_id, X509_KEY_ID_SIZE) == 1)
        return id;
    AUTHORITY_KEYID_free(id);
    return NULL;
}

static bool authority_key_put(X509 *certificate, const uint8_t key_id[X509_KEY_ID_SIZE]) {
    AUTHORITY_KEYID *id = x509_issuer_id(key_id);
    bool done = id != NULL && X509_add1_ext_i2d(certificate, NID_authority_key_identifier, id, 0,
                                                X509V3_ADD_DEFAULT) == 1;
    AUTHORITY_KEYID_free(id);
    return done;
}

/// keyUsage and extendedKeyUsage by purpose; the PIV ones are those of FIPS 201-3 table 5-1.
static const struct {
    const char *usage, *extended;
} purposes[] = {
    [X509_AUTHORITY] = {"critical,keyCertSign,cRLSign", NULL},
    [X509_TLS] = {"critical,digitalSignature", "serverAuth,clientAuth"},
    [X509_PIV_AUTHENTICATION] = {"critical,digitalSignature", "clientAuth,1.3.6.1.4.1.311.20.2.2"},
    [X509_PIV_SIGNATURE] = {"critical,digitalSignature,nonRepudiation", "emailProtection"},
    [X509_PIV_KEY_MANAGEMENT] = {"critical,keyAgreement", NULL},
    [X509_PIV_CARD_AUTHENTICATION] = {"critical,digitalSignature", "critical,2.16.840.1.101.3.6.8"},
};
must_cover(purposes, X509_PURPOSE_COUNT);

static const char *usage_of(const struct x509_fields *fields) {
    if (fields->purpose == X509_PIV_KEY_MANAGEMENT && fields->modulus != NULL)
        return "critical,keyEncipherment";
    return purposes[fields->purpose].usage;
}

static bool extensions_put(X509 *certificate, const struct x509_fields *fields) {
    X509V3_CTX context;
    bool authority = fields->purpose == X509_AUTHORITY;
    const char *extended = purposes[fields->purpose].extended;
    X509V3_set_ctx(&context, NULL, certificate, NULL, NULL, 0);
    bool ok = extension_put(certificate, &context, NID_basic_constraints,
                            authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
    ok = ok && extension_put(certificate, &context, NID_key_usage, usage_of(fields));
    ok = ok && extension_put(certificate, &context, NID_subject_key_identifier, "hash");
    if (extended != NULL)
        ok = ok && extension_put(certificate, &context, NID_ext_key_usage, extended);
    if (fields->purpose == X509_TLS)
        ok = ok && x509_names_put(certificate, fields);
    return authority || !ok ? ok : authority_key_put(certificate, fields->issuer_key_id);
}

/// Who bears a name that others bear, too, is told apart by the id.
static bool subject_put(X509_NAME *subject, const struct x509_fields *fields) {
    if (fields->person == NULL)
        return name_put(subject, "CN", fields->subject);
    return name_put(subject, "CN", fields->person) &&
           name_put(subject, "serialNumber", fields->subject);
}

static bool fields_put(X509 *certificate, const struct x509_fields *fields) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME *issuer = X509_get_issuer_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), fields->serial) == 1 &&
           name_put(subject, "O", fields->enterprise) && name_put(subject, "OU", fields->unit) &&
           subject_put(subject, fields) && name_put(issuer, "CN", fields->issuer) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), fields->from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), fields->until) != NULL &&
           (fields->modulus != NULL ? modulus_put(certificate, fields->modulus)
                                    : point_put(certificate, fields->point)) &&
           extensions_put(certificate, fields);
}

/// ecdsa-with-SHA256 in both places that name it.
static bool algorithm_put(X509 *certificate) {
    const X509_ALGOR *inner = X509_get0_tbs_sigalg(certificate), *outer = NULL;
    X509_get0_signature(NULL, &outer, certificate);
    union {
        const X509_ALGOR *seen;
        X509_ALGOR *mine;
    } both[] = {{inner}, {outer}}; // the certificate is ours, its accessors just say const
    for (size_t i = 0; i < 2; i++)
        if (X509_ALGOR_set0(both[i].mine, OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_UNDEF, NULL) !=
            1)
            return false;
    return true;
}

static size_t signature_der(const uint8_t signature[ECDSA_SIZE], uint8_t *der) {
    int size = 0;
    unsigned char *end = der;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; // owned by pair now
        size = i2d_ECDSA_SIG(pair, &end);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

bool x509_sign(const struct signer *issuer, struct bytes body, const ASN1_BIT_STRING *place) {
    uint8_t signature[ECDSA_SIZE], der[SIGNATURE_DER_MAX];
    union {
        const ASN1_BIT_STRING *seen;
        ASN1_BIT_STRING *mine;
    } bits = {place}; // what is signed is ours, its accessor just says const
    if (!issuer->sign(issuer, body, signature))
        return false;
    size_t der_size = signature_der(signature, der);
    if (der_size == 0 || ASN1_STRING_set(bits.mine, der, (int)der_size) != 1)
        return false;
    bits.mine->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
    bits.mine->flags |= ASN1_STRING_FLAG_BITS_LEFT; // all bits of the last octet count
    return true;
}

/// The key may be anywhere; only its signature comes here.
static bool signature_put(X509 *certificate, const struct signer *issuer) {
    uint8_t body[DER_MAX];
    unsigned char *end = body;
    const ASN1_BIT_STRING *place = NULL;
    int size = i2d_re_X509_tbs(certificate, NULL);
    X509_get0_signature(&place, NULL, certificate);
    return size > 0 && (size_t)size <= sizeof body && i2d_re_X509_tbs(certificate, &end) == size &&
           x509_sign(issuer, bytes_of(body, (size_t)size), place);
}

static bool pem_put(X509 *certificate, char *pem, size_t capacity, size_t *size) {
    char *text = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    bool done = memory != NULL && PEM_write_bio_X509(memory, certificate) == 1;
    *size = done ? (size_t)BIO_get_mem_data(memory, &text) : 0;
    done = done && *size < capacity;
    if (done) {
        memcpy(pem, text, *size);
        pem[*size] = '\0';
    }
    BIO_free(memory);
    return done;
}

/// NULL: out of memory or the signer's key is out of reach.
static X509 *make(const struct x509_fields *fields, const struct signer *issuer) {
    X509 *certificate = X509_new();
    bool done = certificate != NULL && fields_put(certificate, fields) &&
                algorithm_put(certificate) && signature_put(certificate, issuer);
    if (done)
        return certificate;
    X509_free(certificate);
    return NULL;
}

bool x509_make(const struct x509_fields *fields, const struct signer *issuer, char *pem,
               size_t capacity, size_t *size) {
    X509 *certificate = make(fields, issuer);
    bool done = certificate != NULL && pem_put(certificate, pem, capacity, size);
    X509_free(certificate);
    return done;
}

bool x509_make_der(const struct x509_fields *fields, const struct signer *issuer, uint8_t *der,
                   size_t capacity, size_t *size) {
    X509 *certificate = make(fields, issuer);
    int wanted = certificate != NULL ? i2d_X509(certificate, NULL) : 0;
    bool done = wanted > 0 && (size_t)wanted <= capacity && i2d_X509(certificate, &der) == wanted;
    *size = done ? (size_t)wanted : 0;
    X509_free(certificate);
    return done;
}

X509 *x509_read_pem(const char *pem, size_t size) {
    BIO *memory = BIO_new_mem_buf(pem, (int)size);
    X509 *certificate = memory != NULL ? PEM_read_bio_X509(memory, NULL, NULL, NULL) : NULL;
    BIO_free(memory);
    return certificate;
}

bool x509_read_point(const char *pem, size_t size, uint8_t point[P256_COMPRESSED_SIZE]) {
    uint8_t raw[P256_POINT_SIZE];
    size_t raw_size = 0;
    X509 *certificate = x509_read_pem(pem, size);
    const EVP_PKEY *key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;
    bool done = key != NULL &&
                EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, raw, sizeof raw,
                                                &raw_size) == 1 &&
                raw_size == P256_POINT_SIZE;
    if (done) {
        point[0] = (uint8_t)(2 + (raw[P256_POINT_SIZE - 1] & 1));
        memcpy(point + 1, raw + 1, P256_COMPRESSED_SIZE - 1);
    }
    X509_free(certificate);
    return done;
}
