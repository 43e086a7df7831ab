// SPDX-License-Identifier: Apache-2.0
// The file of --catalogue.
#ifndef APDU_SCRIPT_TOOLS_OWN_FILE_H
#define APDU_SCRIPT_TOOLS_OWN_FILE_H

#include "apdu/command/own.h"
#include "base/failure.h"

/// Help of the option, alike in every program.
#define OWN_FILE_HELP "commands and status words of your own, beside ours (docs/script-formats.md)"

/// Reads it; *own is NULL where no file is named. False: *failure has file and line.
bool own_file_open(const char *file, struct catalogue_own **own, struct failure *failure);
/// Frees it; NULL is allowed.
void own_file_close(struct catalogue_own *own);

#endif
