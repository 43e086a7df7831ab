// SPDX-License-Identifier: Apache-2.0
// A medium as a source: a disc or stick with containers among its files.
#include "base/files.h"
#include "host/home/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/// Is it a container of this content, judged? Other files on the medium are nothing.
static bool look(const struct source_medium *medium, const char *id, struct content_entry *entry) {
    struct container_file *file =
        container_open(medium->path, medium->trust, CONTAINER_WHOLE, NULL);
    bool right = file != NULL &&
                 bytes_equal(file->front.manifest.fields[FIELD_CONTENT], bytes_of_string(id));
    if (right) {
        entry->size = file->there;
        memcpy(entry->root, file->front.manifest.fields[FIELD_ROOT].data, sizeof entry->root);
    }
    container_close(file);
    return right;
}

static bool ask(void *context, const char *id, struct content_entry *entry,
                struct failure *failure) {
    struct source_medium *medium = context;
    DIR *directory = opendir(medium->directory);
    bool found = false;
    if (directory == NULL)
        return fail_errno(failure, "cannot read the medium %s", medium->directory);
    for (struct dirent *name; !found && (name = readdir(directory)) != NULL;)
        found = files_path(medium->path, PATH_MAX, medium->directory, name->d_name) &&
                look(medium, id, entry);
    closedir(directory);
    return found || fail(failure, EXIT_REFUSED, "the medium %s has no good container of %s",
                         medium->directory, id);
}

static bool read_piece(void *context, const char *id, uint64_t at, struct buffer *piece,
                       struct failure *failure) {
    const struct source_medium *medium = context;
    int file = open(medium->path, O_RDONLY | O_CLOEXEC);
    buffer_clear(piece);
    uint8_t *out = buffer_extend(piece, SOURCE_PIECE);
    ssize_t got = file >= 0 && out != NULL ? pread(file, out, SOURCE_PIECE, (off_t)at) : -1;
    int reason = errno;
    if (file >= 0)
        close(file);
    errno = reason;
    if (got < 0)
        return fail_errno(failure, "cannot read %s: is the medium still there?", medium->path);
    piece->size = (size_t)got;
    return got > 0 || fail(failure, EXIT_REFUSED, "%s ends within %s; is the medium still there?",
                           medium->path, id);
}

struct content_source source_of_medium(struct source_medium *medium) {
    return (struct content_source){ask, read_piece, medium};
}
