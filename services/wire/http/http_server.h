// SPDX-License-Identifier: Apache-2.0
// A server of HTTP/1.1 over libmicrohttpd, which only http_server*.c includes. It reads whole
// requests to memory, lets the guard look at them and hands them to a listener; the answer may come
// from any thread. A deadline for the whole request, which the library has not, is kept here.
#ifndef SERVICES_WIRE_HTTP_HTTP_SERVER_H
#define SERVICES_WIRE_HTTP_HTTP_SERVER_H

#include "base/clock.h"
#include "base/failure.h"
#include "services/wire/http/http_guard.h"
#include "services/wire/http/tls.h"
#include "services/wire/listener.h"

struct http_server;

/// How an exchange went, for access lines and metrics. On the server's own thread.
struct http_observer {
    void (*gone)(void *context, const struct exchange *exchange, bool delivered, uint64_t us);
    void *context;
};

/// What becomes of a request whose head the guard has let through.
enum http_pass {
    HTTP_PASS_ON,       // the listener's
    HTTP_PASS_ANSWERED, // the answer stands in the exchange
    HTTP_PASS_EVENTS,   // the answer is a stream of events
};

/// Looks at whole heads before the listener sees a part of them. On the server's own thread.
struct http_gate {
    enum http_pass (*pass)(void *context, const struct http_head *head, struct exchange *exchange);
    void *context;
};

/// A state that streams of server-sent events show: always the whole, as one line of JSON, under a
/// version that rises with each change. From the server's thread.
struct http_events {
    uint64_t (*version)(void *context);
    bool (*write)(void *context, struct buffer *json); // false: the stream ends
    void *context;
};

struct http_server_options {
    int socket; // listening and non-blocking; the server's from now on, also when it does not start
    struct tls_source *tls;    // NULL: plain, which is for loopback
    const struct clock *clock; // by which certificates are judged; NULL without tls
    const char *const *hosts;  // what Host may be, "NAME:PORT", ended by NULL; NULL: anything
    const struct script_memory *memory;   // of exchanges
    const struct http_observer *observer; // NULL: nobody looks
    const struct http_gate *gate;         // NULL: everything passes on
    const struct http_events *events;     // NULL: no stream
    const struct answer_header *always;   // headers of every answer
    size_t always_count;                  //
    unsigned strangers_max;               // connections that nothing passed the gate on; one more
                                          // ends the oldest of them. 0: any number
    unsigned connections_max;             // 0: 1024
    unsigned per_address_max;             // 0: 256
    unsigned waiting_max;                 // connections that have asked and wait to ask again, each
                                          // with the library's whole memory of a connection; one
                                          // more ends the one that waits longest. 0: 1024
    unsigned request_ms;                  // from the first octet of a request to its last; 0: 15000
    unsigned idle_ms;                     // from one request to the next; 0: 30000
};

/// Options, what they point to and the listener live as long as the server. NULL with a failure: no
/// memory, thread or descriptor.
struct http_server *http_server_start(const struct http_server_options *options,
                                      const struct listener *listener, struct failure *failure);

/// Takes no more connections and answers every further request 503. What is in work goes on.
void http_server_drain(struct http_server *server);

/// Drains, waits until whatever the listener took is answered and delivered, for at most wait_ms,
/// and closes every connection. Returns how many the listener has not answered by then: unless that
/// is 0 the server goes on, and only the end of the process ends it.
size_t http_server_stop(struct http_server *server, unsigned wait_ms);

/// The state of events has another version: every stream shows it.
void http_server_wake(struct http_server *server);

/// Connections now open.
size_t http_server_connections(struct http_server *server);

#endif
