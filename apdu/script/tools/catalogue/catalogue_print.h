// SPDX-License-Identifier: Apache-2.0
// The catalogue of commands and status words, printed whole: for people, for programs, for
// Wireshark. own: a catalogue of the user's beside ours (own_file.h), or NULL. Whether all of it
// arrived is asked of the stream afterwards.
#ifndef APDU_SCRIPT_TOOLS_CATALOGUE_CATALOGUE_PRINT_H
#define APDU_SCRIPT_TOOLS_CATALOGUE_CATALOGUE_PRINT_H

#include "apdu/script/tools/own_file.h"

#include <stdio.h>

/// How many commands there are: ours, then those of one's own.
size_t catalogue_row_count(const struct catalogue_own *own);
/// The command with this index, below catalogue_row_count.
const struct catalogue_command *catalogue_row_at(const struct catalogue_own *own, size_t index);

/// One command a line: name, class and instruction, title.
void catalogue_print_text(const struct catalogue_own *own, FILE *out);

/// One JSON object a line: every command as {name, title, applet, cla, ins, ..., clause}, then
/// every status word as {sw, name, reason, text}.
void catalogue_print_json(const struct catalogue_own *own, FILE *out);

/// A Lua post-dissector that names commands and status words in captures.
void catalogue_print_lua(const struct catalogue_own *own, FILE *out);

#endif
