// SPDX-License-Identifier: Apache-2.0
// Start, connections and the order of stopping. Exchanges: http_server_work.c.
#include "services/wire/http/http_server_private.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS = 1024,
    PER_ADDRESS = 256,
    WAITING = 1024,
    REQUEST_MS = 15000,
    IDLE_MS = 30000,
    POOL_OCTETS = 24576, // of a connection: its head, and an answer's
    BUFFER_STEP = 4096,
};

// ---- connections -------------------------------------------------------------------------------

static gnutls_session_t session_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info != NULL ? info->tls_session : NULL;
}

/// The library would hold one certificate for good; each connection gets the one of the moment. A
/// client without certificate is let in: it learns from an answer what it lacks.
static void secure(struct http_link *link, struct MHD_Connection *connection) {
    gnutls_session_t session = session_of(connection);
    link->tls = tls_source_now(link->server->options.tls);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, link->tls->credentials);
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
}

struct peer http_link_peer(struct http_link *link, struct MHD_Connection *connection) {
    if (link->tls == NULL)
        return (struct peer){0};
    struct tls *now = tls_source_now(link->server->options.tls);
    if (now != link->looked_by) {
        tls_release(link->looked_by);
        link->looked_by = tls_hold(now);
        tls_peer_look(&link->peer, session_of(connection), now);
    }
    struct peer peer = tls_peer_judge(&link->peer, now, clock_now_ms(link->server->options.clock));
    tls_release(now);
    return peer;
}

void http_link_is_known(struct http_link *link) {
    if (!link->known)
        deadlines_set_known(&link->server->deadlines, &link->deadline);
    link->known = true;
}

bool http_link_is_old(struct http_link *link) {
    if (link->tls == NULL)
        return false;
    struct tls *now = tls_source_now(link->server->options.tls);
    tls_release(now);
    return now != link->tls;
}

static void connection_begin(struct http_server *server, struct MHD_Connection *connection,
                             void **place) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_link *link = info != NULL ? calloc(1, sizeof *link) : NULL;
    *place = link;
    if (link == NULL)
        return; // its requests are refused
    link->server = server;
    if (server->options.tls != NULL)
        secure(link, connection);
    deadlines_enter(&server->deadlines, &link->deadline, info->connect_fd,
                    server->options.request_ms);
    if (server->options.strangers_max > 0)
        deadlines_end_strangers(&server->deadlines, server->options.strangers_max);
}

static void connection_end(struct http_server *server, void **place) {
    struct http_link *link = *place;
    if (link == NULL)
        return;
    deadlines_leave(&server->deadlines, &link->deadline);
    tls_release(link->looked_by);
    tls_release(link->tls);
    free(link);
    *place = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **place,
                          enum MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection_begin(context, connection, place);
    else
        connection_end(context, place);
}

// ---- start -------------------------------------------------------------------------------------

static void take_options(struct http_server *server, const struct http_server_options *options) {
    struct http_server_options *own = &server->options;
    *own = *options;
    if (own->connections_max == 0)
        own->connections_max = CONNECTIONS;
    if (own->per_address_max == 0)
        own->per_address_max = PER_ADDRESS;
    if (own->waiting_max == 0)
        own->waiting_max = WAITING;
    if (own->request_ms == 0)
        own->request_ms = REQUEST_MS;
    if (own->idle_ms == 0)
        own->idle_ms = IDLE_MS;
}

/// Asked of the library's own credentials, which no connection has.
static int no_certificate(gnutls_session_t session, const gnutls_datum_t *names, int count,
                          const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                          gnutls_pcert_st **certificate, unsigned *certificate_count,
                          gnutls_privkey_t *key) {
    (void)session;
    (void)names;
    (void)count;
    (void)algorithms;
    (void)algorithm_count;
    *certificate = NULL;
    *certificate_count = 0;
    *key = NULL;
    return -1;
}

static struct MHD_Daemon *start_daemon(struct http_server *server) {
    const struct http_server_options *own = &server->options;
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                           (own->tls != NULL ? MHD_USE_TLS : 0);
    return MHD_start_daemon(
        flags, 0, NULL, NULL, http_work_go_on, server, MHD_OPTION_LISTEN_SOCKET, own->socket,
        MHD_OPTION_CONNECTION_LIMIT, own->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        own->per_address_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_OCTETS,
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)BUFFER_STEP, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_URI_LOG_CALLBACK, http_work_begin, server, MHD_OPTION_NOTIFY_COMPLETED,
        http_work_end, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_HTTPS_CERT_CALLBACK, no_certificate,
        MHD_OPTION_END);
}

static unsigned period_of(const struct http_server_options *options) {
    enum { SHORTEST = 20, LONGEST = 1000, PART = 8 };
    unsigned period =
        (options->request_ms < options->idle_ms ? options->request_ms : options->idle_ms) / PART;
    return period < SHORTEST ? SHORTEST : period > LONGEST ? LONGEST : period;
}

static bool start(struct http_server *server, struct failure *failure) {
    if (!deadlines_start(&server->deadlines, period_of(&server->options), http_streams_tick,
                         server))
        return fail(failure, EXIT_REFUSED, "cannot start a thread for the HTTP server");
    server->daemon = start_daemon(server);
    if (server->daemon != NULL)
        return true;
    deadlines_stop(&server->deadlines);
    return fail(failure, EXIT_REFUSED,
                "cannot start the HTTP server: out of memory, threads or descriptors");
}

struct http_server *http_server_start(const struct http_server_options *options,
                                      const struct listener *listener, struct failure *failure) {
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        close(options->socket);
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    take_options(server, options);
    server->listener = listener;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->quiet, NULL);
    if (start(server, failure))
        return server;
    close(options->socket);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->quiet);
    free(server);
    return NULL;
}

// ---- stop --------------------------------------------------------------------------------------

/// New connections are refused from now on. The library's thread may still take the listening
/// socket out of its epoll set, so its number stays in use: by a socket that nobody can reach.
static void close_listening(struct http_server *server) {
    int listening = MHD_quiesce_daemon(server->daemon);
    int blank = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening != MHD_INVALID_SOCKET && blank >= 0)
        dup3(blank, listening, O_CLOEXEC);
    if (blank >= 0)
        close(blank);
}

void http_server_drain(struct http_server *server) {
    pthread_mutex_lock(&server->lock);
    bool first = !server->draining;
    server->draining = true;
    pthread_mutex_unlock(&server->lock);
    if (first)
        close_listening(server);
    http_server_wake(server);
}

/// Answers how many the listener still has.
static size_t wait_for_quiet(struct http_server *server, unsigned wait_ms) {
    struct timespec until = deadline_moment(CLOCK_REALTIME, wait_ms);
    int code = 0;
    pthread_mutex_lock(&server->lock);
    while (code != ETIMEDOUT && server->taken + server->sending + server->resuming > 0)
        code = pthread_cond_timedwait(&server->quiet, &server->lock, &until);
    size_t left = server->taken + server->resuming;
    pthread_mutex_unlock(&server->lock);
    return left;
}

size_t http_server_stop(struct http_server *server, unsigned wait_ms) {
    http_server_drain(server);
    size_t left = wait_for_quiet(server, wait_ms);
    if (left > 0)
        return left;
    MHD_stop_daemon(server->daemon);
    close(server->options.socket);
    deadlines_stop(&server->deadlines);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->quiet);
    free(server);
    return 0;
}

size_t http_server_connections(struct http_server *server) {
    return deadlines_count(&server->deadlines);
}
