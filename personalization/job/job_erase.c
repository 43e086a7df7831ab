// SPDX-License-Identifier: Apache-2.0
#include "personalization/job/job_erase.h"

#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/// The rows as they are left: id and line of the batch.
static char *bare_rows(struct job *job, size_t *size, struct failure *failure) {
    char *text = NULL;
    struct card_row row;
    FILE *out = open_memstream(&text, size);
    bool done = out != NULL || fail(failure, EXIT_REFUSED, "out of memory for the rows");
    for (size_t i = 0; done && i < job->total; i++) {
        done = job_read(job, (long)i, &row, failure);
        for (int column = 0; done && column < COLUMN_COUNT; column++)
            fprintf(out, "%s\t", column == COLUMN_ID ? row.fields[column] : "");
        fprintf(out, "%lu", row.line);
        for (size_t column = 0; column < job->columns.count; column++)
            fputc('\t', out);
        fputc('\n', out);
        bytes_erase(&row, sizeof row);
    }
    if (out != NULL && fclose(out) != 0)
        done = fail(failure, EXIT_REFUSED, "out of memory for the rows");
    if (done)
        return text;
    free(text);
    return NULL;
}

/// Zeros over a file that may have lost its name already.
static bool write_over(FILE *file) {
    struct stat about;
    if (fstat(fileno(file), &about) != 0)
        return false;
    for (off_t left = about.st_size; left > 0; left--)
        fputc(0, file);
    return fflush(file) == 0 && fdatasync(fileno(file)) == 0;
}

/// What has the name now is replaced by content (NULL: by nothing), and what it was is written
/// over.
static bool replace(const struct job *job, const char *name, const struct bytes *content,
                    struct failure *failure) {
    char path[PATH_MAX];
    files_path(path, sizeof path, job->directory, name);
    FILE *old = fopen(path, "r+");
    bool was_there = old != NULL || errno == ENOENT;
    bool done = was_there &&
                (content != NULL ? files_write(path, *content, FILES_SECRET, FILES_REPLACE)
                                 : files_remove(path)) &&
                (old == NULL || write_over(old));
    if (!done)
        fail_errno(failure, "cannot erase %s", path);
    if (old != NULL)
        fclose(old);
    return done;
}

/// From the mark on nobody takes the rows for what was planned.
static bool erase(struct job *job, struct failure *failure) {
    size_t open = job->total - job->done - job->rejected, size = 0;
    const struct bytes mark = bytes_of_string("");
    if (open > 0)
        return fail(failure, EXIT_REFUSED,
                    "%s: %zu row%s open, which need%s what the batch says; run 'tessera perso run "
                    "%s' first",
                    job->directory, open, open == 1 ? " is" : "s are", open == 1 ? "s" : "",
                    job->directory);
    char *rows = bare_rows(job, &size, failure);
    const struct bytes content = bytes_of(rows, size);
    bool done = rows != NULL && replace(job, JOB_ERASED, &mark, failure) &&
                replace(job, "rows.tsv", &content, failure) &&
                replace(job, "labels.csv", NULL, failure);
    free(rows);
    if (done)
        printf("%s: %zu row%s erased but for the id\n", job->directory, job->total,
               job->total == 1 ? "" : "s");
    return done;
}

bool job_erase(const char *directory, struct failure *failure) {
    struct job job;
    if (!job_open(&job, directory, failure))
        return false;
    bool done = erase(&job, failure);
    job_close(&job);
    return done;
}
