// SPDX-License-Identifier: Apache-2.0
// A terminal's slot whose reader is driven by a process of its own: tessera-reader, started when a
// card is looked for, killed when it does not answer in time, started again for the next card. So
// nothing of PC/SC, libnfc or a card that never answers can hold a terminal up or take it down.
#ifndef READERS_READER_PROCESS_H
#define READERS_READER_PROCESS_H

#include "apdu/command/card_slot.h"

enum {
    READER_COMMAND_MS = 5000, // for one command where no deadline of a tap is nearer
    READER_GRACE_MS = 3000,   // beyond what a reader was told to wait
};

/// A slot that reaches cards by link_name ("pcsc:0", "nfc:...", "emu:IMAGE"). NULL: no memory.
struct card_slot *reader_process_new(const char *link_name);

/// Process id of the reader at work; 0: none runs.
int reader_process_id(const struct card_slot *slot);

#endif
