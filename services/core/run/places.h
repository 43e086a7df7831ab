// SPDX-License-Identifier: Apache-2.0
// What can be told of the places of instances before one of them starts: directories and ports.
#ifndef SERVICES_CORE_RUN_PLACES_H
#define SERVICES_CORE_RUN_PLACES_H

#include "services/core/run/instance.h"

/// Is the state a directory that has certificates, and are the addresses ones to listen on? role:
/// whose certificate the service wants, for the remedy; NULL: the certificates are not in the
/// state. Failures are 2.
bool places_check(const struct instance_options *options, const char *role,
                  struct failure *failure);

/// Are what --tls-key and --sign-key say pkcs11: URIs, without a PIN in them? NULL is none.
/// Failures are 2.
bool places_keys(const char *tls_key, const char *sign_key, struct failure *failure);

/// Does no port but 0 appear twice? Failure 2.
bool places_differ(const struct instance_options *const *all, size_t count,
                   struct failure *failure);

#endif
