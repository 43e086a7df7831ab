// SPDX-License-Identifier: Apache-2.0
#include "services/wire/media/container_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const struct container_file *file, struct failure *failure, const char *what) {
    return fail(failure, EXIT_REFUSED, "%s: %s", file->path, what);
}

/// All of it, or false; *failure says which octets were not there.
static bool read_at(const struct container_file *file, uint64_t at, uint8_t *out, size_t size,
                    struct failure *failure) {
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(file->descriptor, out + done, size - done, (off_t)(at + done));
        if (got < 0 && errno != EINTR)
            return fail_errno(failure, "cannot read %s", file->path);
        if (got == 0)
            return fail(failure, EXIT_REFUSED,
                        "%s is cut off: it ends at octet %" PRIu64 ", and octets up to %" PRIu64
                        " are wanted; fetch the rest",
                        file->path, at + done, at + size);
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

// ---- opening ---------------------------------------------------------------------------------

static bool open_descriptor(struct container_file *file, struct failure *failure) {
    struct stat about;
    file->descriptor = open(file->path, O_RDONLY | O_CLOEXEC);
    if (file->descriptor < 0 || fstat(file->descriptor, &about) != 0)
        return fail_errno(failure, "cannot open %s", file->path);
    if (!S_ISREG(about.st_mode))
        return fail(failure, EXIT_USAGE, "%s is no file", file->path);
    file->there = (uint64_t)about.st_size;
    return true;
}

static bool read_front(struct container_file *file, struct failure *failure) {
    uint8_t head[CONTAINER_HEAD_SIZE];
    if (!read_at(file, 0, head, sizeof head, failure))
        return false;
    uint32_t size = container_take_head(head);
    if (size == 0)
        return refuse(file, failure, "this is no container of version 1");
    if (size > FRONT_MAX)
        return refuse(file, failure, front_fault_text(FRONT_MALFORMED));
    if (!read_at(file, sizeof head, file->front_octets, size, failure))
        return false;
    enum front_fault fault =
        front_decode(bytes_of(file->front_octets, size), &file->front, &file->form);
    return fault == FRONT_OK || refuse(file, failure, front_fault_text(fault));
}

static bool judge(struct container_file *file, const struct front_trust *trust,
                  struct failure *failure) {
    enum certificate_fault why;
    if (trust->root.size == 0)
        return true;
    enum front_fault fault = front_judge(&file->front, trust, &why);
    if (fault == FRONT_CERTIFICATE)
        return fail(failure, EXIT_REFUSED, "%s: %s: %s", file->path, front_fault_text(fault),
                    certificate_fault_text(why));
    return fault == FRONT_OK || refuse(file, failure, front_fault_text(fault));
}

static bool measure(const struct container_file *file, enum container_extent extent,
                    struct failure *failure) {
    uint64_t end = container_chunk_at(&file->form, file->form.count);
    if (file->there > end)
        return fail(failure, EXIT_REFUSED,
                    "%s has %" PRIu64 " octets after its end; they are not of this container",
                    file->path, file->there - end);
    if (file->there < end && extent == CONTAINER_WHOLE)
        return fail(failure, EXIT_REFUSED,
                    "%s is cut off: %" PRIu64 " of %" PRIu64 " octets are there; fetch the rest",
                    file->path, file->there, end);
    return true;
}

static bool read_list(struct container_file *file, struct failure *failure) {
    uint8_t root[SHA256_SIZE];
    uint64_t size = file->form.count * CONTAINER_ROW_SIZE;
    if (file->there < container_chunk_at(&file->form, 0)) // before memory is taken for it
        return refuse(file, failure, "it is cut off within its list of chunks; fetch the rest");
    file->rows = malloc((size_t)size);
    file->framed = malloc(CONTAINER_FRAME + ((size_t)1 << file->form.log2) + GCM_TAG_SIZE);
    if (file->rows == NULL || file->framed == NULL)
        return refuse(file, failure, "out of memory");
    if (!read_at(file, container_list_at(&file->form), file->rows, (size_t)size, failure))
        return false;
    return (file->crypto->ops->sha256(file->crypto, bytes_of(file->rows, (size_t)size), root) &&
            bytes_equal(BYTES_OF(root), file->front.manifest.fields[FIELD_ROOT])) ||
           refuse(file, failure, "its list of chunks is not the one that its sealer signed");
}

struct container_file *container_open(const char *path, const struct front_trust *trust,
                                      enum container_extent extent, struct failure *failure) {
    struct container_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    file->descriptor = -1;
    file->crypto = trust->crypto;
    int size = snprintf(file->path, sizeof file->path, "%s", path);
    if (size < 0 || (size_t)size >= sizeof file->path)
        fail(failure, EXIT_USAGE, "the path %.40s... is too long", path);
    else if (open_descriptor(file, failure) && read_front(file, failure) &&
             judge(file, trust, failure) && measure(file, extent, failure) &&
             read_list(file, failure)) {
        file->loaded = file->form.count;
        return file;
    }
    container_close(file);
    return NULL;
}

void container_close(struct container_file *file) {
    if (file == NULL)
        return;
    if (file->descriptor >= 0)
        close(file->descriptor);
    if (file->framed != NULL)
        bytes_erase(file->framed, CONTAINER_FRAME + ((size_t)1 << file->form.log2) + GCM_TAG_SIZE);
    free(file->framed);
    free(file->rows);
    bytes_erase(file, sizeof *file);
    free(file);
}

// ---- chunks ----------------------------------------------------------------------------------

bool container_check(struct container_file *file, uint64_t i, struct failure *failure) {
    uint8_t row[CONTAINER_ROW_SIZE];
    size_t size = container_chunk_content(&file->form, i) + GCM_TAG_SIZE;
    file->loaded = file->form.count;
    if (!read_at(file, container_chunk_at(&file->form, i), file->framed + CONTAINER_FRAME, size,
                 failure))
        return false;
    if (!container_row(file->crypto, i, file->framed, size, row) ||
        memcmp(row, file->rows + i * CONTAINER_ROW_SIZE, sizeof row) != 0)
        return fail(failure, EXIT_REFUSED,
                    "%s: chunk %" PRIu64 " of %" PRIu64
                    " is not the one that was sealed; fetch the file again",
                    file->path, i + 1, file->form.count);
    return true;
}

static bool load(struct container_file *file, uint64_t i, struct failure *failure) {
    uint8_t *octets = file->framed + CONTAINER_FRAME;
    if (file->loaded == i)
        return true;
    if (!container_check(file, i, failure))
        return false;
    if (!container_open_chunk(file->crypto, file->cek, &file->form, i, octets, octets))
        return refuse(file, failure, "the key does not open it");
    file->loaded = i;
    return true;
}

bool container_unlock(struct container_file *file, struct bytes key, struct failure *failure) {
    struct container_terms terms = container_terms_of(&file->front.manifest);
    if (key.size == 0 || key.size > CONTAINER_KEY_MAX)
        return fail(failure, EXIT_USAGE, "a key has 1 to %d octets, not %zu", CONTAINER_KEY_MAX,
                    key.size);
    file->loaded = file->form.count;
    if (!container_cek_open(file->crypto, &terms, key,
                            file->front.manifest.fields[FIELD_WRAPPED_CEK], file->cek))
        return refuse(file, failure, "the key does not open it");
    return load(file, 0, failure);
}

bool container_read(struct container_file *file, uint64_t at, uint8_t *out, size_t size,
                    size_t *got, struct failure *failure) {
    *got = 0;
    while (*got < size && at < file->form.size) {
        uint64_t i = at >> file->form.log2;
        if (!load(file, i, failure))
            return false;
        size_t skip = (size_t)(at - (i << file->form.log2));
        size_t part = container_chunk_content(&file->form, i) - skip;
        if (part > size - *got)
            part = size - *got;
        memcpy(out + *got, file->framed + CONTAINER_FRAME + skip, part);
        *got += part;
        at += part;
    }
    return true;
}

uint64_t container_resume_at(struct container_file *file) {
    uint64_t i = 0;
    while (i < file->form.count && container_check(file, i, NULL))
        i++;
    return container_chunk_at(&file->form, i);
}
