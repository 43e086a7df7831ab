// SPDX-License-Identifier: Apache-2.0
#include "host/content/content_key.h"

#include "apdu/object/role.h"
#include "base/base64url.h"
#include "base/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DRAWN_SIZE = 32 };

static bool take_line(const char *path, const uint8_t *line, size_t size, struct content_key *key,
                      struct failure *failure) {
    const uint8_t *end = memchr(line, '\n', size);
    key->size = end != NULL ? (size_t)(end - line) : size;
    if (key->size == 0 || key->size > CONTAINER_KEY_MAX || (end != NULL && end + 1 < line + size))
        return fail(failure, EXIT_USAGE, "%s: a key is one line of 1 to %d octets", path,
                    CONTAINER_KEY_MAX);
    memcpy(key->octets, line, key->size);
    return true;
}

bool content_key_read(const char *path, struct content_key *key, struct failure *failure) {
    uint8_t line[CONTAINER_KEY_MAX + 2];
    struct stat about;
    size_t size = 0;
    if (stat(path, &about) != 0)
        return fail_errno(failure, "cannot read the key %s", path);
    if (S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fail(failure, EXIT_LOCKED, "others may read the key %s; say chmod 600", path);
    bool done = files_read(path, line, sizeof line, &size);
    if (!done && errno != EFBIG)
        return fail_errno(failure, "cannot read the key %s", path);
    done = take_line(path, line, done ? size : sizeof line, key, failure);
    bytes_erase(line, sizeof line);
    return done;
}

bool content_key_make(const char *path, const struct crypto *crypto, struct failure *failure) {
    uint8_t drawn[DRAWN_SIZE];
    char line[BASE64URL_SIZE(DRAWN_SIZE) + 1];
    bool done = crypto->ops->random(crypto, drawn, sizeof drawn) &&
                base64url_encode(BYTES_OF(drawn), line, sizeof line);
    if (!done)
        return fail(failure, EXIT_REFUSED, "the random generator failed");
    strcat(line, "\n");
    done = files_write(path, bytes_of_string(line), FILES_SECRET, FILES_NEW);
    bytes_erase(drawn, sizeof drawn);
    bytes_erase(line, sizeof line);
    return done || fail_errno(failure, "cannot write the key %s", path);
}

bool content_key_of(const char *directory, const char *id, const struct crypto *crypto,
                    struct content_key *key, struct failure *failure) {
    char path[PATH_MAX], name[3 * HOLDER_MAX + 8], file[3 * HOLDER_MAX + 1];
    if (!files_name(file, sizeof file, id))
        return fail(failure, EXIT_USAGE, "a content's id has 1 to %d characters", HOLDER_MAX);
    snprintf(name, sizeof name, "%s.key", file);
    if (!files_path(path, sizeof path, directory, name))
        return fail_errno(failure, "%s", directory);
    return (access(path, F_OK) == 0 || content_key_make(path, crypto, failure)) &&
           content_key_read(path, key, failure);
}
