// SPDX-License-Identifier: Apache-2.0
// A server to aim clients at: the echo listener behind the HTTP server, as a program.
//   http-echo [--tls DIR] [--clock ISO8601] [--request-ms N] [--idle-ms N] [--connections N]
//             [--per-address N] [--workers N] [--answered FILE] [--host NAME]... ADDRESS:PORT
// Prints its URL and "ready"; SIGHUP reads DIR again, SIGTERM stops: exit 0, or 1 with what was
// left.
#include "base/calendar.h"
#include "base/heap.h"
#include "services/wire/http/http_listen.h"
#include "services/wire/http/http_server.h"
#include "services/wire/notify.h"
#include "tests/kit/http/echo.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOSTS_MAX = 8, STOP_MS = 10000, HARD_END_SECONDS = 180 };

struct arguments {
    const char *tls, *answered;
    uint64_t now_ms; // 0: the system's
    unsigned workers;
    const char *hosts[HOSTS_MAX + 1];
    size_t host_count;
    struct http_server_options server;
};

static uint64_t fixed_now(const struct clock *clock) {
    return *(const uint64_t *)clock->context;
}

static unsigned number(const char *text) {
    return (unsigned)strtoul(text, NULL, 10);
}

static void take(struct arguments *arguments, int option, const char *value) {
    switch (option) {
    case 't':
        arguments->tls = value;
        break;
    case 'k':
        arguments->now_ms = (uint64_t)time_of_date(date_of_text(value)) * 1000;
        break;
    case 'r':
        arguments->server.request_ms = number(value);
        break;
    case 'i':
        arguments->server.idle_ms = number(value);
        break;
    case 'c':
        arguments->server.connections_max = number(value);
        break;
    case 'p':
        arguments->server.per_address_max = number(value);
        break;
    case 'w':
        arguments->workers = number(value);
        break;
    case 'a':
        arguments->answered = value;
        break;
    case 'h':
        if (arguments->host_count < HOSTS_MAX)
            arguments->hosts[arguments->host_count++] = value;
        break;
    default:
        exit(2);
    }
}

static void parse(struct arguments *arguments, int argc, char **argv) {
    static const struct option options[] = {
        {"tls", 1, NULL, 't'},     {"clock", 1, NULL, 'k'},       {"request-ms", 1, NULL, 'r'},
        {"idle-ms", 1, NULL, 'i'}, {"connections", 1, NULL, 'c'}, {"per-address", 1, NULL, 'p'},
        {"workers", 1, NULL, 'w'}, {"answered", 1, NULL, 'a'},    {"host", 1, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        take(arguments, option, optarg);
    if (optind + 1 != argc)
        exit(2);
}

static void ended(const struct failure *failure) {
    fprintf(stderr, "http-echo: %s\n", failure->text);
    exit(failure->code);
}

static void open_tls(struct tls_source *source, const char *directory) {
    static char paths[4][PATH_MAX];
    static const char *const names[] = {"root.pem", "certificate.pem", "key.pem", "crl.pem"};
    struct failure failure;
    for (size_t i = 0; i < 4; i++)
        snprintf(paths[i], PATH_MAX, "%s/%s", directory, names[i]);
    const struct tls_files files = {paths[0], paths[1], paths[2], paths[3]};
    if (!tls_source_open(source, &files, &failure))
        ended(&failure);
}

static void announce(const struct arguments *arguments) {
    char name[128];
    if (!http_listen_name(arguments->server.socket, name, sizeof name))
        exit(2);
    printf("http%s://%s\nready\n", arguments->tls != NULL ? "s" : "", name);
    fflush(stdout);
    notify_send(getenv("NOTIFY_SOCKET"), "READY=1");
}

/// Serves until SIGTERM; what is left of exchanges then.
static size_t serve(struct http_server *server, struct tls_source *tls, const sigset_t *signals) {
    struct failure failure;
    int got = 0;
    while (sigwait(signals, &got) == 0 && got != SIGTERM)
        if (tls != NULL && !tls_source_reload(tls, &failure))
            fprintf(stderr, "http-echo: %s; what was in force stays\n", failure.text);
        else
            fprintf(stderr, "http-echo: reloaded\n");
    notify_send(getenv("NOTIFY_SOCKET"), "STOPPING=1");
    return http_server_stop(server, STOP_MS);
}

int main(int argc, char **argv) {
    struct arguments arguments = {.server = {.memory = &host_memory}};
    struct tls_source tls;
    struct echo echo;
    struct failure failure;
    sigset_t signals;
    parse(&arguments, argc, argv);
    alarm(HARD_END_SECONDS);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    struct clock fixed = {fixed_now, &arguments.now_ms};
    arguments.server.clock = arguments.now_ms != 0 ? &fixed : &clock_system;
    if (arguments.host_count > 0)
        arguments.server.hosts = arguments.hosts;
    if (arguments.tls != NULL) {
        open_tls(&tls, arguments.tls);
        arguments.server.tls = &tls;
    }
    arguments.server.socket = http_listen_inherited(0);
    if (arguments.server.socket < 0)
        arguments.server.socket = http_listen(argv[optind], &failure);
    if (arguments.server.socket < 0)
        ended(&failure);
    echo_start(&echo, arguments.workers);
    if (arguments.answered != NULL)
        echo.answered = open(arguments.answered, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    struct http_server *server = http_server_start(&arguments.server, &echo.listener, &failure);
    if (server == NULL)
        ended(&failure);
    announce(&arguments);
    size_t left = serve(server, arguments.tls != NULL ? &tls : NULL, &signals);
    if (left > 0) {
        fprintf(stderr, "http-echo: %zu exchanges were not answered\n", left);
        return 1;
    }
    echo_stop(&echo);
    if (arguments.tls != NULL)
        tls_source_close(&tls);
    return 0;
}
