// SPDX-License-Identifier: Apache-2.0
// The air between readers and cards: who lies on whose antenna, which frames reach whom and when,
// and what goes wrong on the way. One queue of events under one clock that the caller moves, real
// or virtual; everything random comes from one seed. Pure: no I/O.
// Chips are software PN532s; cards are any application that answers APDUs.
#ifndef READERS_FIELD_FIELD_H
#define READERS_FIELD_FIELD_H

#include "readers/field/events.h"
#include "readers/field/field_state.h"
#include "readers/field/line.h"
#include "readers/field/places.h"

/// Starts an empty field at time 0. The struct is large: static or allocated by the caller.
void field_init(struct rf_field *field, const struct field_ports *ports, uint64_t seed);

/// Adds a chip; returns its index, or -1 when the field is full or the name is taken.
int field_add_chip(struct rf_field *field, const char *name);

/// Adds a card that lies nowhere yet: a type 4 card with a fixed 7-octet UID made from its name.
/// Returns its index or -1 as above.
int field_add_card(struct rf_field *field, const char *name, const struct field_app *app);

/// Takes the card out of the field's memory; its application is powered off.
void field_drop_card(struct rf_field *field, int card);

/// Index of the chip of this name, or -1.
int field_find_chip(const struct rf_field *field, const char *name);
/// The same for a card.
int field_find_card(const struct rf_field *field, const char *name);

#endif
