// SPDX-License-Identifier: Apache-2.0
// What every kind of link is made of: how one is opened, and how it tells what went wrong. Each
// kind (emu.c, pcsc.c, ...) has an opener of this shape and its row in link_open.c.
#ifndef READERS_LINK_LINK_KIND_H
#define READERS_LINK_LINK_KIND_H

#include "apdu/command/link.h"

/// How to open a link. Zero everywhere is the usual way; NULL stands for that.
struct link_options {
    unsigned wait_ms;  // how long a card may take to appear; 0: LINK_WAIT_MS
    unsigned wrong_ms; // nfc: two cards, or one of no use, are told after so long; 0: when the wait
                       // is over
    bool unsynced;     // emu: commits do not wait for the disk; for tests
    bool detached;     // emu: on a copy of the image in RAM; the file is neither locked nor written
    bool seeded;       // emu: deterministic card; callers refuse it unless TESSERA_LAB=1
    uint64_t seed;
};

enum { LINK_WAIT_MS = 5000 };

/// Why a link did not open.
struct link_failure {
    enum link_status status;
    char text[512]; // a sentence: what, which value, where, what to do
};

/// Opener of one kind of link; rest is what follows the prefix. The link is the caller's until its
/// close; NULL on failure, with *failure filled in.
typedef struct link *link_opener(const char *rest, const struct link_options *options,
                                 struct link_failure *failure);

/// Fills in a failure and returns NULL, so that an opener can end with it.
struct link *link_fail(struct link_failure *failure, enum link_status status, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

/// Writes the sentence about a link's last failure and returns the status.
enum link_status link_error(struct link *link, enum link_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
