// SPDX-License-Identifier: Apache-2.0
// A software PN532: what its host writes comes in, frames for the antenna and answers for the host
// go out through ports. Initiator and target, as far as the NXP user manual UM0701-02 and libnfc
// use them. Pure: no I/O, no clock; one chip is one struct, several live in one process.
// Not imitated: FeliCa, type B, Jewel, peer to peer (DEP), parity by hand, SPI and I2C.
#ifndef READERS_PN532_CHIP_H
#define READERS_PN532_CHIP_H

#include "readers/pn532/chip_state.h"

/// A chip with power, its field off; ports are copied.
void pn532_init(struct pn532 *chip, const struct pn532_ports *ports);

/// The host hung up, or the supply went: everything but the knobs is forgotten, field off.
void pn532_power_cycle(struct pn532 *chip);

/// Octets from the host, in any portions.
void pn532_host(struct pn532 *chip, struct bytes octets);

/// The outcome of the exchange started by ports.send; frame only matters for received frames.
void pn532_radio(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame);

/// The timer set through ports.timer has run down.
void pn532_timer(struct pn532 *chip);

#endif
