// SPDX-License-Identifier: Apache-2.0
#include "personalization/letters/letters.h"

#include "base/files.h"
#include "base/sheet/sheet.h"
#include "personalization/letters/template.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPLATE_MAX = 32768 };

static const char sealed_ending[] = ".cms";

/// What is needed for one letter after another.
struct press {
    const struct letters_order *order;
    struct letter_key *key;
    char directory[PATH_MAX - NAME_MAX]; // of the sealed letters
    char template[TEMPLATE_MAX + 1];
    struct letter_fields fields;
    struct sheet_text sheet;
};

static bool is_sealed(const char *name) {
    size_t size = strlen(name), ending = sizeof sealed_ending - 1;
    return size > ending && strcmp(name + size - ending, sealed_ending) == 0;
}

static int sealed_only(const struct dirent *entry) {
    return is_sealed(entry->d_name);
}

static bool store(const struct press *press, const char *name, const char *ending,
                  struct bytes content, struct failure *failure) {
    char path[PATH_MAX];
    int stem = (int)(strlen(name) - strlen(sealed_ending));
    int size = snprintf(path, sizeof path, "%s/%.*s.%s", press->order->out, stem, name, ending);
    if (size < 0 || (size_t)size >= sizeof path) {
        errno = ENAMETOOLONG;
        return fail_errno(failure, "%s", press->order->out);
    }
    return files_write(path, content, FILES_SECRET, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", path);
}

static bool print_pdf(const struct press *press, const char *name, struct failure *failure) {
    struct sheet_pdf pdf;
    struct failure why;
    const struct sheet_style style = {.font = press->order->font};
    if (!sheet_print(press->sheet.text, &style, &pdf, &why))
        return fail(failure, why.code, "%s: %s", name, why.text);
    bool done = store(press, name, "pdf", bytes_of(pdf.data, pdf.size), failure);
    sheet_free(&pdf);
    return done;
}

static bool print_one(struct press *press, const char *name, struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, press->directory, name))
        return fail_errno(failure, "%s/%s", press->directory, name);
    if (!letter_read(press->key, path, &press->fields, failure) ||
        !template_fill(press->template, press->order->template, &press->fields, &press->sheet,
                       failure))
        return false;
    return press->order->form == LETTERS_PDF
               ? print_pdf(press, name, failure)
               : store(press, name, "txt",
                       bytes_of((const uint8_t *)press->sheet.text, press->sheet.size), failure);
}

/// A job keeps its letters in a directory of that name.
static bool find_letters(struct press *press, struct failure *failure) {
    char path[PATH_MAX];
    const char *source = press->order->source;
    bool whole = files_path(path, sizeof path, source, "letters") && access(path, F_OK) == 0;
    int size = snprintf(press->directory, sizeof press->directory, "%s", whole ? path : source);
    return (size >= 0 && (size_t)size < sizeof press->directory) ||
           fail(failure, EXIT_USAGE, "%s: the path is too long", source);
}

static bool prepare(struct press *press, struct failure *failure) {
    const struct letters_order *order = press->order;
    size_t size = 0;
    if (!files_read(order->template, (uint8_t *)press->template, TEMPLATE_MAX, &size))
        return fail_errno(failure, "cannot read the template %s", order->template);
    press->template[size] = '\0';
    if (strlen(press->template) != size)
        return fail(failure, EXIT_USAGE, "%s: a zero octet in it; is this a text?",
                    order->template);
    press->key = letter_key_open(order->key, order->printer, order->passphrase, failure);
    return press->key != NULL && find_letters(press, failure);
}

static bool print_all(struct press *press, struct dirent *const *names, size_t total, size_t *count,
                      struct failure *failure) {
    const struct letters_order *order = press->order;
    if (total == 0)
        return fail(failure, EXIT_USAGE,
                    "%s: no sealed letters there (*.cms); a job has them when it was planned with "
                    "--printer and its profile says 'pin yes'",
                    press->directory);
    if (mkdir(order->out, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make the directory %s", order->out);
    while (*count < total && print_one(press, names[*count]->d_name, failure))
        ++*count;
    return *count == total;
}

bool letters_print(const struct letters_order *order, size_t *count, struct failure *failure) {
    struct dirent **names = NULL;
    struct press *press = calloc(1, sizeof *press);
    *count = 0;
    if (press == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    press->order = order;
    bool done = prepare(press, failure);
    int total = done ? scandir(press->directory, &names, sealed_only, alphasort) : 0;
    if (total < 0)
        done = fail_errno(failure, "cannot read the letters in %s", press->directory);
    done = done && print_all(press, names, (size_t)total, count, failure);
    for (int i = 0; i < total; i++)
        free(names[i]);
    free(names);
    letter_key_close(press->key);
    bytes_erase(press, sizeof *press);
    free(press);
    return done;
}
