// SPDX-License-Identifier: Apache-2.0
// The center's objects that change a purse: an order to the card (card/identity/order.h), and the
// last one of each kind is remembered with the purse. docs/purse.md, "The center's objects".
#ifndef CARD_APPLETS_PURSE_TRUST_CENTER_H
#define CARD_APPLETS_PURSE_TRUST_CENTER_H

#include "card/applets/purse/state/purse.h"
#include "card/identity/order.h"

/// Decodes and verifies an object of this kind out of in. For TAKEN_COUNT nothing is remembered and
/// nothing is a repetition.
uint16_t center_open(const struct purse *purse, enum object_type type, enum taken taken,
                     struct bytes in, struct order *out);
/// Stages that it was taken.
void center_taken(struct purse *purse, enum taken taken, const struct order *order);

#endif
