// SPDX-License-Identifier: Apache-2.0
// Ten thousand clients that stay, without having said anything or after they have asked once: the
// memory that the HTTP server keeps for them beside TLS, and what one who works notices of them.
// What TLS itself takes is measured at a bare server of GnuTLS with the same options, a thousand
// sessions in a process of their own.
#include "base/heap.h"
#include "services/wire/http/http_listen.h"
#include "services/wire/http/http_server.h"
#include "tests/bench/bench.h"
#include "tests/kit/http/echo.h"
#include "tests/kit/http/raw.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    IDLE = 10000,
    ROOM = IDLE + 100,
    REQUESTS = 4000,
    PERCENTILE = 99,
    PATIENCE_MS = 600000,
    SESSIONS = 1000
};

static const double GOAL_MEMORY = 64, GOAL_P99 = 2; // MiB; against nobody else

static const char request[] = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-connections: %s failed\n", what);
    exit(1);
}

static void allow_descriptors(void) {
    struct rlimit limit;
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= ROOM, "a limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

/// VmRSS of this process in MiB.
static double resident(void) {
    char line[128];
    double found = 0;
    FILE *file = fopen("/proc/self/status", "r");
    must(file != NULL, "/proc/self/status");
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            found = strtod(line + 6, NULL) / 1024;
    fclose(file);
    return found;
}

static bool ask(int socket) {
    static char text[RAW_MAX];
    return raw_say(socket, request) && raw_read_answer(socket, text, sizeof text) &&
           raw_status(text) == 200;
}

/// Each asks once, or says nothing; then an octet says that they are there, and they stay.
static pid_t come(int listening, bool asks, int told) {
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child > 0)
        return child;
    for (unsigned i = 0; i < IDLE; i++) {
        int socket = raw_connect(listening);
        if (socket < 0 || (asks && !ask(socket)))
            _exit(1);
    }
    if (write(told, "\n", 1) == 1)
        pause();
    _exit(1);
}

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/// Microseconds that 99 of 100 requests of one client take at most.
static double p99(int listening) {
    static double times[REQUESTS];
    int socket = raw_connect(listening);
    for (size_t i = 0; i < REQUESTS; i++) {
        double begin = bench_now_us();
        must(ask(socket), "a request");
        times[i] = bench_now_us() - begin;
    }
    close(socket);
    qsort(times, REQUESTS, sizeof times[0], by_size);
    return times[REQUESTS / 100 * PERCENTILE];
}

static void measure(struct http_server *server, int listening, bool asks, const char *which) {
    int told[2], status;
    char octet, name[96];
    double alone = p99(listening), before = resident();
    must(pipe(told) == 0, "pipe");
    pid_t crowd = come(listening, asks, told[1]);
    close(told[1]);
    must(read(told[0], &octet, 1) == 1, "ten thousand connections");
    double among = p99(listening); // by now all were accepted
    must(asks || http_server_connections(server) >= IDLE,
         "staying"); // so many may wait to ask again
    snprintf(name, sizeof name, "10 000 connections that %s, memory beside TLS", which);
    bench_print(name, resident() - before, "MiB", GOAL_MEMORY);
    snprintf(name, sizeof name, "p99 among 10 000 connections that %s / alone", which);
    bench_print(name, among / alone, "ratio", GOAL_P99);
    kill(crowd, SIGKILL);
    waitpid(crowd, &status, 0);
    close(told[0]);
    while (http_server_connections(server) > 0)
        usleep(1000);
}

// ---- over TLS ----------------------------------------------------------------------------------

static char directory[] = "/tmp/bench-connections-XXXXXX";
static char paths[3][64];
static const struct tls_files files = {paths[0], paths[1], paths[2], NULL};

static void make_certificate(void) {
    static const char *const names[] = {"root", "certificate", "key"};
    char line[512];
    must(mkdtemp(directory) != NULL, "directory");
    snprintf(line, sizeof line,
             "cd %s && { tessera ca init ca && tessera ca issue --ca ca --role provider --id c "
             "--host 127.0.0.1 --out tls; } >/dev/null",
             directory);
    must(system(line) == 0, "tessera ca");
    for (size_t i = 0; i < 3; i++)
        snprintf(paths[i], sizeof paths[i], "%s/tls/%s.pem", directory, names[i]);
}

/// SESSIONS of them in a process of their own, each with its handshake and perhaps one request.
static pid_t come_by_tls(int listening, bool asks, int told) {
    char text[4096];
    gnutls_certificate_credentials_t nobody;
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child > 0)
        return child;
    if (gnutls_certificate_allocate_credentials(&nobody) < 0)
        _exit(1);
    for (unsigned i = 0; i < SESSIONS; i++) {
        gnutls_session_t session;
        int socket = raw_connect(listening);
        if (socket < 0 || gnutls_init(&session, GNUTLS_CLIENT) < 0 ||
            gnutls_priority_set_direct(session, TLS_PRIORITIES, NULL) < 0 ||
            gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody) < 0)
            _exit(1);
        gnutls_transport_set_int(session, socket);
        if (gnutls_handshake(session) < 0 ||
            (asks && (gnutls_record_send(session, request, sizeof request - 1) < 0 ||
                      gnutls_record_recv(session, text, sizeof text) <= 0)))
            _exit(1);
    }
    if (write(told, "\n", 1) == 1)
        pause();
    _exit(1);
}

/// A session as the HTTP server's library has one, and nothing around it.
static void keep_bare(int listening, bool asked, gnutls_certificate_credentials_t own) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    char text[4096];
    gnutls_session_t session;
    struct pollfd one = {.fd = listening, .events = POLLIN};
    must(poll(&one, 1, PATIENCE_MS) == 1, "a connection");
    int socket = accept(listening, NULL, NULL);
    must(socket >= 0 && gnutls_init(&session, GNUTLS_SERVER) >= 0 &&
             gnutls_priority_set_direct(session, TLS_PRIORITIES, NULL) >= 0 &&
             gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, own) >= 0,
         "a session");
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    gnutls_transport_set_int(session, socket);
    must(gnutls_handshake(session) >= 0, "a handshake");
    must(!asked || (gnutls_record_recv(session, text, sizeof text) > 0 &&
                    gnutls_record_send(session, answer, sizeof answer - 1) > 0),
         "a request over TLS");
    must(fcntl(socket, F_SETFL, O_NONBLOCK) == 0, "a socket");
    must(gnutls_record_recv(session, text, sizeof text) == GNUTLS_E_AGAIN, "a wait");
}

/// MiB that SESSIONS of GnuTLS take.
static double measure_bare(bool asked) {
    struct failure failure = {0};
    int told[2], status, listening = http_listen("127.0.0.1:0", &failure);
    struct tls *tls = tls_load(&files, &failure);
    must(listening >= 0 && tls != NULL, failure.text);
    must(pipe(told) == 0, "pipe");
    double before = resident();
    pid_t crowd = come_by_tls(listening, asked, told[1]);
    for (unsigned i = 0; i < SESSIONS; i++)
        keep_bare(listening, asked, tls->credentials);
    double after = resident();
    kill(crowd, SIGKILL);
    waitpid(crowd, &status, 0);
    return after - before;
}

/// The same of our server.
static double measure_own(bool asked) {
    struct failure failure = {0};
    struct echo echo;
    struct tls_source tls;
    char octet;
    int told[2], status;
    echo_start(&echo, 0);
    must(tls_source_open(&tls, &files, &failure) && pipe(told) == 0, failure.text);
    struct http_server_options options = {.socket = http_listen("127.0.0.1:0", &failure),
                                          .tls = &tls,
                                          .clock = &clock_system,
                                          .memory = &host_memory,
                                          .per_address_max = ROOM,
                                          .request_ms = PATIENCE_MS,
                                          .idle_ms = PATIENCE_MS};
    struct http_server *server = http_server_start(&options, &echo.listener, &failure);
    must(server != NULL, failure.text);
    double before = resident();
    pid_t crowd = come_by_tls(options.socket, asked, told[1]);
    close(told[1]);
    must(read(told[0], &octet, 1) == 1, "a thousand sessions");
    double after = resident();
    kill(crowd, SIGKILL);
    waitpid(crowd, &status, 0);
    return after - before;
}

/// In a process of its own, whose memory nobody has used before.
static double apart(double (*what)(bool asked), bool asked) {
    int told[2], status;
    double found = 0;
    must(pipe(told) == 0, "pipe");
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        found = what(asked);
        _exit(write(told[1], &found, sizeof found) == sizeof found ? 0 : 1);
    }
    close(told[1]);
    must(read(told[0], &found, sizeof found) == sizeof found, "a process that measures");
    close(told[0]);
    waitpid(child, &status, 0);
    return found;
}

static void measure_tls(void) {
    char line[128];
    make_certificate();
    double bare = apart(measure_bare, false), own = apart(measure_own, false);
    double bare_asked = apart(measure_bare, true), own_asked = apart(measure_own, true);
    bench_print("memory of a session of GnuTLS alone", bare_asked * 1024 / SESSIONS, "KiB", -1);
    bench_print("memory of a connection over TLS that asked, beside GnuTLS's",
                (own_asked - bare_asked) * 1024 / SESSIONS, "KiB", -1);
    bench_print("10 000 idle connections over TLS, memory beside GnuTLS's (of 1 000)",
                (own - bare) * IDLE / SESSIONS, "MiB", GOAL_MEMORY);
    snprintf(line, sizeof line, "rm -r %s", directory);
    must(system(line) == 0, line);
}

int main(void) {
    struct failure failure = {0};
    struct echo echo;
    allow_descriptors();
    measure_tls();
    echo_start(&echo, 0);
    int listening = http_listen("127.0.0.1:0", &failure);
    must(listening >= 0, failure.text);
    struct http_server_options options = {.socket = listening,
                                          .memory = &host_memory,
                                          .connections_max = ROOM,
                                          .per_address_max = ROOM,
                                          .request_ms = PATIENCE_MS,
                                          .idle_ms = PATIENCE_MS};
    struct http_server *server = http_server_start(&options, &echo.listener, &failure);
    must(server != NULL, failure.text);
    measure(server, listening, false, "say nothing");
    measure(server, listening, true, "asked once");
    must(http_server_stop(server, 5000) == 0, "stop");
    echo_stop(&echo);
    return 0;
}
