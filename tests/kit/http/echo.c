// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/http/echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

static bool admit(const struct listener *listener, struct exchange *exchange,
                  struct admission *admission) {
    struct echo *echo = listener->context;
    const struct request *request = &exchange->request;
    struct problem problem = {0};
    pthread_mutex_lock(&echo->lock);
    echo->admitted++;
    pthread_mutex_unlock(&echo->lock);
    admission->body_max = is(request->method, "POST") ? ECHO_BODY_MAX : 0;
    if (is(request->target, "/who") && request->peer.roles == 0) {
        problem_set(&problem,
                    request->peer.fault != NULL ? request->peer.fault
                                                : &problem_certificate_missing,
                    "who asks?");
        answer_problem(exchange, &problem);
        return false;
    }
    if (is(request->target, "/elsewhere")) {
        exchange->answer.status = 307;
        answer_header(exchange, "Location", "/hello");
        return false;
    }
    if (is(request->target, "/who") || is(request->target, "/hello") ||
        is(request->target, "/echo") || strncmp(request->target, "/echo?", 6) == 0)
        return true;
    problem_set(&problem, &problem_path, "there is no path %.100s", request->target);
    answer_problem(exchange, &problem);
    return false;
}

/// A line for /who.
static struct bytes who(struct exchange *exchange) {
    const struct peer *peer = &exchange->request.peer;
    char line[64];
    snprintf(line, sizeof line, "%s %s %s\n", role_name(peer->roles), peer->id, peer->enterprise);
    return arena_copy(&exchange->arena, bytes_of_string(line));
}

/// The key of an answer is in the file before the answer goes.
static void keep_key(int file, const char *key) {
    char line[80];
    int size = snprintf(line, sizeof line, "%.64s\n", key);
    if (write(file, line, (size_t)size) != size)
        abort();
}

static void answer(struct echo *echo, struct exchange *exchange) {
    const struct request *request = &exchange->request;
    struct answer *answer = &exchange->answer;
    answer->status = 200;
    answer->content_type = "text/plain";
    answer->body = is(request->method, "POST")   ? request->body
                   : is(request->target, "/who") ? who(exchange)
                                                 : bytes_of_string("hello\n");
    if (request->key != NULL)
        answer_header(exchange, "Key", request->key);
    if (echo->answered >= 0 && request->key != NULL)
        keep_key(echo->answered, request->key);
    pthread_mutex_lock(&echo->lock);
    echo->finished++;
    pthread_mutex_unlock(&echo->lock);
    exchange->finish(exchange);
}

static void take(const struct listener *listener, struct exchange *exchange) {
    struct echo *echo = listener->context;
    pthread_mutex_lock(&echo->lock);
    echo->taken++;
    exchange->next = NULL;
    if (echo->workers > 0) {
        *echo->last = exchange;
        echo->last = &exchange->next;
        pthread_cond_signal(&echo->more);
    }
    pthread_mutex_unlock(&echo->lock);
    if (echo->workers == 0)
        answer(echo, exchange);
}

static struct exchange *next(struct echo *echo) {
    pthread_mutex_lock(&echo->lock);
    while ((echo->first == NULL || echo->held) && !echo->ended)
        pthread_cond_wait(&echo->more, &echo->lock);
    struct exchange *found = echo->first;
    if (found != NULL) {
        echo->first = found->next;
        if (echo->first == NULL)
            echo->last = &echo->first;
    }
    pthread_mutex_unlock(&echo->lock);
    return found;
}

static void *work(void *context) {
    struct exchange *exchange = NULL;
    while ((exchange = next(context)) != NULL)
        answer(context, exchange);
    return NULL;
}

void echo_start(struct echo *echo, size_t workers) {
    *echo = (struct echo){.workers = workers, .answered = -1};
    echo->listener = (struct listener){admit, take, echo};
    echo->last = &echo->first;
    pthread_mutex_init(&echo->lock, NULL);
    pthread_cond_init(&echo->more, NULL);
    for (size_t i = 0; i < workers; i++)
        if (pthread_create(&echo->threads[i], NULL, work, echo) != 0)
            abort();
}

void echo_hold(struct echo *echo, bool held) {
    pthread_mutex_lock(&echo->lock);
    echo->held = held;
    pthread_cond_broadcast(&echo->more);
    pthread_mutex_unlock(&echo->lock);
}

size_t echo_taken(struct echo *echo) {
    pthread_mutex_lock(&echo->lock);
    size_t taken = echo->taken;
    pthread_mutex_unlock(&echo->lock);
    return taken;
}

void echo_stop(struct echo *echo) {
    pthread_mutex_lock(&echo->lock);
    echo->ended = true;
    pthread_cond_broadcast(&echo->more);
    pthread_mutex_unlock(&echo->lock);
    for (size_t i = 0; i < echo->workers; i++)
        pthread_join(echo->threads[i], NULL);
    pthread_mutex_destroy(&echo->lock);
    pthread_cond_destroy(&echo->more);
}
