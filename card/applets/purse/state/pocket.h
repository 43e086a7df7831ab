// SPDX-License-Identifier: Apache-2.0
// One pocket a unit: totals that only rise, from which the balance follows, and what is promised:
// the sum of own open requests and of unratified debits. Every addition is checked before it is
// promised, so that nothing overflows when it comes true. Totals stay below 2^63, since others
// write them with a sign. docs/purse.md, "Money".
#ifndef CARD_APPLETS_PURSE_STATE_POCKET_H
#define CARD_APPLETS_PURSE_STATE_POCKET_H

#include "card/applets/purse/state/purse.h"

enum { POCKET_STATEMENT_SIZE = 66 };

struct pocket {
    uint8_t row;
    uint16_t unit;
    uint64_t issued, loaded, recredited, spent, redeemed; // minor units
    uint64_t open;                                        // own open requests
    uint64_t under_way; // own unratified debits: a void may bring them back
    // what a till's balance is made of; 0 in other purses
    uint64_t reserved; // for the open batch
    uint64_t carry;    // came back after its sale was batched: the next batch takes it along
    uint64_t left;     // of credited sales that no batch lists
};

/// False, and *pocket untouched, when the purse has no pocket of this unit.
bool pocket_find(const struct purse *purse, uint16_t unit, struct pocket *pocket);
/// Stages an empty pocket in a free row. False when all rows are taken.
bool pocket_create(struct purse *purse, uint16_t unit, struct pocket *pocket);
/// Pocket in a row; false for an unused row.
bool pocket_at(const struct purse *purse, uint8_t row, struct pocket *pocket);
/// Pocket of the smallest unit that is not below the given one; false when there is none.
bool pocket_next(const struct purse *purse, uint32_t lowest, struct pocket *pocket);
/// Stages the pocket's row. One whose balance is not what it is made of is not stored: nothing of
/// the command happens.
void pocket_store(struct purse *purse, const struct pocket *pocket);

/// What can be spent: everything that came in less everything that went out.
uint64_t pocket_balance(const struct pocket *pocket);
/// Would everything promised and this amount still fit the totals?
bool pocket_has_room(const struct pocket *pocket, uint64_t amount);

/// All pockets in the form of FIELD_POCKETS.
void pockets_put(const struct purse *purse, struct tlv_writer *out);
/// All balances in the form of PURSE_TAG_BALANCES.
void balances_put(const struct purse *purse, struct tlv_writer *out);

#endif
