// SPDX-License-Identifier: Apache-2.0
// The link to a card of one's own: exec:PROGRAM [ARGUMENT]... is started for the life of the link
// and plays the card's side of vpcd (readers/vpcd.h) at the address that it gets behind --reader.
#ifndef READERS_LINK_EXEC_H
#define READERS_LINK_EXEC_H

#include "readers/link/link_kind.h"

/// rest: a program, or a line for the shell that begins with one. It ends with the link, and a link
/// opened again begins with a new one.
struct link *exec_link_open(const char *rest, const struct link_options *options,
                            struct link_failure *failure);

// A program cannot be copied as a card in process can. For a forked child it is started again and
// told all that it was told before.

/// Keeps every order from here on; links of other kinds need not.
void exec_link_remember(struct link *link);
/// In a forked child, whose parent goes on with the program that it has: a new one, brought to the
/// same place. False: it answers otherwise than the first, or cannot be started. Links of other
/// kinds stay as they are.
bool exec_link_again(struct link *link, struct link_failure *failure);

#endif
