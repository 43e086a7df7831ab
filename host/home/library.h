// SPDX-License-Identifier: Apache-2.0
// The contents that a machine keeps, each a container under its content's id: it is there whole and
// judged, or not there. What is still coming lies beside it and goes on where it ended. Files:
// STATE/contents/ID.tsc, ID.part and, as a catalogue tells it, ID.json.
#ifndef HOST_HOME_LIBRARY_H
#define HOST_HOME_LIBRARY_H

#include "host/state/machine_state.h"
#include "services/wire/media/container_file.h"

#include <stdio.h>

struct library {
    const struct machine_state *state;
    const struct front_trust *trust;
};

/// The container of an id, judged. NULL: it is not there (EXIT_REFUSED, what to do), or not good.
struct container_file *library_open(const struct library *library, const char *id,
                                    struct failure *failure);
/// Is it there, and with this root?
bool library_has(const struct library *library, const char *id, const uint8_t root[SHA256_SIZE]);

/// What is coming.
struct library_part {
    char path[PATH_MAX];
    int descriptor; // -1: not open
    uint64_t at;    // octets that are here, and right so far as can be known
};

/// Goes on after the last chunk that is whole and right; what is not, is cut off.
bool library_part_open(const struct library *library, const char *id, struct library_part *part,
                       struct failure *failure);
bool library_part_write(struct library_part *part, const uint8_t *octets, size_t size,
                        struct failure *failure);
/// What came is judged: every chunk, the id that was asked for, and the root that was promised. A
/// wrong chunk is cut off with all behind it, for the next run; what is no such container goes.
bool library_part_judge(const struct library *library, struct library_part *part, const char *id,
                        const uint8_t root[SHA256_SIZE], struct failure *failure);
/// In its place, durable; page: JSON of a catalogue, or empty.
bool library_part_keep(const struct library *library, struct library_part *part, const char *id,
                       struct bytes page, struct failure *failure);
void library_part_close(struct library_part *part);

/// What home library prints: a line a container, by id; those that are not good are told with why,
/// and make it false.
bool library_report(const struct library *library, FILE *out, bool json, struct failure *failure);

#endif
