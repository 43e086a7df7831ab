// SPDX-License-Identifier: Apache-2.0
#include "personalization/letter.h"

#include "services/wire/files.h"

#include <errno.h>
#include <limits.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct letter_printer {
    STACK_OF(X509) * recipients;
};

struct letter_printer *letter_printer_open(const char *path, struct failure *failure) {
    FILE *file = fopen(path, "r");
    X509 *certificate = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    struct letter_printer *printer = calloc(1, sizeof *printer);
    if (file == NULL)
        fail_errno(failure, "cannot read the printer's certificate %s", path);
    else
        fclose(file);
    if (file != NULL && certificate == NULL)
        fail(failure, EXIT_USAGE, "%s: no X.509 certificate in PEM", path);
    if (printer != NULL && certificate != NULL) {
        printer->recipients = sk_X509_new_null();
        if (printer->recipients != NULL && sk_X509_push(printer->recipients, certificate) > 0)
            return printer;
    }
    X509_free(certificate);
    free(printer);
    return NULL;
}

void letter_printer_close(struct letter_printer *printer) {
    if (printer == NULL)
        return;
    sk_X509_pop_free(printer->recipients, X509_free);
    free(printer);
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

bool letter_write(const struct letter_printer *printer, const char *directory, const char *id,
                  const char *pin, const char *puk, struct failure *failure) {
    char path[PATH_MAX], text[128], name[NAME_MAX];
    unsigned char *sealed = NULL;
    int used = snprintf(path, sizeof path, "%s/letters", directory);
    if (used < 0 || (size_t)used + sizeof name + 6 > sizeof path ||
        (mkdir(path, 0700) != 0 && errno != EEXIST))
        return fail_errno(failure, "cannot make %s", path);
    if (!files_name(name, sizeof name, id))
        return fail_errno(failure, "no letter can be named %s", id);
    snprintf(path + used, sizeof path - (size_t)used, "/%s.cms", name);
    snprintf(text, sizeof text, "card %s\nPIN %s\nPUK %s\n", id, pin, puk);
    int size = seal(printer, text, &sealed);
    bytes_erase(text, sizeof text);
    bool done =
        size > 0 && files_write(path, bytes_of(sealed, (size_t)size), FILES_SECRET, FILES_REPLACE);
    OPENSSL_free(sealed);
    return done || fail_errno(failure, "cannot write the PIN letter %s", path);
}
