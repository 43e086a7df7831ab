// SPDX-License-Identifier: Apache-2.0
// Lanes: exactly once without a center. A store keeps one lane for each partner that it receives
// from (a device of its list, or a seller): the last number that was done, at most one open number,
// and whether one was cancelled since. Numbers are the store's own, one row of numbers for all
// lanes, none is used twice. docs/tickets.md, "Lanes".
#ifndef CARD_APPLETS_TICKETS_STATE_LANE_H
#define CARD_APPLETS_TICKETS_STATE_LANE_H

#include "card/applets/tickets/state/tickets.h"

struct lane {
    uint16_t row;
    struct ticket_id partner;
    bool listed;     // a device of the owner's list
    bool void_since; // a number after done was cancelled: the lane may not be forgotten
    bool seller;     // the open number waits for a seller's delivery
    uint32_t done;   // every number up to it is done or was never this partner's
    uint32_t open;   // 0: none
    uint8_t key[P256_COMPRESSED_SIZE]; // of the partner, verified when open was handed out
    uint8_t enterprise[HOLDER_MAX];    // of the seller, likewise
    uint8_t enterprise_size;
};

enum lane_end { LANE_NEVER, LANE_OPEN, LANE_DONE, LANE_VOID };

/// The lane of this partner. False: there is none.
bool lane_find(const struct tickets *tickets, struct bytes partner, struct lane *lane);
/// A lane for a partner that has none: in a free row, or in one that nothing depends on. It is not
/// staged. False: no row may be given away.
bool lane_make(const struct tickets *tickets, struct bytes partner, struct lane *lane);
/// The lane in a row; false when the row is free.
bool lane_at(const struct tickets *tickets, uint16_t row, struct lane *lane);
/// Stages a lane as it is now.
void lane_store(struct tickets *tickets, const struct lane *lane);
/// Stages its row as free.
void lane_clear(struct tickets *tickets, const struct lane *lane);

/// What became of a number of this partner; lane NULL: it has none any more, whoever asks for an
/// old number gets the receipt.
enum lane_end lane_look(const struct tickets *tickets, const struct lane *lane, uint32_t n);
/// Takes the next number for this lane; tickets_get(TICKET_NUMBER_NEXT) must be below the end.
/// Staged with the lane itself.
void lane_open(struct tickets *tickets, struct lane *lane);
/// Ends the open number: LANE_DONE or LANE_VOID. Staged.
void lane_close(struct tickets *tickets, struct lane *lane, enum lane_end end);

#endif
