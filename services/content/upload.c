// SPDX-License-Identifier: Apache-2.0
// How a provider's container comes in: begun with its hash and page, brought in pieces at the place
// where the last one ended, and judged as a whole before anybody can fetch it. Pieces lie in a file
// of the sender's own, so that nobody writes into another's.
#include "services/content/content_private.h"

#include "base/files.h"
#include "services/wire/media/container_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PART_NAME_MAX = 120 };

/// File of the pieces: sender and content, each in one word.
static bool part_path(const struct call *call, char path[PATH_MAX]) {
    char sender[PART_NAME_MAX / 2], content[PART_NAME_MAX / 2], name[PART_NAME_MAX + 8];
    if (!files_name(sender, sizeof sender, call->sender->id) ||
        !files_name(content, sizeof content, form_text(&call->in, NAME_ID)))
        return false;
    snprintf(name, sizeof name, "%s,%s.part", sender, content);
    return files_path(path, PATH_MAX, content_state_of(call)->objects, name);
}

static bool refuse_disk(struct call *call) {
    return call_refuse(call, &problem_store, "Pieces of %s cannot be stored now: %s",
                       form_text(&call->in, NAME_ID), strerror(errno));
}

static void answer_place(struct call *call, uint64_t offset) {
    form_set_text(&call->out, NAME_ID, form_text(&call->in, NAME_ID));
    form_set_uint(&call->out, NAME_OFFSET, offset);
}

// ---- begin -------------------------------------------------------------------------------------

/// Once the upload is judged to begin, so that what is refused leaves nothing behind; within the
/// transaction, so that no row is without its file. The same again finds it there.
static bool make_part(struct call *call, struct session *session) {
    char path[PATH_MAX];
    if (session->failed != STORE_DONE)
        return false;
    int file = part_path(call, path) ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0)
        return refuse_disk(call);
    close(file);
    return true;
}

static void restart(struct call *call, struct session *session) {
    sql_run(session, &content_sql[UPLOAD_RESTART],
            IN(in_text(call, NAME_ID), in_octets(call, NAME_HASH), in_int(call, NAME_SIZE),
               value_int((int64_t)call->now_ms), in_text(call, NAME_TITLE),
               in_text(call, NAME_SUBTITLE), in_text(call, NAME_PERFORMERS),
               in_text(call, NAME_CREATOR), in_text(call, NAME_COMMENT)),
            NULL);
    answer_place(call, 0);
}

/// The same upload again goes on; another one under the id starts anew, if it is the sender's.
static bool begin_again(struct call *call, struct session *session) {
    struct value row[4] = {0};
    sql_run(session, &content_sql[UPLOAD_READ], IN(in_text(call, NAME_ID)), row);
    if (session->failed != STORE_DONE)
        return false;
    if (strcmp(value_string(&row[0]), call->sender->id) != 0)
        return call_refuse(call, &content_taken, "Somebody else brings a content %s",
                           form_text(&call->in, NAME_ID));
    if (!bytes_equal(row[1].octets, form_octets(&call->in, NAME_HASH)) ||
        row[2].number != form_int(&call->in, NAME_SIZE))
        restart(call, session);
    else
        answer_place(call, (uint64_t)row[3].number);
    return make_part(call, session);
}

bool content_upload_transact(struct call *call, struct session *session) {
    struct value row[1] = {0};
    if (sql_run(session, &content_sql[CONTENT_TAKEN], IN(in_text(call, NAME_ID)), row) == STORE_ROW)
        return call_refuse(call, &content_taken, "There is a content %s already",
                           form_text(&call->in, NAME_ID));
    if (sql_run(session, &content_sql[UPLOAD_BEGIN],
                IN(in_text(call, NAME_ID), value_text(call->sender->id), in_octets(call, NAME_HASH),
                   in_int(call, NAME_SIZE), value_int((int64_t)call->now_ms),
                   in_text(call, NAME_TITLE), in_text(call, NAME_SUBTITLE),
                   in_text(call, NAME_PERFORMERS), in_text(call, NAME_CREATOR),
                   in_text(call, NAME_COMMENT)),
                row) == STORE_NONE)
        return begin_again(call, session);
    answer_place(call, 0);
    return make_part(call, session);
}

bool content_upload_read_transact(struct call *call, struct session *session) {
    struct value row[4] = {0};
    sql_run(session, &content_sql[UPLOAD_READ], IN(in_text(call, NAME_ID)), row);
    answer_place(call, (uint64_t)row[3].number);
    return true;
}

// ---- pieces ------------------------------------------------------------------------------------

static bool write_piece(int file, struct bytes piece, uint64_t at) {
    while (piece.size > 0) {
        ssize_t put = pwrite(file, piece.data, piece.size, (off_t)at);
        if (put < 0 && errno != EINTR)
            return false;
        size_t done = put > 0 ? (size_t)put : 0;
        at += done;
        piece = bytes_of(piece.data + done, piece.size - done);
    }
    return fdatasync(file) == 0;
}

/// On the disk before the transaction says so. A file that is not there is of no upload.
bool content_upload_put_check(struct call *call) {
    char path[PATH_MAX];
    int file = part_path(call, path) ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return errno == ENOENT || refuse_disk(call); // nor has it a row
    bool done = write_piece(file, call->request->body, form_uint(&call->in, NAME_OFFSET)) ||
                refuse_disk(call);
    close(file);
    return done;
}

bool content_upload_put_transact(struct call *call, struct session *session) {
    struct value row[4] = {0};
    uint64_t from = form_uint(&call->in, NAME_OFFSET), to = from + call->request->body.size;
    if (sql_run(session, &content_sql[UPLOAD_ADVANCE],
                IN(in_text(call, NAME_ID), value_int((int64_t)from), value_int((int64_t)to)),
                row) == STORE_NONE) {
        sql_run(session, &content_sql[UPLOAD_READ], IN(in_text(call, NAME_ID)), row);
        return call_refuse(call, &content_offset,
                           "The upload of %s goes on at %" PRId64 " and ends at %" PRId64,
                           form_text(&call->in, NAME_ID), row[3].number, row[2].number);
    }
    answer_place(call, to);
    return true;
}

// ---- the end -----------------------------------------------------------------------------------

/// What a judged container says.
struct judged {
    struct bytes content, sealer, policy;
    char enterprise[HOLDER_MAX + 1];
    uint64_t size;
    int algorithm;
};

static bool judge_all(struct container_file *file, struct call *call, struct judged *judged,
                      struct failure *failure) {
    const struct front *front = &file->front;
    for (uint64_t i = 0; i < file->form.count; i++)
        if (!container_check(file, i, failure))
            return false;
    if (!bytes_equal(front->manifest.fields[FIELD_ROOT], form_octets(&call->in, NAME_HASH)))
        return fail(failure, EXIT_REFUSED, "this is not the container that was announced");
    judged->content = arena_copy(call->arena, front->manifest.fields[FIELD_CONTENT]);
    judged->sealer = arena_copy(call->arena, front->manifest.fields[FIELD_SEALER]);
    struct bytes enterprise = front->policy.fields[FIELD_ENTERPRISE];
    snprintf(judged->enterprise, sizeof judged->enterprise, "%.*s", (int)enterprise.size,
             (const char *)enterprise.data);
    judged->policy = arena_copy(call->arena, front->policy.whole);
    judged->size = container_chunk_at(&file->form, file->form.count);
    judged->algorithm = front->manifest.fields[FIELD_ALGORITHM].data[0];
    return judged->policy.data != NULL || fail(failure, EXIT_REFUSED, "out of memory");
}

/// Sentence of a failure without the path, which is nobody's business.
static bool refuse_container(struct call *call, const char *path, const struct failure *failure) {
    const char *said = failure->text;
    size_t size = strlen(path);
    if (strncmp(said, path, size) == 0)
        said += size + (said[size] == ':' ? 2 : 1);
    return call_refuse(call, &content_refused, "%.200s", said);
}

static bool judge_file(struct call *call, const char *path, struct judged *judged) {
    struct front_trust trust = {.crypto = call->crypto, .root = content_state_of(call)->root};
    struct failure failure = {0};
    struct container_file *file = container_open(path, &trust, CONTAINER_WHOLE, &failure);
    bool done = file != NULL && judge_all(file, call, judged, &failure);
    container_close(file);
    return done || refuse_container(call, path, &failure);
}

/// What was brought becomes the container of its hash, once it is good. A repetition finds it
/// there.
bool content_upload_end_check(struct call *call) {
    char part[PATH_MAX], whole[PATH_MAX];
    struct judged *judged = arena_take(call->arena, sizeof *judged);
    if (judged == NULL || !part_path(call, part) ||
        !content_path(call, form_octets(&call->in, NAME_HASH), whole))
        return refuse_disk(call);
    call->command = judged;
    if (access(part, F_OK) != 0)
        return access(whole, F_OK) == 0
                   ? judge_file(call, whole, judged)
                   : call_refuse(call, &content_refused, "Nothing was brought for %s",
                                 form_text(&call->in, NAME_ID));
    return judge_file(call, part, judged) &&
           ((rename(part, whole) == 0 && files_sync_directory(whole)) || refuse_disk(call));
}

static bool is_of(struct call *call, const struct judged *judged, const struct value *row) {
    if (!bytes_equal(judged->content, bytes_of_string(form_text(&call->in, NAME_ID))))
        return call_refuse(call, &content_refused, "The container is of the content %.*s",
                           (int)judged->content.size, (const char *)judged->content.data);
    if (!bytes_equal(judged->sealer, bytes_of_string(call->sender->id)))
        return call_refuse(call, &content_refused, "The container was sealed by %.*s",
                           (int)judged->sealer.size, (const char *)judged->sealer.data);
    return (bytes_equal(row[1].octets, form_octets(&call->in, NAME_HASH)) &&
            (uint64_t)row[2].number == judged->size) ||
           call_refuse(call, &content_offset,
                       "Hash or size is not the one that the upload of %s began with",
                       form_text(&call->in, NAME_ID));
}

bool content_upload_end_transact(struct call *call, struct session *session) {
    const struct judged *judged = call->command;
    struct value row[4] = {0}, size[1];
    sql_run(session, &content_sql[UPLOAD_READ], IN(in_text(call, NAME_ID)), row);
    if (session->failed != STORE_DONE || !is_of(call, judged, row))
        return false;
    if (sql_run(session, &content_sql[CONTENT_ADD],
                IN(in_text(call, NAME_ID), value_text(judged->enterprise),
                   value_int(judged->algorithm), value_octets(judged->policy)),
                size) == STORE_NONE)
        return call_refuse(call, &content_taken, "There is a content %s, or this container",
                           form_text(&call->in, NAME_ID));
    sql_run(session, &content_sql[UPLOAD_DROP], IN(in_text(call, NAME_ID)), NULL);
    form_set_text(&call->out, NAME_ID, form_text(&call->in, NAME_ID));
    form_set_text(&call->out, NAME_PROVIDER, call->sender->id);
    form_set_octets(&call->out, NAME_HASH, form_octets(&call->in, NAME_HASH));
    form_set_uint(&call->out, NAME_SIZE, judged->size);
    form_set_uint(&call->out, NAME_ALGORITHM, (uint64_t)judged->algorithm);
    form_set_octets(&call->out, NAME_POLICY, judged->policy);
    return true;
}
