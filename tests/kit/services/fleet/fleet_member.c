// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/fleet/fleet_member.h"

#include "base/heap.h"
#include "services/core/server.h"
#include "services/core/store/store_postgres.h"
#include "tests/kit/services/postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 8, PAUSE_MS = 20, BACKLOG = 64 };

/// One member, in its own process.
struct member {
    struct shop *shop;
    const struct fleet_plan *plan;
    struct server *server;
    char name[32];
};

/// One client's connection to it.
struct line {
    struct member *member;
    int socket;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool finished;
};

static void finish(struct exchange *exchange) {
    struct line *line = exchange->shell;
    pthread_mutex_lock(&line->lock);
    line->finished = true;
    pthread_cond_signal(&line->done);
    pthread_mutex_unlock(&line->lock);
}

static bool is_replayed(const struct answer *answer) {
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcmp(answer->headers[i].name, "Idempotent-Replayed") == 0)
            return true;
    return false;
}

static void answer(struct line *line, const struct fleet_message *message, const char *key,
                   struct fleet_reply *reply) {
    const struct listener *listener = server_listener(line->member->server);
    struct admission admission;
    struct exchange exchange = {
        .request = {.method = "POST",
                    .target = message->target,
                    .key = key,
                    .content_type = "application/json",
                    .body = bytes_of_string(message->body),
                    .peer = *message->peer},
        .answer = {.file = -1},
        .finish = finish,
        .shell = line,
    };
    line->finished = false;
    arena_init(&exchange.arena, &host_memory);
    if (listener->admit(listener, &exchange, &admission))
        listener->take(listener, &exchange);
    else
        finish(&exchange);
    pthread_mutex_lock(&line->lock);
    while (!line->finished)
        pthread_cond_wait(&line->done, &line->lock);
    pthread_mutex_unlock(&line->lock);
    *reply = (struct fleet_reply){.status = exchange.answer.status,
                                  .replayed = is_replayed(&exchange.answer)};
    snprintf(reply->body, sizeof reply->body, "%.*s", (int)exchange.answer.body.size,
             (const char *)exchange.answer.body.data);
    arena_free(&exchange.arena);
}

static void *serve_line(void *context) {
    struct line line = *(struct line *)context;
    uint32_t number;
    free(context);
    pthread_mutex_init(&line.lock, NULL);
    pthread_cond_init(&line.done, NULL);
    while (recv(line.socket, &number, sizeof number, MSG_WAITALL) == (ssize_t)sizeof number) {
        const struct fleet_message *message =
            &line.member->plan->messages[number & (FLEET_SECOND - 1)];
        struct fleet_reply reply;
        answer(&line, message, (number & FLEET_SECOND) != 0 ? message->again : message->key,
               &reply);
        if (send(line.socket, &reply, sizeof reply, MSG_NOSIGNAL) < 0)
            break;
    }
    close(line.socket);
    return NULL;
}

/// A server that falls over may be away while a member starts.
static struct store *open_store(const struct shop *shop) {
    struct store_postgres_options options = {.uri = postgres_uri(), .schema = shop->schema};
    struct failure failure;
    struct store *store;
    while ((store = store_postgres_open(&options, &failure)) == NULL)
        poll(NULL, 0, PAUSE_MS);
    return store;
}

static void run_member(struct shop *shop, const struct fleet_plan *plan, int listening) {
    struct member member = {.shop = shop, .plan = plan};
    struct server_options options = {.context = &shop->context, .workers = WORKERS};
    struct failure failure;
    int accepted;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(member.name, sizeof member.name, "member.%ld", (long)getpid());
    shop->context.store = open_store(shop);
    shop->context.instance = member.name;
    member.server = server_start(&options, &failure);
    while (member.server != NULL && (accepted = accept(listening, NULL, NULL)) >= 0) {
        struct line *line = calloc(1, sizeof *line);
        pthread_t thread;
        *line = (struct line){.member = &member, .socket = accepted};
        pthread_create(&thread, NULL, serve_line, line);
        pthread_detach(thread);
    }
    _exit(1);
}

// ---- the nursery -------------------------------------------------------------------------------

static pid_t bear(const struct fleet_nursery *nursery, struct shop *shop,
                  const struct fleet_plan *plan, unsigned i) {
    pid_t pid = fork();
    if (pid == 0)
        run_member(shop, plan, nursery->listening[i]);
    return pid;
}

/// Kills what it is told to until nobody tells any more.
static void run_nursery(const struct fleet_nursery *nursery, int orders, struct shop *shop,
                        const struct fleet_plan *plan) {
    pid_t members[FLEET_MEMBERS];
    uint8_t order;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0; i < FLEET_MEMBERS; i++)
        members[i] = bear(nursery, shop, plan, i);
    while (read(orders, &order, 1) == 1) {
        kill(members[order], SIGKILL);
        waitpid(members[order], NULL, 0);
        members[order] = bear(nursery, shop, plan, order);
    }
    for (unsigned i = 0; i < FLEET_MEMBERS; i++) {
        kill(members[i], SIGKILL);
        waitpid(members[i], NULL, 0);
    }
    _exit(0);
}

static void listen_at(struct fleet_nursery *nursery, const struct shop *shop, unsigned i) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(nursery->places[i], sizeof nursery->places[i], "%s/m%u", shop->directory, i);
    memcpy(address.sun_path, nursery->places[i], sizeof nursery->places[i]);
    unlink(nursery->places[i]);
    nursery->listening[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(nursery->listening[i], (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(nursery->listening[i], BACKLOG) != 0)
        abort();
}

void fleet_nursery_begin(struct fleet_nursery *nursery, struct shop *shop,
                         const struct fleet_plan *plan) {
    int ends[2];
    for (unsigned i = 0; i < FLEET_MEMBERS; i++)
        listen_at(nursery, shop, i);
    store_close(shop->store);
    shop->store = shop->context.store = NULL;
    if (pipe2(ends, O_CLOEXEC) != 0) // the database server, started anew, must not keep it open
        abort();
    fflush(NULL);
    nursery->pid = fork();
    if (nursery->pid == 0) {
        close(ends[1]);
        run_nursery(nursery, ends[0], shop, plan);
    }
    close(ends[0]);
    nursery->orders = ends[1];
}

void fleet_nursery_kill(struct fleet_nursery *nursery, unsigned member) {
    uint8_t order = (uint8_t)member;
    if (write(nursery->orders, &order, 1) != 1)
        abort();
}

void fleet_nursery_end(struct fleet_nursery *nursery) {
    close(nursery->orders);
    waitpid(nursery->pid, NULL, 0);
    for (unsigned i = 0; i < FLEET_MEMBERS; i++)
        close(nursery->listening[i]);
}
