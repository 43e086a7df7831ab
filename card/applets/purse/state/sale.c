// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/sale.h"

enum { AT_N = 1, AT_TURN = 5 };

static uint32_t sale_of(const struct refund *refund) {
    return (uint32_t)bytes_get_be(refund->reference.data + AT_N, 4);
}

static uint16_t check_state(const struct purse *purse, const struct once *once, uint32_t n) {
    if (n < number_get(purse, NUMBER_BATCHED))
        return SW_BATCHED;
    switch (once_state(purse->call, once, n)) {
    case ONCE_DONE:
        return SW_OK;
    case ONCE_OPEN:
        return SW_STILL_OPEN;
    case ONCE_VOID:
        return SW_VOIDED;
    default:
        return SW_NOT_OPEN;
    }
}

static uint16_t check_turn(const struct window_record *record, uint8_t turn) {
    if (turn < record->refunds)
        return SW_REFUND_DONE;
    return turn > record->refunds || turn == UINT8_MAX ? SW_WRONG_COUNTER : SW_OK;
}

uint16_t sale_check(const struct purse *purse, const struct refund *refund) {
    struct once once = window_at(purse);
    struct window_record record;
    uint32_t n = sale_of(refund);
    uint16_t sw = check_state(purse, &once, n);
    if (sw != SW_OK)
        return sw;
    window_read(purse, &once, n, &record);
    if (!bytes_equal(bytes_of(record.payer, record.payer_size), refund->payer))
        return SW_WRONG_PARTY;
    if (record.unit != refund->unit)
        return SW_WRONG_UNIT;
    sw = check_turn(&record, refund->reference.data[AT_TURN]);
    if (sw != SW_OK)
        return sw;
    return refund->amount <= record.amount - record.refunded ? SW_OK : SW_INSUFFICIENT;
}

void sale_refund(struct purse *purse, const struct refund *refund, struct pocket *pocket) {
    struct once once = window_at(purse);
    struct window_record record;
    uint32_t n = sale_of(refund);
    window_read(purse, &once, n, &record);
    record.refunded += refund->amount;
    record.refunds++;
    window_set_refunded(purse, &once, n, &record);
    pocket->left -= refund->amount;
}

void sale_restore(struct purse *purse, const struct refund *refund, struct pocket *pocket) {
    struct once once = window_at(purse);
    struct window_record record;
    uint32_t n = sale_of(refund);
    if (n < number_get(purse, NUMBER_BATCHED)) {
        pocket->carry += refund->amount;
        return;
    }
    window_read(purse, &once, n, &record);
    record.refunded -= refund->amount;
    record.refunds--;
    window_set_refunded(purse, &once, n, &record);
    pocket->left += refund->amount;
}
