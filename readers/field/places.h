// SPDX-License-Identifier: Apache-2.0
// Who lies on whose antenna, and who has power there.
#ifndef READERS_FIELD_PLACES_H
#define READERS_FIELD_PLACES_H

#include "readers/field/field_state.h"

/// Lays a card, or a chip that will play one, on a chip's antenna, or away (FIELD_NOWHERE).
void field_place_card(struct rf_field *field, int card, int chip);
/// The same for a chip; at may not be the chip itself.
void field_place_chip(struct rf_field *field, int chip, int at);

/// Does the chip's antenna reach the place? Private to readers/field, as is what follows.
bool field_sees(const struct rf_field *field, unsigned chip, unsigned place);

/// Gives every place the power that its place gives it.
void field_refresh(struct rf_field *field);

#endif
