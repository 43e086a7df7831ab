// SPDX-License-Identifier: Apache-2.0
#include "base/options/suggest.h"

#include <string.h>

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/// Edits that make b of a: letters added, left out, changed, or two neighbours swapped (Damerau).
static size_t edits(const char *a, const char *b) {
    size_t rows[3][WORD_MAX + 1], columns = strlen(b), lines = strlen(a);
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= columns; j++)
        above[j] = before[j] = j;
    for (size_t i = 1; i <= lines; i++) {
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[columns];
}

struct suggestion suggestion_for(const char *wrong) {
    size_t tolerated = strlen(wrong) < 4 ? 1 : strlen(wrong) < 8 ? 2 : 3;
    return (struct suggestion){wrong, NULL, tolerated + 1};
}

void suggest(struct suggestion *suggestion, const char *word) {
    if (strlen(word) > WORD_MAX || strlen(suggestion->wrong) > WORD_MAX)
        return;
    size_t distance = edits(suggestion->wrong, word);
    if (distance >= suggestion->distance)
        return;
    suggestion->distance = distance;
    suggestion->word = word;
}
