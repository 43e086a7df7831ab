// SPDX-License-Identifier: Apache-2.0
#include "host/kiosk/kiosk_centre_files.h"

#include "base/files.h"

static bool read_certificate(const char *directory, const char *name, uint8_t out[CERTIFICATE_MAX],
                             struct bytes *certificate, struct failure *failure) {
    char path[PATH_MAX];
    size_t size = 0;
    if (!files_path(path, sizeof path, directory, name) ||
        !files_read(path, out, CERTIFICATE_MAX, &size)) {
        failure_set(failure, EXIT_USAGE,
                    "cannot read %s/%s; make it by 'tessera ca issue --network'", directory, name);
        return false;
    }
    *certificate = bytes_of(out, size);
    return true;
}

bool kiosk_centre_open(struct kiosk_centre_files *files, const char *licence, const char *tls,
                       const char *state, const struct crypto *crypto, struct failure *failure) {
    char own[PATH_MAX];
    if (tls == NULL && !files_path(own, sizeof own, state, "tls"))
        return fail_errno(failure, "%s/tls", state);
    const char *directory = tls != NULL ? tls : own;
    files->open = true;
    if (!licence_session_open(&files->session, directory, licence, NULL, crypto, failure) ||
        !read_certificate(directory, "root.cvc", files->root, &files->centre.root, failure) ||
        !read_certificate(directory, "issuer.cvc", files->authority, &files->centre.authority,
                          failure))
        return false;
    files->centre.client = &files->session.client;
    return true;
}

void kiosk_centre_close(struct kiosk_centre_files *files) {
    if (files->open)
        licence_session_close(&files->session);
    files->open = false;
}
