// SPDX-License-Identifier: Apache-2.0
#include "personalization/job/letter.h"

#include "base/files.h"
#include "base/must.h"
#include "personalization/job/batch.h"

#include <errno.h>
#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct letter_printer {
    STACK_OF(X509) * recipients;
};

X509 *letter_certificate(const char *path, struct failure *failure) {
    FILE *file = fopen(path, "r");
    X509 *certificate = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (file == NULL)
        fail_errno(failure, "cannot read the printer's certificate %s", path);
    else
        fclose(file);
    if (file != NULL && certificate == NULL)
        fail(failure, EXIT_USAGE, "%s: no X.509 certificate in PEM", path);
    return certificate;
}

static struct letter_printer *read_printer(const char *path, struct failure *failure) {
    X509 *certificate = letter_certificate(path, failure);
    struct letter_printer *printer = calloc(1, sizeof *printer);
    if (printer != NULL && certificate != NULL) {
        printer->recipients = sk_X509_new_null();
        if (printer->recipients != NULL && sk_X509_push(printer->recipients, certificate) > 0)
            return printer;
    }
    X509_free(certificate);
    free(printer);
    return NULL;
}

/// CMS of the text in DER; *out is OPENSSL_free'd by the caller.
static int seal(const struct letter_printer *printer, const char *text, unsigned char **out) {
    BIO *in = BIO_new_mem_buf(text, -1);
    CMS_ContentInfo *cms =
        in != NULL ? CMS_encrypt(printer->recipients, in, EVP_aes_256_cbc(), CMS_BINARY) : NULL;
    int size = cms != NULL ? i2d_CMS_ContentInfo(cms, out) : 0;
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return size;
}

/// Some keys only sign: a letter is sealed on trial.
static bool seals(const struct letter_printer *printer) {
    unsigned char *sealed = NULL;
    bool done = seal(printer, "trial", &sealed) > 0;
    OPENSSL_free(sealed);
    ERR_clear_error();
    return done;
}

struct letter_printer *letter_printer_open(const char *path, struct failure *failure) {
    struct letter_printer *printer = read_printer(path, failure);
    if (printer == NULL || seals(printer))
        return printer;
    letter_printer_close(printer);
    fail(failure, EXIT_USAGE,
         "%s: letters cannot be sealed for this key; it needs an RSA or an elliptic curve key that "
         "takes part in key agreement, not one that only signs",
         path);
    return NULL;
}

void letter_printer_close(struct letter_printer *printer) {
    if (printer == NULL)
        return;
    sk_X509_pop_free(printer->recipients, X509_free);
    free(printer);
}

static void add_column(char text[LETTER_TEXT_MAX], size_t *used, const char *name,
                       const char *value) {
    int size = snprintf(text + *used, LETTER_TEXT_MAX - *used, "%s\t%s\n", name, value);
    *used += size > 0 ? (size_t)size : 0;
    must(*used < LETTER_TEXT_MAX, "a letter has room for every column");
}

/// "card ID", "PIN N", "PUK N", then a line a column.
static void form_text(const struct letter *letter, char text[LETTER_TEXT_MAX]) {
    const struct card_row *row = letter->row;
    size_t used = (size_t)snprintf(text, LETTER_TEXT_MAX, "card %s\nPIN %s\nPUK %s\n",
                                   row->fields[COLUMN_ID], letter->pin, letter->puk);
    for (size_t i = COLUMN_ID + 1; i < COLUMN_COUNT; i++)
        add_column(text, &used, batch_columns[i], row->fields[i]);
    for (size_t i = 0; i < letter->columns->count; i++)
        add_column(text, &used, letter->columns->names[i], row->further[i]);
}

bool letter_write(const struct letter_printer *printer, const char *directory,
                  const struct letter *letter, struct failure *failure) {
    char path[PATH_MAX], text[LETTER_TEXT_MAX], name[NAME_MAX];
    const char *id = letter->row->fields[COLUMN_ID];
    unsigned char *sealed = NULL;
    int used = snprintf(path, sizeof path, "%s/letters", directory);
    if (used < 0 || (size_t)used + sizeof name + 6 > sizeof path ||
        (mkdir(path, 0700) != 0 && errno != EEXIST))
        return fail_errno(failure, "cannot make %s", path);
    if (!files_name(name, sizeof name, id))
        return fail_errno(failure, "no letter can be named %s", id);
    snprintf(path + used, sizeof path - (size_t)used, "/%s.cms", name);
    form_text(letter, text);
    int size = seal(printer, text, &sealed);
    bytes_erase(text, sizeof text);
    bool done =
        size > 0 && files_write(path, bytes_of(sealed, (size_t)size), FILES_SECRET, FILES_REPLACE);
    OPENSSL_free(sealed);
    return done || fail_errno(failure, "cannot write the PIN letter %s", path);
}
