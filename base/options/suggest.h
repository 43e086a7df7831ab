// SPDX-License-Identifier: Apache-2.0
// "Did you mean ...?": the known word that is closest to a mistyped one.
#ifndef BASE_OPTIONS_SUGGEST_H
#define BASE_OPTIONS_SUGGEST_H

#include <stddef.h>

/// The best of the words offered so far.
struct suggestion {
    const char *wrong; // what was written
    const char *word;  // NULL: nothing is close
    size_t distance;
};

/// Begins to look for what was meant; no word was offered yet.
struct suggestion suggestion_for(const char *wrong);

/// Offers one more known word, which must outlive the suggestion.
void suggest(struct suggestion *suggestion, const char *word);

#endif
