// SPDX-License-Identifier: Apache-2.0
#include "services/wire/courier/courier_local.h"

#include <string.h>
#include <unistd.h>

static void finish(struct exchange *exchange) {
    *(bool *)exchange->shell = true;
}

static const struct listener *listener_of(const struct courier_local *local, const char *target) {
    for (size_t i = 0; i < local->count; i++)
        if (strcmp(local->targets[i].name, target) == 0)
            return local->targets[i].listener;
    return NULL;
}

static void run(const struct listener *listener, struct exchange *exchange) {
    struct admission admission;
    if (listener->admit(listener, exchange, &admission))
        listener->take(listener, exchange);
    else
        finish(exchange);
}

/// A body that is a file's part.
static void read_file(const struct answer *answer, struct buffer *body) {
    uint8_t *out = answer->file >= 0 ? buffer_extend(body, answer->size) : NULL;
    if (out != NULL &&
        pread(answer->file, out, answer->size, (off_t)answer->offset) != (ssize_t)answer->size)
        buffer_clear(body);
    if (answer->file >= 0)
        close(answer->file);
}

static enum delivery local_send(const struct courier *courier, const struct parcel *parcel,
                                struct reply *reply, struct failure *failure) {
    const struct courier_local *local = courier->context;
    const struct listener *listener = listener_of(local, parcel->target);
    bool finished = false;
    if (listener == NULL) {
        fail(failure, EXIT_ABSENT, "No service %s is there", parcel->target);
        return DELIVERY_REFUSED;
    }
    struct exchange exchange = {
        .request = {.method = parcel->method,
                    .target = parcel->path,
                    .key = parcel->key,
                    .content_type = parcel->body.size == 0  ? NULL
                                    : parcel->media != NULL ? parcel->media
                                                            : "application/json",
                    .accept = parcel->accept,
                    .range = parcel->range,
                    .body = parcel->body,
                    .peer = local->sender},
        .answer = {.file = -1},
        .finish = finish,
        .shell = &finished,
    };
    arena_init(&exchange.arena, local->memory);
    run(listener, &exchange);
    buffer_clear(&reply->body);
    reply->status = exchange.answer.status;
    buffer_put(&reply->body, exchange.answer.body);
    read_file(&exchange.answer, &reply->body);
    arena_free(&exchange.arena);
    if (finished)
        return DELIVERY_DONE;
    fail(failure, EXIT_OPEN, "%s does not answer %s", parcel->target, parcel->path);
    return DELIVERY_OPEN;
}

static const struct courier_ops local_ops = {local_send};

void courier_local_init(struct courier_local *local, const struct courier_target *targets,
                        size_t count, const struct peer *sender,
                        const struct script_memory *memory) {
    *local = (struct courier_local){
        .courier = {&local_ops, local},
        .targets = targets,
        .count = count,
        .sender = *sender,
        .memory = memory,
    };
}
