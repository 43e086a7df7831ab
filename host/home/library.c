// SPDX-License-Identifier: Apache-2.0
#include "host/home/library.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char FOLDER[] = "contents";

static bool path_of(const struct library *library, const char *id, const char *suffix,
                    char path[PATH_MAX], struct failure *failure) {
    return machine_state_path(library->state, FOLDER, id, suffix, path, failure);
}

static bool is_of(const struct container_file *file, const char *id) {
    return bytes_equal(file->front.manifest.fields[FIELD_CONTENT], bytes_of_string(id));
}

struct container_file *library_open(const struct library *library, const char *id,
                                    struct failure *failure) {
    char path[PATH_MAX];
    if (!path_of(library, id, ".tsc", path, failure))
        return NULL;
    if (access(path, F_OK) != 0) {
        fail(failure, EXIT_REFUSED, "%s is not here; 'tessera home fetch %s' brings it", id, id);
        return NULL;
    }
    struct container_file *file = container_open(path, library->trust, CONTAINER_WHOLE, failure);
    if (file == NULL || is_of(file, id))
        return file;
    fail(failure, EXIT_REFUSED, "%s is of another content than %s", path, id);
    container_close(file);
    return NULL;
}

bool library_has(const struct library *library, const char *id, const uint8_t root[SHA256_SIZE]) {
    struct container_file *file = library_open(library, id, NULL);
    bool same = file != NULL &&
                bytes_equal(file->front.manifest.fields[FIELD_ROOT], bytes_of(root, SHA256_SIZE));
    container_close(file);
    return same;
}

// ---- what is coming ----------------------------------------------------------------------------

/// Nothing, where not even front and list are whole.
static uint64_t right_so_far(const struct library *library, const char *path, const char *id) {
    struct container_file *file = container_open(path, library->trust, CONTAINER_PART, NULL);
    uint64_t at = file != NULL && is_of(file, id) ? container_resume_at(file) : 0;
    container_close(file);
    return at;
}

bool library_part_open(const struct library *library, const char *id, struct library_part *part,
                       struct failure *failure) {
    part->descriptor = -1;
    if (!path_of(library, id, ".part", part->path, failure))
        return false;
    part->at = access(part->path, F_OK) == 0 ? right_so_far(library, part->path, id) : 0;
    part->descriptor = open(part->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return (part->descriptor >= 0 && ftruncate(part->descriptor, (off_t)part->at) == 0) ||
           fail_errno(failure, "cannot write %s", part->path);
}

bool library_part_write(struct library_part *part, const uint8_t *octets, size_t size,
                        struct failure *failure) {
    for (size_t done = 0; done < size;) {
        ssize_t written = pwrite(part->descriptor, octets + done, size - done, (off_t)part->at);
        if (written < 0 && errno != EINTR)
            return fail_errno(failure, "cannot write %s", part->path);
        done += written > 0 ? (size_t)written : 0;
        part->at += written > 0 ? (uint64_t)written : 0;
    }
    return true;
}

static bool check_chunks(struct container_file *file, const struct library_part *part,
                         struct failure *failure) {
    for (uint64_t i = 0; i < file->form.count; i++)
        if (!container_check(file, i, failure))
            return ftruncate(part->descriptor, (off_t)container_chunk_at(&file->form, i)) == 0 &&
                   false;
    return true;
}

static bool throw_away(const struct library_part *part) {
    return ftruncate(part->descriptor, 0) == 0 && false;
}

bool library_part_judge(const struct library *library, struct library_part *part, const char *id,
                        const uint8_t root[SHA256_SIZE], struct failure *failure) {
    if (fsync(part->descriptor) != 0)
        return fail_errno(failure, "cannot write %s", part->path);
    struct container_file *file =
        container_open(part->path, library->trust, CONTAINER_WHOLE, failure);
    if (file == NULL)
        return throw_away(part);
    bool right = is_of(file, id) &&
                 bytes_equal(file->front.manifest.fields[FIELD_ROOT], bytes_of(root, SHA256_SIZE));
    bool done = right ? check_chunks(file, part, failure) : throw_away(part);
    if (!right)
        fail(failure, EXIT_REFUSED, "what came is another container than that of %s", id);
    container_close(file);
    return done;
}

bool library_part_keep(const struct library *library, struct library_part *part, const char *id,
                       struct bytes page, struct failure *failure) {
    char path[PATH_MAX], about[PATH_MAX];
    if (!path_of(library, id, ".tsc", path, failure) ||
        !path_of(library, id, ".json", about, failure))
        return false;
    if (page.size > 0 && !files_write(about, page, FILES_SECRET, FILES_REPLACE))
        return fail_errno(failure, "cannot write %s", about);
    files_sweep(path, ".json");
    return (rename(part->path, path) == 0 && files_sync_directory(path)) ||
           fail_errno(failure, "cannot write %s", path);
}

void library_part_close(struct library_part *part) {
    if (part->descriptor >= 0)
        close(part->descriptor);
    part->descriptor = -1;
}
