// SPDX-License-Identifier: Apache-2.0
// What every program of the toolchain does alike: --version, messages with the command's name in
// front, numbers in arguments, and the laboratory's clock and seed, which are refused unless
// TESSERA_LAB=1.
#ifndef SERVICES_WIRE_PROGRAM_H
#define SERVICES_WIRE_PROGRAM_H

#include "apdu/crypto.h"
#include "services/wire/failure.h"

/// Prints "tessera NAME: text" to stderr and returns the exit code.
int program_fail(const char *name, const struct failure *failure);

/// For the end of a program that did its work: EXIT_DONE, or a message and EXIT_REFUSED when not
/// all of its output could be written.
int program_end(const char *name);

/// Answers --help (or -h) with the text and --version with "tessera NAME VERSION", wherever they
/// stand before a "--". True when it did: the program is done.
bool program_informs(const char *name, const char *help, int argc, char **argv);

/// Decimal number without sign, spaces or rest.
bool program_number(const char *option, const char *text, uint64_t most, uint64_t *value,
                    struct failure *failure);

/// Time and randomness of one run.
struct program_world {
    uint32_t today; // YYYYMMDD
    bool seeded;
    uint64_t seed;
};

/// Today by the system's clock.
struct program_world program_world_now(void);

/// --clock and --seed.
bool program_set_clock(struct program_world *world, const char *text, struct failure *failure);
bool program_set_seed(struct program_world *world, const char *text, struct failure *failure);

/// The crypto context of this world. NULL with a failure.
struct crypto *program_crypto(const struct program_world *world, struct failure *failure);

/// Reads one secret line (a PIN) from a descriptor, without its newline; at most capacity - 1
/// characters. The caller erases it.
bool program_secret(const char *option, const char *descriptor, char *out, size_t capacity,
                    struct failure *failure);

#endif
