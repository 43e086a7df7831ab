// SPDX-License-Identifier: Apache-2.0
// What the files of the server share; nobody else includes it, nor libmicrohttpd.
#ifndef SERVICES_WIRE_HTTP_HTTP_SERVER_PRIVATE_H
#define SERVICES_WIRE_HTTP_HTTP_SERVER_PRIVATE_H

#include "services/wire/http/http_deadline.h"
#include "services/wire/http/http_guard.h"
#include "services/wire/http/http_server.h"
#include "services/wire/http/tls_peer.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct http_server {
    struct http_server_options options;
    const struct listener *listener;
    struct MHD_Daemon *daemon;
    struct deadlines deadlines;
    atomic_uint_fast64_t numbers; // of exchanges, for their ids
    pthread_mutex_t lock;         // of what follows
    pthread_cond_t quiet;         // taken or sending has fallen
    bool draining;
    size_t taken;    // by the listener and not answered: none may be left when the library stops
    size_t sending;  // answered, not delivered
    size_t resuming; // answers on their way into the library
    struct http_stream *streams; // youngest first
    uint64_t wakes;              // so often was something new
};

/// One connection.
struct http_link {
    struct http_server *server;
    struct deadline deadline;
    bool known;            // something passed the gate
    struct tls *tls;       // with which the connection began; NULL: plain
    struct tls *looked_by; // that the peer was looked at with; NULL: not yet
    struct tls_peer peer;
};

enum http_phase { HTTP_HEAD, HTTP_BODY, HTTP_TAKEN };

/// One exchange with all that the library has to be told about it.
struct http_work {
    struct exchange exchange; // first: the listener's pointer is ours
    struct http_server *server;
    struct http_link *link;
    struct MHD_Connection *connection;
    enum http_phase phase;
    char *target;             // as it came
    const char *target_place; // where the library had it: tells cut-off octets
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count; // may be above HTTP_HEADERS_MAX
    struct buffer body;
    struct admission admission;
    uint64_t began_us;
    char id[24];
    bool events;          // the answer is a stream
    bool refused;         // the answer stands already, the body does not matter
    bool sending;         // counted as such
    pthread_mutex_t lock; // of what follows
    struct MHD_Response *response;
    bool suspended, answered;
};

/// A response that goes on until the stream ends. NULL: memory.
struct MHD_Response *http_stream_open(struct http_server *server,
                                      struct MHD_Connection *connection);
/// Every now and then: a line that tells a client that is gone from one that waits.
void http_streams_tick(void *server);

/// Something passed the gate on this connection.
void http_link_is_known(struct http_link *link);
/// Who is at the other end, by what is in force at this moment.
struct peer http_link_peer(struct http_link *link, struct MHD_Connection *connection);
/// Has the connection begun with a certificate that was renewed since?
bool http_link_is_old(struct http_link *link);

/// The library's callbacks of one exchange.
void *http_work_begin(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result http_work_go_on(void *server, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *octets,
                                size_t *size, void **work);
void http_work_end(void *server, struct MHD_Connection *connection, void **work,
                   enum MHD_RequestTerminationCode code);

#endif
