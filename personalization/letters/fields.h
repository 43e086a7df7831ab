// SPDX-License-Identifier: Apache-2.0
// What stands in one PIN letter: id, PIN, PUK and the columns of its row. Read from a letter that
// was sealed for the printer (personalization/job/letter.h), with the printer's key.
#ifndef PERSONALIZATION_LETTERS_FIELDS_H
#define PERSONALIZATION_LETTERS_FIELDS_H

#include "personalization/job/letter.h"

enum { FIELDS_MAX = 3 + COLUMN_COUNT + COLUMNS_MAX };

/// Names and values point into text, which is secret.
struct letter_fields {
    size_t count;
    const char *names[FIELDS_MAX], *values[FIELDS_MAX];
    char text[LETTER_TEXT_MAX + 1];
};

struct letter_key;

/// The printer's key and certificate, both PEM. passphrase: of the key's file, NULL where it has
/// none. NULL with a failure.
struct letter_key *letter_key_open(const char *key, const char *certificate, const char *passphrase,
                                   struct failure *failure);
/// Forgets the key; NULL is nothing.
void letter_key_close(struct letter_key *key);

/// Opens one sealed letter. False: it is none, or sealed for another key. The fields are the
/// caller's to erase in any case.
bool letter_read(const struct letter_key *key, const char *path, struct letter_fields *fields,
                 struct failure *failure);

/// The value of a name; NULL where there is none.
const char *letter_value(const struct letter_fields *fields, const char *name, size_t size);

#endif
