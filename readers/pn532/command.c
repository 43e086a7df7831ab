// SPDX-License-Identifier: Apache-2.0
// The command table, and the commands that concern the chip itself (UM0701-02 7.2).
#include "readers/pn532/command.h"

#include "readers/pn532/handler.h"

#include <string.h>

static void diagnose(struct pn532 *chip, struct bytes in) {
    if (in.data[0] == 0x00)
        pn532_respond(chip, in); // communication line test: the same comes back
    else
        pn532_respond_status(chip, PN532_OK);
}

static void firmware_version(struct pn532 *chip, struct bytes in) {
    static const uint8_t version[] = {0x32, 0x01, 0x06, 0x07}; // PN532 1.6, A + B + 18092
    (void)in;
    pn532_respond(chip, BYTES_OF(version));
}

static void general_status(struct pn532 *chip, struct bytes in) {
    uint8_t out[] = {0x00, chip->field_on, chip->card.present, 0x01, 0x00, 0x00, 0x10, 0x80};
    (void)in;
    if (chip->card.present) {
        pn532_respond(chip, BYTES_OF(out));
        return;
    }
    out[3] = 0x80;
    pn532_respond(chip, bytes_of(out, 4));
}

static void read_register(struct pn532 *chip, struct bytes in) {
    uint8_t out[PN532_DATA_MAX];
    size_t count = in.size / 2;
    for (size_t i = 0; i < count; i++)
        out[i] = *pn532_register(chip, (unsigned)in.data[2 * i] << 8 | in.data[2 * i + 1]);
    pn532_respond(chip, bytes_of(out, count));
}

static void write_register(struct pn532 *chip, struct bytes in) {
    for (size_t i = 0; i + 2 < in.size; i += 3)
        *pn532_register(chip, (unsigned)in.data[i] << 8 | in.data[i + 1]) = in.data[i + 2];
    pn532_respond(chip, bytes_of(NULL, 0));
}

// P3 and P7 read as on a board with nothing connected.
static void read_gpio(struct pn532 *chip, struct bytes in) {
    static const uint8_t pins[] = {0x3F, 0x06, 0x01};
    (void)in;
    pn532_respond(chip, BYTES_OF(pins));
}

static void done(struct pn532 *chip, struct bytes in) {
    (void)in;
    pn532_respond(chip, bytes_of(NULL, 0));
}

static void set_parameters(struct pn532 *chip, struct bytes in) {
    chip->parameters = in.data[0];
    done(chip, in);
}

static void power_down(struct pn532 *chip, struct bytes in) {
    (void)in;
    pn532_target_stop(chip);
    pn532_set_field(chip, false);
    pn532_respond_status(chip, PN532_OK);
}

enum { ITEM_FIELD = 0x01, ITEM_TIMINGS = 0x02, ITEM_RETRIES = 0x05 };

static void rf_configuration(struct pn532 *chip, struct bytes in) {
    struct bytes value = bytes_of(in.data + 1, in.size - 1);
    if (in.data[0] == ITEM_FIELD && value.size >= 1)
        pn532_set_field(chip, (value.data[0] & 0x01) != 0);
    if (in.data[0] == ITEM_TIMINGS && value.size >= 3)
        chip->timeout_code = value.data[2];
    if (in.data[0] == ITEM_RETRIES && value.size >= 3)
        chip->tries_passive = value.data[2];
    done(chip, in);
}

// SetSerialBaudRate: 9600 bit/s to 1.288 Mbit/s by number. The rate begins with the host's ACK; on
// a pseudo-terminal octets come at every rate.
static void set_serial_rate(struct pn532 *chip, struct bytes in) {
    enum { FASTEST = 0x08 };
    if (in.data[0] <= FASTEST)
        done(chip, in);
    else
        pn532_respond_error(chip);
}

// Peer to peer is not imitated: the commands exist and report that nobody answers.
static void no_peer(struct pn532 *chip, struct bytes in) {
    (void)in;
    pn532_respond_status(chip, PN532_TIMEOUT);
}

const struct pn532_command pn532_commands[] = {
    {0x00, 1, diagnose},
    {0x02, 0, firmware_version},
    {0x04, 0, general_status},
    {0x06, 2, read_register},
    {0x08, 3, write_register},
    {0x0C, 0, read_gpio},
    {0x0E, 2, done}, // WriteGPIO
    {0x10, 1, set_serial_rate},
    {0x12, 1, set_parameters},
    {0x14, 1, done}, // SAMConfiguration: there is no SAM beside this chip
    {0x16, 1, power_down},
    {0x32, 1, rf_configuration},
    {0x40, 1, pn532_exchange},
    {0x42, 0, pn532_thru},
    {0x44, 1, pn532_deselect},
    {0x46, 1, no_peer}, // InJumpForPSL
    {0x4A, 2, pn532_list_passive},
    {0x4E, 3, pn532_psl},
    {0x50, 1, no_peer},        // InATR
    {0x52, 1, pn532_deselect}, // InRelease
    {0x54, 1, pn532_select},
    {0x56, 1, no_peer}, // InJumpForDEP
    {0x60, 3, pn532_auto_poll},
    {0x86, 0, pn532_target_get},
    {0x88, 0, pn532_target_get_raw},
    {0x8A, 0, pn532_target_status},
    {0x8C, 36, pn532_target_init},
    {0x8E, 0, pn532_target_set},
    {0x90, 0, pn532_target_set_raw},
};

const size_t pn532_command_count = sizeof pn532_commands / sizeof pn532_commands[0];
