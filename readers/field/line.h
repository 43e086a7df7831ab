// SPDX-License-Identifier: Apache-2.0
// The wire between a chip and its host: octets pass at once or at a serial line's pace, and get
// spoiled by the faults of their place. Both directions share one pace, as requests and answers
// alternate.
#ifndef READERS_FIELD_LINE_H
#define READERS_FIELD_LINE_H

#include "readers/field/field_state.h"

/// Octets that a host wrote to its chip.
void field_host(struct rf_field *field, unsigned chip, struct bytes octets);
/// The host of a chip hung up: the chip forgets everything but its knobs.
void field_hang_up(struct rf_field *field, unsigned chip);

/// The port to_host of a chip in a field. Private to readers/field.
void field_to_host(void *chip, struct bytes wire, bool acknowledge);

#endif
