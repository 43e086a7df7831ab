// SPDX-License-Identifier: Apache-2.0
// A courier over HTTPS (libcurl): connections are kept and shared by threads, the other end has to
// have a certificate of our authority for its name, and nothing but HTTP/1.1 over TLS 1.2 or newer
// is spoken: no redirects, no proxy from the environment, no other root.
#ifndef SERVICES_WIRE_COURIER_COURIER_HTTP_H
#define SERVICES_WIRE_COURIER_COURIER_HTTP_H

#include "services/wire/courier/courier.h"

struct courier_http;

struct courier_http_target {
    const char *name; // "registry"
    const char *url;  // "https://registry.example:8443"
};

struct courier_http_options {
    const struct courier_http_target *targets;
    size_t target_count;
    const char *root;              // PEM
    const char *certificate, *key; // PEM, or pkcs11: URI; both NULL: no certificate is shown
    const char *gateway;           // "https://HOST:PORT" that all goes through; NULL: none
    const char *revoked;           // PEM list of the root; NULL, or no such file: nobody is revoked
    size_t reply_max;              // octets of a body; 0: 16 MiB. A longer one is DELIVERY_OPEN
    unsigned connect_ms;           // 0: 5000
};

/// Options and what they point to live as long as the courier. NULL with a failure: a URL that is
/// no "https://HOST" or "https://HOST:PORT" (2), a file that is not there (2), no memory (1).
struct courier_http *courier_http_open(const struct courier_http_options *options,
                                       struct failure *failure);
/// Any number of threads may send at once.
const struct courier *courier_http_courier(const struct courier_http *http);
/// Files have changed: connections made from now on read them anew, kept ones are not used again.
void courier_http_reload(struct courier_http *http);
/// Nobody sends any more.
void courier_http_close(struct courier_http *http);

#endif
