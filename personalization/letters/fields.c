// SPDX-License-Identifier: Apache-2.0
#include "personalization/letters/fields.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct letter_key {
    EVP_PKEY *key;
    X509 *certificate;
};

/// OpenSSL would ask the terminal otherwise.
static int give_passphrase(char *out, int capacity, int write, void *context) {
    const char *passphrase = context;
    (void)write;
    if (passphrase == NULL || strlen(passphrase) >= (size_t)capacity)
        return -1;
    return snprintf(out, (size_t)capacity, "%s", passphrase);
}

static EVP_PKEY *read_key(const char *path, const char *passphrase, struct failure *failure) {
    char copy[256];
    FILE *file = fopen(path, "r");
    snprintf(copy, sizeof copy, "%s", passphrase != NULL ? passphrase : "");
    EVP_PKEY *key = file != NULL ? PEM_read_PrivateKey(file, NULL, give_passphrase,
                                                       passphrase != NULL ? copy : NULL)
                                 : NULL;
    bytes_erase(copy, sizeof copy);
    if (file == NULL)
        fail_errno(failure, "cannot read the printer's key %s", path);
    else
        fclose(file);
    if (file != NULL && key == NULL)
        fail(failure, EXIT_USAGE, "%s: no private key in PEM%s", path,
             passphrase != NULL ? ", or the passphrase is wrong"
                                : "; one with a passphrase needs --passphrase-fd");
    return key;
}

struct letter_key *letter_key_open(const char *key, const char *certificate, const char *passphrase,
                                   struct failure *failure) {
    struct letter_key *made = calloc(1, sizeof *made);
    if (made == NULL) {
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    if ((made->certificate = letter_certificate(certificate, failure)) != NULL &&
        (made->key = read_key(key, passphrase, failure)) != NULL) {
        if (X509_check_private_key(made->certificate, made->key) == 1)
            return made;
        fail(failure, EXIT_USAGE, "%s is not the key of %s", key, certificate);
    }
    ERR_clear_error();
    letter_key_close(made);
    return NULL;
}

void letter_key_close(struct letter_key *key) {
    if (key == NULL)
        return;
    EVP_PKEY_free(key->key);
    X509_free(key->certificate);
    free(key);
}

/// A letter's first three lines have a blank between name and value, the columns a tab.
static bool split(struct letter_fields *fields) {
    static const char *const first[] = {"card ", "PIN ", "PUK "};
    static const char *const called[] = {"id", "pin", "puk"};
    char *rest = fields->text, *line;
    for (fields->count = 0; fields->count < FIELDS_MAX && (line = strsep(&rest, "\n")) != NULL;) {
        size_t i = fields->count;
        char *value = i < 3 ? line : strchr(line, '\t');
        if (i < 3 && strncmp(line, first[i], strlen(first[i])) != 0)
            return false;
        if (value == NULL || line[0] == '\0')
            return rest == NULL && i >= 3; // the end
        *(i < 3 ? line + strlen(first[i]) - 1 : value) = '\0';
        fields->names[i] = i < 3 ? called[i] : line;
        fields->values[i] = i < 3 ? line + strlen(first[i]) : value + 1;
        fields->count++;
    }
    return false;
}

/// Size of what the CMS held; negative: it is sealed for another key.
static int unseal(const struct letter_key *key, CMS_ContentInfo *cms, char *text, int capacity) {
    BIO *out = BIO_new(BIO_s_mem()); // which erases what it held
    int size = -1;
    if (out != NULL && CMS_decrypt(cms, key->key, key->certificate, NULL, out, CMS_BINARY) == 1)
        size = BIO_read(out, text, capacity);
    BIO_free(out);
    ERR_clear_error();
    return size;
}

bool letter_read(const struct letter_key *key, const char *path, struct letter_fields *fields,
                 struct failure *failure) {
    BIO *in = BIO_new_file(path, "rb");
    fields->count = 0;
    if (in == NULL) {
        ERR_clear_error();
        return fail_errno(failure, "cannot read %s", path);
    }
    CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
    int size = cms != NULL ? unseal(key, cms, fields->text, LETTER_TEXT_MAX) : 0;
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    ERR_clear_error();
    if (cms == NULL)
        return fail(failure, EXIT_USAGE, "%s: no sealed letter (CMS in DER)", path);
    if (size >= 0)
        fields->text[size] = '\0';
    return (size > 0 && split(fields)) ||
           fail(failure, EXIT_REFUSED, "%s: not a letter that was sealed for this key", path);
}

const char *letter_value(const struct letter_fields *fields, const char *name, size_t size) {
    for (size_t i = 0; i < fields->count; i++)
        if (strlen(fields->names[i]) == size && memcmp(fields->names[i], name, size) == 0)
            return fields->values[i];
    return NULL;
}
