// SPDX-License-Identifier: Apache-2.0
// The lab's own pcscd: its configuration with one virtual reader for every two cards, its socket
// (handed over as a service manager would) and its process isolated as the lab is.
#ifndef READERS_LAB_PCSCD_H
#define READERS_LAB_PCSCD_H

#include "readers/lab/lab.h"

/// Chooses ports and names, writes the configuration, starts the daemon; a lab that has NFC readers
/// and no card gets none.
bool pcscd_up(struct lab *lab);

/// Runs in a child of its own: returns once every card is present in its reader. 0 or an exit code.
int pcscd_await_cards(const struct lab *lab);

#endif
