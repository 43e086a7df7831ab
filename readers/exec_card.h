// SPDX-License-Identifier: Apache-2.0
// A card of one's own: "exec:PROGRAM [ARGUMENT]...", for links and labs alike. It plays the card's
// side of vpcd (readers/vpcd.h) at the address that stands behind --reader.
#ifndef READERS_EXEC_CARD_H
#define READERS_EXEC_CARD_H

enum { EXEC_ARGUMENTS_MAX = 8 };

/// What to start for such a line: the program alone where that is a file or has no blanks, else the
/// shell. reader: "vpcd:HOST:PORT". The pointers are into line and reader.
void exec_arguments(const char *line, const char *reader, const char *out[EXEC_ARGUMENTS_MAX]);

#endif
