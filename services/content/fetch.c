// SPDX-License-Identifier: Apache-2.0
// What is stored under an id, and its container in ranges: the entity tag is the hash of its list
// of chunks, so that a download that goes on elsewhere goes on with the same octets.
#include "services/content/content_private.h"

#include "services/content/range.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ETAG_MAX = 2 * SHA256_SIZE + 3, PROVIDER = 0, HASH, SIZE, ALGORITHM, POLICY, COLUMNS };

static bool find(struct call *call, struct session *session, struct value row[COLUMNS]) {
    const char *id = form_text(&call->in, NAME_ID);
    return sql_run(session, &content_sql[CONTENT_READ], IN(value_text(id)), row) != STORE_NONE ||
           call_refuse(call, &content_unknown, "There is no content %s", id);
}

bool content_read_transact(struct call *call, struct session *session) {
    struct value row[COLUMNS] = {0};
    if (!find(call, session, row))
        return false;
    form_set_text(&call->out, NAME_ID, form_text(&call->in, NAME_ID));
    if (session->failed != STORE_DONE)
        return false;
    form_set_text(&call->out, NAME_PROVIDER, value_string(&row[PROVIDER]));
    form_set_octets(&call->out, NAME_HASH, row[HASH].octets);
    form_set_uint(&call->out, NAME_SIZE, (uint64_t)row[SIZE].number);
    form_set_uint(&call->out, NAME_ALGORITHM, (uint64_t)row[ALGORITHM].number);
    form_set_octets(&call->out, NAME_POLICY, row[POLICY].octets);
    return true;
}

// ---- the container -----------------------------------------------------------------------------

static void write_etag(struct bytes hash, char etag[ETAG_MAX]) {
    size_t used = (size_t)snprintf(etag, ETAG_MAX, "\"");
    for (size_t i = 0; i < hash.size && i < SHA256_SIZE; i++)
        used += (size_t)snprintf(etag + used, ETAG_MAX - used, "%02x", hash.data[i]);
    snprintf(etag + used, ETAG_MAX - used, "\"");
}

/// The file, if it is as long as it was.
static int open_container(struct call *call, struct bytes hash, uint64_t size) {
    char path[PATH_MAX];
    struct stat about;
    int file = content_path(call, hash, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0 && (fstat(file, &about) != 0 || (uint64_t)about.st_size != size)) {
        close(file);
        file = -1;
    }
    return file;
}

static bool refuse_beyond(struct call *call, uint64_t size) {
    char text[40];
    snprintf(text, sizeof text, "bytes */%" PRIu64, size);
    answer_header(call->exchange, "Content-Range", text);
    return call_refuse(call, &content_range, "%s has %" PRIu64 " octets; %.60s is none of them",
                       form_text(&call->in, NAME_ID), size, call->request->range);
}

static bool send_file(struct call *call, int file, uint64_t size, const struct range *range,
                      bool part) {
    struct answer *answer = &call->exchange->answer;
    char text[80];
    if (file < 0)
        return call_refuse(call, &problem_store, "The container of %s cannot be read now",
                           form_text(&call->in, NAME_ID));
    answer->status = part ? 206 : 200;
    answer->file = file;
    answer->offset = range->from;
    answer->size = range->size;
    if (part) {
        snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->from,
                 range->from + range->size - 1, size);
        answer_header(call->exchange, "Content-Range", text);
    }
    return true;
}

/// A transaction may run again: what an earlier run left in the answer goes.
static void begin_answer(struct call *call, const char *etag) {
    struct answer *answer = &call->exchange->answer;
    if (answer->file >= 0)
        close(answer->file);
    answer->file = -1;
    answer->header_count = 0;
    answer_header(call->exchange, "ETag", etag);
    answer_header(call->exchange, "Accept-Ranges", "bytes");
    answer_header(call->exchange, "Cache-Control", "no-transform");
}

bool content_container_transact(struct call *call, struct session *session) {
    struct value row[COLUMNS] = {0};
    struct answer *answer = &call->exchange->answer;
    const struct request *request = call->request;
    struct range range;
    char etag[ETAG_MAX];
    if (!find(call, session, row) || session->failed != STORE_DONE)
        return false;
    uint64_t size = (uint64_t)row[SIZE].number;
    write_etag(row[HASH].octets, etag);
    begin_answer(call, etag);
    if (range_lists_tag(request->if_none_match, etag)) {
        answer->status = 304;
        answer->content_type = call->handler->endpoint->answer_media;
        return true;
    }
    bool same = request->if_range == NULL || strcmp(request->if_range, etag) == 0;
    enum range_kind kind = range_of(same ? request->range : NULL, size, &range);
    if (kind == RANGE_BEYOND)
        return refuse_beyond(call, size);
    if (!send_file(call, open_container(call, row[HASH].octets, size), size, &range,
                   kind == RANGE_PART))
        return false;
    answer->content_type = call->handler->endpoint->answer_media;
    return true;
}
