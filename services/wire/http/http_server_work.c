// SPDX-License-Identifier: Apache-2.0
// One exchange from its request line to the last octet of its answer. The library calls on its own
// thread; only the listener's answer may come from another one.
#include "services/wire/http/http_server_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
    SMALL_BODY = 65536,  // is read to its end even when nobody wants it: the connection stays
    SLOWEST = 16384,     // octets a second of what is larger, in both directions
    DELIVERY_MS = 60000, // for an answer, besides
};

static uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t slowest_ms(uint64_t octets) {
    return octets > SMALL_BODY ? octets / SLOWEST * 1000 : 0;
}

// ---- begin and end -----------------------------------------------------------------------------

static struct http_link *link_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

void *http_work_begin(void *context, const char *target, struct MHD_Connection *connection) {
    struct http_server *server = context;
    struct http_link *link = link_of(connection);
    struct http_work *work = link != NULL ? calloc(1, sizeof *work) : NULL;
    if (work == NULL || (work->target = strdup(target)) == NULL) {
        free(work);
        return NULL;
    }
    work->server = server;
    work->link = link;
    work->connection = connection;
    work->target_place = target;
    work->began_us = now_us();
    work->exchange.answer.file = -1;
    pthread_mutex_init(&work->lock, NULL);
    arena_init(&work->exchange.arena, server->options.memory);
    buffer_init(&work->body, server->options.memory);
    snprintf(work->id, sizeof work->id, "%" PRIuFAST64, atomic_fetch_add(&server->numbers, 1) + 1);
    work->exchange.request = (struct request){.target = work->target, .id = work->id};
    deadlines_set(&server->deadlines, &link->deadline, server->options.request_ms);
    return work;
}

static void work_free(struct http_work *work) {
    if (work->response != NULL)
        MHD_destroy_response(work->response); // closes the file, too
    else if (work->exchange.answer.file >= 0)
        close(work->exchange.answer.file);
    buffer_free(&work->body);
    arena_free(&work->exchange.arena);
    pthread_mutex_destroy(&work->lock);
    free(work->target);
    free(work);
}

void http_work_end(void *context, struct MHD_Connection *connection, void **place,
                   enum MHD_RequestTerminationCode code) {
    struct http_server *server = context;
    struct http_work *work = *place;
    (void)connection;
    if (work == NULL)
        return;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        deadlines_wait(&server->deadlines, &work->link->deadline, server->options.idle_ms,
                       server->options.waiting_max);
    else
        deadlines_set(&server->deadlines, &work->link->deadline, server->options.idle_ms);
    if (server->options.observer != NULL)
        server->options.observer->gone(server->options.observer->context, &work->exchange,
                                       work->sending && code == MHD_REQUEST_TERMINATED_COMPLETED_OK,
                                       now_us() - work->began_us);
    if (work->sending) {
        pthread_mutex_lock(&server->lock);
        server->sending--;
        pthread_cond_broadcast(&server->quiet);
        pthread_mutex_unlock(&server->lock);
    }
    work_free(work);
    *place = NULL;
}

// ---- answers -----------------------------------------------------------------------------------

static struct MHD_Response *response_of(struct http_work *work) {
    struct answer *answer = &work->exchange.answer;
    struct bytes body = answer->body;
    if (work->events)
        return http_stream_open(work->server, work->connection);
    if (answer->file >= 0)
        return MHD_create_response_from_fd_at_offset64(answer->size, answer->file, answer->offset);
    return MHD_create_response_from_buffer(body.size, (void *)(uintptr_t)body.data,
                                           MHD_RESPMEM_PERSISTENT);
}

/// NULL: memory is out; the connection is closed then.
static struct MHD_Response *make_response(struct http_work *work) {
    struct answer *answer = &work->exchange.answer;
    const struct http_server_options *options = &work->server->options;
    struct MHD_Response *made = response_of(work);
    if (made == NULL)
        return NULL;
    bool done = answer->content_type == NULL ||
                MHD_add_response_header(made, "Content-Type", answer->content_type) == MHD_YES;
    for (size_t i = 0; i < answer->header_count; i++)
        done = done && MHD_add_response_header(made, answer->headers[i].name,
                                               answer->headers[i].value) == MHD_YES;
    for (size_t i = 0; i < options->always_count; i++)
        done = done && MHD_add_response_header(made, options->always[i].name,
                                               options->always[i].value) == MHD_YES;
    if (done)
        return made;
    answer->file = -1; // the response closes it
    MHD_destroy_response(made);
    return NULL;
}

/// Hands the answer to the library. On its thread, in a moment when it takes one.
static enum MHD_Result send_answer(struct http_work *work) {
    struct http_server *server = work->server;
    const struct answer *answer = &work->exchange.answer;
    if (work->response == NULL)
        return MHD_NO;
    pthread_mutex_lock(&server->lock);
    bool draining = server->draining;
    pthread_mutex_unlock(&server->lock);
    if (draining || http_link_is_old(work->link))
        MHD_add_response_header(work->response, "Connection", "close");
    deadlines_set(&server->deadlines, &work->link->deadline,
                  work->events ? 0
                               : DELIVERY_MS + slowest_ms(answer->file >= 0 ? answer->size
                                                                            : answer->body.size));
    return MHD_queue_response(work->connection, answer->status, work->response);
}

/// The answer stands in the exchange and is ours to give: no listener has it.
static void close_answer(struct http_work *work) {
    work->response = make_response(work);
    work->sending = true;
    pthread_mutex_lock(&work->server->lock);
    work->server->sending++;
    pthread_mutex_unlock(&work->server->lock);
}

/// The listener's end of an exchange, on whatever thread. Once the library is woken the exchange
/// may be gone.
static void finish(struct exchange *exchange) {
    struct http_work *work = (struct http_work *)exchange;
    struct http_server *server = work->server;
    struct MHD_Connection *connection = work->connection;
    struct MHD_Response *response = make_response(work);
    pthread_mutex_lock(&server->lock);
    server->taken--;
    server->sending++;
    server->resuming++;
    pthread_mutex_unlock(&server->lock);
    pthread_mutex_lock(&work->lock);
    work->sending = true;
    work->response = response;
    work->answered = true;
    bool wake = work->suspended;
    pthread_mutex_unlock(&work->lock);
    if (wake)
        MHD_resume_connection(connection);
    pthread_mutex_lock(&server->lock);
    server->resuming--;
    pthread_cond_broadcast(&server->quiet);
    pthread_mutex_unlock(&server->lock);
}

static void refuse(struct http_work *work, const struct problem_word *word, const char *detail) {
    struct problem problem = {0};
    problem_set(&problem, word, "%s", detail);
    if (word == &problem_busy)
        problem.retry_after_s = 1;
    answer_problem(&work->exchange, &problem);
}

// ---- the head ----------------------------------------------------------------------------------

static enum MHD_Result collect(void *context, enum MHD_ValueKind kind, const char *name,
                               size_t name_size, const char *value, size_t value_size) {
    struct http_work *work = context;
    (void)kind;
    (void)name_size;
    (void)value_size;
    if (work->header_count < HTTP_HEADERS_MAX)
        work->headers[work->header_count] = (struct http_header){name, value != NULL ? value : ""};
    work->header_count++;
    return MHD_YES;
}

/// Does the next line begin behind one CR LF, both of which the library overwrites?
static bool is_next_line(const char *end, const char *next) {
    return next == end + 2 && end[0] == '\0' && end[1] == '\0';
}

/// Nothing but a colon, overwritten, and blanks between name and value?
static bool is_value_of(const struct http_header *header) {
    const char *at = header->name + strlen(header->name);
    if (header->value <= at || header->value - at > HTTP_HEAD_MAX)
        return false;
    while (++at < header->value)
        if (*at != ' ')
            return false;
    return true;
}

/// The library splits the head where it lies. It stops reading a text at a zero octet, glues a
/// folded line on elsewhere, and takes a lone LF and several blanks: where the texts are shows it.
static bool is_whole(const struct http_work *work, const struct http_head *head) {
    size_t count = work->header_count < HTTP_HEADERS_MAX ? work->header_count : HTTP_HEADERS_MAX;
    const char *end = head->version + strlen(head->version);
    if (work->target_place != head->method + strlen(head->method) + 1 ||
        work->target_place + strlen(work->target) + 1 != head->version)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct http_header *header = &work->headers[i];
        if (!is_next_line(end, header->name) || !is_value_of(header))
            return false;
        end = header->value + strlen(header->value);
    }
    return is_next_line(end + 2, head->method + head->size);
}

static size_t head_size_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info != NULL ? info->header_size : 0;
}

static const struct http_fault *look(const struct http_work *work, const struct http_head *head) {
    static const struct http_fault cut = {&problem_malformed,
                                          "the head has a zero octet, a folded line, a "
                                          "line without CR LF, or blanks where one belongs"};
    const struct http_fault *fault = http_guard(head);
    return fault == NULL && !is_whole(work, head) ? &cut : fault;
}

static void fill_request(struct http_work *work, const struct http_head *head) {
    struct request *request = &work->exchange.request;
    request->method = head->method;
    request->key = http_head_find(head, "Idempotency-Key");
    request->content_type = http_head_find(head, "Content-Type");
    request->accept = http_head_find(head, "Accept");
    request->range = http_head_find(head, "Range");
    request->if_range = http_head_find(head, "If-Range");
    request->if_none_match = http_head_find(head, "If-None-Match");
}

static bool is_draining(struct http_server *server) {
    pthread_mutex_lock(&server->lock);
    bool draining = server->draining;
    pthread_mutex_unlock(&server->lock);
    return draining;
}

/// False: the answer stands.
static bool pass(struct http_work *work, const struct http_head *head) {
    const struct http_gate *gate = work->server->options.gate;
    if (gate == NULL)
        return true;
    enum http_pass pass = gate->pass(gate->context, head, &work->exchange);
    if (pass != HTTP_PASS_ANSWERED)
        http_link_is_known(work->link);
    if (pass == HTTP_PASS_EVENTS && is_draining(work->server))
        refuse(work, &problem_busy, "the service is being stopped; ask again");
    else
        work->events = pass == HTTP_PASS_EVENTS;
    return pass == HTTP_PASS_ON;
}

/// False: the answer says why not.
static bool admit(struct http_work *work, size_t body_size) {
    struct http_server *server = work->server;
    const struct listener *listener = server->listener;
    work->admission = (struct admission){.time_max_ms = server->options.request_ms};
    if (is_draining(server)) {
        refuse(work, &problem_busy, "the service is being stopped; ask again");
        return false;
    }
    if (!listener->admit(listener, &work->exchange, &work->admission))
        return false;
    if (body_size != SIZE_MAX && body_size > work->admission.body_max) {
        refuse(work, &problem_too_large, "the body is longer than this endpoint takes");
        return false;
    }
    if (work->admission.time_max_ms == 0)
        work->admission.time_max_ms = server->options.request_ms;
    deadlines_set(&server->deadlines, &work->link->deadline,
                  work->admission.time_max_ms +
                      (body_size != SIZE_MAX ? slowest_ms(body_size) : 0));
    return true;
}

static enum MHD_Result refuse_at_once(struct http_work *work) {
    work->phase = HTTP_TAKEN;
    close_answer(work);
    return send_answer(work);
}

static enum MHD_Result take_head(struct http_work *work, const char *method, const char *version) {
    MHD_get_connection_values_n(work->connection, MHD_HEADER_KIND, collect, work);
    const struct http_head head = {.method = method,
                                   .target = work->target,
                                   .version = version,
                                   .headers = work->headers,
                                   .header_count = work->header_count,
                                   .size = head_size_of(work->connection),
                                   .hosts = work->server->options.hosts};
    const struct http_fault *fault = look(work, &head);
    if (fault != NULL) {
        refuse(work, fault->word, fault->detail);
        return refuse_at_once(work);
    }
    size_t body_size = http_head_body(&head);
    fill_request(work, &head);
    work->exchange.request.peer = http_link_peer(work->link, work->connection);
    work->phase = HTTP_BODY;
    work->refused = !pass(work, &head) || !admit(work, body_size);
    return work->refused && body_size > SMALL_BODY ? refuse_at_once(work) : MHD_YES;
}

// ---- the body ----------------------------------------------------------------------------------

static enum MHD_Result take_octets(struct http_work *work, struct bytes octets) {
    if (work->refused)
        return MHD_YES;
    if (octets.size > work->admission.body_max - work->body.size) {
        buffer_free(&work->body);
        work->refused = true;
        refuse(work, &problem_too_large, "the body is longer than this endpoint takes");
        return MHD_YES; // a chunked one has to be read to its end before it can be answered
    }
    buffer_put(&work->body, octets);
    if (!work->body.failed)
        return MHD_YES;
    work->refused = true;
    refuse(work, &problem_busy, "the service has no memory for this body now; ask again");
    return MHD_YES;
}

/// The listener's from here on; false: the service is being stopped, and nothing may wait in it.
static bool hand_over(struct http_work *work) {
    struct http_server *server = work->server;
    pthread_mutex_lock(&server->lock);
    bool draining = server->draining;
    server->taken += !draining;
    pthread_mutex_unlock(&server->lock);
    if (draining)
        return false;
    work->exchange.request.body = buffer_bytes(&work->body);
    work->exchange.finish = finish;
    work->exchange.shell = work;
    deadlines_set(&server->deadlines, &work->link->deadline, 0);
    server->listener->take(server->listener, &work->exchange);
    return true;
}

static enum MHD_Result take_whole(struct http_work *work) {
    work->phase = HTTP_TAKEN;
    if (!work->refused && !hand_over(work)) {
        work->refused = true;
        refuse(work, &problem_busy, "the service is being stopped; ask again");
    }
    if (work->refused) {
        close_answer(work);
        return send_answer(work);
    }
    pthread_mutex_lock(&work->lock);
    bool answered = work->answered;
    if (!answered) {
        work->suspended = true;
        MHD_suspend_connection(work->connection);
    }
    pthread_mutex_unlock(&work->lock);
    return answered ? send_answer(work) : MHD_YES;
}

enum MHD_Result http_work_go_on(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *octets,
                                size_t *size, void **place) {
    struct http_work *work = *place;
    (void)context;
    (void)connection;
    (void)url;
    if (work == NULL)
        return MHD_NO;
    if (work->phase == HTTP_HEAD)
        return take_head(work, method, version);
    if (work->phase == HTTP_TAKEN)
        return send_answer(work);
    if (*size == 0)
        return take_whole(work);
    enum MHD_Result result = take_octets(work, bytes_of(octets, *size));
    *size = 0;
    return result;
}
