// SPDX-License-Identifier: Apache-2.0
// Many script files: which ones a command line means, and running them one after the other or in
// worker processes whose output comes out in order and unmixed.
#ifndef APDU_SCRIPT_TOOLS_BATCH_H
#define APDU_SCRIPT_TOOLS_BATCH_H

#include "apdu/script/run/report.h"
#include "base/failure.h"
#include "base/interrupt.h"

struct batch_files {
    char **names;
    size_t count;
};

/// Adds each name: a file, or every *.apdu below a folder in sorted order.
bool batch_add(struct batch_files *files, char **names, size_t count, struct failure *failure);
/// Frees the list of files.
void batch_free(struct batch_files *files);

struct batch {
    const struct batch_files *files;
    unsigned jobs; // 1: in this process
    /// Runs one file into its report. What it prints goes to out (data) and err (messages). In a
    /// worker what it wants to tell this process beside that goes to aside; NULL: this is no
    /// worker.
    void (*run)(void *context, const char *file, struct report *report, FILE *out, FILE *err,
                FILE *aside);
    /// Gets what one file's run wrote aside, before its report; in the order of the files.
    void (*told)(void *context, struct bytes aside);
    /// Takes over a finished report; called in the order of the files. False: begin no further
    /// file.
    bool (*done)(void *context, struct report *report);
    void *context;
    struct interrupt *interrupt; // once a signal came no further file is begun; NULL: none does
};

/// False: processes or memory are out; errno says which.
bool batch_run(const struct batch *batch);

#endif
