// SPDX-License-Identifier: Apache-2.0
// How long a card computes: the speeds of its primitives, and which command needs which of them.
// A profile is a text file of lines "NAME MILLISECONDS", # begins a comment; names: apdu (each
// command), octet (each octet in or out), sign, verify, commit.
#ifndef READERS_TAP_PROFILE_H
#define READERS_TAP_PROFILE_H

#include <stdio.h>

#include "base/bytes.h"

struct tap_profile {
    double apdu, octet, sign, verify, commit; // milliseconds
};

/// A dual-interface chip with a P-256 coprocessor, conservative: docs/nfc.md says how it was set.
extern const struct tap_profile tap_profile_usual;

/// Reads a profile over the usual one. False with a sentence in error (which line, what).
bool tap_profile_read(FILE *file, struct tap_profile *profile, char *error, size_t size);

/// Milliseconds that such a card computes for this command and its answer.
double tap_profile_time(const struct tap_profile *profile, struct bytes command, size_t answer);

/// Title of a command by its header, "INS xx" when it is none of a tap's.
const char *tap_command_title(struct bytes command);

#endif
