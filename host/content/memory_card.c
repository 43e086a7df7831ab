// SPDX-License-Identifier: Apache-2.0
#include "host/content/memory_card.h"

#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MARKER      "tessera-card"
#define MARKER_LINE "tessera memory card 1 "

enum { MARKER_SIZE = sizeof MARKER_LINE - 1 + MEMORY_CARD_ID_SIZE + 1 };

static const char nowhere[] = "there is no memory card in %s: insert one, or make one of it with "
                              "'tessera content card'";

// ---- the marker --------------------------------------------------------------------------------

static bool set_directory(struct memory_card *card, const char *directory, char marker[PATH_MAX],
                          struct failure *failure) {
    int size = snprintf(card->directory, sizeof card->directory, "%s", directory);
    if (size < 0 || (size_t)size >= sizeof card->directory ||
        !files_path(marker, PATH_MAX, directory, MARKER))
        return fail(failure, EXIT_USAGE, "the path %.40s... is too long", directory);
    return true;
}

bool memory_card_make(struct memory_card *card, const char *directory, const struct crypto *crypto,
                      struct failure *failure) {
    char marker[PATH_MAX], line[MARKER_SIZE + 1];
    uint8_t drawn[MEMORY_CARD_ID_SIZE / 2];
    if (!set_directory(card, directory, marker, failure))
        return false;
    if (!crypto->ops->random(crypto, drawn, sizeof drawn))
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    for (size_t i = 0; i < sizeof drawn; i++)
        snprintf(card->id + 2 * i, 3, "%02x", drawn[i]);
    snprintf(line, sizeof line, MARKER_LINE "%s\n", card->id);
    if (files_write(marker, bytes_of_string(line), FILES_PUBLIC, FILES_NEW))
        return true;
    return errno == EEXIST ? fail(failure, EXIT_REFUSED, "%s is a memory card already", directory)
                           : fail_errno(failure, "cannot make a memory card of %s", directory);
}

static bool take_id(struct memory_card *card, const char *line, size_t size) {
    const char *id = line + sizeof MARKER_LINE - 1;
    if (size != MARKER_SIZE || strncmp(line, MARKER_LINE, sizeof MARKER_LINE - 1) != 0 ||
        line[MARKER_SIZE - 1] != '\n' ||
        strspn(id, "0123456789abcdef") != (size_t)MEMORY_CARD_ID_SIZE)
        return false;
    snprintf(card->id, sizeof card->id, "%.*s", MEMORY_CARD_ID_SIZE, id);
    return true;
}

bool memory_card_open(struct memory_card *card, const char *directory, struct failure *failure) {
    char marker[PATH_MAX], line[MARKER_SIZE + 2] = "";
    size_t size = 0;
    if (!set_directory(card, directory, marker, failure))
        return false;
    if (!files_read(marker, (uint8_t *)line, MARKER_SIZE + 1, &size))
        return errno == ENOENT || errno == ENOTDIR || errno == EIO
                   ? fail(failure, EXIT_ABSENT, nowhere, directory)
                   : fail_errno(failure, "cannot read %s", marker);
    return take_id(card, line, size) ||
           fail(failure, EXIT_REFUSED, "%s is not a marker of this program's memory cards", marker);
}

bool memory_card_below(struct memory_card *card, const char *path) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int size = slash == NULL ? snprintf(directory, sizeof directory, ".")
                             : snprintf(directory, sizeof directory, "%.*s",
                                        (int)(slash - path) + (slash == path), path);
    return size > 0 && (size_t)size < sizeof directory && memory_card_open(card, directory, NULL);
}

bool memory_card_there(const struct memory_card *card, struct failure *failure) {
    struct memory_card now;
    if (!memory_card_open(&now, card->directory, NULL))
        return fail(failure, EXIT_ABSENT,
                    "the memory card was taken out of %s; insert it again and say the same again",
                    card->directory);
    return strcmp(now.id, card->id) == 0 ||
           fail(failure, EXIT_ABSENT,
                "another memory card is in %s now; insert the first one again", card->directory);
}

bool memory_card_path(const struct memory_card *card, struct bytes content, char *path,
                      struct failure *failure) {
    char text[HOLDER_MAX + 1], name[96];
    snprintf(text, sizeof text, "%.*s", (int)content.size, (const char *)content.data);
    if (!files_name(name, sizeof name - sizeof ".tsc", text))
        return fail_errno(failure, "%s", text);
    strcat(name, ".tsc");
    return files_path(path, PATH_MAX, card->directory, name) ||
           fail_errno(failure, "%s", card->directory);
}

// ---- writing -----------------------------------------------------------------------------------

/// A copy on its way. Its file aside has one name a content, so that what was torn off is
/// overwritten by the next try and never adds up.
struct copying {
    const struct memory_card *card;
    struct container_file *file;
    char aside[PATH_MAX];
    int descriptor;
};

/// Why a step failed: the card first, then what the system said.
static bool cannot(const struct copying *copying, struct failure *failure) {
    int why = errno;
    if (!memory_card_there(copying->card, failure))
        return false;
    errno = why;
    return fail_errno(failure, "cannot write to the memory card in %s", copying->card->directory);
}

static bool put(const struct copying *copying, struct bytes octets, struct failure *failure) {
    while (octets.size > 0) {
        ssize_t done = write(copying->descriptor, octets.data, octets.size);
        if (done < 0 && errno != EINTR)
            return cannot(copying, failure);
        size_t size = done > 0 ? (size_t)done : 0;
        octets = bytes_of(octets.data + size, octets.size - size);
    }
    return true;
}

static bool has_room(const struct copying *copying, struct failure *failure) {
    struct statvfs about;
    const struct container_form *form = &copying->file->form;
    uint64_t wanted = container_chunk_at(form, form->count);
    if (statvfs(copying->card->directory, &about) != 0)
        return cannot(copying, failure);
    uint64_t room = (uint64_t)about.f_bavail * about.f_frsize;
    return room >= wanted ||
           fail(failure, EXIT_REFUSED,
                "the memory card in %s has room for %" PRIu64 " octets and the container has "
                "%" PRIu64 "; remove something from it",
                copying->card->directory, room, wanted);
}

static bool open_aside(struct copying *copying, struct failure *failure) {
    copying->descriptor = open(copying->aside, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (copying->descriptor < 0)
        return cannot(copying, failure);
    if (flock(copying->descriptor, LOCK_EX | LOCK_NB) != 0) {
        close(copying->descriptor); // it is the other one's
        copying->descriptor = -1;
        return fail(failure, EXIT_LOCKED, "another program is writing %s", copying->aside);
    }
    return ftruncate(copying->descriptor, 0) == 0 || cannot(copying, failure);
}

/// What was judged when the file was opened, out of memory, then chunk by chunk.
static bool put_all(const struct copying *copying, struct failure *failure) {
    struct container_file *file = copying->file;
    uint8_t head[CONTAINER_HEAD_SIZE];
    container_put_head(head, file->form.front);
    if (!put(copying, BYTES_OF(head), failure) ||
        !put(copying, bytes_of(file->front_octets, file->form.front), failure) ||
        !put(copying, bytes_of(file->rows, (size_t)file->form.count * CONTAINER_ROW_SIZE), failure))
        return false;
    for (uint64_t i = 0; i < file->form.count; i++)
        if (!container_check(file, i, failure) ||
            !put(copying,
                 bytes_of(file->framed + CONTAINER_FRAME,
                          container_chunk_content(&file->form, i) + GCM_TAG_SIZE),
                 failure))
            return false;
    return fsync(copying->descriptor) == 0 || cannot(copying, failure);
}

/// memory cards know no hard links
static bool put_in_place(const struct copying *copying, const char *path, struct failure *failure) {
    if (!memory_card_there(copying->card, failure))
        return false;
    return (renameat2(AT_FDCWD, copying->aside, AT_FDCWD, path, RENAME_NOREPLACE) == 0 &&
            files_sync_directory(path)) ||
           cannot(copying, failure);
}

/// Is what lies there this very container?
static bool same(const struct container_file *file, const char *path, struct failure *failure) {
    struct front_trust nobody = {.crypto = file->crypto};
    struct container_file *there = container_open(path, &nobody, CONTAINER_WHOLE, NULL);
    bool done = there != NULL && there->form.front == file->form.front &&
                memcmp(there->front_octets, file->front_octets, file->form.front) == 0;
    container_close(there);
    return done || fail(failure, EXIT_REFUSED,
                        "%s is another container of this content; remove it first", path);
}

bool memory_card_write(const struct memory_card *card, struct container_file *file,
                       char path[PATH_MAX], struct failure *failure) {
    struct copying copying = {.card = card, .file = file, .descriptor = -1};
    struct stat about;
    if (!memory_card_there(card, failure) ||
        !memory_card_path(card, file->front.manifest.fields[FIELD_CONTENT], path, failure))
        return false;
    if (lstat(path, &about) == 0)
        return same(file, path, failure);
    int size = snprintf(copying.aside, sizeof copying.aside, "%s.part", path);
    if (size < 0 || (size_t)size >= sizeof copying.aside)
        return fail(failure, EXIT_USAGE, "the path %.40s... is too long", path);
    bool done = has_room(&copying, failure) && open_aside(&copying, failure) &&
                put_all(&copying, failure) && put_in_place(&copying, path, failure);
    if (copying.descriptor < 0)
        return done;
    close(copying.descriptor);
    if (!done)
        unlink(copying.aside);
    return done;
}
