// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/transfer.h"

#include "apdu/object/object.h"

enum { CLOSING_RESERVE = 16 }; // settlements and refunds after the last payment

static const struct transfer_row {
    uint16_t payer, payee;
    uint8_t references; // bit per enum reference_kind
} TRANSFERS[] = {
    {ROLE_WALLET, ROLE_TILL, 1 << REFERENCE_TICKET | 1 << REFERENCE_GOODS | 1 << REFERENCE_CONTENT},
    {ROLE_FLOAT, ROLE_WALLET, 1 << REFERENCE_DEPOSIT},
    {ROLE_TILL, ROLE_WALLET, 1 << REFERENCE_REFUND},
};

static bool refers(const struct transfer_row *row, struct bytes reference) {
    uint8_t kind = reference.size > 0 ? reference.data[0] : 0;
    if (kind == REFERENCE_REFUND && reference.size != REFERENCE_REFUND_SIZE)
        return false;
    return kind < 8 && (row->references >> kind & 1) != 0;
}

uint16_t transfer_check(uint16_t payer_roles, uint16_t payee_roles, struct bytes reference) {
    for (size_t i = 0; i < sizeof TRANSFERS / sizeof TRANSFERS[0]; i++) {
        const struct transfer_row *row = &TRANSFERS[i];
        if ((payer_roles & ROLE_PURSES) != row->payer || (payee_roles & ROLE_PURSES) != row->payee)
            continue;
        return refers(row, reference) ? SW_OK : SW_WRONG_REFERENCE;
    }
    return SW_WRONG_ROLE;
}

static uint16_t room_before(const struct purse *purse, uint32_t reserve) {
    return number_get(purse, NUMBER_STATE) < COUNTER_LAST - reserve ? SW_OK : SW_COUNTER_END;
}

static uint32_t finishing_reserve(const struct purse *purse) {
    return (uint32_t)purse->tables.ring + purse->tables.window;
}

uint16_t state_room(const struct purse *purse) {
    return room_before(purse, finishing_reserve(purse) + CLOSING_RESERVE);
}

uint16_t state_room_to_close(const struct purse *purse) {
    return room_before(purse, finishing_reserve(purse));
}

void state_advance(struct purse *purse) {
    number_set(purse, NUMBER_STATE, number_get(purse, NUMBER_STATE) + 1);
}
