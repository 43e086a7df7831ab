// SPDX-License-Identifier: Apache-2.0
// Generations of tickets that were here: a ticket comes back in a later one only. So a move that is
// told again, or the twin out of a copied image, is found where it meets the other.
// docs/tickets.md, "Copied images".
#ifndef CARD_APPLETS_TICKETS_STATE_SEEN_H
#define CARD_APPLETS_TICKETS_STATE_SEEN_H

#include "card/applets/tickets/state/tickets.h"

/// Generation in which this ticket came last; 0: not remembered.
uint16_t seen_generation(const struct tickets *tickets, const uint8_t name[TICKET_NAME_SIZE]);
/// Stages what came, in its row or over the one that is oldest.
void seen_note(struct tickets *tickets, const uint8_t name[TICKET_NAME_SIZE],
               const struct ticket_left *left);

#endif
