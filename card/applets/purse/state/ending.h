// SPDX-License-Identifier: Apache-2.0
// How an unratified debit ends in the ring and in its pocket together: ratified by receive log or
// acknowledgement, or voided and re-credited.
#ifndef CARD_APPLETS_PURSE_STATE_ENDING_H
#define CARD_APPLETS_PURSE_STATE_ENDING_H

#include "card/applets/purse/state/ring.h"

/// Stages the end of an unratified entry: PURSE_ENTRY_RATIFIED or PURSE_ENTRY_VOIDED.
uint16_t ending_stage(struct purse *purse, const struct ring_entry *entry,
                      enum purse_entry_state end);

#endif
