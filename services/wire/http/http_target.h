// SPDX-License-Identifier: Apache-2.0
// The target of a request (RFC 9112 3.2): origin form only, and nothing in a path that two readers
// could take for two different places.
#ifndef SERVICES_WIRE_HTTP_HTTP_TARGET_H
#define SERVICES_WIRE_HTTP_HTTP_TARGET_H

#include "base/bytes.h"

/// From "/" on; printable ASCII without blanks, "#" and quotes; each "%" with two hexadecimal
/// digits that stand for no control character; in the path no encoded "/", "." or "\\", and no
/// empty, "." or ".." segment but an empty last one.
bool http_target_is_plain(const char *target);

#endif
