// SPDX-License-Identifier: Apache-2.0
// What a till may pay back: a sale that it credited and that no batch lists, up to what is left of
// it, each refund in its turn. A refund names both in its reference. docs/purse.md, "Refunds".
#ifndef CARD_APPLETS_PURSE_STATE_SALE_H
#define CARD_APPLETS_PURSE_STATE_SALE_H

#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/window.h"

/// A refund as the payer is asked for it.
struct refund {
    struct bytes reference; // REFERENCE_REFUND_SIZE octets
    struct bytes payer;     // of the sale: who gets the money back
    uint16_t unit;
    uint64_t amount;
};

/// SW_BATCHED, SW_NOT_OPEN, SW_STILL_OPEN, SW_VOIDED (no such sale to pay back), SW_WRONG_PARTY,
/// SW_WRONG_UNIT, SW_REFUND_DONE, SW_WRONG_COUNTER (another refund is next), SW_INSUFFICIENT.
uint16_t sale_check(const struct purse *purse, const struct refund *refund);
/// Stages that a refund was paid, which sale_check let pass, and takes it out of the pocket's rest.
void sale_refund(struct purse *purse, const struct refund *refund, struct pocket *pocket);
/// Stages that it was taken back: to the sale, or, once that is batched, to what the pocket
/// carries.
void sale_restore(struct purse *purse, const struct refund *refund, struct pocket *pocket);

#endif
