// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/pocket.h"

// Row: used 1, unit 2, unused 5, then ten numbers of 8 octets.
enum { ROW_USED = 0, ROW_UNIT = 1, ROW_NUMBERS = 8 };

static uint32_t row_offset(uint8_t row) {
    return POCKETS_AT + (uint32_t)row * POCKET_SIZE;
}

bool pocket_at(const struct purse *purse, uint8_t row, struct pocket *pocket) {
    uint8_t octets[POCKET_SIZE];
    card_read(purse->call, row_offset(row), octets, sizeof octets);
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
                              .under_way = bytes_get_be(number + 48, 8),
                              .reserved = bytes_get_be(number + 56, 8),
                              .carry = bytes_get_be(number + 64, 8),
                              .left = bytes_get_be(number + 72, 8)};
    return true;
}

/// A till's balance is what its open batch reserves, what it carries and what is left of its sales;
/// in any purse no more goes out than came in, and what is promised fits the totals.
static bool adds_up(const struct purse *purse, const struct pocket *pocket) {
    uint64_t in = pocket->issued + pocket->loaded + pocket->recredited;
    uint64_t parts = pocket->reserved + pocket->carry + pocket->left;
    bool till = (purse->roles & ROLE_TILL) != 0;
    bool fits = pocket->open <= INT64_MAX && pocket->under_way <= INT64_MAX;
    return fits && pocket_has_room(pocket, 0) && pocket->spent + pocket->redeemed <= in &&
           parts == (till ? pocket_balance(pocket) : 0);
}

void pocket_store(struct purse *purse, const struct pocket *pocket) {
    const uint64_t numbers[] = {
        pocket->issued, pocket->loaded,    pocket->recredited, pocket->spent, pocket->redeemed,
        pocket->open,   pocket->under_way, pocket->reserved,   pocket->carry, pocket->left};
    uint8_t octets[POCKET_SIZE] = {1};
    bytes_put_be(octets + ROW_UNIT, 2, pocket->unit);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        bytes_put_be(octets + ROW_NUMBERS + 8 * i, 8, numbers[i]);
    if (card_must(purse->call, adds_up(purse, pocket)))
        card_stage(purse->call, row_offset(pocket->row), octets, sizeof octets);
}

bool pocket_find(const struct purse *purse, uint16_t unit, struct pocket *pocket) {
    struct pocket other;
    for (uint8_t row = 0; row < PERSO_UNITS_MAX; row++)
        if (pocket_at(purse, row, &other) && other.unit == unit) {
            *pocket = other;
            return true;
        }
    return false;
}

bool pocket_create(struct purse *purse, uint16_t unit, struct pocket *pocket) {
    struct pocket other;
    for (uint8_t row = 0; row < PERSO_UNITS_MAX; row++)
        if (!pocket_at(purse, row, &other)) {
            *pocket = (struct pocket){.row = row, .unit = unit};
            pocket_store(purse, pocket);
            return true;
        }
    return false;
}

uint64_t pocket_balance(const struct pocket *pocket) {
    return pocket->issued + pocket->loaded + pocket->recredited - pocket->spent - pocket->redeemed;
}

bool pocket_has_room(const struct pocket *pocket, uint64_t amount) {
    uint64_t promised = pocket->issued + pocket->loaded + pocket->recredited + pocket->open +
                        pocket->under_way; // below 2^63: this very check keeps it so
    return promised <= INT64_MAX && amount <= INT64_MAX - promised;
}

bool pocket_next(const struct purse *purse, uint32_t lowest, struct pocket *pocket) {
    struct pocket other;
    bool found = false;
    for (uint8_t row = 0; row < PERSO_UNITS_MAX; row++)
        if (pocket_at(purse, row, &other) && other.unit >= lowest &&
            (!found || other.unit < pocket->unit)) {
            *pocket = other;
            found = true;
        }
    return found;
}

void pockets_put(const struct purse *purse, struct tlv_writer *out) {
    struct pocket pocket = {0};
    for (uint32_t unit = 0; pocket_next(purse, unit, &pocket); unit = pocket.unit + 1U) {
        uint8_t octets[POCKET_STATEMENT_SIZE];
        const uint64_t numbers[] = {pocket_balance(&pocket), pocket.issued, pocket.loaded,
                                    pocket.recredited,       pocket.spent,  pocket.redeemed,
                                    pocket.reserved,         pocket.carry};
        bytes_put_be(octets, 2, pocket.unit);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            bytes_put_be(octets + 2 + 8 * i, 8, numbers[i]);
        tlv_put_raw(out, BYTES_OF(octets));
    }
}

void balances_put(const struct purse *purse, struct tlv_writer *out) {
    struct pocket pocket = {0};
    for (uint32_t unit = 0; pocket_next(purse, unit, &pocket); unit = pocket.unit + 1U) {
        uint8_t octets[10];
        bytes_put_be(octets, 2, pocket.unit);
        bytes_put_be(octets + 2, 8, pocket_balance(&pocket));
        tlv_put_raw(out, BYTES_OF(octets));
    }
}
