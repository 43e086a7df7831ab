// SPDX-License-Identifier: Apache-2.0
// The way to a licence centre out of a directory as `tessera ca issue --network` writes it.
#ifndef HOST_KIOSK_KIOSK_CENTRE_FILES_H
#define HOST_KIOSK_KIOSK_CENTRE_FILES_H

#include "host/kiosk/kiosk_centre.h"
#include "host/licence/licence_session.h"

/// Must not be moved once opened; all zero: closed.
struct kiosk_centre_files {
    bool open;
    struct licence_session session;
    uint8_t root[CERTIFICATE_MAX], authority[CERTIFICATE_MAX];
    struct kiosk_centre centre; // hand this on
};

/// licence: https://HOST:PORT; tls: NULL for STATE/tls. Nothing is sent yet. False: no such
/// directory, or keys that do not fit (2).
bool kiosk_centre_open(struct kiosk_centre_files *files, const char *licence, const char *tls,
                       const char *state, const struct crypto *crypto, struct failure *failure);
void kiosk_centre_close(struct kiosk_centre_files *files);

#endif
