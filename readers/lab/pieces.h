// SPDX-License-Identifier: Apache-2.0
// Putting a lab up, piece by piece: its isolation, its pcscd, its cards, its NFC field.
#ifndef READERS_LAB_PIECES_H
#define READERS_LAB_PIECES_H

#include "readers/lab/lab.h"

/// Brings every piece up and waits until all cards are present. False: lab->error says why. What
/// runs already is left to process_end_descendants.
bool lab_up(struct lab *lab);

#endif
