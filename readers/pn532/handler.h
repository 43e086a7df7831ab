// SPDX-License-Identifier: Apache-2.0
// What the handler of a command may do: answer the host, send a frame and go on with its outcome,
// switch the field, read and write registers. Private to readers/pn532.
#ifndef READERS_PN532_HANDLER_H
#define READERS_PN532_HANDLER_H

#include "readers/pn532/chip_state.h"

/// Answers the running command: D5, code + 1, data. No effect when none runs.
void pn532_respond(struct pn532 *chip, struct bytes data);

/// Answer of one status octet.
void pn532_respond_status(struct pn532 *chip, uint8_t status);

/// Status and data; more sets the "more octets follow" bit.
void pn532_respond_data(struct pn532 *chip, uint8_t status, struct bytes data, bool more);

/// The application level error frame.
void pn532_respond_error(struct pn532 *chip);

/// Sends a frame and continues at step with its outcome.
void pn532_send(struct pn532 *chip, const struct rf_frame *frame, uint64_t waiting_ns,
                pn532_step *step);

/// Switches the chip's own field; without it no card is there any more.
void pn532_set_field(struct pn532 *chip, bool on);

/// The place of a register; of one that does not exist, a place that nobody reads.
uint8_t *pn532_register(struct pn532 *chip, unsigned address);

/// Timeout of a code as in RFConfiguration item 2: 100 us doubled code - 1 times; 0 is none.
uint64_t pn532_timeout_ns(uint8_t code);

#endif
