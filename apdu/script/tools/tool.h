// SPDX-License-Identifier: Apache-2.0
// What the small tools around scripts share: reading an input, printing diagnostics, writing a
// result to a file or to standard output.
#ifndef APDU_SCRIPT_TOOLS_TOOL_H
#define APDU_SCRIPT_TOOLS_TOOL_H

#include "apdu/script/run/host.h"
#include "base/failure.h"

struct tool {
    struct script_ports ports;
    struct script_sources sources;
    struct script_reporter reporter; // prints to standard error
    size_t errors, warnings;         // that were reported
};

/// A tool with the host's files, clock and environment. crypto may be NULL.
void tool_init(struct tool *tool, const struct crypto *crypto);
/// Frees every source that was read.
void tool_free(struct tool *tool);

/// Reads a file ("-": standard input). NULL: it cannot be read.
const struct script_source *tool_read(struct tool *tool, const char *file, struct failure *failure);

/// Writes to a file, whole or not at all, or to standard output when path is NULL.
bool tool_write(const char *path, struct bytes text, struct failure *failure);

#endif
