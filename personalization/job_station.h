// SPDX-License-Identifier: Apache-2.0
// A run at one or several readers: a thread a reader, one office for all. Links and blank images
// come from the program, so that this room knows no reader.
#ifndef PERSONALIZATION_JOB_STATION_H
#define PERSONALIZATION_JOB_STATION_H

#include "personalization/job_run.h"
#include "services/wire/program.h"

struct station_order {
    const char *const *links;
    size_t link_count;
    struct key_access access; // to master key and authority
    const struct program_world *world;
    bool again; // rejected rows too
    bool json;
    /// Opens a link; in an image's name "%s" stands for the id, and a missing image is made blank
    /// (large: with room for a till or float). NULL with the failure filled in.
    struct link *(*open)(const char *name, const char *id, bool large, const struct crypto *crypto,
                         struct failure *failure);
};

bool station_run(const char *directory, const struct station_order *order, struct failure *failure);
bool station_verify(const char *directory, const struct station_order *order,
                    struct failure *failure);
/// Shows every command of the first open row, secrets masked; touches neither card nor authority.
/// card: a blank one behind its internal interface.
bool station_rehearse(const char *directory, const struct station_order *order, struct link *card,
                      struct failure *failure);

#endif
