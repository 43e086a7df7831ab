// SPDX-License-Identifier: Apache-2.0
// Adding up tickets: over all cards of a fair a ticket is at one place at most, and what is left of
// it never grows. Looks at the cards' memory, not at what they say.
#ifndef TESTS_KIT_TICKETS_FAIR_AUDIT_H
#define TESTS_KIT_TICKETS_FAIR_AUDIT_H

#include "card/applets/tickets/state/out.h"
#include "tests/kit/tickets/fair.h"

/// Where a ticket is.
struct fair_place {
    size_t copies;  // usable now, or on a way that has not ended: 0 or 1 if all is well
    size_t live;    // of them usable now
    uint16_t plays; // of all copies together
    uint8_t flags;  // of the last one
    size_t holder;  // index of the card that has the last one
};

/// The store of a card, for reading without a command. The last one of a card counts.
struct tickets fair_store(struct scene_card *card);
struct fair_place fair_find(struct scene *scene, const uint8_t name[TICKET_NAME_SIZE]);
/// Do a card's own counts agree with its tables?
bool fair_counts_agree(struct scene_card *card);

/// Brings every way of a card to its end, as an honest terminal does: onwards by the same number,
/// or by asking the destination what became of it. NULL, or a sentence.
const char *fair_finish(struct scene *scene, struct scene_card *card, bool onwards);

#endif
