// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/run/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// ---- memory ----------------------------------------------------------------------------------

/// Memory of our own that a span shows as read-only.
static void *writable(const uint8_t *data) {
    union {
        const uint8_t *seen;
        void *owned;
    } pointer = {data};
    return pointer.owned;
}

// ---- files -----------------------------------------------------------------------------------

/// name as seen from the file `from`, without "./" in front.
static bool resolve(const char *from, struct bytes name, char *path, size_t capacity) {
    while (name.size > 2 && memcmp(name.data, "./", 2) == 0)
        name = bytes_of(name.data + 2, name.size - 2);
    const char *slash = from != NULL ? strrchr(from, '/') : NULL;
    bool absolute = name.size > 0 && name.data[0] == '/';
    int folder = slash != NULL && !absolute ? (int)(slash - from) + 1 : 0;
    int size = snprintf(path, capacity, "%.*s%.*s", folder, from != NULL ? from : "",
                        (int)name.size, (const char *)name.data);
    return size > 0 && (size_t)size < capacity && memchr(name.data, 0, name.size) == NULL;
}

static bool read_stream(FILE *stream, struct bytes *text) {
    size_t size = 0, capacity = 65536;
    char *data = malloc(capacity);
    while (data != NULL) {
        size += fread(data + size, 1, capacity - size, stream);
        if (size < capacity)
            break;
        char *more = realloc(data, capacity *= 2);
        if (more == NULL)
            free(data);
        data = more;
    }
    *text = bytes_of(data, size);
    return data != NULL;
}

/// Anonymous memory, so that release can treat it as a mapped file.
static bool map_stream(FILE *stream, struct bytes *text) {
    struct bytes read;
    if (!read_stream(stream, &read))
        return false;
    void *copy =
        mmap(NULL, read.size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy != MAP_FAILED)
        memcpy(copy, read.data, read.size);
    free(writable(read.data));
    *text = bytes_of(copy, read.size);
    return copy != MAP_FAILED;
}

static bool map_file(int file, struct bytes *text, const char **error) {
    struct stat status;
    if (fstat(file, &status) != 0 || S_ISDIR(status.st_mode)) {
        *error = "it is a directory";
        return false;
    }
    if (!S_ISREG(status.st_mode) || status.st_size == 0) { // pipes and the like
        FILE *stream = fdopen(dup(file), "r");
        bool ok = stream != NULL && map_stream(stream, text);
        if (stream != NULL)
            fclose(stream);
        *error = "it cannot be read";
        return ok;
    }
    size_t size = (size_t)status.st_size;
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    *error = "it cannot be mapped into memory";
    *text = bytes_of(data, size);
    return data != MAP_FAILED;
}

static bool files_load(const struct script_files *files, const char *from, struct bytes name,
                       struct bytes *text, char *path, size_t capacity, const char **error) {
    (void)files;
    *error = "the name is not usable";
    if (!resolve(from, name, path, capacity))
        return false;
    if (strcmp(path, "-") == 0) {
        *error = "standard input cannot be read";
        return map_stream(stdin, text);
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        *error = strerror(errno);
        return false;
    }
    bool ok = map_file(file, text, error);
    close(file);
    return ok;
}

static void files_release(const struct script_files *files, struct bytes text) {
    (void)files;
    munmap(writable(text.data), text.size > 0 ? text.size : 1);
}

const struct script_files host_files = {files_load, files_release, NULL};

// ---- the rest --------------------------------------------------------------------------------

static const char *environment(const struct script_ports *ports, const char *name) {
    (void)ports;
    return getenv(name);
}

static uint64_t now(const struct script_ports *ports) {
    struct timespec time;
    (void)ports;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void wait_for(const struct script_ports *ports, uint64_t nanoseconds) {
    interrupt_sleep(ports->context, nanoseconds);
}

static int stopped(const struct script_ports *ports) {
    return interrupt_signal(ports->context);
}

struct script_ports host_ports(const struct crypto *crypto) {
    return (struct script_ports){.memory = &host_memory,
                                 .files = &host_files,
                                 .environment = environment,
                                 .now = now,
                                 .wait = wait_for,
                                 .stopped = stopped,
                                 .crypto = crypto};
}
