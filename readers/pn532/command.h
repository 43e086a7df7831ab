// SPDX-License-Identifier: Apache-2.0
// Inside the chip: the command table and what its handlers share. Private to readers/pn532.
#ifndef READERS_PN532_COMMAND_H
#define READERS_PN532_COMMAND_H

#include "readers/pn532/chip.h"

/// One row of the command table. A handler either answers or leaves chip->running set for later.
struct pn532_command {
    uint8_t code;
    uint8_t size_min; // octets of parameters; fewer give the error frame
    void (*run)(struct pn532 *chip, struct bytes in);
};

extern const struct pn532_command pn532_commands[];
extern const size_t pn532_command_count;

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

void pn532_set_field(struct pn532 *chip, bool on);

/// The place of a register; of one that does not exist, a place that nobody reads.
uint8_t *pn532_register(struct pn532 *chip, unsigned address);

/// Timeout of a code as in RFConfiguration item 2: 100 us doubled code - 1 times; 0 is none.
uint64_t pn532_timeout_ns(uint8_t code);

// select.c: searching and activating cards
void pn532_list_passive(struct pn532 *chip, struct bytes in);
void pn532_auto_poll(struct pn532 *chip, struct bytes in);

// initiator.c: exchanges with the card that was found
void pn532_exchange(struct pn532 *chip, struct bytes in);
void pn532_thru(struct pn532 *chip, struct bytes in);
void pn532_deselect(struct pn532 *chip, struct bytes in);
void pn532_select(struct pn532 *chip, struct bytes in);
void pn532_psl(struct pn532 *chip, struct bytes in);

// target.c: being a card
void pn532_target_init(struct pn532 *chip, struct bytes in);
void pn532_target_get(struct pn532 *chip, struct bytes in);
void pn532_target_set(struct pn532 *chip, struct bytes in);
void pn532_target_get_raw(struct pn532 *chip, struct bytes in);
void pn532_target_set_raw(struct pn532 *chip, struct bytes in);
void pn532_target_status(struct pn532 *chip, struct bytes in);
void pn532_target_stop(struct pn532 *chip);

#endif
