// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/consent.h"

#include <string.h>

void session_spend_challenge(struct purse *purse) {
    bytes_erase(session_of(purse->call)->challenge, CHALLENGE_SIZE);
    session_of(purse->call)->challenge_live = false;
}

bool session_may_read(const struct purse *purse) {
    return session_of(purse->call)->may_read ||
           (number_get(purse, NUMBER_OPTIONS) & PURSE_FREE_READING) != 0;
}

bool session_tells_totals(const struct purse *purse) {
    return (purse->roles & ROLE_WALLET) == 0 || session_may_read(purse);
}

/// Sum of a and b, at most UINT64_MAX.
static uint64_t add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static bool is_armed_for(const struct purse *purse, struct bytes payee, uint64_t amount,
                         uint16_t unit) {
    const struct armed *armed = armed_of(purse->call);
    return armed->ready && purse->call->interface == CARD_CONTACTLESS && armed->amount == amount &&
           armed->unit == unit && bytes_equal(bytes_of(armed->payee, armed->payee_size), payee);
}

static bool is_small(const struct purse *purse, uint64_t amount) {
    uint64_t sum = add(number_get(purse, NUMBER_NO_PIN_USED_SUM), amount);
    uint64_t count = number_get(purse, NUMBER_NO_PIN_USED_COUNT) + 1;
    return amount <= number_get(purse, NUMBER_NO_PIN_SINGLE) &&
           sum <= number_get(purse, NUMBER_NO_PIN_SUM) &&
           count <= number_get(purse, NUMBER_NO_PIN_COUNT);
}

uint16_t consent_check(const struct purse *purse, struct bytes payee, uint64_t amount,
                       uint16_t unit) {
    if ((purse->roles & ROLE_WALLET) == 0 || session_of(purse->call)->pin_for_debit ||
        is_armed_for(purse, payee, amount, unit) || is_small(purse, amount))
        return SW_OK;
    return SW_PIN_REQUIRED;
}

void consent_use(struct purse *purse, struct bytes payee, uint64_t amount, uint16_t unit) {
    if ((purse->roles & ROLE_WALLET) == 0)
        return;
    if (session_of(purse->call)->pin_for_debit) {
        session_of(purse->call)->pin_for_debit = false;
    } else if (is_armed_for(purse, payee, amount, unit)) {
        bytes_erase(armed_of(purse->call), sizeof(struct armed));
    } else {
        number_set(purse, NUMBER_NO_PIN_USED_SUM,
                   add(number_get(purse, NUMBER_NO_PIN_USED_SUM), amount));
        number_set(purse, NUMBER_NO_PIN_USED_COUNT,
                   number_get(purse, NUMBER_NO_PIN_USED_COUNT) + 1);
    }
}

uint16_t budget_check(const struct purse *purse, uint64_t amount) {
    uint64_t count =
        number_get(purse, NUMBER_OFFLINE_USED_COUNT) + number_get(purse, NUMBER_OPEN_COUNT) + 1;
    uint64_t sum =
        add(add(number_get(purse, NUMBER_OFFLINE_USED_SUM), number_get(purse, NUMBER_OPEN_SUM)),
            amount);
    return count <= number_get(purse, NUMBER_OFFLINE_COUNT) && sum < UINT64_MAX &&
                   sum <= number_get(purse, NUMBER_OFFLINE_SUM)
               ? SW_OK
               : SW_BUDGET;
}

void budget_use(struct purse *purse, uint64_t amount) {
    number_set(purse, NUMBER_OFFLINE_USED_COUNT, number_get(purse, NUMBER_OFFLINE_USED_COUNT) + 1);
    number_set(purse, NUMBER_OFFLINE_USED_SUM,
               add(number_get(purse, NUMBER_OFFLINE_USED_SUM), amount));
}

void budget_refill(struct purse *purse, uint64_t count, uint64_t sum) {
    number_set(purse, NUMBER_OFFLINE_COUNT, count);
    number_set(purse, NUMBER_OFFLINE_SUM, sum);
    number_set(purse, NUMBER_OFFLINE_USED_COUNT, 0);
    number_set(purse, NUMBER_OFFLINE_USED_SUM, 0);
}

void budget_open(struct purse *purse, uint64_t amount, bool opened) {
    if ((purse->roles & ROLE_TILL) == 0)
        return;
    uint64_t count = number_get(purse, NUMBER_OPEN_COUNT);
    uint64_t sum = number_get(purse, NUMBER_OPEN_SUM);
    number_set(purse, NUMBER_OPEN_COUNT, opened ? count + 1 : count - 1);
    number_set(purse, NUMBER_OPEN_SUM, opened ? sum + amount : sum - amount);
}
