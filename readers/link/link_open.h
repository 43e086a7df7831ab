// SPDX-License-Identifier: Apache-2.0
// From the name a user writes to an open link. One table row per kind of link (link_open.c); the
// kinds themselves stand in emu.c, pcsc.c, ... Names: docs/readers.md.
#ifndef READERS_LINK_LINK_OPEN_H
#define READERS_LINK_LINK_OPEN_H

#include "readers/link/link_kind.h"

struct failure;
struct tracing; // apdu/trace/tracing.h

/// Opens emu:IMAGE[,contactless|,internal], pcsc:NAME-OR-NUMBER and whatever other rows the table
/// has, and holds the card until link_close. The path of a file that is there is taken as emu:.
/// NULL on failure, with *failure filled in.
struct link *link_open(const char *name, const struct link_options *options,
                       struct link_failure *failure);

/// For programs: the same with a program's failure, and traced where that is wanted; the first link
/// opens the trace. tracing may be NULL.
struct link *link_of(const char *name, struct tracing *tracing, const struct link_options *options,
                     struct failure *failure);

/// "IMAGE[,contactless|,internal]" of a link to an image, within name; NULL: another kind of link.
const char *link_image(const char *name);
/// False, with a sentence, where both names surely lead to one card: the same image, however it is
/// written, or the same reader of PC/SC.
bool link_two_cards(const char *source, const char *destination, struct failure *failure);
/// Can a link of this name be opened again with the card as it was at first: a copy of an image, or
/// a program that is started anew?
bool link_begins_anew(const char *name);

/// Exit code of a program whose link gave this status: 0, 2 (input), 3 (no card), 4 (outcome open)
/// or 5 (locked).
int link_exit_code(enum link_status status);

#endif
