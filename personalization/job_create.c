// SPDX-License-Identifier: Apache-2.0
// Planning: batch and profile are checked as a whole, then the job's directory appears whole.
#include "personalization/job.h"
#include "personalization/letter.h"
#include "personalization/token.h"
#include "services/wire/files.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/// The job under construction.
struct draft {
    FILE *rows;
    size_t total;
};

static bool keep_row(void *context, const struct batch_row *row, struct failure *failure) {
    struct draft *draft = context;
    for (int i = 0; i < COLUMN_COUNT; i++)
        fprintf(draft->rows, "%s\t", row->fields[i]);
    draft->total++;
    return fprintf(draft->rows, "%lu\n", row->line) > 0 ||
           fail_errno(failure, "cannot write the job's rows");
}

static bool write_rows(const struct job_plan *plan, const char *directory, size_t *total,
                       size_t *faulty, struct failure *failure) {
    char path[PATH_MAX];
    files_path(path, sizeof path, directory, "rows.tsv");
    struct draft draft = {.rows = fopen(path, "w")};
    if (draft.rows == NULL)
        return fail_errno(failure, "cannot write %s", path);
    bool done =
        batch_read(plan->batch, plan->keep_going, stderr, faulty, keep_row, &draft, failure);
    bool synced = fflush(draft.rows) == 0 && fsync(fileno(draft.rows)) == 0;
    fclose(draft.rows);
    *total = draft.total;
    if (done && draft.total == 0)
        return fail(failure, EXIT_USAGE, "%s has no row", plan->batch);
    return done && (synced || fail_errno(failure, "cannot write %s", path));
}

/// The profile's text is kept, so that a later edit does not change half a batch.
static bool copy_profile(const struct job_plan *plan, const char *directory,
                         struct failure *failure) {
    char path[PATH_MAX], text[4096];
    struct profile profile;
    if (!profile_load(&profile, plan->profile, failure))
        return false;
    if (plan->keys == NULL && profile.type != PROFILE_TAG)
        return fail(failure, EXIT_USAGE, "profile %s needs a master key: --keys", profile.name);
    size_t size = profile_print(&profile, text, sizeof text);
    files_path(path, sizeof path, directory, "profile");
    return files_write(path, bytes_of(text, size), FILES_SECRET, FILES_NEW) ||
           fail_errno(failure, "cannot write %s", path);
}

static bool absolute(const char *path, char out[PATH_MAX], struct failure *failure) {
    return realpath(path, out) != NULL || fail_errno(failure, "cannot find %s", path);
}

/// A key's place as it will be found again: a file by its whole path, a token as it is named.
static bool keep_source(const char *source, char out[PATH_MAX], struct failure *failure) {
    out[0] = '\0';
    if (source == NULL)
        return true;
    if (strncmp(source, "pkcs11:", 7) != 0)
        return absolute(source, out, failure);
    return token_uri_keep(source, out, JOB_SOURCE_MAX, failure);
}

static bool draw_nonce(char hex[2 * JOB_NONCE_SIZE + 1], struct failure *failure) {
    uint8_t nonce[JOB_NONCE_SIZE];
    if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce)
        return fail_errno(failure, "no randomness for a job");
    for (size_t i = 0; i < sizeof nonce; i++)
        snprintf(hex + 2 * i, 3, "%02X", nonce[i]);
    return true;
}

static bool write_plan(const struct job_plan *plan, const char *directory, size_t total,
                       struct failure *failure) {
    char path[PATH_MAX], ca[PATH_MAX], keys[PATH_MAX], transport[PATH_MAX], printer[PATH_MAX] = "";
    char nonce[2 * JOB_NONCE_SIZE + 1];
    if (!absolute(plan->ca, ca, failure) || !keep_source(plan->keys, keys, failure) ||
        !keep_source(plan->transport, transport, failure) || !draw_nonce(nonce, failure) ||
        (plan->printer != NULL && !absolute(plan->printer, printer, failure)))
        return false;
    json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:I}", "format", 1, "ca", ca, "keys",
                             keys, "transport", transport, "printer", printer, "nonce", nonce,
                             "total", (json_int_t)total);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    files_path(path, sizeof path, directory, "job.json");
    bool done = text != NULL && files_write(path, bytes_of_string(text), FILES_SECRET, FILES_NEW);
    free(text);
    return done || fail_errno(failure, "cannot write %s", path);
}

static void discard(const char *directory) {
    static const char *const names[] = {"rows.tsv", "profile", "job.json"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        files_path(path, sizeof path, directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

/// The printer's certificate is one that letters can be sealed for.
static bool check_printer(const struct job_plan *plan, struct failure *failure) {
    struct letter_printer *printer =
        plan->printer != NULL ? letter_printer_open(plan->printer, failure) : NULL;
    bool good = plan->printer == NULL || printer != NULL;
    letter_printer_close(printer);
    return good;
}

bool job_create(const struct job_plan *plan, size_t *total, size_t *faulty,
                struct failure *failure) {
    char draft[PATH_MAX - NAME_MAX];
    if (!check_printer(plan, failure))
        return false;
    if (access(plan->directory, F_OK) == 0)
        return fail(failure, EXIT_REFUSED, "%s exists already", plan->directory);
    snprintf(draft, sizeof draft, "%s.draft-XXXXXX", plan->directory);
    if (mkdtemp(draft) == NULL)
        return fail_errno(failure, "cannot make %s", plan->directory);
    bool done = copy_profile(plan, draft, failure) &&
                write_rows(plan, draft, total, faulty, failure) &&
                write_plan(plan, draft, *total, failure);
    if (done && rename(draft, plan->directory) != 0)
        done = fail_errno(failure, "cannot make %s", plan->directory);
    if (!done)
        discard(draft);
    return done;
}
