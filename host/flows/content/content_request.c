// SPDX-License-Identifier: Apache-2.0
#include "host/flows/content/content_request.h"

#include "base/heap.h"

#include <inttypes.h>
#include <unistd.h>

static bool ask(struct content_request *request) {
    const struct content_source *source = request->source;
    if (!source->ask(source->context, request->id, &request->entry, request->failure))
        return false;
    request->before = library_has(request->library, request->id, request->entry.root);
    return true;
}

static bool begin(struct content_request *request) {
    if (request->before)
        return true;
    if (!library_part_open(request->library, request->id, &request->part, request->failure))
        return false;
    request->resumed = request->part.at;
    return true;
}

/// Never more than was promised.
static bool take(struct content_request *request) {
    uint64_t left = request->entry.size - request->part.at;
    size_t size = request->piece.size < left ? request->piece.size : (size_t)left;
    if (!library_part_write(&request->part, request->piece.data, size, request->failure))
        return false;
    progress_octets(request->progress, request->id, request->resumed, request->part.at,
                    request->entry.size);
    return true;
}

static bool receive(struct content_request *request) {
    const struct content_source *source = request->source;
    while (!request->before && request->part.at < request->entry.size)
        if (!source->read(source->context, request->id, request->part.at, &request->piece,
                          request->failure) ||
            !take(request))
            return false;
    return true;
}

static bool judge(struct content_request *request) {
    return request->before || library_part_judge(request->library, &request->part, request->id,
                                                 request->entry.root, request->failure);
}

static bool keep(struct content_request *request) {
    return request->before ||
           library_part_keep(request->library, &request->part, request->id,
                             buffer_bytes(&request->entry.page), request->failure);
}

bool content_request_run(struct content_request *request) {
    request->part.descriptor = -1;
    buffer_init(&request->entry.page, &host_memory);
    buffer_init(&request->piece, &host_memory);
    bool done = ask(request)        // source: what stands under the id, how long, which root
                && begin(request)   // home: after the last chunk that an earlier run left whole
                && receive(request) // source: ciphertext, piece by piece; neither key nor ticket
                && judge(request)   // home: signatures, every chunk, the id that was asked for
                && keep(request);   // home: whole, in its place
    library_part_close(&request->part);
    buffer_free(&request->piece);
    buffer_free(&request->entry.page);
    return done;
}

void content_request_report(const struct content_request *request, FILE *out, bool json) {
    const char *how = request->before ? "there" : "done";
    if (json)
        fprintf(out,
                "{\"id\":\"%s\",\"status\":\"%s\",\"octets\":%" PRIu64 ",\"resumed\":%" PRIu64
                "}\n",
                request->id, how, request->entry.size, request->resumed);
    else
        fprintf(out, "%s  %" PRIu64 " octets%s\n", request->id, request->entry.size,
                request->before ? ", was here already" : "");
}
