// SPDX-License-Identifier: Apache-2.0
// REFUND: the center takes value back out of a wallet or float for its present state number, so
// that each works once; the owner gets it by his bank. What a till has leaves by SETTLE alone.
// docs/purse.md, "Settlement".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/transfer.h"
#include "card/applets/purse/trust/center.h"

static uint16_t check(const struct purse *purse, const struct object *refund) {
    if ((purse->roles & ROLE_TILL) != 0)
        return SW_WRONG_ROLE;
    if (object_uint(refund, FIELD_STATE_NUMBER) != number_get(purse, NUMBER_STATE))
        return SW_STALE;
    if (object_uint(refund, FIELD_AMOUNT) == 0)
        return SW_ZERO_AMOUNT;
    return state_room_to_close(purse);
}

/// Stages that this much left for good.
static uint16_t redeem(struct purse *purse, uint16_t unit, uint64_t amount) {
    struct pocket pocket;
    if (!pocket_find(purse, unit, &pocket))
        return SW_WRONG_UNIT;
    if (amount > pocket_balance(&pocket))
        return SW_INSUFFICIENT;
    pocket.redeemed += amount;
    pocket_store(purse, &pocket);
    return SW_OK;
}

uint16_t purse_refund(struct purse *purse) {
    struct order center;
    const struct object *refund = &center.object;
    uint16_t sw =
        center_open(purse, OBJECT_REFUND, TAKEN_REFUND, purse->call->command.data, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    sw = check(purse, refund);
    if (sw == SW_OK)
        sw = redeem(purse, object_unit(refund), object_uint(refund, FIELD_AMOUNT));
    if (sw != SW_OK)
        return sw;
    state_advance(purse);
    center_taken(purse, TAKEN_REFUND, &center);
    return SW_OK;
}
