// SPDX-License-Identifier: Apache-2.0
#include "personalization/keys/keyfile.h"

#include "base/files.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sys/stat.h>

enum { PEM_MAX = 2048 };

/// scalar NULL: the public half only.
static EVP_PKEY *pkey_of(const uint8_t *scalar, const uint8_t *point) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = NULL;
    BIGNUM *number = BN_secure_new();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (number == NULL || builder == NULL || context == NULL ||
        (scalar != NULL && BN_bin2bn(scalar, P256_SCALAR_SIZE, number) == NULL))
        goto done;
    if (!OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
        !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                          P256_COMPRESSED_SIZE) ||
        (scalar != NULL && !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number)))
        goto done;
    parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, scalar != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          parameters) != 1)
        key = NULL;
done:
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(number);
    return key;
}

bool keyfile_write(const char *path, const uint8_t scalar[P256_SCALAR_SIZE],
                   const uint8_t point[P256_COMPRESSED_SIZE], struct failure *failure) {
    bool written = false;
    char *text = NULL;
    EVP_PKEY *key = pkey_of(scalar, point);
    BIO *memory = BIO_new(BIO_s_secmem());
    if (key == NULL || memory == NULL ||
        PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) != 1) {
        fail(failure, EXIT_REFUSED, "cannot encode the key for %s", path);
        goto done;
    }
    long size = BIO_get_mem_data(memory, &text);
    written = files_write(path, bytes_of(text, (size_t)size), FILES_SECRET, FILES_NEW);
    if (!written)
        fail_errno(failure, "cannot write the key file %s", path);
done:
    BIO_free(memory);
    EVP_PKEY_free(key);
    return written;
}

bool keyfile_write_public(const char *path, const uint8_t point[P256_COMPRESSED_SIZE],
                          struct failure *failure) {
    bool written = false;
    char *text = NULL;
    EVP_PKEY *key = pkey_of(NULL, point);
    BIO *memory = BIO_new(BIO_s_mem());
    if (key != NULL)
        EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
    if (key == NULL || memory == NULL || PEM_write_bio_PUBKEY(memory, key) != 1) {
        fail(failure, EXIT_REFUSED, "cannot encode the public key for %s", path);
        goto done;
    }
    long size = BIO_get_mem_data(memory, &text);
    written = files_write(path, bytes_of(text, (size_t)size), FILES_PUBLIC, FILES_NEW);
    if (!written)
        fail_errno(failure, "cannot write %s", path);
done:
    BIO_free(memory);
    EVP_PKEY_free(key);
    return written;
}

static bool is_p256(const EVP_PKEY *key) {
    char group[64] = "";
    size_t size = 0;
    return EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
           (OPENSSL_strcasecmp(group, "prime256v1") == 0 ||
            OPENSSL_strcasecmp(group, "P-256") == 0);
}

static bool split(const EVP_PKEY *key, uint8_t *scalar, uint8_t *point) {
    BIGNUM *number = NULL;
    uint8_t raw[P256_POINT_SIZE];
    size_t size = 0;
    bool done =
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
        BN_bn2binpad(number, scalar, P256_SCALAR_SIZE) == P256_SCALAR_SIZE &&
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, raw, sizeof raw, &size) == 1;
    BN_clear_free(number);
    if (!done || (size != P256_POINT_SIZE && size != P256_COMPRESSED_SIZE))
        return false;
    point[0] = size == P256_POINT_SIZE ? (uint8_t)(2 + (raw[64] & 1)) : raw[0];
    for (size_t i = 1; i < P256_COMPRESSED_SIZE; i++)
        point[i] = raw[i];
    return true;
}

static bool is_private(const char *path, struct failure *failure) {
    struct stat status;
    if (stat(path, &status) != 0)
        return fail_errno(failure, "cannot open the key file %s", path);
    if ((status.st_mode & 077) != 0)
        return fail(failure, EXIT_LOCKED,
                    "key file %s may be read by others (mode %03o); run chmod 600 on it", path,
                    status.st_mode & 0777);
    return true;
}

/// A sealed key is refused rather than asked for on a terminal.
static int no_passphrase(char *out, int size, int writing, void *context) {
    (void)out, (void)size, (void)writing, (void)context;
    return -1;
}

bool keyfile_read(const char *path, uint8_t scalar[P256_SCALAR_SIZE],
                  uint8_t point[P256_COMPRESSED_SIZE], struct failure *failure) {
    uint8_t text[PEM_MAX];
    size_t size = 0;
    if (!is_private(path, failure))
        return false;
    if (!files_read(path, text, sizeof text, &size))
        return fail_errno(failure, "cannot read the key file %s", path);
    BIO *memory = BIO_new_mem_buf(text, (int)size);
    EVP_PKEY *key =
        memory != NULL ? PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL) : NULL;
    bool done = key != NULL && is_p256(key) && split(key, scalar, point);
    if (!done)
        fail(failure, EXIT_USAGE, "%s is no P-256 private key in PKCS#8 PEM", path);
    EVP_PKEY_free(key);
    BIO_free(memory);
    bytes_erase(text, sizeof text);
    return done;
}
