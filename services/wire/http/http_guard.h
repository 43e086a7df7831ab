// SPDX-License-Identifier: Apache-2.0
// What a lenient parser lets through and two programs could read differently: refused here, before
// anybody looks at a request. RFC 9112; each rule stands against a file of tests/corpus/http.
#ifndef SERVICES_WIRE_HTTP_HTTP_GUARD_H
#define SERVICES_WIRE_HTTP_HTTP_GUARD_H

#include "services/wire/form/problem.h"

enum {
    HTTP_HEADERS_MAX = 64,  // of a request
    HTTP_HEAD_MAX = 16384,  // request line and headers, octets
    HTTP_TARGET_MAX = 2048, // path and query, octets
};

struct http_header {
    const char *name, *value;
};

/// A head as the parser split it.
struct http_head {
    const char *method, *target, *version; // "GET", "/v1/offers?content=7", "HTTP/1.1"
    const struct http_header *headers;
    size_t header_count;      // may be above HTTP_HEADERS_MAX: refused
    size_t size;              // request line and headers, octets
    const char *const *hosts; // what Host may be, "NAME:PORT", ended by NULL; NULL: anything
};

/// Why a request is refused: nothing but constants.
struct http_fault {
    const struct problem_word *word;
    const char *detail;
};

/// Value of the first header of a name, in any case of letters; NULL: not there.
const char *http_head_find(const struct http_head *head, const char *name);

/// NULL: nothing wrong.
const struct http_fault *http_guard(const struct http_head *head);

/// Octets of the body by Content-Length, 0 for none, SIZE_MAX when it is chunked: of a head that
/// passed the guard.
size_t http_head_body(const struct http_head *head);

#endif
