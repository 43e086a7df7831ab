// SPDX-License-Identifier: Apache-2.0
// Who takes part in a command: certificates at their use, and the small objects that end a number.
#ifndef CARD_APPLETS_TICKETS_PARTY_H
#define CARD_APPLETS_TICKETS_PARTY_H

#include "card/applets/tickets/state/lane.h"
#include "card/applets/tickets/state/slot.h"
#include "card/identity/peers.h"

/// Looks up a holder that has one of these roles today: SW_OK, SW_UNKNOWN_CERTIFICATE (never met),
/// SW_WRONG_ROLE (met in another role), SW_EXPIRED, SW_HOTLISTED.
uint16_t party_find(const struct tickets *tickets, struct bytes holder, uint16_t roles,
                    struct peer *peer);

/// Where its buyer settled this ticket's sale, what is left says so: sets the flag in slot->left,
/// which is the caller's to stage, and stages the claim as told. Of an open ticket the claim says
/// nothing any more and ends.
void party_mark_claimed(struct tickets *tickets, struct slot *slot);

/// Appends the receipt (LANE_DONE) or the cancel (LANE_VOID) of a number to the answer: made anew
/// each time, since they say whom from, whom to and which number only.
uint16_t party_answer_end(struct tickets *tickets, enum lane_end end, struct bytes source,
                          uint32_t n);

#endif
