// SPDX-License-Identifier: Apache-2.0
#include "services/wire/listener.h"

#include <stdio.h>
#include <string.h>

enum { HEADERS_MAX = sizeof((struct answer *)0)->headers / sizeof(struct answer_header) };

void answer_header(struct exchange *exchange, const char *name, const char *value) {
    struct answer *answer = &exchange->answer;
    struct bytes copy = arena_copy(&exchange->arena, bytes_of(value, strlen(value) + 1));
    if (copy.data == NULL || answer->header_count == HEADERS_MAX)
        return;
    answer->headers[answer->header_count++] = (struct answer_header){name, (const char *)copy.data};
}

void answer_problem(struct exchange *exchange, const struct problem *problem) {
    struct buffer text;
    buffer_init(&text, exchange->arena.memory);
    problem_write(problem, exchange->request.id, &text);
    exchange->answer.status = problem->word->status;
    exchange->answer.content_type = PROBLEM_MEDIA;
    exchange->answer.body = arena_copy(&exchange->arena, buffer_bytes(&text));
    buffer_free(&text);
    if (problem->retry_after_s != 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", problem->retry_after_s);
        answer_header(exchange, "Retry-After", seconds);
    }
}
