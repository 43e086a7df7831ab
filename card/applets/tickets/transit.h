// SPDX-License-Identifier: Apache-2.0
// How a ticket in transit ends: gone, or back again.
#ifndef CARD_APPLETS_TICKETS_TRANSIT_H
#define CARD_APPLETS_TICKETS_TRANSIT_H

#include "card/applets/tickets/state/out.h"

/// Stages the end of a way: the ticket is erased when it arrived, live again when not; the row is
/// free.
void transit_end(struct tickets *tickets, const struct out *out, bool arrived);

#endif
