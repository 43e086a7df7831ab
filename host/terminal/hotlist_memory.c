// SPDX-License-Identifier: Apache-2.0
#include "host/terminal/hotlist_memory.h"

#include "base/files.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MAX = 16384 };

static bool are_versions(json_t *versions) {
    const char *center;
    json_t *version;
    json_object_foreach(versions, center, version) if (!json_is_integer(version)) return false;
    return json_is_object(versions);
}

/// {"CENTER": version, ...}; empty where nothing was believed yet. NULL: it cannot be read.
static json_t *read_versions(const char *path, struct failure *failure) {
    uint8_t text[MEMORY_MAX];
    size_t size = 0;
    if (!files_read(path, text, sizeof text, &size)) {
        if (errno == ENOENT)
            return json_object();
        fail_errno(failure, "cannot read %s", path);
        return NULL;
    }
    json_t *versions = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL);
    if (are_versions(versions))
        return versions;
    json_decref(versions);
    fail(failure, EXIT_REFUSED, "%s does not say which hotlists were believed", path);
    return NULL;
}

static bool write_versions(const char *path, json_t *versions, struct failure *failure) {
    char *text = json_dumps(versions, JSON_COMPACT | JSON_SORT_KEYS);
    bool done =
        text != NULL && files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    free(text);
    return done || fail_errno(failure, "cannot write %s", path);
}

static bool rise(const char *path, json_t *versions, const struct revocations *list,
                 struct failure *failure) {
    json_int_t known = json_integer_value(json_object_get(versions, list->center));
    if (known > list->version)
        return fail(failure, EXIT_REFUSED,
                    "the hotlist is version %" PRIu32 " of %s, and version %lld was believed here: "
                    "fetch the present one",
                    list->version, list->center, (long long)known);
    if (known == list->version)
        return true;
    return (json_object_set_new(versions, list->center, json_integer(list->version)) == 0 ||
            fail(failure, EXIT_REFUSED, "out of memory")) &&
           write_versions(path, versions, failure);
}

bool hotlist_believe(const char *directory, const struct revocations *list,
                     struct failure *failure) {
    char path[PATH_MAX];
    if (list == NULL)
        return true;
    if (!files_path(path, sizeof path, directory, "hotlists"))
        return fail_errno(failure, "%s", directory);
    json_t *versions = read_versions(path, failure);
    bool done = versions != NULL && rise(path, versions, list, failure);
    json_decref(versions);
    return done;
}
