// SPDX-License-Identifier: Apache-2.0
// The cards of a lab: one card run a slot, with a control socket each.
#ifndef READERS_LAB_CARDS_H
#define READERS_LAB_CARDS_H

#include "readers/lab/lab.h"

/// Starts every card and exports TESSERA_CARD_n and TESSERA_CONTROL_n.
bool cards_up(struct lab *lab);

#endif
