// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/register.h"

#include "base/files.h"
#include "base/must.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 256 };

static const char ISSUED[] = "issued.tsv", REVOKED[] = "revoked.tsv";

typedef bool (*line_reader)(struct register_list *list, char *line);

static bool append(struct register_list *list, const struct register_entry *entry) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        struct register_entry *grown = realloc(list->entries, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        list->entries = grown;
        list->capacity = capacity;
    }
    list->entries[list->count++] = *entry;
    return true;
}

static bool digest_of_hex(const char *text, uint8_t *digest) {
    for (size_t i = 0; i < CERTIFICATE_DIGEST_SIZE; i++)
        if (sscanf(text + 2 * i, "%2hhx", &digest[i]) != 1)
            return false;
    return true;
}

static bool read_issued(struct register_list *list, char *line) {
    struct register_entry entry = {0};
    char roles[16], digest[2 * CERTIFICATE_DIGEST_SIZE + 1];
    unsigned assurance, bits;
    int fields = sscanf(line,
                        "%" SCNu64 "\t%" SCNu32 "\t%16[^\t]\t%15[^\t]\t%16[^\t]\t%" SCNu32
                        "\t%" SCNu32 "\t%u\t%32[0-9A-F]",
                        &entry.serial, &entry.date, entry.holder, roles, entry.enterprise,
                        &entry.from, &entry.until, &assurance, digest);
    if (fields != 9 || strlen(digest) != sizeof digest - 1 || sscanf(roles, "%6x", &bits) != 1)
        return false;
    if (entry.serial != list->count + 1 || !digest_of_hex(digest, entry.digest))
        return false;
    if (strcmp(entry.enterprise, "-") == 0)
        entry.enterprise[0] = '\0';
    entry.roles = bits;
    entry.assurance = assurance == ASSURANCE_HARDWARE ? ASSURANCE_HARDWARE : ASSURANCE_EMULATED;
    return append(list, &entry);
}

static bool read_revoked(struct register_list *list, char *line) {
    uint64_t serial;
    uint32_t date;
    if (sscanf(line, "%" SCNu64 "\t%" SCNu32, &serial, &date) != 2 || serial == 0 ||
        serial > list->count)
        return false;
    list->entries[serial - 1].revoked = date;
    return true;
}

/// Hands every complete line to read; an incomplete last one is cut off the file.
static bool read_lines(FILE *stream, struct register_list *list, line_reader read, const char *path,
                       struct failure *failure) {
    char line[LINE_MAX_SIZE];
    long complete = 0;
    for (unsigned number = 1; fgets(line, sizeof line, stream) != NULL; number++) {
        char *end = strchr(line, '\n');
        if (end == NULL && feof(stream))
            return truncate(path, complete) == 0 || fail_errno(failure, "cannot repair %s", path);
        if (end == NULL || (line[0] != '#' && !read(list, line)))
            return fail(failure, EXIT_REFUSED,
                        "%s:%u: damaged line; restore the directory from its backup", path, number);
        complete = ftell(stream);
    }
    return true;
}

static bool load(struct register_list *list, const char *directory, const char *name,
                 line_reader read, struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, directory, name))
        return fail_errno(failure, "%s", directory);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    bool done = read_lines(stream, list, read, path, failure);
    fclose(stream);
    return done;
}

bool register_load(struct register_list *list, const char *directory, struct failure *failure) {
    *list = (struct register_list){0};
    if (load(list, directory, ISSUED, read_issued, failure) &&
        load(list, directory, REVOKED, read_revoked, failure))
        return true;
    register_free(list);
    return false;
}

void register_free(struct register_list *list) {
    free(list->entries);
    *list = (struct register_list){0};
}

static bool append_line(const char *directory, const char *name, const char *line,
                        struct failure *failure) {
    char path[PATH_MAX];
    if (files_path(path, sizeof path, directory, name) &&
        files_append(path, bytes_of_string(line), FILES_SECRET))
        return true;
    return fail_errno(failure, "cannot append to %s/%s", directory, name);
}

bool register_add(struct register_list *list, const char *directory, struct register_entry *entry,
                  struct failure *failure) {
    char line[LINE_MAX_SIZE], digest[2 * CERTIFICATE_DIGEST_SIZE + 1];
    entry->serial = list->count + 1;
    must(list->count == 0 || list->entries[list->count - 1].serial == list->count,
         "serials of certificates are given once, without a gap");
    for (size_t i = 0; i < CERTIFICATE_DIGEST_SIZE; i++)
        snprintf(digest + 2 * i, 3, "%02X", entry->digest[i]);
    snprintf(line, sizeof line,
             "%" PRIu64 "\t%" PRIu32 "\t%s\t%04" PRIX32 "\t%s\t%" PRIu32 "\t%" PRIu32 "\t%d\t%s\n",
             entry->serial, entry->date, entry->holder, entry->roles,
             entry->enterprise[0] != '\0' ? entry->enterprise : "-", entry->from, entry->until,
             entry->assurance, digest);
    if (!append_line(directory, ISSUED, line, failure))
        return false;
    return append(list, entry) || fail(failure, EXIT_REFUSED, "out of memory");
}

bool register_revoke(struct register_list *list, const char *directory, size_t index, uint32_t date,
                     struct failure *failure) {
    char line[LINE_MAX_SIZE];
    must(index < list->count, "only what was issued is revoked");
    snprintf(line, sizeof line, "%" PRIu64 "\t%" PRIu32 "\n", list->entries[index].serial, date);
    if (!append_line(directory, REVOKED, line, failure))
        return false;
    list->entries[index].revoked = date;
    return true;
}

/// What the holder is known by, or an entry of one kind beside it.
static bool is_of(const struct register_entry *entry, const char *holder, uint32_t kind) {
    return strcmp(entry->holder, holder) == 0 &&
           (entry->roles & (REGISTER_NETWORK | ROLE_IDENTITY)) == kind;
}

size_t register_count(const struct register_list *list, const char *holder) {
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += is_of(&list->entries[i], holder, 0);
    return count;
}

bool register_is_valid(const struct register_entry *entry, const char *holder, uint32_t today) {
    return strcmp(entry->holder, holder) == 0 && entry->revoked == 0 && entry->until >= today;
}

static size_t find_valid(const struct register_list *list, const char *holder, uint32_t kind,
                         uint32_t today) {
    for (size_t i = list->count; i > 0; i--) {
        const struct register_entry *entry = &list->entries[i - 1];
        if (is_of(entry, holder, kind) && register_is_valid(entry, holder, today))
            return i - 1;
    }
    return list->count;
}

size_t register_find_valid(const struct register_list *list, const char *holder, uint32_t today) {
    return find_valid(list, holder, 0, today);
}

size_t register_find_network(const struct register_list *list, const char *holder, uint32_t today) {
    return find_valid(list, holder, REGISTER_NETWORK, today);
}

const struct register_entry *register_latest(const struct register_list *list, const char *holder) {
    for (size_t i = list->count; i > 0; i--)
        if (is_of(&list->entries[i - 1], holder, 0))
            return &list->entries[i - 1];
    return NULL;
}
