// SPDX-License-Identifier: Apache-2.0
// A throw-away authority with TLS certificates in files, one directory each, for tests of both
// ends.
#ifndef TESTS_KIT_HTTP_AUTHORITY_H
#define TESTS_KIT_HTTP_AUTHORITY_H

#include "personalization/authority/authority.h"
#include "services/wire/http/tls.h"
#include "tests/kit/daemon.h"

enum { TLS_PATH_MAX = DAEMON_PATH_MAX + 64, TLS_HOLDERS_MAX = 8 };

struct tls_authority {
    char directory[DAEMON_PATH_MAX];
    struct crypto *crypto;
    struct ca ca;
    struct tls_holder {
        char paths[4][TLS_PATH_MAX];
        struct tls_files files; // root, certificate, key, list of revoked (which may not be there)
    } holders[TLS_HOLDERS_MAX];
    size_t count;
};

/// Made today by the system's clock. Ends the test when that fails. Must not be moved.
void tls_authority_begin(struct tls_authority *authority, uint64_t seed);
void tls_authority_end(struct tls_authority *authority);

/// Issues to a new holder; host NULL: no server. Files are valid until the end.
const struct tls_files *tls_authority_issue(struct tls_authority *authority, uint32_t role,
                                            const char *id, const char *host);

/// Revokes a holder and writes the list of everybody's files anew.
void tls_authority_revoke(struct tls_authority *authority, const char *id);

#endif
