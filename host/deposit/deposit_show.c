// SPDX-License-Identifier: Apache-2.0
// How the deposit machine stands: for its screen, and for whoever sent a command.
#include "host/deposit/deposit_private.h"

#include "apdu/octets/unit.h"
#include "host/deposit/cash_simulated.h"
#include "host/machine/machine_books.h"

static json_t *balance_to_json(const struct deposit_balance *balance) {
    return balance->told ? json_integer((json_int_t)balance->amount) : json_null();
}

static json_t *values_to_json(void) {
    json_t *values = json_array();
    for (const uint64_t *value = cash_values; *value != 0; value++)
        json_array_append_new(values, json_integer((json_int_t)*value));
    return values;
}

static uint64_t cash_returned(const struct deposit *deposit) {
    return deposit->record.state == SALE_RETURNED ? deposit->record.cash : 0;
}

void deposit_show(const struct deposit *deposit, json_t *state) {
    char unit[UNIT_NAME_MAX];
    json_object_set_new(state, "unit", json_string(unit_name(deposit->cash->unit, unit)));
    json_object_set_new(state, "before", balance_to_json(&deposit->before));
    json_object_set_new(state, "after", balance_to_json(&deposit->after));
    json_object_set_new(state, "loads", json_boolean(deposit->stage == DEPOSIT_LOAD));
    if (deposit->stage == DEPOSIT_CASH)
        json_object_set_new(state, "values", values_to_json());
    if (deposit->record.state == 0)
        return;
    json_object_set_new(state, "amount", json_integer((json_int_t)deposit->record.amount));
    json_object_set_new(state, "cash", json_integer((json_int_t)deposit->record.cash));
    json_object_set_new(state, "returned", json_integer((json_int_t)cash_returned(deposit)));
}

json_t *deposit_answer(const struct deposit *deposit, int code) {
    json_t *answer = machine_answer(&deposit->machine, &deposit->record, code);
    json_object_set_new(answer, "before", balance_to_json(&deposit->before));
    json_object_set_new(answer, "after", balance_to_json(&deposit->after));
    json_object_set_new(answer, "cash_returned", json_integer((json_int_t)cash_returned(deposit)));
    return answer;
}
