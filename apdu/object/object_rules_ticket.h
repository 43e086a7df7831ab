// SPDX-License-Identifier: Apache-2.0
// What makes fields of tickets and containers, and the objects that have them, lawful beyond tag,
// size and order. Only object_rules.c includes it. Freestanding.
#ifndef APDU_OBJECT_OBJECT_RULES_TICKET_H
#define APDU_OBJECT_OBJECT_RULES_TICKET_H

#include "apdu/object/object_read.h"

/// True for every field that has no rule here.
bool ticket_field_is_valid(enum field field, struct bytes value);

/// Content or key id, never both; days in order; short enough for a slot and a block.
bool ticket_header_rule(const struct object *header);
bool ticket_state_rule(const struct object *state);
/// A wrapped key exactly where the algorithm has one.
bool container_rule(const struct object *container);

#endif
