// SPDX-License-Identifier: Apache-2.0
// How far a run is, on standard error: one line that renews itself on a terminal, and a line every
// ten seconds in a pipe or a file.
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct progress {
    struct timespec began;
    double told; // seconds after the beginning
    bool terminal;
    bool shown; // a line stands on the terminal
};

struct progress_count {
    size_t total, done, rejected;
    size_t now; // cards of this run
};

/// Starts to count; nothing is printed yet.
void progress_begin(struct progress *progress);

/// Tells if there is something to tell.
void progress_tell(struct progress *progress, const struct progress_count *count);

/// Tells how much of something has come since progress_begin, in octets. before: what was there
/// then. Nothing in a pipe where it takes less than ten seconds.
void progress_octets(struct progress *progress, const char *what, uint64_t before, uint64_t done,
                     uint64_t total);

/// Makes room for another message on a terminal.
void progress_clear(struct progress *progress);

/// "12 s", "3 min 20 s", "2 h 5 min": time to go, never less than there is.
size_t progress_time(double seconds, char *out, size_t capacity);

#endif
