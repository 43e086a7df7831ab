// SPDX-License-Identifier: Apache-2.0
// A content service as a source: what stands under an id, and its container in ranges.
#include "host/home/source.h"
#include "services/wire/api/content_api.h"

#include <string.h>

static bool call(const struct source_service *service, const struct endpoint *row, const char *id,
                 struct arena *arena, struct form *out, struct failure *failure) {
    struct form in;
    form_init(&in, row->request, arena);
    form_init(out, row->answer, arena);
    form_set_text(&in, NAME_ID, id);
    return courier_call(service->courier, "content", row, NULL, &in, out, NULL, failure);
}

static bool ask(void *context, const char *id, struct content_entry *entry,
                struct failure *failure) {
    const struct source_service *service = context;
    struct arena arena;
    struct form content, page;
    arena_init(&arena, service->memory);
    bool done = call(service, &content_read, id, &arena, &content, failure) &&
                call(service, &content_page, id, &arena, &page, failure);
    if (done) {
        entry->size = form_uint(&content, NAME_SIZE);
        memcpy(entry->root, form_octets(&content, NAME_HASH).data, sizeof entry->root);
        done = form_write(&page, &entry->page) || fail(failure, EXIT_REFUSED, "out of memory");
    }
    arena_free(&arena);
    return done;
}

static bool read_piece(void *context, const char *id, uint64_t at, struct buffer *piece,
                       struct failure *failure) {
    const struct source_service *service = context;
    struct reply reply = {.body = *piece};
    struct arena arena;
    struct form in;
    arena_init(&arena, service->memory);
    form_init(&in, content_container.request, &arena);
    form_set_text(&in, NAME_ID, id);
    bool done = courier_fetch(service->courier, "content", &content_container, &in, at,
                              SOURCE_PIECE, &reply, failure);
    *piece = reply.body;
    arena_free(&arena);
    return done &&
           ((reply.status == 206 && piece->size > 0) ||
            fail(failure, EXIT_REFUSED,
                 "content answers a piece of %s with what is none (status %u)", id, reply.status));
}

struct content_source source_of_service(struct source_service *service) {
    return (struct content_source){ask, read_piece, service};
}
