// SPDX-License-Identifier: Apache-2.0
#include "readers/pn532/handler.h"

#include <string.h>

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

uint64_t pn532_timeout_ns(uint8_t code) {
    if (code == 0)
        return UINT64_C(60000000000);
    return UINT64_C(100000) << ((code > 16 ? 16U : code) - 1U);
}

uint8_t *pn532_register(struct pn532 *chip, unsigned address) {
    unsigned index = address - PN532_REGISTER_FIRST;
    if (index < PN532_REGISTERS)
        return &chip->registers[index];
    chip->no_register = 0;
    return &chip->no_register;
}
