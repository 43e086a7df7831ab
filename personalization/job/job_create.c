// SPDX-License-Identifier: Apache-2.0
// Planning: batch and profile are checked as a whole, then the job's directory appears whole.
#include "base/files.h"
#include "personalization/job/approval.h"
#include "personalization/job/job.h"
#include "personalization/job/letter.h"
#include "personalization/keys/token.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PERSON_MAX = 64 }; // characters (RFC 5280, ub-common-name)

/// The job under construction.
struct draft {
    const struct job_plan *plan;
    struct profile profile;
    struct columns columns; // the batch's further ones
    FILE *rows;
    size_t total, taken;
};

/// Has the id a valid certificate, which no row of this job took out? Each is told.
static bool is_taken(struct draft *draft, const struct card_row *row) {
    const struct job_plan *plan = draft->plan;
    const char *id = row->fields[COLUMN_ID];
    if (draft->profile.type != PROFILE_TESSERA || plan->replace || plan->issued == NULL)
        return false;
    size_t index = register_find_valid(plan->issued, id, plan->today);
    if (index == plan->issued->count)
        return false;
    const struct register_entry *entry = &plan->issued->entries[index];
    fprintf(stderr,
            "%s:%lu: column 'id': '%s' has a valid certificate (serial %" PRIu64 ", until %" PRIu32
            ")%s\n",
            plan->batch, row->line, id, entry->serial, entry->until,
            plan->keep_going ? " (left out)" : "");
    draft->taken++;
    return true;
}

/// The profile's certificates name a person: the row has one that fits.
static bool has_person(const struct draft *draft, const struct card_row *row,
                       struct failure *failure) {
    const char *column = draft->profile.person;
    if (column[0] == '\0')
        return true;
    size_t index = columns_find(&draft->columns, column);
    if (index == draft->columns.count)
        return fail(failure, EXIT_USAGE, "%s:%lu: column '%s' is missing; profile %s names it",
                    draft->plan->batch, row->line, column, draft->profile.name);
    size_t length = text_length(row->further[index]);
    return (length > 0 && length <= PERSON_MAX) ||
           fail(failure, EXIT_USAGE,
                "%s:%lu: column '%s': '%s' names nobody: 1 to %d characters for a certificate",
                draft->plan->batch, row->line, column, row->further[index], PERSON_MAX);
}

static bool keep_row(void *context, const struct card_row *row, struct failure *failure) {
    struct draft *draft = context;
    if (!has_person(draft, row, failure))
        return false;
    if (is_taken(draft, row))
        return true;
    for (int i = 0; i < COLUMN_COUNT; i++)
        fprintf(draft->rows, "%s\t", row->fields[i]);
    draft->total++;
    fprintf(draft->rows, "%lu", row->line);
    for (size_t i = 0; i < draft->columns.count; i++)
        fprintf(draft->rows, "\t%s", row->further[i]);
    return fputc('\n', draft->rows) != EOF || fail_errno(failure, "cannot write the job's rows");
}

static bool write_rows(struct draft *draft, const char *directory, size_t *faulty,
                       struct failure *failure) {
    char path[PATH_MAX];
    const struct job_plan *plan = draft->plan;
    files_path(path, sizeof path, directory, "rows.tsv");
    draft->rows = files_create_private(path);
    if (draft->rows == NULL)
        return fail_errno(failure, "cannot write %s", path);
    bool done = batch_read(plan->batch, plan->keep_going, stderr, &draft->columns, faulty, keep_row,
                           draft, failure);
    bool synced = fflush(draft->rows) == 0 && fsync(fileno(draft->rows)) == 0;
    fclose(draft->rows);
    if (done && draft->taken > 0 && !plan->keep_going)
        return fail(
            failure, EXIT_REFUSED,
            "%s: %zu ids have valid certificates, which belong to cards that somebody has; "
            "choose other ids, revoke them with 'tessera ca revoke', or plan with --replace, "
            "which revokes each when its new card is made",
            plan->batch, draft->taken);
    *faulty += draft->taken;
    if (done && draft->total == 0)
        return fail(failure, EXIT_USAGE, "%s has no row", plan->batch);
    return done && (synced || fail_errno(failure, "cannot write %s", path));
}

/// The profile's text is kept, so that a later edit does not change half a batch.
static bool copy_profile(struct draft *draft, const char *directory, struct failure *failure) {
    char path[PATH_MAX], text[4096];
    struct profile *profile = &draft->profile;
    if (!profile_load(profile, draft->plan->profile, failure))
        return false;
    if (draft->plan->keys == NULL && profile->type != PROFILE_TAG)
        return fail(failure, EXIT_USAGE, "profile %s needs a master key: --keys", profile->name);
    size_t size = profile_print(profile, text, sizeof text);
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

static bool draw_nonce(char hex[2 * ISSUER_NONCE_SIZE + 1], struct failure *failure) {
    uint8_t nonce[ISSUER_NONCE_SIZE];
    if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce)
        return fail_errno(failure, "no randomness for a job");
    for (size_t i = 0; i < sizeof nonce; i++)
        snprintf(hex + 2 * i, 3, "%02X", nonce[i]);
    return true;
}

static json_t *names_of(const struct columns *columns) {
    json_t *names = json_array();
    for (size_t i = 0; i < columns->count; i++)
        json_array_append_new(names, json_string(columns->names[i]));
    return names;
}

static bool write_plan(const struct draft *draft, const char *directory, struct failure *failure) {
    const struct job_plan *plan = draft->plan;
    char path[PATH_MAX], ca[PATH_MAX], keys[PATH_MAX], transport[PATH_MAX], printer[PATH_MAX] = "";
    char nonce[2 * ISSUER_NONCE_SIZE + 1];
    if (!absolute(plan->ca, ca, failure) || !keep_source(plan->keys, keys, failure) ||
        !keep_source(plan->transport, transport, failure) || !draw_nonce(nonce, failure) ||
        (plan->printer != NULL && !absolute(plan->printer, printer, failure)))
        return false;
    char home[PATH_MAX];
    if (!absolute(directory, home, failure))
        return false;
    *strrchr(home, '/') = '\0'; // the job's own name is not yet that of its draft
    json_t *json =
        json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:o, s:o}", "format", 1,
                  "home", home, "ca", ca, "keys", keys, "transport", transport, "printer", printer,
                  "nonce", nonce, "kcv", plan->kcv != NULL ? plan->kcv : "", "replace",
                  plan->replace, "total", (json_int_t)draft->total, "columns",
                  names_of(&draft->columns), "operators", job_operators(&plan->operators));
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

/// Two persons at least, each of whom could sign today.
static bool check_operators(const struct job_plan *plan, struct failure *failure) {
    const struct operators *operators = &plan->operators;
    if (operators->count == 1)
        return fail(failure, EXIT_USAGE,
                    "--operator %s: four eyes are two operators at least; name another one",
                    operators->ids[0]);
    for (size_t i = 0; i < operators->count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(operators->ids[i], operators->ids[j]) == 0)
                return fail(failure, EXIT_USAGE, "--operator %s is given twice", operators->ids[i]);
        if (!approval_is_operator(plan->issued, operators->ids[i], plan->today))
            return fail(failure, EXIT_REFUSED,
                        "--operator %s: this authority has no such operator; 'tessera ca issue "
                        "--role operator --id %s' makes one",
                        operators->ids[i], operators->ids[i]);
    }
    return true;
}

bool job_create(const struct job_plan *plan, size_t *total, size_t *faulty,
                struct failure *failure) {
    char place[PATH_MAX - NAME_MAX];
    struct draft draft = {.plan = plan};
    if (!check_printer(plan, failure) || !check_operators(plan, failure))
        return false;
    if (access(plan->directory, F_OK) == 0)
        return fail(failure, EXIT_REFUSED, "%s exists already", plan->directory);
    snprintf(place, sizeof place, "%s.draft-XXXXXX", plan->directory);
    if (mkdtemp(place) == NULL)
        return fail_errno(failure, "cannot make %s", plan->directory);
    bool done = copy_profile(&draft, place, failure) &&
                write_rows(&draft, place, faulty, failure) && write_plan(&draft, place, failure);
    *total = draft.total;
    if (done && rename(place, plan->directory) != 0)
        done = fail_errno(failure, "cannot make %s", plan->directory);
    if (!done)
        discard(place);
    return done;
}
