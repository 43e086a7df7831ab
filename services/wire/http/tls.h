// SPDX-License-Identifier: Apache-2.0
// What one end of TLS brings: its certificate and key, the root it trusts, and the serial numbers
// that the root has revoked. Read from files, and read again without ending anything.
#ifndef SERVICES_WIRE_HTTP_TLS_H
#define SERVICES_WIRE_HTTP_TLS_H

#include "base/failure.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/// TLS 1.3 and 1.2 with forward secrecy and authenticated ciphers; no tickets, so that a client
/// proves who it is each time.
#define TLS_PRIORITIES                                                                             \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:"                 \
    "+CHACHA20-POLY1305:+AES-128-GCM:%NO_TICKETS"

enum { TLS_SERIAL_MAX = 20 };

struct tls_files {
    const char *root, *certificate; // PEM
    const char *key;                // PEM, for its owner only; or a pkcs11: URI
    const char *revoked;            // PEM list of the root; NULL: nobody is. A path without a file
                                    // is nobody, too
};

struct tls_serial {
    uint8_t octets[TLS_SERIAL_MAX];
    size_t size;
};

/// One reading of the files. Unchanging and counted.
struct tls {
    atomic_uint holders;
    gnutls_certificate_credentials_t credentials;
    gnutls_x509_trust_list_t trust;
    int64_t root_from, root_until; // seconds since 1970
    int64_t until;                 // of the own certificate
    struct tls_serial *revoked;
    size_t revoked_count;
};

/// Held once by the caller. NULL with a failure that names the file: missing or no PEM (2), not
/// allowed or readable by others (5), key of another certificate, certificate of another root (1).
struct tls *tls_load(const struct tls_files *files, struct failure *failure);
struct tls *tls_hold(struct tls *tls);
/// The last holder frees. NULL is nothing.
void tls_release(struct tls *tls);

/// Is it on the root's list, as it was read? Serial numbers compare octet by octet, as the
/// certificates have them.
bool tls_is_revoked(const struct tls *tls, const struct tls_serial *serial);

/// The reading in force, which may change at any time.
struct tls_source {
    struct tls_files files;
    pthread_mutex_t lock; // of now
    struct tls *now;
};

/// The first reading, with the failures of tls_load; the strings of files are to outlive the
/// source. To be closed only if true.
bool tls_source_open(struct tls_source *source, const struct tls_files *files,
                     struct failure *failure);
/// Reads the files again. False: what was in force stays in force.
bool tls_source_reload(struct tls_source *source, struct failure *failure);
/// Held for the caller.
struct tls *tls_source_now(struct tls_source *source);
void tls_source_close(struct tls_source *source);

#endif
