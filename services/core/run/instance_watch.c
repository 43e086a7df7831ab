// SPDX-License-Identifier: Apache-2.0
#include "services/core/run/instance_watch.h"

#include "base/heap.h"
#include "services/core/keeper/outbox.h"
#include "services/wire/http/http_listen.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- lines -------------------------------------------------------------------------------------

static const char *endpoint_of(const struct instance_watch *watch, const struct request *request) {
    char allow[64];
    struct problem problem;
    if (request->method == NULL || request->target == NULL)
        return "none";
    const struct endpoint *row = api_find(watch->context.service->api, request->method,
                                          request->target, allow, sizeof allow, &problem);
    return row != NULL ? row->name : "none";
}

static void gone(void *context, const struct exchange *exchange, bool delivered, uint64_t us) {
    struct instance_watch *watch = context;
    const char *endpoint = endpoint_of(watch, &exchange->request);
    char status[8];
    snprintf(status, sizeof status, "%u", exchange->answer.status);
    log_write(&watch->log, &(struct log_entry){.level = LEVEL_INFO,
                                               .event = "access",
                                               .endpoint = endpoint,
                                               .sender = exchange->request.peer.id[0] != '\0'
                                                             ? exchange->request.peer.id
                                                             : NULL,
                                               .request = exchange->request.id,
                                               .detail = delivered ? NULL : "not delivered",
                                               .status = (int)exchange->answer.status,
                                               .us = (int64_t)us,
                                               .count = -1});
    metrics_add(&watch->metrics, METRIC_REQUESTS, endpoint, status, 1);
    metrics_observe(&watch->metrics, METRIC_REQUEST_SECONDS, endpoint, (double)us / 1e6);
}

static void report(const struct service_context *context, const struct call *call,
                   const struct failure *failure) {
    struct instance_watch *watch = (struct instance_watch *)(uintptr_t)context;
    log_write(&watch->log,
              &(struct log_entry){
                  .level = LEVEL_ERROR,
                  .event = "failure",
                  .endpoint =
                      call != NULL && call->handler != NULL ? call->handler->endpoint->name : NULL,
                  .request = call != NULL && call->request != NULL ? call->request->id : NULL,
                  .detail = failure->text,
                  .status = -1,
                  .us = -1,
                  .count = -1});
}

// ---- pages -------------------------------------------------------------------------------------

/// What is asked of the database for the pages.
struct look {
    uint64_t due, persons;
};

static bool count_outbox(struct session *session, void *context) {
    struct look *look = context;
    look->due = outbox_count(session, OUTBOX_DUE);
    look->persons = outbox_count(session, OUTBOX_PERSON);
    return true;
}

static bool look_at_store(const struct instance_watch *watch, struct look *look) {
    struct arena arena;
    struct failure failure;
    arena_init(&arena, &host_memory);
    bool done =
        store_read(watch->context.store, &arena, count_outbox, look, &failure) == STORE_DONE;
    arena_free(&arena);
    return done;
}

static bool health(void *context, struct buffer *json) {
    struct instance_watch *watch = context;
    const struct service *service = watch->context.service;
    struct look look = {0};
    bool well = look_at_store(watch, &look);
    unsigned schema = service->migration_count > 0
                          ? service->migrations[service->migration_count - 1].version
                          : 0;
    buffer_format(json,
                  "{\"service\":\"%s\",\"version\":\"%s\",\"schema\":%u,\"store\":\"%s\","
                  "\"queue\":%z,\"outbox\":%l,\"outbox_persons\":%l}",
                  service->name, TESSERA_VERSION, schema, well ? "ok" : "failed",
                  server_load(watch->server), look.due, look.persons);
    return well;
}

static bool ready(void *context) {
    struct look look = {0};
    return look_at_store(context, &look);
}

static void refresh(void *context) {
    struct instance_watch *watch = context;
    struct look look = {0};
    if (look_at_store(watch, &look)) {
        metrics_set(&watch->metrics, METRIC_OUTBOX_ROWS, "due", NULL, (double)look.due);
        metrics_set(&watch->metrics, METRIC_OUTBOX_ROWS, "person", NULL, (double)look.persons);
    }
    metrics_set(&watch->metrics, METRIC_CONNECTIONS, NULL, NULL,
                (double)http_server_connections(watch->measured));
    metrics_set(&watch->metrics, METRIC_QUEUE_LENGTH, NULL, NULL,
                (double)server_load(watch->server));
    metrics_set(&watch->metrics, METRIC_COMMITS, NULL, NULL,
                (double)watch->context.store->figures.commits);
    struct tls *tls = tls_source_now(watch->tls);
    metrics_set(&watch->metrics, METRIC_CERTIFICATE_EXPIRY, NULL, NULL, (double)tls->until);
    tls_release(tls);
}

// ---- begin and end -----------------------------------------------------------------------------

void instance_watch_open(struct instance_watch *watch, enum log_level level) {
    watch->context.report = report;
    watch->observer = (struct http_observer){gone, watch};
    log_open(&watch->log, STDERR_FILENO, level, watch->context.service->name, watch->context.clock);
    metrics_init(&watch->metrics, &host_memory);
}

bool instance_watch_start(struct instance_watch *watch, const char *address, struct server *server,
                          struct http_server *measured, struct tls_source *tls,
                          struct failure *failure) {
    char name[WATCH_URL_MAX - 8];
    watch->server = server;
    watch->measured = measured;
    watch->tls = tls;
    if (address == NULL)
        return true;
    watch->status = (struct status){.metrics = &watch->metrics,
                                    .health = health,
                                    .ready = ready,
                                    .refresh = refresh,
                                    .context = watch};
    status_init(&watch->status);
    struct http_server_options http = {.socket = http_listen(address, failure),
                                       .memory = &host_memory};
    if (http.socket < 0)
        return false;
    if (!http_listen_name(http.socket, name, sizeof name))
        return fail(failure, EXIT_REFUSED, "%s is no internet address", address);
    snprintf(watch->url, sizeof watch->url, "http://%s", name);
    watch->http = http_server_start(&http, &watch->status.listener, failure);
    return watch->http != NULL;
}

void instance_watch_stop(struct instance_watch *watch) {
    if (watch->http != NULL)
        http_server_stop(watch->http, 1000);
    watch->http = NULL;
}

void instance_watch_close(struct instance_watch *watch) {
    metrics_free(&watch->metrics);
    log_close(&watch->log);
}
