// SPDX-License-Identifier: Apache-2.0
// Which transfers exist: who may pay whom for what. Both sides ask the same table, the payee before
// it signs a request, the payer before it debits.
#ifndef CARD_APPLETS_PURSE_TRANSFER_H
#define CARD_APPLETS_PURSE_TRANSFER_H

#include "card/applets/purse/state/purse.h"

/// SW_OK, SW_WRONG_ROLE (these two never pay each other) or SW_WRONG_REFERENCE (not for this).
uint16_t transfer_check(uint16_t payer_roles, uint16_t payee_roles, struct bytes reference);

/// Room for fresh changes of a balance: SW_COUNTER_END when only the reserve is left that finishes
/// what was made before.
uint16_t state_room(const struct purse *purse);
/// The same for the center's settlement and refund, which come after the last payment.
uint16_t state_room_to_close(const struct purse *purse);
/// Stages the next state number.
void state_advance(struct purse *purse);

#endif
