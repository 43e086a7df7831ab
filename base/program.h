// SPDX-License-Identifier: Apache-2.0
// What every program of the toolchain does alike: messages with the command's name in front, output
// that must arrive, numbers in arguments, and the laboratory's clock and seed, which are refused
// unless TESSERA_LAB=1. What they are called with: options/options.h.
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// Prints "tessera NAME: text" to stderr and returns the exit code. name "": the front itself.
int program_fail(const char *name, const struct failure *failure);

/// For the end of a program: EXIT_DONE, or a message and EXIT_REFUSED when not all of its output
/// could be written.
int program_end(const char *name);

/// Decimal number without sign, spaces or rest.
bool program_number(const char *option, const char *text, uint64_t least, uint64_t most,
                    uint64_t *value, struct failure *failure);

/// Is this a port of TCP or UDP: a decimal number from 1 to 65535? (A resolver takes 70000 for
/// 4464.)
bool program_port(const char *text);

/// May a stream be coloured? A terminal, unless NO_COLOR is set (https://no-color.org).
bool program_colour(FILE *stream);

/// Time and randomness of one run.
struct program_run {
    uint32_t today; // YYYYMMDD
    bool seeded;
    uint64_t seed;
};

/// Is TESSERA_LAB=1?
bool program_in_laboratory(void);

/// Today by the system's clock.
struct program_run program_run_now(void);

/// --clock and --seed.
bool program_set_clock(struct program_run *run, const char *text, struct failure *failure);
/// As above, for --seed.
bool program_set_seed(struct program_run *run, const char *text, struct failure *failure);

/// Reads one secret line (a PIN) from a descriptor, without its newline; at most capacity - 1
/// characters. The caller erases it.
bool program_secret(const char *option, const char *descriptor, char *out, size_t capacity,
                    struct failure *failure);

#endif
