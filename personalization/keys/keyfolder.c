// SPDX-License-Identifier: Apache-2.0
#include "personalization/keys/keyfolder.h"

#include "base/files.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/// *there: false where one of them is missing.
static bool read_chain(struct keyfolder *folder, const char *directory, bool *there,
                       struct failure *failure) {
    static const char *const names[KEYFOLDER_CHAIN] = {"root.cvc", "issuer.cvc", "certificate.cvc"};
    *there = false;
    for (size_t i = 0; i < KEYFOLDER_CHAIN; i++) {
        char path[PATH_MAX];
        size_t size = 0;
        if (!files_path(path, sizeof path, directory, names[i]))
            return fail_errno(failure, "%s", directory);
        if (!files_read(path, folder->octets[i], CERTIFICATE_MAX, &size))
            return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
        folder->certificates[i] = bytes_of(folder->octets[i], size);
    }
    *there = true;
    return true;
}

// ---- the key -----------------------------------------------------------------------------------

static bool open_file(struct keyfolder *folder, const char *directory, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    if (!files_path(path, sizeof path, directory, "key.pem"))
        return fail_errno(failure, "%s", directory);
    if (!keyfile_read(path, folder->scalar.scalar, point, failure))
        return false;
    signer_from_scalar(&folder->signer, &folder->scalar, point);
    return true;
}

static bool sign_alone(const struct signer *signer, struct bytes message,
                       uint8_t signature[ECDSA_SIZE]) {
    struct keyfolder *folder = signer->context;
    pthread_mutex_lock(&folder->lock);
    bool done = folder->in_token.sign(&folder->in_token, message, signature);
    pthread_mutex_unlock(&folder->lock);
    return done;
}

static bool open_token(struct keyfolder *folder, const char *directory, const char *key,
                       struct failure *failure) {
    uint8_t point[P256_COMPRESSED_SIZE];
    struct certificate own;
    struct token_signer *context = &folder->token_key;
    folder->token = token_open(key, NULL, failure);
    if (folder->token == NULL ||
        !token_find_p256(folder->token, NULL, &context->key, point, failure))
        return false;
    if (certificate_parse(folder->certificates[KEYFOLDER_CHAIN - 1], &own) != CERTIFICATE_OK ||
        memcmp(own.signing_point, point, sizeof point) != 0)
        return fail(failure, EXIT_REFUSED, "%s is not the key of %s/certificate.cvc",
                    token_name(folder->token), directory);
    context->token = folder->token;
    context->crypto = folder->crypto;
    signer_from_token(&folder->in_token, context, point);
    folder->signer = folder->in_token;
    folder->signer.sign = sign_alone;
    folder->signer.context = folder;
    pthread_mutex_init(&folder->lock, NULL);
    return true;
}

// ---- the folder --------------------------------------------------------------------------------

bool keyfolder_open(struct keyfolder *folder, const char *directory, const char *key,
                    struct failure *failure) {
    bool there;
    *folder = (struct keyfolder){.count = 0};
    if (!read_chain(folder, directory, &there, failure))
        return false;
    if (!there)
        return true;
    folder->crypto = crypto_openssl_new();
    if (folder->crypto == NULL)
        return fail(failure, EXIT_REFUSED, "OpenSSL cannot start");
    folder->scalar.crypto = folder->crypto;
    bool done = key != NULL ? open_token(folder, directory, key, failure)
                            : open_file(folder, directory, failure);
    folder->count = done ? KEYFOLDER_CHAIN : 0;
    return done;
}

void keyfolder_close(struct keyfolder *folder) {
    bytes_erase(&folder->scalar, sizeof folder->scalar);
    if (folder->signer.sign == sign_alone)
        pthread_mutex_destroy(&folder->lock);
    token_close(folder->token);
    folder->token = NULL;
    crypto_openssl_free(folder->crypto);
    folder->crypto = NULL;
}
