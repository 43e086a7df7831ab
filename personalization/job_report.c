// SPDX-License-Identifier: Apache-2.0
#include "personalization/job_report.h"

#include "apdu/ecdsa_form.h"
#include "personalization/authority.h"
#include "services/wire/files.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_words[] = {[JOB_OPEN] = "open",
                                          [JOB_STARTED] = "started",
                                          [JOB_DONE] = "done",
                                          [JOB_REJECTED] = "rejected"};

static void hex_form(const uint8_t *octets, size_t size, char *out) {
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02X", octets[i]);
}

static bool put_row(struct job *job, size_t index, json_t *rows, struct failure *failure) {
    struct batch_row text;
    const struct job_row *row = &job->rows[index];
    char check[2 * JOB_KCV_SIZE + 1] = "", serial[2 * JOB_SERIAL_SIZE + 1] = "",
                                  digest[2 * CERTIFICATE_DIGEST_SIZE + 1] = "";
    if (!job_read(job, (long)index, &text, failure))
        return false;
    if (row->state != JOB_OPEN)
        hex_form(row->serial, JOB_SERIAL_SIZE, serial);
    if (row->state == JOB_DONE)
        hex_form(row->digest, CERTIFICATE_DIGEST_SIZE, digest);
    if (row->has_kcv)
        hex_form(row->kcv, JOB_KCV_SIZE, check);
    return json_array_append_new(
               rows, json_pack("{s:s, s:s, s:s, s:s, s:s*}", "id", text.fields[COLUMN_ID], "state",
                               state_words[row->state], "serial", serial, "certificate", digest,
                               "management-kcv", row->has_kcv ? check : NULL)) == 0 ||
           fail(failure, EXIT_REFUSED, "out of memory for the report");
}

/// The report's text; the caller frees it.
static char *form(struct job *job, struct failure *failure) {
    json_t *rows = json_array();
    bool done = rows != NULL;
    for (size_t i = 0; done && i < job->total; i++)
        done = put_row(job, i, rows, failure);
    json_t *report = json_pack("{s:s, s:I, s:I, s:I, s:o}", "profile", job->profile.name, "total",
                               (json_int_t)job->total, "done", (json_int_t)job->done, "rejected",
                               (json_int_t)job->rejected, "rows", rows);
    char *text = done && report != NULL ? json_dumps(report, JSON_INDENT(1)) : NULL;
    json_decref(report);
    if (done && text == NULL)
        fail(failure, EXIT_REFUSED, "out of memory for the report");
    return text;
}

static bool store(const struct job *job, const char *name, struct bytes content,
                  struct failure *failure) {
    char path[PATH_MAX];
    files_path(path, sizeof path, job->directory, name);
    return files_write(path, content, FILES_PUBLIC, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", path);
}

static bool sign(const struct job *job, const char *text, const struct ca *ca,
                 struct failure *failure) {
    const struct signer *center = &ca->hierarchy.members[MEMBER_CENTER].signer;
    uint8_t signature[ECDSA_SIZE], der[ECDSA_DER_MAX];
    if (!center->sign(center, bytes_of_string(text), signature))
        return fail(failure, EXIT_REFUSED, "the bench center's key does not sign");
    return store(job, "report.json", bytes_of_string(text), failure) &&
           store(job, "report.sig", bytes_of(der, ecdsa_to_der(signature, der)), failure);
}

static bool check_stored(const struct job *job, const char *text, const struct ca *ca,
                         const struct crypto *crypto, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t der[ECDSA_DER_MAX], signature[ECDSA_SIZE];
    size_t size = strlen(text), der_size = 0, stored_size = 0;
    uint8_t *stored = malloc(size + 1);
    files_path(path, sizeof path, job->directory, "report.json");
    bool done = stored != NULL && files_read(path, stored, size + 1, &stored_size);
    bool same = done && stored_size == size && memcmp(stored, text, size) == 0;
    free(stored);
    if (!same)
        return fail(failure, EXIT_REFUSED,
                    "%s does not agree with the journal; run 'tessera perso report %s' again", path,
                    job->directory);
    files_path(path, sizeof path, job->directory, "report.sig");
    if (!files_read(path, der, sizeof der, &der_size))
        return fail_errno(failure, "cannot read %s", path);
    const uint8_t *point = ca->hierarchy.members[MEMBER_CENTER].signer.point;
    return (ecdsa_from_der(bytes_of(der, der_size), signature) &&
            crypto->ops->ecdsa_verify(crypto, point, bytes_of_string(text), signature)) ||
           fail(failure, EXIT_REFUSED, "%s: the signature does not verify", path);
}

static void print(const struct job *job, bool json) {
    if (json)
        printf("{\"total\":%zu,\"done\":%zu,\"rejected\":%zu}\n", job->total, job->done,
               job->rejected);
    else
        printf("%s: %zu cards, %zu done, %zu rejected, %zu open\n", job->directory, job->total,
               job->done, job->rejected, job->total - job->done - job->rejected);
}

static bool report(struct job *job, bool check, const struct token_pin *pin,
                   const struct crypto *crypto, uint32_t today, struct failure *failure) {
    struct ca ca;
    char *text = form(job, failure);
    if (text == NULL)
        return false;
    bool done = ca_open(&ca, job->ca, pin, crypto, today, failure);
    if (done) {
        done =
            check ? check_stored(job, text, &ca, crypto, failure) : sign(job, text, &ca, failure);
        ca_close(&ca);
    }
    free(text);
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
