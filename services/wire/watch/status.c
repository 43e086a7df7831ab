// SPDX-License-Identifier: Apache-2.0
#include "services/wire/watch/status.h"

#include <string.h>

static void answer_text(struct exchange *exchange, unsigned code, const char *type,
                        struct buffer *text) {
    struct problem problem = {0};
    exchange->answer.status = code;
    exchange->answer.content_type = type;
    exchange->answer.body = arena_copy(&exchange->arena, buffer_bytes(text));
    if (text->failed || exchange->arena.failed) {
        problem_set(&problem, &problem_busy, "there is no memory for this answer now; ask again");
        answer_problem(exchange, &problem);
    }
}

static void answer_metrics(const struct status *status, struct exchange *exchange,
                           struct buffer *text) {
    if (status->refresh != NULL)
        status->refresh(status->context);
    metrics_write(status->metrics, text);
    answer_text(exchange, 200, METRICS_MEDIA, text);
}

static void answer_health(const struct status *status, struct exchange *exchange,
                          struct buffer *text) {
    bool well = status->health(status->context, text);
    answer_text(exchange, well ? 200 : 503, "application/json", text);
}

static void answer_ready(const struct status *status, struct exchange *exchange,
                         struct buffer *text) {
    bool ready = status->ready(status->context);
    buffer_text(text, ready ? "{\"ready\":true}" : "{\"ready\":false}");
    answer_text(exchange, ready ? 200 : 503, "application/json", text);
}

static const struct page {
    const char *path;
    void (*answer)(const struct status *status, struct exchange *exchange, struct buffer *text);
} PAGES[] = {{"/metrics", answer_metrics}, {"/healthz", answer_health}, {"/readyz", answer_ready}};

static const struct page *find(const char *target) {
    for (size_t i = 0; i < sizeof PAGES / sizeof PAGES[0]; i++)
        if (strcmp(PAGES[i].path, target) == 0)
            return &PAGES[i];
    return NULL;
}

static bool admit(const struct listener *listener, struct exchange *exchange,
                  struct admission *admission) {
    const char *method = exchange->request.method;
    struct problem problem = {0};
    (void)listener;
    admission->body_max = 0;
    admission->direct = true;
    if (find(exchange->request.target) == NULL)
        problem_set(&problem, &problem_path,
                    "there is no path %.100s; there are /metrics, /healthz and /readyz",
                    exchange->request.target);
    else if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return true;
    else
        problem_set(&problem, &problem_method, "%.16s is not GET", method);
    answer_problem(exchange, &problem);
    if (problem.word == &problem_method)
        answer_header(exchange, "Allow", "GET, HEAD");
    return false;
}

static void take(const struct listener *listener, struct exchange *exchange) {
    const struct status *status = listener->context;
    struct buffer text;
    buffer_init(&text, exchange->arena.memory);
    find(exchange->request.target)->answer(status, exchange, &text);
    buffer_free(&text);
    exchange->finish(exchange);
}

void status_init(struct status *status) {
    status->listener = (struct listener){admit, take, status};
}
