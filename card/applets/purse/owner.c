// SPDX-License-Identifier: Apache-2.0
// What the owner does: PIN commands, arming one tap from inside the phone, free reading. None of
// them over contactless; the dispatcher refuses that before a counter is touched. docs/purse.md,
// "Consent and budgets".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"

#include <string.h>

static const struct pin PURSE_PIN = {PIN_AT};

static uint16_t refuse_and_forget(struct purse *purse, uint16_t sw) {
    session_of(purse->call)->pin_for_debit = false;
    session_of(purse->call)->may_read = false;
    return sw;
}

/// A verified PIN starts the sums of payments without PIN anew.
static void restart_small_payments(struct purse *purse) {
    number_set(purse, NUMBER_NO_PIN_USED_SUM, 0);
    number_set(purse, NUMBER_NO_PIN_USED_COUNT, 0);
}

uint16_t purse_verify(struct purse *purse) {
    if (purse->call->command.data.size == 0)
        return pin_status(purse->call, PURSE_PIN);
    uint16_t sw = pin_verify(purse->call, PURSE_PIN, purse->call->command.data);
    if (sw != SW_OK)
        return refuse_and_forget(purse, sw);
    restart_small_payments(purse);
    session_of(purse->call)->pin_for_debit = true;
    session_of(purse->call)->may_read = true;
    return SW_OK;
}

uint16_t purse_change_pin(struct purse *purse) {
    struct bytes old_value, new_value;
    if (!pin_two_values(purse->call->command.data, &old_value, &new_value))
        return SW_WRONG_DATA;
    uint16_t sw = pin_change(purse->call, PURSE_PIN, old_value, new_value);
    return sw == SW_OK ? sw : refuse_and_forget(purse, sw);
}

uint16_t purse_reset_retry(struct purse *purse) {
    struct bytes puk, new_value;
    if (!pin_two_values(purse->call->command.data, &puk, &new_value))
        return SW_WRONG_DATA;
    return refuse_and_forget(purse, pin_unblock(purse->call, PURSE_PIN, puk, new_value));
}

uint16_t purse_arm(struct purse *purse) {
    static const struct schema_field FIELDS[] = {
        {FIELD_PAYEE, false}, {FIELD_AMOUNT, false}, {FIELD_UNIT, false}};
    struct object tap;
    struct armed *armed = armed_of(purse->call);
    if (!fields_decode(purse->call->command.data, FIELDS, 3, tap.fields))
        return SW_WRONG_DATA;
    if (object_uint(&tap, FIELD_AMOUNT) == 0)
        return SW_ZERO_AMOUNT;
    if (!session_of(purse->call)->pin_for_debit)
        return SW_PIN_REQUIRED;
    struct bytes payee = tap.fields[FIELD_PAYEE];
    session_of(purse->call)->pin_for_debit = false;
    *armed = (struct armed){.ready = true,
                            .payee_size = (uint8_t)payee.size,
                            .unit = object_unit(&tap),
                            .amount = object_uint(&tap, FIELD_AMOUNT)};
    memcpy(armed->payee, payee.data, payee.size);
    return SW_OK;
}

uint16_t purse_set_options(struct purse *purse) {
    uint8_t options = purse->call->command.data.data[0]; // the catalogue says: exactly one octet
    if ((options & ~PURSE_FREE_READING) != 0)
        return SW_WRONG_DATA;
    if (!session_of(purse->call)->may_read)
        return SW_SECURITY_STATUS;
    number_set(purse, NUMBER_OPTIONS, options);
    return SW_OK;
}
