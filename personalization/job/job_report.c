// SPDX-License-Identifier: Apache-2.0
#include "personalization/job/job_report.h"

#include "apdu/crypto/ecdsa_form.h"
#include "base/files.h"
#include "base/must.h"
#include "personalization/authority/authority.h"
#include "personalization/job/approval.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_words[] = {[JOB_OPEN] = "open",
                                          [JOB_STARTED] = "started",
                                          [JOB_DONE] = "done",
                                          [JOB_REJECTED] = "rejected"};
must_cover(state_words, JOB_STATE_COUNT);

static bool put_row(struct job *job, size_t index, json_t *rows, struct failure *failure) {
    struct card_row text;
    const struct job_row *row = &job->rows[index];
    char check[2 * CARD_KCV_SIZE + 1] = "", serial[2 * CARD_SERIAL_SIZE + 1] = "",
                                   digest[2 * CERTIFICATE_DIGEST_SIZE + 1] = "";
    if (!job_read(job, (long)index, &text, failure))
        return false;
    if (row->state != JOB_OPEN)
        job_hex(row->serial, CARD_SERIAL_SIZE, serial);
    if (row->state == JOB_DONE)
        job_hex(row->digest, CERTIFICATE_DIGEST_SIZE, digest);
    if (row->has_kcv)
        job_hex(row->kcv, CARD_KCV_SIZE, check);
    return json_array_append_new(
               rows, json_pack("{s:s, s:s, s:s, s:s, s:s*}", "id", text.fields[COLUMN_ID], "state",
                               state_words[row->state], "serial", serial, "certificate", digest,
                               "management-kcv", row->has_kcv ? check : NULL)) == 0 ||
           fail(failure, EXIT_REFUSED, "out of memory for the report");
}

/// What a report says of its making.
struct making {
    char date[16], tool[48]; // of signing
    const struct ca *ca;
    const struct crypto *crypto;
};

/// Everything but the rows.
static json_t *form_head(const struct job *job, const struct making *making,
                         struct failure *failure) {
    char profile[2 * SHA256_SIZE + 1], fingerprint[2 * SHA256_SIZE + 1];
    const char *authority = making->ca->hierarchy.members[MEMBER_ROOT].name;
    if (!approval_digest(job, "profile", making->crypto, profile, failure))
        return NULL;
    if (!ca_fingerprint(making->ca, fingerprint)) {
        fail(failure, EXIT_REFUSED, "cannot hash the root's certificate");
        return NULL;
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:o*, s:I, s:I, s:I}", "date",
                     making->date, "tool", making->tool, "authority", authority,
                     "authority-fingerprint", fingerprint, "profile", job->profile.name,
                     "profile-sha256", profile, "master-key-kcv",
                     job->kcv[0] != '\0' ? job->kcv : NULL, "operators",
                     job->operators.count > 0 ? job_operators(&job->operators) : NULL, "total",
                     (json_int_t)job->total, "done", (json_int_t)job->done, "rejected",
                     (json_int_t)job->rejected);
}

/// The report's text; the caller frees it.
static char *form(struct job *job, const struct making *making, struct failure *failure) {
    json_t *rows = json_array(), *report = form_head(job, making, failure);
    bool done = rows != NULL && report != NULL;
    for (size_t i = 0; done && i < job->total; i++)
        done = put_row(job, i, rows, failure);
    done = done && json_object_set(report, "rows", rows) == 0;
    char *text = done ? json_dumps(report, JSON_INDENT(1)) : NULL;
    json_decref(rows);
    json_decref(report);
    if (done && text == NULL)
        fail(failure, EXIT_REFUSED, "out of memory for the report");
    return text;
}

static bool store(const struct job *job, const char *name, struct bytes content,
                  enum files_mode mode, struct failure *failure) {
    char path[PATH_MAX];
    files_path(path, sizeof path, job->directory, name);
    return files_write(path, content, mode, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", path);
}

/// A cell of CSV (RFC 4180).
static void put_cell(FILE *out, const char *text, const char *end) {
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    fputs(quoted ? "\"" : "", out);
    for (; *text != '\0'; text++)
        fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fprintf(out, "%s%s", quoted ? "\"" : "", end);
}

static void put_label_names(const struct job *job, FILE *out) {
    fputs("id,enterprise,device,user,serial", out);
    for (size_t i = 0; i < job->columns.count; i++) {
        fputc(',', out);
        put_cell(out, job->columns.names[i], "");
    }
    fputs("\r\n", out);
}

/// What is printed on the finished cards and their envelopes, in the order of the batch.
static bool write_labels(struct job *job, struct failure *failure) {
    char *text = NULL;
    size_t size = 0;
    struct card_row row;
    FILE *out = open_memstream(&text, &size);
    bool done = out != NULL || fail(failure, EXIT_REFUSED, "out of memory for the labels");
    if (done)
        put_label_names(job, out);
    for (size_t i = 0; done && i < job->total; i++) {
        char serial[2 * CARD_SERIAL_SIZE + 1];
        if (job->rows[i].state != JOB_DONE)
            continue;
        done = job_read(job, (long)i, &row, failure);
        for (int column = 0; done && column < COLUMN_COUNT; column++)
            put_cell(out, row.fields[column], ",");
        job_hex(job->rows[i].serial, CARD_SERIAL_SIZE, serial);
        fputs(serial, out);
        for (size_t column = 0; column < job->columns.count; column++) {
            fputc(',', out);
            put_cell(out, row.further[column], "");
        }
        fputs("\r\n", out);
    }
    if (out != NULL && fclose(out) != 0)
        done = fail(failure, EXIT_REFUSED, "out of memory for the labels");
    done = done && store(job, "labels.csv", bytes_of(text, size), FILES_SECRET, failure);
    free(text);
    return done;
}

static bool sign(const struct job *job, const char *text, const struct ca *ca,
                 struct failure *failure) {
    const struct signer *center = &ca->hierarchy.members[MEMBER_CENTER].signer;
    uint8_t signature[ECDSA_SIZE], der[ECDSA_DER_MAX];
    if (!center->sign(center, bytes_of_string(text), signature))
        return fail(failure, EXIT_REFUSED, "the local center's key does not sign");
    return store(job, "report.json", bytes_of_string(text), FILES_PUBLIC, failure) &&
           store(job, "report.sig", bytes_of(der, ecdsa_to_der(signature, der)), FILES_PUBLIC,
                 failure);
}

/// Day and tool are those of the day of signing; everything else must be as it is now.
static bool read_making(const struct job *job, struct making *making, struct failure *failure) {
    char path[PATH_MAX];
    const char *date = NULL, *tool = NULL;
    files_path(path, sizeof path, job->directory, "report.json");
    json_t *stored = json_load_file(path, 0, NULL);
    if (json_unpack(stored, "{s:s, s:s}", "date", &date, "tool", &tool) == 0) {
        snprintf(making->date, sizeof making->date, "%s", date);
        snprintf(making->tool, sizeof making->tool, "%s", tool);
    }
    json_decref(stored);
    return tool != NULL ||
           fail(failure, EXIT_REFUSED, "%s is no report; run 'tessera perso report %s' first", path,
                job->directory);
}

static bool is_stored(const struct job *job, const char *text, struct failure *failure) {
    char path[PATH_MAX];
    size_t size = strlen(text), stored_size = 0;
    uint8_t *stored = malloc(size + 1);
    files_path(path, sizeof path, job->directory, "report.json");
    bool same = stored != NULL && files_read(path, stored, size + 1, &stored_size) &&
                stored_size == size && memcmp(stored, text, size) == 0;
    free(stored);
    return same || fail(failure, EXIT_REFUSED,
                        "%s does not agree with the journal; run 'tessera perso report %s' again",
                        path, job->directory);
}

static bool check_stored(const struct job *job, const char *text, const struct making *making,
                         struct failure *failure) {
    char path[PATH_MAX];
    uint8_t der[ECDSA_DER_MAX], signature[ECDSA_SIZE];
    size_t der_size = 0;
    const struct crypto *crypto = making->crypto;
    const uint8_t *point = making->ca->hierarchy.members[MEMBER_CENTER].signer.point;
    if (!is_stored(job, text, failure))
        return false;
    files_path(path, sizeof path, job->directory, "report.sig");
    if (!files_read(path, der, sizeof der, &der_size))
        return fail_errno(failure, "cannot read %s", path);
    return (ecdsa_from_der(bytes_of(der, der_size), signature) &&
            crypto->ops->ecdsa_verify(crypto, point, bytes_of_string(text), signature)) ||
           fail(failure, EXIT_REFUSED, "%s: the signature does not verify", path);
}

static void print(const struct job *job, bool json) {
    if (json)
        printf("{\"total\":%zu,\"done\":%zu,\"rejected\":%zu}\n", job->total, job->done,
               job->rejected);
    else
        printf("%s: %zu card%s, %zu done, %zu rejected, %zu open\n", job->directory, job->total,
               job->total == 1 ? "" : "s", job->done, job->rejected,
               job->total - job->done - job->rejected);
}

static bool report_on(struct job *job, bool check, struct making *making, uint32_t today,
                      struct failure *failure) {
    snprintf(making->date, sizeof making->date, "%04u-%02u-%02u", (unsigned)(today / 10000),
             (unsigned)(today / 100 % 100), (unsigned)(today % 100));
    snprintf(making->tool, sizeof making->tool, "tessera %s", TESSERA_VERSION);
    if (check && !read_making(job, making, failure))
        return false;
    char *text = form(job, making, failure);
    bool done = text != NULL && (check ? check_stored(job, text, making, failure)
                                       : (job->erased || write_labels(job, failure)) &&
                                             sign(job, text, making->ca, failure));
    free(text);
    return done;
}

static bool report(struct job *job, bool check, const struct token_pin *pin,
                   const struct crypto *crypto, uint32_t today, struct failure *failure) {
    struct ca ca;
    struct making making = {.ca = &ca, .crypto = crypto};
    if (!ca_open(&ca, job->ca, pin, crypto, today, failure))
        return false;
    bool done = report_on(job, check, &making, today, failure);
    ca_close(&ca);
    return done;
}

bool job_report_print(const char *directory, bool check, bool json, const struct token_pin *pin,
                      const struct crypto *crypto, uint32_t today, struct failure *failure) {
    struct job job;
    if (!job_open(&job, directory, failure))
        return false;
    bool done = report(&job, check, pin, crypto, today, failure);
    size_t rejected = job.rejected;
    if (done)
        print(&job, json);
    job_close(&job);
    return done && (rejected == 0 || fail(failure, EXIT_REFUSED,
                                          "%zu rows are rejected; see %s/"
                                          "journal, then 'tessera perso run --rejects'",
                                          rejected, directory));
}
