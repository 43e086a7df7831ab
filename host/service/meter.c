// SPDX-License-Identifier: Apache-2.0
#include "host/service/meter.h"

#include "base/files.h"
#include "services/wire/api/charge_api.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_SIZE = 160, REPORT_MOST = 100, TRIM_AT = 16 * 1024, KEEP_MOST = 1024 * 1024 };

static bool path_of(const struct machine_state *state, const char *name, char path[PATH_MAX],
                    struct failure *failure) {
    return files_path(path, PATH_MAX, state->directory, name) ||
           fail_errno(failure, "%s", state->directory);
}

/// One line: number, phone, time, kind, what was counted. A line that was torn is none.
struct counted {
    uint64_t n, time_ms, a, b;
    char phone[21], kind;
};

static bool read_line(FILE *file, struct counted *out) {
    char line[LINE_MAX_SIZE], end;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%" SCNu64 " %20s %" SCNu64 " %c %" SCNu64 " %" SCNu64 "%c", &out->n,
                   out->phone, &out->time_ms, &out->kind, &out->a, &out->b, &end) == 7 &&
            end == '\n')
            return true;
    return false;
}

/// The file of what was counted, from its beginning; none yet: NULL without a failure.
static bool open_counted(const char *path, FILE **file, struct failure *failure) {
    *file = fopen(path, "re");
    return *file != NULL || errno == ENOENT || fail_errno(failure, "cannot read %s", path);
}

bool meter_add(const struct machine_state *state, const struct meter_item *item, uint64_t *n,
               struct failure *failure) {
    char path[PATH_MAX], line[LINE_MAX_SIZE];
    struct counted last = {.n = 0};
    FILE *file = NULL;
    if (!path_of(state, "usage", path, failure) || !open_counted(path, &file, failure))
        return false;
    while (file != NULL && read_line(file, &last))
        continue;
    if (file != NULL)
        fclose(file);
    *n = last.n + 1;
    // a torn line before it ends here
    snprintf(line, sizeof line, "\n%" PRIu64 " %s %" PRIu64 " %c %" PRIu64 " %" PRIu64 "\n", *n,
             item->phone, item->time_ms, item->call ? 'c' : 'p',
             item->call ? item->seconds : item->sent, item->call ? 0 : item->received);
    return files_append(path, bytes_of_string(line), FILES_SECRET) ||
           fail_errno(failure, "cannot write %s", path);
}

// ---- reporting ---------------------------------------------------------------------------------

static uint64_t read_reported(const char *path) {
    uint8_t text[24] = {0};
    size_t size = 0;
    return files_read(path, text, sizeof text - 1, &size) ? strtoull((char *)text, NULL, 10) : 0;
}

static void put_item(struct form *in, const struct counted *counted) {
    struct form *item = form_add(in, NAME_ITEMS);
    form_set_uint(item, NAME_N, counted->n);
    form_set_text(item, NAME_PHONE, counted->phone);
    form_set_uint(item, NAME_TIME, counted->time_ms);
    if (counted->kind == 'c')
        form_set_uint(item, NAME_SECONDS, counted->a);
    else {
        form_set_uint(item, NAME_SENT, counted->a);
        form_set_uint(item, NAME_RECEIVED, counted->b);
    }
}

static unsigned count_refused(const struct form *out) {
    size_t count = 0;
    unsigned refused = 0;
    const struct form *list = form_list(out, NAME_ITEMS, &count);
    for (size_t i = 0; i < count; i++) {
        const char *word = form_text(&list[i], NAME_OUTCOME);
        refused += strcmp(word, "accepted") != 0 && strcmp(word, "again") != 0;
    }
    return refused;
}

/// Some of what is behind *after; *count 0: nothing is.
static bool report_some(FILE *file, struct service_client *charge, uint64_t *after, size_t *count,
                        unsigned *refused, struct failure *failure) {
    struct form in, out;
    struct counted counted;
    service_client_form(charge, &charge_usage, &in);
    for (*count = 0; *count < REPORT_MOST && read_line(file, &counted);)
        if (counted.n > *after) {
            put_item(&in, &counted);
            ++*count;
        }
    if (*count == 0)
        return true;
    if (!service_client_ask(charge, &charge_usage, &in, &out, failure))
        return false;
    *refused += count_refused(&out);
    *after = form_uint(&out, NAME_AFTER);
    return true;
}

bool meter_report(const struct machine_state *state, struct service_client *charge, uint64_t *after,
                  unsigned *refused, struct failure *failure) {
    char path[PATH_MAX], reported[PATH_MAX], text[24];
    size_t count = 1;
    FILE *file = NULL;
    *refused = 0;
    if (!path_of(state, "usage", path, failure) || !path_of(state, "reported", reported, failure) ||
        !open_counted(path, &file, failure))
        return false;
    *after = read_reported(reported);
    bool done = true;
    while (file != NULL && done && count > 0)
        done = report_some(file, charge, after, &count, refused, failure);
    if (file != NULL)
        fclose(file);
    snprintf(text, sizeof text, "%" PRIu64 "\n", *after);
    return done && (files_write(reported, bytes_of_string(text), FILES_SECRET, FILES_REPLACE) ||
                    fail_errno(failure, "cannot write %s", reported));
}

// ---- trimming ----------------------------------------------------------------------------------

/// Where the first line stands that the service does not have, or else the last one.
static long keep_from(FILE *file, uint64_t after) {
    struct counted counted = {.n = 0};
    long at = 0, here;
    while ((here = ftell(file)) >= 0 && counted.n <= after && read_line(file, &counted))
        at = here;
    return at;
}

static bool keep(const char *path, FILE *file, long from, struct failure *failure) {
    size_t size = 0;
    uint8_t *rest = malloc(KEEP_MOST);
    bool done = rest != NULL && fseek(file, from, SEEK_SET) == 0;
    if (done)
        size = fread(rest, 1, KEEP_MOST, file);
    bool whole = done && feof(file) != 0; // else most of it is still to be told
    done = done && !ferror(file) &&
           (!whole || files_write(path, bytes_of(rest, size), FILES_SECRET, FILES_REPLACE));
    free(rest);
    return done || fail_errno(failure, "cannot shorten %s", path);
}

bool meter_trim(const struct machine_state *state, uint64_t after, struct failure *failure) {
    char path[PATH_MAX];
    FILE *file = NULL;
    if (!path_of(state, "usage", path, failure) || !open_counted(path, &file, failure))
        return false;
    if (file == NULL)
        return true;
    files_sweep(path, "");
    long from = keep_from(file, after);
    bool done = from < TRIM_AT || keep(path, file, from, failure);
    fclose(file);
    return done;
}
