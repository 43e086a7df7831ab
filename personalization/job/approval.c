// SPDX-License-Identifier: Apache-2.0
#include "personalization/job/approval.h"

#include "apdu/crypto/ecdsa_form.h"
#include "base/files.h"
#include "personalization/authority/x509_read.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// What one operator left in the job.
struct approval {
    uint8_t certificate[X509_PEM_MAX];
    size_t size;
    uint8_t point[P256_COMPRESSED_SIZE];
    uint8_t signature[ECDSA_SIZE];
};

// ---- what is signed ----------------------------------------------------------------------------

static uint8_t *read_whole(const char *path, size_t *size) {
    struct stat status;
    if (stat(path, &status) != 0)
        return NULL;
    uint8_t *content = malloc((size_t)status.st_size + 1);
    if (content != NULL && files_read(path, content, (size_t)status.st_size + 1, size))
        return content;
    free(content);
    return NULL;
}

bool approval_digest(const struct job *job, const char *name, const struct crypto *crypto,
                     char hex[2 * SHA256_SIZE + 1], struct failure *failure) {
    char path[PATH_MAX];
    uint8_t digest[SHA256_SIZE];
    size_t size = 0;
    files_path(path, sizeof path, job->directory, name);
    uint8_t *content = read_whole(path, &size);
    if (content == NULL)
        return fail_errno(failure, "cannot read %s", path);
    bool done = crypto->ops->sha256(crypto, bytes_of(content, size), digest);
    free(content);
    job_hex(digest, sizeof digest, hex);
    return done || fail(failure, EXIT_REFUSED, "cannot hash %s", path);
}

enum { PLAN_FILES = 3, PLAN_TEXT_MAX = 512 };

/// The text that operators sign: name and digest of each file of the plan.
static bool form_text(const struct job *job, const struct crypto *crypto, char text[PLAN_TEXT_MAX],
                      struct failure *failure) {
    static const char *const names[PLAN_FILES] = {"job.json", "profile", "rows.tsv"};
    char hex[2 * SHA256_SIZE + 1];
    size_t used = (size_t)snprintf(text, PLAN_TEXT_MAX, "tessera perso plan\n");
    for (size_t i = 0; i < PLAN_FILES; i++) {
        if (!approval_digest(job, names[i], crypto, hex, failure))
            return false;
        used += (size_t)snprintf(text + used, PLAN_TEXT_MAX - used, "%s %s\n", hex, names[i]);
    }
    return true;
}

// ---- who signed --------------------------------------------------------------------------------

static void approval_path(const struct job *job, const char *id, const char *ending,
                          char path[PATH_MAX]) {
    char name[3 * HOLDER_MAX + 1];
    if (!files_name(name, sizeof name, id))
        name[0] = '\0';
    snprintf(path, PATH_MAX, "%s/approvals/%s.%s", job->directory, name, ending);
}

/// Reads what the operator left. A sentence why there is nothing to go by, else NULL.
static const char *read_approval(const struct job *job, const char *id, struct approval *approval) {
    char path[PATH_MAX];
    uint8_t der[ECDSA_DER_MAX];
    size_t size = 0;
    approval_path(job, id, "sig", path);
    if (!files_read(path, der, sizeof der, &size))
        return "has not signed";
    approval_path(job, id, "pem", path);
    if (!ecdsa_from_der(bytes_of(der, size), approval->signature) ||
        !files_read(path, approval->certificate, sizeof approval->certificate, &approval->size) ||
        !x509_read_point((const char *)approval->certificate, approval->size, approval->point))
        return "signature or certificate is spoilt";
    return NULL;
}

static bool is_good(const struct register_entry *entry, const char *id, uint32_t today) {
    return strcmp(entry->holder, id) == 0 && (entry->roles & ROLE_OPERATOR) != 0 &&
           entry->revoked == 0 && entry->from <= today && today <= entry->until;
}

bool approval_is_operator(const struct register_list *issued, const char *id, uint32_t today) {
    for (size_t i = 0; i < issued->count; i++)
        if (is_good(&issued->entries[i], id, today))
            return true;
    return false;
}

/// The register has this very certificate as one of an operator, which is good today.
static bool is_registered(const struct ca *ca, const char *id, const struct approval *approval,
                          const struct crypto *crypto) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    if (!certificate_digest(crypto, bytes_of(approval->certificate, approval->size), digest))
        return false;
    for (size_t i = 0; i < ca->issued.count; i++) {
        const struct register_entry *entry = &ca->issued.entries[i];
        if (is_good(entry, id, ca->today) && memcmp(entry->digest, digest, sizeof digest) == 0)
            return true;
    }
    return false;
}

/// Why this operator's signature does not count; NULL: it does. ca NULL: the certificate is not
/// looked up.
static const char *fault_of(const struct job *job, const char *id, const char *text,
                            const struct ca *ca, const struct crypto *crypto,
                            struct approval *approval) {
    const char *fault = read_approval(job, id, approval);
    if (fault != NULL)
        return fault;
    if (!crypto->ops->ecdsa_verify(crypto, approval->point, bytes_of_string(text),
                                   approval->signature))
        return "signed another plan";
    if (ca != NULL && !is_registered(ca, id, approval, crypto))
        return "has no operator's certificate that is good today";
    return NULL;
}

// ---- signing -----------------------------------------------------------------------------------

/// An operator's own key and certificate.
struct operator{
    char id[X509_SUBJECT_MAX];
    struct signer signer;
    struct signer_scalar key;
    uint8_t certificate[X509_PEM_MAX];
    size_t size;
};

static bool operator_open(struct operator* operator, const char * directory,
                          const struct crypto *crypto, struct failure *failure) {
    char path[PATH_MAX];
    uint8_t point[P256_COMPRESSED_SIZE], certified[P256_COMPRESSED_SIZE];
    *operator=(struct operator){.key.crypto = crypto};
    if (!files_path(path, sizeof path, directory, "key.pem"))
        return fail_errno(failure, "%s", directory);
    if (!keyfile_read(path, operator->key.scalar, point, failure))
        return false;
    signer_from_scalar(&operator->signer, &operator->key, point);
    files_path(path, sizeof path, directory, "certificate.pem");
    if (!files_read(path, operator->certificate, sizeof operator->certificate, &operator->size))
        return fail_errno(failure, "cannot read %s", path);
    const char *pem = (const char *)operator->certificate;
    if (!x509_read_point(pem, operator->size, certified) ||
        !x509_read_subject(pem, operator->size, operator->id, sizeof operator->id))
        return fail(failure, EXIT_USAGE, "%s is no certificate of an operator", path);
    return memcmp(point, certified, sizeof point) == 0 ||
           fail(failure, EXIT_USAGE, "%s is not of the key beside it", path);
}

static bool is_named(const struct job *job, const char *id, struct failure *failure) {
    for (size_t i = 0; i < job->operators.count; i++)
        if (strcmp(job->operators.ids[i], id) == 0)
            return true;
    return job->operators.count == 0
               ? fail(failure, EXIT_REFUSED,
                      "%s demands no signatures; plan it with --operator for each who is to sign",
                      job->directory)
               : fail(failure, EXIT_REFUSED, "%s: the plan does not name %s among its operators",
                      job->directory, id);
}

/// The certificate first: a signature without one would count as spoilt.
static bool keep(const struct job *job, const struct operator* operator, const uint8_t * signature,
                 struct failure *failure) {
    char path[PATH_MAX];
    uint8_t der[ECDSA_DER_MAX];
    size_t size = ecdsa_to_der(signature, der);
    files_path(path, sizeof path, job->directory, "approvals");
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make %s", path);
    approval_path(job, operator->id, "pem", path);
    if (!files_write(path, bytes_of(operator->certificate, operator->size), FILES_PUBLIC,
                     FILES_REPLACE))
        return fail_errno(failure, "cannot write %s", path);
    approval_path(job, operator->id, "sig", path);
    return files_write(path, bytes_of(der, size), FILES_PUBLIC, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", path);
}

static bool sign(const struct job *job, const struct operator* operator,
                 const struct crypto * crypto, struct failure *failure) {
    char text[PLAN_TEXT_MAX];
    uint8_t signature[ECDSA_SIZE];
    if (!is_named(job, operator->id, failure) || !form_text(job, crypto, text, failure))
        return false;
    if (!operator->signer.sign(&operator->signer, bytes_of_string(text), signature))
        return fail(failure, EXIT_REFUSED, "the key of %s does not sign", operator->id);
    return keep(job, operator, signature, failure);
}

bool approval_sign(const char *job_directory, const char *operator_directory,
                   const struct crypto *crypto, struct failure *failure) {
    struct job job;
    struct operator operator;
    bool done = operator_open(&operator, operator_directory, crypto, failure);
    if (done && (done = job_open(&job, job_directory, failure))) {
        done = sign(&job, &operator, crypto, failure);
        job_close(&job);
    }
    bytes_erase(&operator.key, sizeof operator.key);
    return done;
}

// ---- telling and checking ----------------------------------------------------------------------

static bool tell(const struct job *job, const struct crypto *crypto, struct failure *failure) {
    char text[PLAN_TEXT_MAX], hex[2 * SHA256_SIZE + 1];
    uint8_t digest[SHA256_SIZE];
    struct approval approval;
    if (!form_text(job, crypto, text, failure))
        return false;
    if (!crypto->ops->sha256(crypto, bytes_of_string(text), digest))
        return fail(failure, EXIT_REFUSED, "cannot hash the plan of %s", job->directory);
    job_hex(digest, sizeof digest, hex);
    printf("plan %s: %zu card%s of profile %s\n", hex, job->total, job->total == 1 ? "" : "s",
           job->profile.name);
    for (size_t i = 0; i < job->operators.count; i++) {
        const char *id = job->operators.ids[i];
        const char *fault = fault_of(job, id, text, NULL, crypto, &approval);
        printf("operator %s: %s\n", id, fault != NULL ? fault : "signed");
    }
    return true;
}

bool approval_tell(const char *job_directory, const struct crypto *crypto,
                   struct failure *failure) {
    struct job job;
    if (!job_open(&job, job_directory, failure))
        return false;
    bool done = tell(&job, crypto, failure);
    job_close(&job);
    return done;
}

bool approval_check(const struct job *job, const struct ca *ca, const struct crypto *crypto,
                    struct failure *failure) {
    char text[PLAN_TEXT_MAX], missing[256] = "";
    size_t used = 0;
    struct approval approval;
    if (job->operators.count == 0)
        return true;
    if (!form_text(job, crypto, text, failure))
        return false;
    for (size_t i = 0; i < job->operators.count; i++) {
        const char *id = job->operators.ids[i];
        const char *fault = fault_of(job, id, text, ca, crypto, &approval);
        if (fault != NULL && used < sizeof missing)
            used += (size_t)snprintf(missing + used, sizeof missing - used, "%s%s %s",
                                     used > 0 ? ", " : "", id, fault);
    }
    return used == 0 ||
           fail(failure, EXIT_REFUSED,
                "%s needs the signatures of %zu operators: %s; 'tessera perso approve %s "
                "--operator DIR' signs",
                job->directory, job->operators.count, missing, job->directory);
}

json_t *job_operators(const struct operators *operators) {
    json_t *ids = json_array();
    for (size_t i = 0; i < operators->count; i++)
        json_array_append_new(ids, json_string(operators->ids[i]));
    return ids;
}
