// SPDX-License-Identifier: Apache-2.0
// The operator's page in words: its numbers and what stands behind each, in English and Japanese.
#ifndef SERVICES_CLEARING_DESK_DESK_WORDS_H
#define SERVICES_CLEARING_DESK_DESK_WORDS_H

#include "services/clearing/statements.h"

enum { LANGUAGES = 2 }; // English, Japanese

/// A text of the page by language.
struct said {
    const char *in[LANGUAGES];
};

enum desk_word {
    DESK_TITLE,
    DESK_OTHER_LANGUAGE, // to the page in the other one
    DESK_BACK,
    DESK_MORE,
    DESK_NOTHING,
    DESK_PERSON,
    DESK_QUEUES,
    DESK_HOTLISTS,
    DESK_VOLUME,
    DESK_DAYS,
    DESK_BALANCES,
    DESK_DAY,
    DESK_COUNT,
    DESK_AMOUNT,
    DESK_AGE_DAYS,
    DESK_VERSION,
    DESK_NO_HOTLIST,
    DESK_TRACE,
    DESK_WORDS,
};
extern const struct said desk_words[DESK_WORDS];

/// Where a number stands on the page.
enum desk_part { DESK_PART_PERSON, DESK_PART_QUEUES, DESK_PART_VOLUME, DESK_PART_BOOKS };

/// A number of the page and the list behind it.
struct desk_list {
    const char *word; // in NAME_COUNTS of /v1/status and in the path
    enum desk_part part;
    enum clearing_statement statement; // key, number, text, text, amount, unit, text
    bool numbered;                     // the number stands behind the key
    bool traced;                       // payer and counter of a payment
    struct said name;
    struct said heads[5]; // key, text, text, amount, text; NULL: no such column
};
enum { DESK_LISTS = 16 };
extern const struct desk_list desk_lists[DESK_LISTS];

#endif
