// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/pocket.h"

// Row: used 1, unit 2, unused 5, then seven numbers of 8 octets.
enum { ROW_USED = 0, ROW_UNIT = 1, ROW_NUMBERS = 8 };

static uint32_t row_offset(uint8_t row) {
    return POCKETS_AT + (uint32_t)row * POCKET_SIZE;
}

bool pocket_at(const struct card_call *call, uint8_t row, struct pocket *pocket) {
    uint8_t octets[POCKET_SIZE];
    card_read(call, row_offset(row), octets, sizeof octets);
    if (octets[ROW_USED] == 0)
        return false;
    const uint8_t *number = octets + ROW_NUMBERS;
    *pocket = (struct pocket){.row = row,
                              .unit = (uint16_t)bytes_get_be(octets + ROW_UNIT, 2),
                              .issued = bytes_get_be(number, 8),
                              .loaded = bytes_get_be(number + 8, 8),
                              .recredited = bytes_get_be(number + 16, 8),
                              .spent = bytes_get_be(number + 24, 8),
                              .redeemed = bytes_get_be(number + 32, 8),
                              .open = bytes_get_be(number + 40, 8),
                              .under_way = bytes_get_be(number + 48, 8)};
    return true;
}

void pocket_store(struct card_call *call, const struct pocket *pocket) {
    const uint64_t numbers[] = {pocket->issued,   pocket->loaded, pocket->recredited, pocket->spent,
                                pocket->redeemed, pocket->open,   pocket->under_way};
    uint8_t octets[POCKET_SIZE] = {1};
    bytes_put_be(octets + ROW_UNIT, 2, pocket->unit);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        bytes_put_be(octets + ROW_NUMBERS + 8 * i, 8, numbers[i]);
    card_stage(call, row_offset(pocket->row), octets, sizeof octets);
}

bool pocket_find(const struct card_call *call, uint16_t unit, struct pocket *pocket) {
    struct pocket other;
    for (uint8_t row = 0; row < PERSO_UNITS_MAX; row++)
        if (pocket_at(call, row, &other) && other.unit == unit) {
            *pocket = other;
            return true;
        }
    return false;
}

bool pocket_create(struct card_call *call, uint16_t unit, struct pocket *pocket) {
    struct pocket other;
    for (uint8_t row = 0; row < PERSO_UNITS_MAX; row++)
        if (!pocket_at(call, row, &other)) {
            *pocket = (struct pocket){.row = row, .unit = unit};
            pocket_store(call, pocket);
            return true;
        }
    return false;
}

uint64_t pocket_balance(const struct pocket *pocket) {
    return pocket->issued + pocket->loaded + pocket->recredited - pocket->spent - pocket->redeemed;
}

bool pocket_has_room(const struct pocket *pocket, uint64_t amount) {
    uint64_t promised = pocket->issued + pocket->loaded + pocket->recredited + pocket->open +
                        pocket->under_way; // never overflows: this very check keeps it so
    return amount <= UINT64_MAX - promised;
}

bool pocket_next(const struct card_call *call, uint32_t lowest, struct pocket *pocket) {
    struct pocket other;
    bool found = false;
    for (uint8_t row = 0; row < PERSO_UNITS_MAX; row++)
        if (pocket_at(call, row, &other) && other.unit >= lowest &&
            (!found || other.unit < pocket->unit)) {
            *pocket = other;
            found = true;
        }
    return found;
}

void pockets_put(const struct card_call *call, struct tlv_writer *out) {
    struct pocket pocket = {0};
    for (uint32_t unit = 0; pocket_next(call, unit, &pocket); unit = pocket.unit + 1U) {
        uint8_t octets[POCKET_STATEMENT_SIZE];
        const uint64_t numbers[] = {pocket_balance(&pocket), pocket.issued, pocket.loaded,
                                    pocket.recredited,       pocket.spent,  pocket.redeemed};
        bytes_put_be(octets, 2, pocket.unit);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            bytes_put_be(octets + 2 + 8 * i, 8, numbers[i]);
        tlv_put_raw(out, BYTES_OF(octets));
    }
}

void balances_put(const struct card_call *call, struct tlv_writer *out) {
    struct pocket pocket = {0};
    for (uint32_t unit = 0; pocket_next(call, unit, &pocket); unit = pocket.unit + 1U) {
        uint8_t octets[10];
        bytes_put_be(octets, 2, pocket.unit);
        bytes_put_be(octets + 2, 8, pocket_balance(&pocket));
        tlv_put_raw(out, BYTES_OF(octets));
    }
}
