// SPDX-License-Identifier: Apache-2.0
// A store of signed objects beside the databases: files named by the digest of what is in them, one
// object each. What one side has, the other has; a file is what its name says.
#include "base/files.h"
#include "host/audit/audit_private.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { OBJECT_FILE_MAX = 65536, NAME_SIZE = 2 * SHA256_SIZE };

static void tell_file(const struct examined *examined, const char *kind, const char *name,
                      struct told_text expected, struct told_text found) {
    tell(examined, (struct finding){.kind = kind,
                                    .table = "objects",
                                    .row = told_of("%.*s", TOLD_MAX - 1, name),
                                    .field = "file",
                                    .expected = expected,
                                    .found = found,
                                    .object = told_of("%.*s", NAME_SIZE, name)});
}

/// What the object moves, for whoever has lost it.
static struct told_text told_amount(const struct object *object) {
    const char *word = object_schema(object->type)->word;
    return object_has(object, FIELD_AMOUNT)
               ? told_of("%s of %" PRIu64, word, object_uint(object, FIELD_AMOUNT))
               : told_of("%s", word);
}

// ---- from the database -------------------------------------------------------------------------

/// Row: digest, octets, kind.
static bool take_row(void *context, const struct cell *row) {
    const struct examined *examined = context;
    char path[PATH_MAX];
    uint8_t octets[OBJECT_FILE_MAX];
    size_t size = 0;
    struct told_text name = told_octets(row[0].octets);
    if (!files_path(path, sizeof path, examined->audit->objects, name.text) ||
        !files_read(path, octets, sizeof octets, &size))
        tell_file(examined, "file-missing", name.text, told_of("%s", row[2].text),
                  told_of("nothing"));
    else if (!bytes_equal(bytes_of(octets, size), row[1].octets))
        tell_file(examined, "differs", name.text, told_octets(row[1].octets),
                  told_octets(bytes_of(octets, size)));
    return true;
}

// ---- from the store ----------------------------------------------------------------------------

static bool take_there(void *context, const struct cell *row) {
    (void)row;
    *(bool *)context = true;
    return false;
}

static bool is_known(struct examined *all, size_t count, struct bytes digest) {
    struct cell in = cell_octets(digest);
    bool known = false;
    for (size_t i = 0; i < count; i++)
        if (all[i].sound)
            replica_each(&all[i].replica, "SELECT kind FROM object WHERE digest = $1", &in, 1,
                         take_there, &known);
    return known;
}

static void judge_file(struct examined *all, size_t count, const char *name, struct bytes octets) {
    uint8_t digest[SHA256_SIZE];
    struct object object;
    if (!object_decode(octets, &object) || object.whole.size != octets.size) {
        tell_file(&all[0], "foreign", name, told_of("a signed object"), told_octets(octets));
        return;
    }
    object_digest(&object, all[0].audit->crypto, digest);
    struct told_text own = told_octets(BYTES_OF(digest));
    if (strcmp(own.text, name) != 0)
        tell_file(&all[0], "digest", name, own, told_of("%s", name));
    else if (!is_known(all, count, BYTES_OF(digest)))
        tell_file(&all[0], "object-missing", name, told_amount(&object), told_of("in no database"));
}

static void take_file(struct examined *all, size_t count, const char *name) {
    char path[PATH_MAX];
    uint8_t octets[OBJECT_FILE_MAX];
    size_t size = 0;
    if (name[0] == '.')
        return;
    if (files_path(path, sizeof path, all[0].audit->objects, name) &&
        files_read(path, octets, sizeof octets, &size))
        judge_file(all, count, name, bytes_of(octets, size));
    else
        tell_file(&all[0], "foreign", name, told_of("a signed object"),
                  told_of("%s", strerror(errno)));
}

bool examine_store(struct examined *all, size_t count, struct failure *failure) {
    const struct dirent *entry;
    const char *directory = all[0].audit->objects;
    if (directory == NULL)
        return true;
    DIR *open = opendir(directory);
    if (open == NULL)
        return fail_errno(failure, "cannot read the objects in %s", directory);
    while ((entry = readdir(open)) != NULL)
        take_file(all, count, entry->d_name);
    closedir(open);
    for (size_t i = 0; i < count; i++)
        if (all[i].sound)
            replica_each(&all[i].replica, "SELECT digest, octets, kind FROM object ORDER BY digest",
                         NULL, 0, take_row, &all[i]);
    return true;
}
