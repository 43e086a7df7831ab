// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/files/folder.h"

#include "base/files.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

static bool put(const char *directory, const char *name, struct bytes content,
                struct failure *failure) {
    char path[PATH_MAX];
    if (files_path(path, sizeof path, directory, name) &&
        files_write(path, content, FILES_PUBLIC, FILES_NEW))
        return true;
    return fail_errno(failure, "cannot write %s/%s", directory, name);
}

static bool put_key(const char *directory, const char *name, const struct ca_key_pair *pair,
                    struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, directory, name))
        return fail_errno(failure, "%s", directory);
    return keyfile_write(path, pair->scalar, pair->point, failure);
}

bool ca_folder_make(const char *directory, struct failure *failure) {
    if (mkdir(directory, 0700) == 0)
        return true;
    if (errno == EEXIST)
        return fail(failure, EXIT_REFUSED, "%s exists already; name a new directory", directory);
    return fail_errno(failure, "cannot make the directory %s", directory);
}

bool ca_folder_certificates(const struct ca *ca, const char *directory,
                            const struct ca_answer *answer, struct failure *failure) {
    char root[X509_PEM_MAX];
    size_t size = 0;
    if (!put(directory, "certificate.pem", bytes_of(answer->x509, answer->x509_size), failure) ||
        !ca_x509_root(ca, root, sizeof root, &size, failure) ||
        !put(directory, "root.pem", bytes_of(root, size), failure))
        return false;
    struct issuer issuer;
    if (!hierarchy_issuer(&ca->hierarchy, answer->roles, bytes_of_string(answer->id), &issuer))
        return true;
    return (answer->certificate_size == 0 ||
            put(directory, "certificate.cvc",
                bytes_of(answer->certificate, answer->certificate_size), failure)) &&
           put(directory, "issuer.cvc",
               bytes_of(issuer.member->certificate, issuer.member->certificate_size), failure) &&
           put(directory, "root.cvc", member_certificate(&ca->hierarchy, MEMBER_ROOT), failure) &&
           put(directory, "center.cvc", member_certificate(&ca->hierarchy, MEMBER_CENTER), failure);
}

bool ca_folder_keys(const char *directory, const struct ca_keys *keys, struct failure *failure) {
    return put_key(directory, "key.pem", &keys->signing, failure) &&
           (!keys->has_kem || put_key(directory, "kem-key.pem", &keys->kem, failure));
}

/// What was begun is taken back; the failure stays what it was.
static bool withdraw(struct ca *ca, const struct ca_request *request) {
    struct failure also;
    size_t revoked = 0;
    return (request->network ? ca_revoke_network : ca_revoke)(ca, request->id, &revoked, &also) &&
           false;
}

bool ca_folder_issue(struct ca *ca, const struct ca_request *request, const char *directory,
                     struct ca_answer *answer, struct failure *failure) {
    struct ca_keys keys = {0};
    bool done = ca_check_request(ca, request, failure) && ca_folder_make(directory, failure) &&
                ca_issue(ca, request, &keys, answer, failure) &&
                ((ca_folder_keys(directory, &keys, failure) &&
                  ca_folder_certificates(ca, directory, answer, failure)) ||
                 withdraw(ca, request));
    bytes_erase(&keys, sizeof keys);
    return done;
}

bool ca_folder_center(const struct ca *ca, const char *directory, struct failure *failure) {
    const struct hierarchy_member *center = &ca->hierarchy.members[MEMBER_CENTER];
    char path[PATH_MAX];
    if (ca->token.token != NULL)
        return fail(failure, EXIT_REFUSED,
                    "the center's key of %s is in a token; issue one with 'tessera ca issue --role "
                    "center' and name its folder with --sign",
                    ca->directory);
    if (!files_path(path, sizeof path, directory, "key.pem"))
        return fail_errno(failure, "%s", directory);
    return keyfile_write(path, center->key.scalar, center->signer.point, failure) &&
           put(directory, "certificate.cvc", member_certificate(&ca->hierarchy, MEMBER_CENTER),
               failure) &&
           put(directory, "issuer.cvc", member_certificate(&ca->hierarchy, MEMBER_CLEARING),
               failure) &&
           put(directory, "root.cvc", member_certificate(&ca->hierarchy, MEMBER_ROOT), failure);
}
