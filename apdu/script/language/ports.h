// SPDX-License-Identifier: Apache-2.0
// Everything a script may be surprised by, handed in at construction: memory, files, environment,
// clock. The random source is part of it: one seed, one run.
#ifndef APDU_SCRIPT_LANGUAGE_PORTS_H
#define APDU_SCRIPT_LANGUAGE_PORTS_H

#include "apdu/crypto/crypto.h"
#include "apdu/script/language/source.h"

struct script_ports {
    const struct script_memory *memory;
    const struct script_files *files; // NULL: include and file() are refused
    /// NULL when unset. May be NULL: env() is refused.
    const char *(*environment)(const struct script_ports *ports, const char *name);
    uint64_t (*now)(const struct script_ports *ports);                    // nanoseconds, monotonic
    void (*wait)(const struct script_ports *ports, uint64_t nanoseconds); // delay
    const struct crypto *crypto; // sha256(), secure channels; NULL refuses them
    /// A signal that asks the script to end; 0: none. May be NULL: nothing ever does.
    int (*stopped)(const struct script_ports *ports);
    void *context;
};

/// A small repeatable generator (xoshiro256**): for test values, never for keys.
struct script_random {
    uint64_t state[4];
};

/// Equal seeds give equal numbers.
void script_random_seed(struct script_random *random, uint64_t seed);
/// The next 64 bits.
uint64_t script_random_next(struct script_random *random);
/// The next octets.
void script_random_fill(struct script_random *random, uint8_t *out, size_t size);

#endif
