// SPDX-License-Identifier: Apache-2.0
// The command table of the chip and its handlers by file. Private to readers/pn532.
#ifndef READERS_PN532_COMMAND_H
#define READERS_PN532_COMMAND_H

#include "readers/pn532/chip_state.h"

/// One row of the command table. A handler either answers or leaves chip->running set for later.
struct pn532_command {
    uint8_t code;
    uint8_t size_min; // octets of parameters; fewer give the error frame
    void (*run)(struct pn532 *chip, struct bytes in);
};

extern const struct pn532_command pn532_commands[];
extern const size_t pn532_command_count;

/// select.c: searching and activating cards
void pn532_list_passive(struct pn532 *chip, struct bytes in);
void pn532_auto_poll(struct pn532 *chip, struct bytes in);

/// initiator.c: exchanges with the card that was found
void pn532_exchange(struct pn532 *chip, struct bytes in);
void pn532_thru(struct pn532 *chip, struct bytes in);
void pn532_deselect(struct pn532 *chip, struct bytes in);
void pn532_select(struct pn532 *chip, struct bytes in);
void pn532_psl(struct pn532 *chip, struct bytes in);

/// target.c: being a card
void pn532_target_init(struct pn532 *chip, struct bytes in);
void pn532_target_get(struct pn532 *chip, struct bytes in);
void pn532_target_set(struct pn532 *chip, struct bytes in);
void pn532_target_get_raw(struct pn532 *chip, struct bytes in);
void pn532_target_set_raw(struct pn532 *chip, struct bytes in);
void pn532_target_status(struct pn532 *chip, struct bytes in);
void pn532_target_stop(struct pn532 *chip);

#endif
