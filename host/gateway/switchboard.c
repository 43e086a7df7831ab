// SPDX-License-Identifier: Apache-2.0
#include "host/gateway/switchboard.h"

#include <errno.h>
#include <jansson.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPORT_MS = 1000, CONNECT_S = 5 };

/// One tunnel and its thread.
struct line {
    struct switchboard *board;
    pthread_t thread;
    int client; // -1: there is none
    bool over;  // its thread has nothing more to do
};

struct switchboard {
    struct switchboard_options options;
    struct tunnel_house house;
    json_t *subscribers;
    pthread_mutex_t lock; // of lines, of the meter's file, of counted
    struct line lines[SWITCHBOARD_TUNNELS];
    bool counted; // since the last report
    uint64_t after;
};

// ---- routes ------------------------------------------------------------------------------------

/// Where an addressee is; NULL: it is none of ours.
static const char *route(const struct switchboard *board, const char *addressee) {
    const struct option_list *routes = board->options.routes;
    size_t size = strlen(addressee);
    for (size_t i = 0; i < routes->count; i++)
        if (strncmp(routes->items[i], addressee, size) == 0 && routes->items[i][size] == '=')
            return routes->items[i] + size + 1;
    return NULL;
}

static int connect_first(const struct addrinfo *all) {
    static const struct timeval wait = {CONNECT_S, 0};
    for (const struct addrinfo *at = all; at != NULL; at = at->ai_next) {
        int made = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (made < 0)
            continue;
        setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
        if (connect(made, at->ai_addr, at->ai_addrlen) == 0)
            return made;
        close(made);
    }
    return -1;
}

static int reach(void *context, const char *addressee, int *status) {
    const struct switchboard *board = context;
    const char *address = route(board, addressee);
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    char host[TUNNEL_NAME_MAX];
    *status = address == NULL ? 403 : 502;
    if (address == NULL)
        return -1;
    const char *colon = strrchr(address, ':');
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    if (getaddrinfo(host, colon + 1, &wanted, &all) != 0)
        return -1;
    int made = connect_first(all);
    freeaddrinfo(all);
    return made;
}

static bool check_routes(const struct option_list *routes, struct failure *failure) {
    for (size_t i = 0; i < routes->count; i++) {
        const char *equals = strchr(routes->items[i], '=');
        const char *colon = equals != NULL ? strrchr(equals, ':') : NULL;
        if (colon == NULL || colon == equals + 1 || colon[1] == '\0' ||
            equals == routes->items[i] ||
            memchr(routes->items[i], ':', (size_t)(equals - routes->items[i])) == NULL)
            return fail(failure, EXIT_USAGE, "--route '%s' is not HOST:PORT=ADDRESS:PORT",
                        routes->items[i]);
    }
    return true;
}

// ---- phones ------------------------------------------------------------------------------------

static const char *number_of(void *context, const char *id) {
    const struct switchboard *board = context;
    const json_t *row;
    size_t i;
    json_array_foreach(board->subscribers, i, row) {
        const char *trm = json_string_value(json_object_get(row, "trm"));
        if (trm != NULL && strcmp(trm, id) == 0)
            return json_string_value(json_object_get(row, "phone"));
    }
    return NULL;
}

static bool read_subscribers(struct switchboard *board, struct failure *failure) {
    json_error_t error;
    const char *path = board->options.subscribers;
    json_t *file = json_load_file(path, 0, &error);
    board->subscribers = json_incref(json_object_get(file, "subscribers"));
    json_decref(file);
    if (json_is_array(board->subscribers))
        return true;
    return fail(failure, EXIT_USAGE, "%s: there is no list of subscribers in it%s%s", path,
                file == NULL ? ": " : "", file == NULL ? error.text : "");
}

// ---- packets -----------------------------------------------------------------------------------

static bool count_packets(void *context, const char *number, uint64_t sent, uint64_t received) {
    struct switchboard *board = context;
    struct failure failure;
    uint64_t n;
    const struct meter_item item = {.phone = number,
                                    .time_ms = clock_now_ms(board->options.clock),
                                    .sent = sent,
                                    .received = received};
    pthread_mutex_lock(&board->lock);
    bool done = meter_add(board->options.state, &item, &n, &failure);
    board->counted = true;
    pthread_mutex_unlock(&board->lock);
    if (!done)
        fprintf(stderr, "tessera gateway: %s\n", failure.text);
    return done;
}

/// What is counted while this asks is told the next time.
static bool report(struct switchboard *board, struct failure *failure) {
    unsigned refused = 0;
    pthread_mutex_lock(&board->lock);
    bool counted = board->counted;
    board->counted = false;
    pthread_mutex_unlock(&board->lock);
    if (!counted)
        return true;
    bool done =
        meter_report(board->options.state, board->options.charge, &board->after, &refused, failure);
    if (!done) {
        board->counted = true;
        return false;
    }
    if (refused > 0)
        fprintf(stderr, "tessera gateway: %u cannot be charged: an unknown phone, or no tariff\n",
                refused);
    pthread_mutex_lock(&board->lock);
    done = meter_trim(board->options.state, board->after, failure);
    pthread_mutex_unlock(&board->lock);
    return done;
}

// ---- lines -------------------------------------------------------------------------------------

static void *serve_line(void *context) {
    struct line *line = context;
    tunnel_run(&line->board->house, line->client);
    pthread_mutex_lock(&line->board->lock);
    line->over = true;
    pthread_mutex_unlock(&line->board->lock);
    return NULL;
}

static void end_line(struct line *line) {
    pthread_join(line->thread, NULL);
    close(line->client);
    line->client = -1;
}

/// One that is free, after ending those that are over; NULL: none is.
static struct line *free_line(struct switchboard *board) {
    struct line *found = NULL;
    for (size_t i = 0; i < SWITCHBOARD_TUNNELS; i++) {
        struct line *line = &board->lines[i];
        pthread_mutex_lock(&board->lock);
        bool over = line->client >= 0 && line->over;
        pthread_mutex_unlock(&board->lock);
        if (over)
            end_line(line);
        if (line->client < 0)
            found = line;
    }
    return found;
}

static void accept_one(struct switchboard *board, struct line *line) {
    int client = accept4(board->options.listening, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    *line = (struct line){.board = board, .client = client};
    if (pthread_create(&line->thread, NULL, serve_line, line) == 0)
        return;
    close(client);
    line->client = -1;
}

static void end_all(struct switchboard *board) {
    for (size_t i = 0; i < SWITCHBOARD_TUNNELS; i++)
        if (board->lines[i].client >= 0) {
            shutdown(board->lines[i].client, SHUT_RDWR);
            end_line(&board->lines[i]);
        }
}

// ---- begin and end -----------------------------------------------------------------------------

struct switchboard *switchboard_new(const struct switchboard_options *options,
                                    struct failure *failure) {
    struct switchboard *board = calloc(1, sizeof *board);
    if (board == NULL) {
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    board->options = *options;
    board->counted = true; // perhaps by an earlier run
    board->house =
        (struct tunnel_house){options->tls, options->clock, board, reach, number_of, count_packets};
    pthread_mutex_init(&board->lock, NULL);
    for (size_t i = 0; i < SWITCHBOARD_TUNNELS; i++)
        board->lines[i].client = -1;
    if (check_routes(options->routes, failure) && read_subscribers(board, failure))
        return board;
    switchboard_free(board);
    return NULL;
}

bool switchboard_run(struct switchboard *board, struct failure *failure) {
    struct failure why;
    bool told = false; // of a charge service that does not answer, once
    while (interrupt_signal(board->options.interrupt) == 0) {
        struct line *line = free_line(board);
        struct pollfd wait[] = {{interrupt_descriptor(board->options.interrupt), POLLIN, 0},
                                {line != NULL ? board->options.listening : -1, POLLIN, 0}};
        if (poll(wait, 2, REPORT_MS) > 0 && wait[1].revents != 0)
            accept_one(board, line);
        bool reported = report(board, &why);
        if (!reported && !told)
            fprintf(stderr, "tessera gateway: %s; what was counted stays\n", why.text);
        told = !reported;
    }
    end_all(board);
    return report(board, failure);
}

void switchboard_free(struct switchboard *board) {
    if (board == NULL)
        return;
    json_decref(board->subscribers);
    pthread_mutex_destroy(&board->lock);
    free(board);
}
