// SPDX-License-Identifier: Apache-2.0
// What terminals say to people, each sentence once in each language: screens, receipts and commands
// take them from this table, and nobody writes another.
#ifndef HOST_TERMINAL_WORDS_H
#define HOST_TERMINAL_WORDS_H

#include "apdu/command/link.h"
#include "host/flows/flow.h"

#include <jansson.h>

enum language { LANGUAGE_ENGLISH, LANGUAGE_JAPANESE, LANGUAGE_COUNT };

struct word {
    const char *key; // "tap-card"
    const char *texts[LANGUAGE_COUNT];
};

/// All of them; their number goes to *count.
const struct word *words_all(size_t *count);

/// The text of a key; the key itself where there is none.
const char *words_text(const char *key, enum language language);

/// {"tap-card": {"en": "...", "ja": "..."}, ...}. NULL: no memory.
json_t *words_to_json(void);

/// The key of what a flow's end means for the customer: "paid", "tap-again", "other-issuer", ...
const char *words_of_flow(const struct flow *flow);

/// The key of why no card was taken: "two-cards", "foreign-card", ...; NULL: there was none.
const char *words_of_absence(enum link_status why);

#endif
