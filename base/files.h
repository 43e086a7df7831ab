// SPDX-License-Identifier: Apache-2.0
// Files that must be whole or absent: read in one piece, written aside and put in place in one
// step, durable before success is reported. All functions set errno and answer false on failure.
#ifndef BASE_FILES_H
#define BASE_FILES_H

#include "base/bytes.h"

#include <stdio.h>
#include <sys/types.h>

enum files_mode { FILES_SECRET = 0600, FILES_PUBLIC = 0644 };
enum files_place {
    FILES_NEW,     // EEXIST when the name is taken
    FILES_REPLACE, // an old file of this name goes away in the same step
};

/// Reads a whole file. EFBIG when it is longer than capacity.
bool files_read(const char *path, uint8_t *out, size_t capacity, size_t *size);

/// Writes a whole file, synced together with its directory entry. FILES_REPLACE writes straight
/// into a pipe or a device that has the name.
bool files_write(const char *path, struct bytes content, enum files_mode mode,
                 enum files_place place);

/// Appends one record and syncs it. The file is created if need be.
bool files_append(const char *path, struct bytes record, enum files_mode mode);

/// May an output take the place of what is there? Not of a card image, whose value and keys no
/// output is worth: errno is EEXIST then. Pipes and devices are not looked into.
bool files_may_write(const char *path);

/// Are these two names of one regular file? Where none is yet, the same name is.
bool files_are_one(const char *a, const char *b);

/// Opens a file to be written from its beginning that its owner alone may read and write, also
/// where it was there before with wider rights. A pipe or a device keeps its own. NULL: it could
/// not, or may not (files_may_write).
FILE *files_create_private(const char *path);
/// A new file with the contents of another, for its owner alone. False: errno; to may be half
/// written.
bool files_copy_private(const char *from, const char *to);

/// Removes a file and syncs its directory. A file that is not there is no failure.
bool files_remove(const char *path);

/// Removes what processes that were killed within files_write have left beside path and its like,
/// whose names end in suffix (".json"), as far as it can. Nobody may write such files meanwhile.
void files_sweep(const char *path, const char *suffix);

/// Syncs the directory that holds path.
bool files_sync_directory(const char *path);

/// Takes an exclusive lock on path (created if need be, mode 0600), waiting up to seconds for its
/// holder. Returns a descriptor whose close gives it back, or -1 (EWOULDBLOCK: still held).
int files_lock(const char *path, unsigned seconds);

/// TEXT as one name of a file, no two alike and none that leads elsewhere: / % , and a dot in front
/// are written as %2F %25 %2C %2E. False (ENAMETOOLONG) when it does not fit.
bool files_name(char *out, size_t capacity, const char *text);

/// "DIRECTORY/NAME"; false (ENAMETOOLONG) when it does not fit.
bool files_path(char *out, size_t capacity, const char *directory, const char *name);

#endif
