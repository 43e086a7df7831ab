// SPDX-License-Identifier: Apache-2.0
// A profile: what every card of a batch has in common, as a text file that people read. One line a
// setting, "#" begins a comment; reference: docs/profiles.md. What differs from card to card comes
// with the batch.
#ifndef PERSONALIZATION_PROFILE_H
#define PERSONALIZATION_PROFILE_H

#include "personalization/bench.h"

enum { PROFILE_NAME_MAX = 32, PROFILE_URL_MAX = 200 };

struct profile {
    char name[PROFILE_NAME_MAX];
    char card[PROFILE_NAME_MAX]; // which card it is for; "tessera-os" is ours
    uint16_t roles;              // of the purse
    uint16_t units[PERSO_UNITS_MAX];
    size_t unit_count;
    uint8_t options; // PURSE_FREE_READING
    struct bench_limits limits;
    bool pin;                  // draw PIN and PUK for every card
    bool identity;             // PIV, which needs a PIN
    bool rsa;                  // its keys
    char url[PROFILE_URL_MAX]; // "{id}" stands for the card's id; empty: no NDEF tag
};

/// Reads a profile: a path, or the bare name of one that is installed. The failure names the line.
bool profile_load(struct profile *profile, const char *name, struct failure *failure);

/// Parses a profile's text; path is for messages.
bool profile_parse(struct profile *profile, const char *path, char *text, struct failure *failure);

/// Writes a profile's text, every setting in it. Returns its size; 0 without room.
size_t profile_print(const struct profile *profile, char *out, size_t capacity);

#endif
