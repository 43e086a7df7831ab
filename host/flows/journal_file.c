// SPDX-License-Identifier: Apache-2.0
#include "host/flows/journal_file.h"

#include "base/files.h"
#include "host/flows/sale_record.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool path_of(const struct journal_file *file, struct bytes reference, char *out,
                    size_t capacity) {
    char name[2 * PURSE_REFERENCE_MAX + sizeof ".json"] = "";
    size_t size = reference.size < PURSE_REFERENCE_MAX ? reference.size : PURSE_REFERENCE_MAX;
    for (size_t i = 0; i < size; i++)
        snprintf(name + 2 * i, sizeof name - 2 * i, "%02X", reference.data[i]);
    snprintf(name + 2 * size, sizeof name - 2 * size, ".json");
    return files_path(out, capacity, file->directory, name);
}

// ---- reading -----------------------------------------------------------------------------------

static enum journal_answer find_record(struct journal *journal, struct bytes reference,
                                       struct sale_record *out) {
    struct journal_file *file = journal->context;
    char path[PATH_MAX];
    uint8_t text[SALE_RECORD_TEXT_MAX];
    size_t size = 0;
    if (!path_of(file, reference, path, sizeof path) ||
        !files_read(path, text, sizeof text, &size)) {
        if (errno == ENOENT)
            return JOURNAL_NONE;
        fail_errno(&file->failure, "cannot read the journal %s", path);
        return JOURNAL_FAILED;
    }
    json_t *json = json_loadb((const char *)text, size, 0, NULL);
    bool taken = json != NULL && sale_record_from_json(out, json);
    json_decref(json);
    if (taken)
        return JOURNAL_FOUND;
    fail(&file->failure, EXIT_REFUSED, "%s is no sale record; move it away to start afresh", path);
    return JOURNAL_FAILED;
}

// ---- writing -----------------------------------------------------------------------------------

static bool save_record(struct journal *journal, const struct sale_record *record) {
    struct journal_file *file = journal->context;
    char path[PATH_MAX];
    json_t *json = sale_record_to_json(record);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    bool saved =
        text != NULL &&
        path_of(file, bytes_of(record->reference, record->reference_size), path, sizeof path) &&
        files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    if (!saved)
        fail_errno(&file->failure, "cannot write the journal in %s", file->directory);
    free(text);
    json_decref(json);
    return saved;
}

static bool make_directory(const char *path, struct failure *failure) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    return fail_errno(failure, "cannot make the directory %s", path);
}

bool journal_file_open(struct journal_file *file, const char *directory, struct failure *failure) {
    memset(file, 0, sizeof *file);
    file->journal = (struct journal){find_record, save_record, file};
    if (!files_path(file->directory, sizeof file->directory, directory, "sales"))
        return fail_errno(failure, "%s", directory);
    return make_directory(directory, failure) && make_directory(file->directory, failure);
}
