// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// Closes without disturbing errno.
static bool close_false(int descriptor) {
    int error = errno;
    close(descriptor);
    errno = error;
    return false;
}

static bool read_all(int descriptor, uint8_t *out, size_t capacity, size_t *size) {
    *size = 0;
    for (;;) {
        ssize_t got = read(descriptor, out + *size, capacity - *size);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        *size += got > 0 ? (size_t)got : 0;
        if (*size == capacity) {
            uint8_t extra;
            got = read(descriptor, &extra, 1);
            errno = got > 0 ? EFBIG : errno;
            return got == 0;
        }
    }
}

bool files_read(const char *path, uint8_t *out, size_t capacity, size_t *size) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    if (!read_all(descriptor, out, capacity, size))
        return close_false(descriptor);
    close(descriptor);
    return true;
}

static bool write_all(int descriptor, struct bytes content) {
    while (content.size > 0) {
        ssize_t put = write(descriptor, content.data, content.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        content.data += put;
        content.size -= (size_t)put;
    }
    return true;
}

static bool directory_of(const char *path, char directory[PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    int size = slash == NULL ? 1 : (int)(slash - path) + (slash == path);
    if (size >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    snprintf(directory, PATH_MAX, "%.*s", size, slash == NULL ? "." : path);
    return true;
}

bool files_sync_directory(const char *path) {
    char directory[PATH_MAX];
    if (!directory_of(path, directory))
        return false;
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    if (fsync(descriptor) != 0)
        return close_false(descriptor);
    close(descriptor);
    return true;
}

static bool fill(int descriptor, struct bytes content, enum files_mode mode) {
    return fchmod(descriptor, (mode_t)mode) == 0 && write_all(descriptor, content) &&
           fsync(descriptor) == 0;
}

static bool put_in_place(const char *aside, const char *path, enum files_place place) {
    if (place == FILES_REPLACE)
        return rename(aside, path) == 0;
    return link(aside, path) == 0 && unlink(aside) == 0;
}

/// A pipe or a device takes the octets themselves: nothing can be put in its place.
static bool write_through(const char *path, struct bytes content) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return false;
    if (!write_all(descriptor, content))
        return close_false(descriptor);
    return close(descriptor) == 0;
}

bool files_write(const char *path, struct bytes content, enum files_mode mode,
                 enum files_place place) {
    char aside[PATH_MAX];
    struct stat there;
    if (place == FILES_REPLACE && stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return write_through(path, content);
    int size = snprintf(aside, sizeof aside, "%s.XXXXXX", path);
    if (size < 0 || (size_t)size >= sizeof aside) {
        errno = ENAMETOOLONG;
        return false;
    }
    int descriptor = mkostemp(aside, O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool written = fill(descriptor, content, mode);
    if (!written)
        close_false(descriptor);
    else
        written = close(descriptor) == 0;
    if (!written || !put_in_place(aside, path, place)) {
        int error = errno;
        unlink(aside);
        errno = error;
        return false;
    }
    return files_sync_directory(path);
}

/// NAME SUFFIX and what mkostemp put behind it.
static bool is_aside(const char *name, const char *suffix) {
    size_t size = strlen(name), tail = strlen(suffix) + sizeof ".XXXXXX" - 1;
    return size > tail && strncmp(name + size - tail, suffix, strlen(suffix)) == 0 &&
           strrchr(name, '.') == name + size - sizeof ".XXXXXX" + 1;
}

void files_sweep(const char *path, const char *suffix) {
    char directory[PATH_MAX];
    DIR *entries = directory_of(path, directory) ? opendir(directory) : NULL;
    if (entries == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (is_aside(entry->d_name, suffix))
            unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
}

bool files_append(const char *path, struct bytes record, enum files_mode mode) {
    int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, (mode_t)mode);
    if (descriptor < 0)
        return false;
    if (!write_all(descriptor, record) || fsync(descriptor) != 0)
        return close_false(descriptor);
    return close(descriptor) == 0;
}

bool files_may_write(const char *path) {
    static const char card_image[] = "TSRACARD"; // docs/image.md
    char head[sizeof card_image - 1];
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return true;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return true;
    bool is_card = pread(descriptor, head, sizeof head, 0) == (ssize_t)sizeof head &&
                   memcmp(head, card_image, sizeof head) == 0;
    close(descriptor);
    if (is_card)
        errno = EEXIST;
    return !is_card;
}

bool files_are_one(const char *a, const char *b) {
    struct stat of_a, of_b;
    bool a_is = stat(a, &of_a) == 0, b_is = stat(b, &of_b) == 0;
    if (a_is && b_is)
        return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
    return !a_is && !b_is && strcmp(a, b) == 0;
}

FILE *files_create_private(const char *path) {
    struct stat about;
    if (!files_may_write(path))
        return NULL;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, FILES_SECRET);
    if (descriptor < 0)
        return NULL;
    bool narrow = fstat(descriptor, &about) == 0;
    if (narrow && S_ISREG(about.st_mode)) // narrowed before a word is in it
        narrow = fchmod(descriptor, FILES_SECRET) == 0 && ftruncate(descriptor, 0) == 0;
    FILE *file = narrow ? fdopen(descriptor, "w") : NULL;
    if (file == NULL)
        close_false(descriptor);
    return file;
}

bool files_remove(const char *path) {
    if (unlink(path) != 0)
        return errno == ENOENT;
    return files_sync_directory(path);
}

int files_lock(const char *path, unsigned seconds) {
    const struct timespec pause = {0, 20 * 1000 * 1000};
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return -1;
    for (unsigned tries = 50 * seconds; flock(descriptor, LOCK_EX | LOCK_NB) != 0; tries--) {
        if (errno != EWOULDBLOCK || tries == 0) {
            close_false(descriptor);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    return descriptor;
}

bool files_name(char *out, size_t capacity, const char *text) {
    size_t used = 0;
    for (const char *at = text; *at != '\0'; at++) {
        bool written = strchr("/%,", *at) == NULL && (*at != '.' || at > text);
        int size =
            snprintf(out + used, capacity - used, written ? "%c" : "%%%02X", (unsigned char)*at);
        used += size > 0 ? (size_t)size : 0;
        if (used >= capacity) {
            errno = ENAMETOOLONG;
            return false;
        }
    }
    return used > 0;
}

bool files_path(char *out, size_t capacity, const char *directory, const char *name) {
    int size = snprintf(out, capacity, "%s/%s", directory, name);
    if (size >= 0 && (size_t)size < capacity)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

bool files_copy_private(const char *from, const char *to) {
    uint8_t block[65536];
    ssize_t got = -1;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    while (out >= 0 && (got = read(in, block, sizeof block)) > 0)
        if (!write_all(out, bytes_of(block, (size_t)got))) {
            got = -1;
            break;
        }
    int reason = errno;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    errno = reason;
    bytes_erase(block, sizeof block);
    return got == 0;
}
