// SPDX-License-Identifier: Apache-2.0
// One of our own programs run as an errand of a screen: a process of its own, so that no page waits
// for a card, a network or a film, and what is done at a page is what its command does.
#ifndef HOST_TERMINAL_ERRAND_H
#define HOST_TERMINAL_ERRAND_H

#include "base/failure.h"

#include <jansson.h>

#include <sys/types.h>

enum {
    ERRAND_TEXT_MAX = 65536,
    ERRAND_SAID_MAX = 1024,
    ERRAND_WORDS_MAX = 32,
    ERRAND_SECRET_FD = 3
};

/// Words of a command in order, behind its program's name; NULL ends. Texts are the caller's.
struct errand_words {
    const char *words[ERRAND_WORDS_MAX + 1];
    size_t count;
};
void errand_word(struct errand_words *words, const char *word);
/// The option with its value; nothing where value is NULL.
void errand_option(struct errand_words *words, const char *option, const char *value);
/// Can a text that somebody typed stand in a command? One that begins with a dash would be an
/// option.
bool errand_is_word(const char *text);

/// All zero: none runs.
struct errand {
    pid_t process;
    int out, err; // what it prints and says
    char text[ERRAND_TEXT_MAX + 1];
    size_t text_size;
    char said[ERRAND_SAID_MAX + 1]; // its sentences; what is longer is cut off
    size_t said_size;
    int code; // it ended with
};

/// Starts tessera-PROGRAM. secret: a line that it
/// reads from ERRAND_SECRET_FD, or NULL. False: there is no such program.
bool errand_start(struct errand *errand, const char *program, const struct errand_words *words,
                  const char *secret, struct failure *failure);

/// Is one under way?
bool errand_runs(const struct errand *errand);

/// Takes what it printed; call it when out or err is readable. True: it ended, and text, said and
/// code are whole.
bool errand_read(struct errand *errand);

/// The JSON lines that it printed, as an array; new reference.
json_t *errand_lines(const struct errand *errand);

/// Its last sentence without the program's name in front; "" where it said none.
const char *errand_sentence(const struct errand *errand);

/// Ends one that is under way.
void errand_stop(struct errand *errand);

#endif
