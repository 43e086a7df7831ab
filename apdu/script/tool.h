// SPDX-License-Identifier: Apache-2.0
// What the small tools around scripts share: reading an input with a message, printing
// diagnostics, writing a result to a file or to standard output.
#ifndef APDU_SCRIPT_TOOL_H
#define APDU_SCRIPT_TOOL_H

#include "apdu/script/host.h"

struct tool {
    const char *name; // "tessera apdu lint", for messages
    struct script_world world;
    struct script_sources sources;
    struct script_reporter reporter; // prints to standard error
    size_t errors, warnings;         // that were reported
};

enum { TOOL_USAGE_ERROR = 2 };

void tool_init(struct tool *tool, const char *name, const struct crypto *crypto);
void tool_free(struct tool *tool);

/// Handles --help and --version; true: the program is done.
bool tool_help(int argc, char **argv, const char *name, const char *usage);

/// Reads a file ("-": standard input). NULL: a message was printed.
const struct script_source *tool_read(struct tool *tool, const char *file);
/// Writes to a file, atomically, or to standard output when path is NULL. False: message printed.
bool tool_write(struct tool *tool, const char *path, struct bytes text);
int tool_complain(const char *name, const char *what, const char *value);
/// For the end of a program: status, or a message and TOOL_USAGE_ERROR when it is 0 and not all of
/// the output could be written.
int tool_end(const char *name, int status);

#endif
