// SPDX-License-Identifier: Apache-2.0
// Ten thousand clients that stay, without having said anything or after they have asked once: the
// memory that the HTTP server keeps for them beside TLS, and what one who works notices of them.
#include "base/heap.h"
#include "services/wire/http/http_listen.h"
#include "services/wire/http/http_server.h"
#include "tests/bench/bench.h"
#include "tests/kit/http/echo.h"
#include "tests/kit/http/raw.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDLE = 10000, ROOM = IDLE + 100, REQUESTS = 4000, PERCENTILE = 99, PATIENCE_MS = 600000 };

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
    must(http_server_connections(server) >= IDLE, "staying");
    snprintf(name, sizeof name, "10 000 connections that %s, memory beside TLS", which);
    bench_print(name, resident() - before, "MiB", asks ? -1 : GOAL_MEMORY);
    snprintf(name, sizeof name, "p99 among 10 000 connections that %s / alone", which);
    bench_print(name, among / alone, "ratio", GOAL_P99);
    kill(crowd, SIGKILL);
    waitpid(crowd, &status, 0);
    close(told[0]);
    while (http_server_connections(server) > 0)
        usleep(1000);
}

int main(void) {
    struct failure failure = {0};
    struct echo echo;
    allow_descriptors();
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
