// SPDX-License-Identifier: Apache-2.0
// A terminal's journal as a directory: one small JSON file a sale, named after its reference,
// replaced whole and synced at every change. The interface is host/flows/journal.h's.
#ifndef HOST_FLOWS_JOURNAL_FILE_H
#define HOST_FLOWS_JOURNAL_FILE_H

#include "base/failure.h"
#include "host/flows/journal.h"

struct journal_file {
    struct journal journal;
    char directory[3840];
    struct failure failure; // of the last find or save that failed
};

/// Uses DIRECTORY/sales, made if need be (0700). The struct must not be moved.
bool journal_file_open(struct journal_file *file, const char *directory, struct failure *failure);

#endif
