// SPDX-License-Identifier: Apache-2.0
// What happens in a field and when: one queue of events under one clock that the caller moves, and
// chance from one seed.
#ifndef READERS_FIELD_EVENTS_H
#define READERS_FIELD_EVENTS_H

#include "readers/field/field_state.h"

/// Moves the clock to now_ns and lets everything due happen.
void field_advance(struct rf_field *field, uint64_t now_ns);

/// When the next event is due; false when nothing will happen by itself.
bool field_next(const struct rf_field *field, uint64_t *at_ns);

/// The next number from the field's seed.
uint64_t field_random(struct rf_field *field);

/// Lets run happen at that time with these arguments. One event of a kind is pending for an index:
/// a new one takes the place of the old, so the queue has room for all there can be. Private to
/// readers/field.
void field_schedule(struct rf_field *field, uint64_t at,
                    void (*run)(struct rf_field *field, unsigned index, uint64_t number),
                    unsigned index, uint64_t number);

#endif
