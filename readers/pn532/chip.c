// SPDX-License-Identifier: Apache-2.0
// The chip's host side: frames in, acknowledge, abort, and the way into the command table.
#include "readers/pn532/chip.h"

#include "readers/pn532/command.h"
#include "readers/pn532/handler.h"
#include "readers/pn532/registers.h"

#include <string.h>

void pn532_init(struct pn532 *chip, const struct pn532_ports *ports) {
    memset(chip, 0, sizeof *chip);
    chip->ports = *ports;
    chip->rate = 106;
    pn532_power_cycle(chip);
}

void pn532_power_cycle(struct pn532 *chip) {
    chip->ports.cancel(chip->ports.context);
    pn532_target_stop(chip);
    pn532_set_field(chip, false);
    pn532_parser_reset(&chip->parser);
    memset(chip->registers, 0, sizeof chip->registers);
    memset(&chip->card, 0, sizeof chip->card);
    *pn532_register(chip, REG_TX_MODE) = *pn532_register(chip, REG_RX_MODE) = MODE_CRC;
    chip->parameters = 0x14;
    chip->tries_passive = PN532_TRIES_FOREVER;
    chip->timeout_code = 0x0A;
    chip->running = false;
    chip->next = NULL;
    chip->last_size = chip->gathered_size = chip->answer_at = 0;
    chip->pcd.answer_size = 0;
    chip->rate_now = 106;
}

// ---- the antenna ----------------------------------------------------------------------------

void pn532_radio(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    pn532_step *step = chip->next;
    chip->next = NULL;
    if (step != NULL)
        step(chip, outcome, frame);
}

void pn532_timer(struct pn532 *chip) {
    pn532_radio(chip, RF_SILENCE, NULL);
}

// ---- commands -------------------------------------------------------------------------------

// A new frame, or an ACK from the host, ends whatever was under way; its late outcome is dropped.
static void abort_running(struct pn532 *chip) {
    if (chip->running && chip->next != NULL && chip->card.protocol)
        chip->card.aborted = true;
    if (chip->listening && !chip->engaged)
        pn532_target_stop(chip);
    chip->ports.cancel(chip->ports.context);
    chip->next = NULL;
    chip->running = false;
}

static const struct pn532_command *find(uint8_t code) {
    for (size_t i = 0; i < pn532_command_count; i++)
        if (pn532_commands[i].code == code)
            return &pn532_commands[i];
    return NULL;
}

static void take_command(struct pn532 *chip, struct bytes payload) {
    abort_running(chip);
    chip->ports.to_host(chip->ports.context, BYTES_OF(pn532_ack), true);
    chip->running = true;
    if (payload.size < 2 || payload.data[0] != PN532_TFI_TO_CHIP) {
        pn532_respond_error(chip);
        return;
    }
    chip->code = payload.data[1];
    const struct pn532_command *command = find(chip->code);
    if (command == NULL || payload.size - 2 < command->size_min)
        pn532_respond_error(chip);
    else
        command->run(chip, bytes_of(payload.data + 2, payload.size - 2));
}

void pn532_host(struct pn532 *chip, struct bytes octets) {
    for (size_t i = 0; i < octets.size; i++) {
        enum pn532_frame_kind kind = pn532_parser_take(&chip->parser, octets.data[i]);
        if (kind == PN532_DATA)
            take_command(chip, bytes_of(chip->parser.payload, chip->parser.size));
        else if (kind == PN532_ACK)
            abort_running(chip);
        else if (kind == PN532_NACK && chip->last_size > 0)
            chip->ports.to_host(chip->ports.context, bytes_of(chip->last, chip->last_size), false);
    }
}
