// SPDX-License-Identifier: Apache-2.0
// The way of a frame through the field. Private to readers/field.
#ifndef READERS_FIELD_AIR_H
#define READERS_FIELD_AIR_H

#include "readers/field/field_state.h"

/// The ports of a chip that lies in a field.
struct pn532_ports air_ports(struct field_chip *chip);

#endif
