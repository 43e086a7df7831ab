// SPDX-License-Identifier: Apache-2.0
#include "personalization/keys/keyfolder.h"

#include "base/files.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <limits.h>

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

bool keyfolder_open(struct keyfolder *folder, const char *directory, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
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
    if (!files_path(path, sizeof path, directory, "key.pem"))
        return fail_errno(failure, "%s", directory);
    if (!keyfile_read(path, folder->scalar.scalar, point, failure))
        return false;
    signer_from_scalar(&folder->signer, &folder->scalar, point);
    folder->count = KEYFOLDER_CHAIN;
    return true;
}

void keyfolder_close(struct keyfolder *folder) {
    bytes_erase(&folder->scalar, sizeof folder->scalar);
    crypto_openssl_free(folder->crypto);
    folder->crypto = NULL;
}
