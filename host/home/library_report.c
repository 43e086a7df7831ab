// SPDX-License-Identifier: Apache-2.0
// What home library prints.
#include "base/files.h"
#include "host/home/library.h"

#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MAX = 1 << 20 };

/// The name without ".tsc", as files_name wrote it. False: another file.
static bool take_id(const char *name, char id[HOLDER_MAX + 1]) {
    size_t size = strlen(name), used = 0;
    if (size < 5 || strcmp(name + size - 4, ".tsc") != 0)
        return false;
    for (size_t i = 0; i < size - 4 && used < HOLDER_MAX; i++) {
        unsigned octet = (unsigned char)name[i];
        if (name[i] == '%' && sscanf(name + i + 1, "%2x", &octet) == 1)
            i += 2;
        id[used++] = (char)octet;
    }
    id[used] = '\0';
    return true;
}

static int compare(const void *one, const void *other) {
    return strcmp(one, other);
}

/// Ids in their order; the caller frees. NULL: none, or no memory.
static char (*list(const char *folder, size_t *count))[HOLDER_MAX + 1] {
    char(*ids)[HOLDER_MAX + 1] = NULL;
    DIR *directory = opendir(folder);
    *count = 0;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char id[HOLDER_MAX + 1];
        if (!take_id(entry->d_name, id))
            continue;
        void *grown = realloc(ids, (*count + 1) * sizeof *ids);
        if (grown == NULL)
            break;
        ids = grown;
        memcpy(ids[(*count)++], id, sizeof id);
    }
    if (directory != NULL)
        closedir(directory);
    if (*count > 1)
        qsort(ids, *count, sizeof *ids, compare);
    return ids;
}

/// The catalogue's page, or NULL.
static json_t *read_page(const struct library *library, const char *id) {
    char path[PATH_MAX];
    json_t *page = NULL;
    if (machine_state_path(library->state, "contents", id, ".json", path, NULL))
        page = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    return page;
}

static void print_json(FILE *out, const char *id, const struct container_file *file, json_t *page) {
    struct bytes sealer = file->front.manifest.fields[FIELD_SEALER];
    json_t *line = json_pack("{s:s, s:I, s:s%, s:O?}", "id", id, "octets", (json_int_t)file->there,
                             "sealer", (const char *)sealer.data, sealer.size, "page", page);
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    fprintf(out, "%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(line);
}

static void print_text(FILE *out, const char *id, const struct container_file *file, json_t *page) {
    const char *title = json_string_value(json_object_get(page, "title"));
    fprintf(out, "%s  %" PRIu64 " octets%s%s\n", id, file->there, title != NULL ? "  " : "",
            title != NULL ? title : "");
}

static bool report_one(const struct library *library, const char *id, FILE *out, bool json,
                       struct failure *failure) {
    struct container_file *file = library_open(library, id, failure);
    if (file == NULL)
        return false;
    json_t *page = read_page(library, id);
    (json ? print_json : print_text)(out, id, file, page);
    json_decref(page);
    container_close(file);
    return true;
}

bool library_report(const struct library *library, FILE *out, bool json, struct failure *failure) {
    char folder[PATH_MAX];
    size_t count = 0;
    bool done = true;
    if (!files_path(folder, sizeof folder, library->state->directory, "contents"))
        return fail_errno(failure, "%s", library->state->directory);
    char(*ids)[HOLDER_MAX + 1] = list(folder, &count);
    for (size_t i = 0; i < count; i++)
        done = report_one(library, ids[i], out, json, done ? failure : NULL) && done;
    free(ids);
    return done;
}
