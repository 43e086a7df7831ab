// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/x509_read.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

static bool signed_by(X509 *certificate, const uint8_t point[P256_COMPRESSED_SIZE]) {
    uint8_t copy[P256_COMPRESSED_SIZE];
    char group[] = "P-256";
    EVP_PKEY *key = NULL;
    memcpy(copy, point, sizeof copy);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof copy),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool done = context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
                EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1 &&
                X509_verify(certificate, key) == 1;
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    return done;
}

static bool take_point(EVP_PKEY *key, struct x509_seen *seen) {
    char group[32];
    size_t size = 0;
    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                          NULL) == 1 &&
           strcmp(group, "prime256v1") == 0 &&
           EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, seen->point,
                                           sizeof seen->point, &size) == 1 &&
           size == P256_POINT_SIZE && seen->point[0] == 0x04;
}

static bool take_modulus(EVP_PKEY *key, struct x509_seen *seen) {
    BIGNUM *n = NULL, *e = NULL;
    bool done = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
                BN_is_word(e, 65537) &&
                BN_bn2binpad(n, seen->modulus, RSA_2048_SIZE) == RSA_2048_SIZE;
    BN_free(n);
    BN_free(e);
    return done;
}

static bool take(X509 *certificate, struct x509_seen *seen) {
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    if (key == NULL || X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                                 seen->subject, sizeof seen->subject) < 0)
        return false;
    seen->rsa = EVP_PKEY_is_a(key, "RSA");
    return seen->rsa ? take_modulus(key, seen) : take_point(key, seen);
}

bool x509_read(struct bytes der, const uint8_t issuer_point[P256_COMPRESSED_SIZE],
               struct x509_seen *seen) {
    const unsigned char *at = der.data;
    *seen = (struct x509_seen){0};
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    bool done =
        certificate != NULL && take(certificate, seen) && signed_by(certificate, issuer_point);
    X509_free(certificate);
    return done;
}

bool x509_rsa_public(const uint8_t modulus[RSA_2048_SIZE], const uint8_t in[RSA_2048_SIZE],
                     uint8_t out[RSA_2048_SIZE]) {
    BN_CTX *context = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(modulus, RSA_2048_SIZE, NULL), *x = BN_bin2bn(in, RSA_2048_SIZE, NULL);
    BIGNUM *e = BN_new(), *y = BN_new();
    bool done = context != NULL && n != NULL && x != NULL && e != NULL && y != NULL &&
                BN_set_word(e, 65537) == 1 && BN_mod_exp(y, x, e, n, context) == 1 &&
                BN_bn2binpad(y, out, RSA_2048_SIZE) == RSA_2048_SIZE;
    BN_free(y);
    BN_free(e);
    BN_free(x);
    BN_free(n);
    BN_CTX_free(context);
    return done;
}
