// SPDX-License-Identifier: Apache-2.0
// A client's courier out of a directory as `tessera ca issue` writes it: root.pem, certificate.pem,
// key.pem and, if there are, crl.pem and gateway: one line, https://HOST:PORT of the gateway that
// all of it goes through (docs/charge.md).
#ifndef SERVICES_WIRE_COURIER_COURIER_FILES_H
#define SERVICES_WIRE_COURIER_COURIER_FILES_H

#include "services/wire/courier/courier_http.h"

#include <limits.h>

enum { COURIER_FILES_TARGETS = 4, COURIER_GATEWAY_MAX = 200 };

/// Must not be moved once opened: all of it points into itself.
struct courier_files {
    struct courier_http_target targets[COURIER_FILES_TARGETS];
    size_t target_count;
    char root[PATH_MAX], certificate[PATH_MAX], key[PATH_MAX], revoked[PATH_MAX];
    char gateway[COURIER_GATEWAY_MAX]; // "": there is none
    struct courier_http_options options;
    struct courier_http *http;
};

/// Nothing is known yet; names of services, addresses https://HOST:PORT as people type them.
void courier_files_begin(struct courier_files *files);
/// url NULL: there is none.
void courier_files_target(struct courier_files *files, const char *name, const char *url);
/// Nothing is sent yet. Closed in any case.
bool courier_files_open(struct courier_files *files, const char *directory,
                        struct failure *failure);
void courier_files_close(struct courier_files *files);

#endif
