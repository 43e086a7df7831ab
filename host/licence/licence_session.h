// SPDX-License-Identifier: Apache-2.0
// A client's way to a licence service, a content service or both over HTTPS: keys and certificates
// out of a directory as `tessera ca issue` writes it, addresses as people type them.
#ifndef HOST_LICENCE_LICENCE_SESSION_H
#define HOST_LICENCE_LICENCE_SESSION_H

#include "host/licence/licence_client.h"
#include "services/wire/courier/courier_files.h"

/// Must not be moved once opened: all of it points into itself.
struct licence_session {
    struct courier_files files;
    struct licence_client client;
};

/// licence and content: https://HOST:PORT; either may be NULL. Nothing is sent yet. Closed in any
/// case.
bool licence_session_open(struct licence_session *session, const char *tls, const char *licence,
                          const char *content, const struct crypto *crypto,
                          struct failure *failure);
void licence_session_close(struct licence_session *session);

#endif
