// SPDX-License-Identifier: Apache-2.0
// SETTLE and REFUND: the only end of value. A settlement receipt lowers a till by what one batch
// brought, batch after batch without a gap; a refund takes value back for its present state number,
// so that each works once. docs/purse.md, "Settlement".
#include "card/applets/purse/center.h"
#include "card/applets/purse/commands.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/transfer.h"
#include "card/applets/purse/window.h"

/// Stages that this much left for good.
static uint16_t redeem(struct card_call *call, uint16_t unit, uint64_t amount) {
    struct pocket pocket;
    if (!pocket_find(call, unit, &pocket))
        return SW_WRONG_UNIT;
    if (amount > pocket_balance(&pocket))
        return SW_INSUFFICIENT;
    pocket.redeemed += amount;
    pocket_store(call, &pocket);
    return SW_OK;
}

static uint16_t redeem_sums(struct card_call *call, struct bytes sums) {
    for (size_t at = 0; at + 10 <= sums.size; at += 10) {
        uint16_t sw = redeem(call, (uint16_t)bytes_get_be(sums.data + at, 2),
                             bytes_get_be(sums.data + at + 2, 8));
        if (sw != SW_OK)
            return sw;
    }
    return SW_OK;
}

/// The next batch, whole: it begins where the last receipt ended and nothing in it is open.
static uint16_t check_receipt(const struct card_call *call, const struct object *receipt) {
    struct once once = window_at(call);
    uint32_t first = (uint32_t)object_uint(receipt, FIELD_FIRST_N);
    uint32_t last = (uint32_t)object_uint(receipt, FIELD_LAST_N), open;
    if ((purse_roles(call) & ROLE_TILL) == 0)
        return SW_WRONG_ROLE;
    if (first < number_get(call, NUMBER_SETTLED))
        return SW_STALE;
    if (first > number_get(call, NUMBER_SETTLED))
        return SW_WRONG_COUNTER;
    if (last >= once.next)
        return SW_NOT_OPEN;
    if (once_next_open(call, &once, first < once.base ? once.base : first, last, &open))
        return SW_STILL_OPEN;
    return state_room_to_close(call);
}

uint16_t purse_settle(struct card_call *call) {
    struct center_object center;
    uint16_t sw =
        center_open(call, OBJECT_SETTLEMENT_RECEIPT, TAKEN_SETTLE, call->command.data, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    sw = check_receipt(call, &center.object);
    if (sw != SW_OK)
        return sw;
    sw = redeem_sums(call, center.object.fields[FIELD_SUMS]);
    if (sw != SW_OK)
        return sw;
    number_set(call, NUMBER_SETTLED, object_uint(&center.object, FIELD_LAST_N) + 1);
    state_advance(call);
    center_taken(call, TAKEN_SETTLE, &center);
    return SW_OK;
}

uint16_t purse_refund(struct card_call *call) {
    struct center_object center;
    uint16_t sw = center_open(call, OBJECT_REFUND, TAKEN_REFUND, call->command.data, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    if (object_uint(&center.object, FIELD_STATE_NUMBER) != number_get(call, NUMBER_STATE))
        return SW_STALE;
    if (object_uint(&center.object, FIELD_AMOUNT) == 0)
        return SW_ZERO_AMOUNT;
    sw = state_room_to_close(call);
    if (sw == SW_OK)
        sw = redeem(call, object_unit(&center.object), object_uint(&center.object, FIELD_AMOUNT));
    if (sw != SW_OK)
        return sw;
    state_advance(call);
    center_taken(call, TAKEN_REFUND, &center);
    return SW_OK;
}
