// SPDX-License-Identifier: Apache-2.0
// PIN letters as they are sent: every sealed letter of a job, opened with the printer's key, put
// into the wording of a template and written for its owner alone.
#ifndef PERSONALIZATION_LETTERS_LETTERS_H
#define PERSONALIZATION_LETTERS_LETTERS_H

#include "base/failure.h"

#include <stddef.h>

enum letters_form { LETTERS_TEXT, LETTERS_PDF };

struct letters_order {
    const char *source;        // the job, or a directory of sealed letters, ID.cms
    const char *template;      // file
    const char *key, *printer; // PEM: private key, certificate
    const char *passphrase;    // of the key's file; NULL: none
    enum letters_form form;    // ID.txt or ID.pdf
    const char *font;          // of PDF, as Pango describes it
    const char *out;           // directory, made with mode 0700 where it is not there
};

/// Prints every letter; count: how many are written, also where it ends early. Files of an earlier
/// run are replaced. False: the first letter that could not be printed, by name.
bool letters_print(const struct letters_order *order, size_t *count, struct failure *failure);

#endif
