// SPDX-License-Identifier: Apache-2.0
// The programs tessera-* that can be reached: beside this one and in PATH. Each tells its own
// commands and purposes, so that lists of commands show what is there.
#ifndef BASE_OPTIONS_PROGRAMS_H
#define BASE_OPTIONS_PROGRAMS_H

#include "base/options/suggest.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROGRAMS_MAX = 128, PROGRAM_WORD_MAX = 64, PURPOSE_MAX = 160, PURPOSES_MAX = 512 };

/// Names without "tessera-", sorted.
struct programs {
    char names[PROGRAMS_MAX][PROGRAM_WORD_MAX];
    size_t count;
};

/// What one command is for.
struct purpose {
    char words[PROGRAM_WORD_MAX]; // "purse show"
    char text[PURPOSE_MAX];
};

struct purposes {
    struct purpose rows[PURPOSES_MAX];
    size_t count;
};

/// Finds them all.
void programs_find(struct programs *programs);

/// Is there a program of that name ("card-new")?
bool programs_have(const struct programs *programs, const char *name);

/// Where the program tessera-NAME is. False: there is none, or its path does not fit.
bool program_path(const char *name, char *path, size_t capacity);

/// Becomes the program tessera-NAME; its argv[0] takes the place of arguments[0]. Returns only when
/// there is no such program, with the arguments as they were.
void program_become(const char *name, char **arguments);

/// Asks every program whose name is prefix, or begins with prefix and "-" (NULL: every one), what
/// its commands are for: one line for the program, then one for each sub-command. A program that
/// does not say so within a few seconds is left out.
void programs_ask(const struct programs *programs, const char *prefix, struct purposes *purposes);

/// Offers what may stand after "tessera NAME" as programs of its own: "run" and "new" after
/// "card". The words live in programs.
void programs_suggest(const struct programs *programs, const char *name,
                      struct suggestion *suggestion);

#endif
