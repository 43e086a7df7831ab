// SPDX-License-Identifier: Apache-2.0
// A run at one or several readers: a thread a reader, one shared for all. Links and blank images
// come from the program, so that this room knows no reader.
#ifndef PERSONALIZATION_JOB_JOB_SESSION_H
#define PERSONALIZATION_JOB_JOB_SESSION_H

#include "apdu/trace/tracing.h"
#include "base/program.h"
#include "personalization/job/job_run.h"

struct job_session_order {
    const char *const *links;
    size_t link_count;
    struct key_access access; // to master key and authority
    const struct program_run *run;
    bool again; // rejected rows too
    bool json;
    struct tracing *tracing; // what is opened is traced so
    /// Opens a link; in an image's name "%s" stands for the id, and a missing image is made blank
    /// with room for a card of these roles. NULL with the failure filled in.
    struct link *(*open)(const char *name, const char *id, uint16_t roles,
                         const struct crypto *crypto, struct failure *failure);
};

/// Makes cards at every link of the order until no row is open or every link has failed. False: the
/// failure has the exit code of the worst.
bool job_session_run(const char *directory, const struct job_session_order *order,
                     struct failure *failure);
/// Reads every finished card back and holds it against journal and authority; changes nothing.
bool job_session_verify(const char *directory, const struct job_session_order *order,
                        struct failure *failure);
/// Shows every command of the first open row, secrets masked; touches neither card nor authority.
/// card: a blank one behind its internal interface.
bool job_session_rehearse(const char *directory, const struct job_session_order *order,
                          struct link *card, struct failure *failure);

#endif
