// SPDX-License-Identifier: Apache-2.0
// The chip's host side: frames in, acknowledge, abort, the command table, answers out.
#include "readers/pn532/chip.h"

#include "readers/pn532/command.h"
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

uint8_t *pn532_register(struct pn532 *chip, unsigned address) {
    unsigned index = address - PN532_REGISTER_FIRST;
    if (index < PN532_REGISTERS)
        return &chip->registers[index];
    chip->no_register = 0;
    return &chip->no_register;
}

// ---- answers --------------------------------------------------------------------------------

static void write_host(struct pn532 *chip, struct bytes wire) {
    memcpy(chip->last, wire.data, wire.size);
    chip->last_size = wire.size;
    chip->running = false;
    chip->ports.to_host(chip->ports.context, wire, false);
}

void pn532_respond(struct pn532 *chip, struct bytes data) {
    uint8_t payload[PN532_PAYLOAD_MAX] = {PN532_TFI_TO_HOST, (uint8_t)(chip->code + 1)};
    uint8_t wire[PN532_FRAME_MAX];
    if (!chip->running || data.size > sizeof payload - 2)
        return;
    if (data.size > 0)
        memcpy(payload + 2, data.data, data.size);
    size_t size = pn532_frame_write(bytes_of(payload, data.size + 2), wire);
    write_host(chip, bytes_of(wire, size));
}

void pn532_respond_status(struct pn532 *chip, uint8_t status) {
    pn532_respond(chip, bytes_of(&status, 1));
}

void pn532_respond_data(struct pn532 *chip, uint8_t status, struct bytes data, bool more) {
    uint8_t out[1 + PN532_DATA_MAX] = {(uint8_t)(status | (more ? PN532_MORE : 0))};
    size_t size = data.size < PN532_DATA_MAX ? data.size : PN532_DATA_MAX;
    if (size > 0)
        memcpy(out + 1, data.data, size);
    pn532_respond(chip, bytes_of(out, size + 1));
}

void pn532_respond_error(struct pn532 *chip) {
    if (chip->running)
        write_host(chip, BYTES_OF(pn532_error));
}

// ---- the antenna ----------------------------------------------------------------------------

void pn532_set_field(struct pn532 *chip, bool on) {
    if (chip->field_on == on)
        return;
    chip->field_on = on;
    if (!on)
        chip->card.present = chip->card.protocol = false;
    chip->ports.field(chip->ports.context, on);
}

void pn532_send(struct pn532 *chip, const struct rf_frame *frame, uint64_t waiting_ns,
                pn532_step *step) {
    chip->next = step;
    chip->ports.send(chip->ports.context, frame, waiting_ns);
}

void pn532_radio(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    pn532_step *step = chip->next;
    chip->next = NULL;
    if (step != NULL)
        step(chip, outcome, frame);
}

void pn532_timer(struct pn532 *chip) {
    pn532_radio(chip, RF_SILENCE, NULL);
}

uint64_t pn532_timeout_ns(uint8_t code) {
    if (code == 0)
        return UINT64_C(60000000000);
    return UINT64_C(100000) << ((code > 16 ? 16U : code) - 1U);
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
