// SPDX-License-Identifier: Apache-2.0
// The chip as a card (UM0701-02 7.3.14 to 7.3.22): TgInitAsTarget waits for a reader, then the
// host alternates between fetching a command and giving its answer, until the reader lets go.
#include "readers/pn532/command.h"

#include "readers/pn532/handler.h"

#include <string.h>

enum {
    // parameters of TgInitAsTarget
    AT_SENS_RES = 1, // least significant octet first
    AT_NFCID1 = 3,   // three octets, 08 stands before them
    AT_SEL_RES = 6,
    AT_GENERAL = 35, // behind FeliCa (18) and NFCID3 (10)
    UID_RANDOM = 0x08,
    PARAMETER_PICC = 0x20,
    MODE_PICC_ACTIVATED = 0x08, // 106 kbit/s, ISO/IEC 14443-4
    MODE_RAW = 0x00,
};

// Frame size 64, up to 424 kbit/s, FWI 9, as the chip's own ATS is.
static const uint8_t ats_start[] = {0x75, 0x33, 0x92, 0x03};

void pn532_target_stop(struct pn532 *chip) {
    if (!chip->listening && !chip->engaged)
        return;
    chip->listening = chip->engaged = false;
    chip->ports.listen(chip->ports.context, false);
}

// ---- what the radio side reports ------------------------------------------------------------

static void activated(struct pn532 *chip, struct picc *picc) {
    uint8_t out[3] = {MODE_PICC_ACTIVATED, picc->rats[0], picc->rats[1]};
    chip->engaged = true;
    chip->listening = chip->fetched = false;
    if (chip->code == 0x8C)
        pn532_respond(chip, BYTES_OF(out));
}

// As much of the command as one answer carries; a longer one is fetched in parts.
static void give_command(struct pn532 *chip) {
    const struct isodep_picc *isodep = &chip->picc.isodep;
    size_t left = isodep->command_size - chip->fetch_at;
    size_t size = left < PN532_DATA_MAX ? left : PN532_DATA_MAX;
    struct bytes part = bytes_of(isodep->command + chip->fetch_at, size);
    chip->fetch_at += size;
    chip->fetched = size == left;
    pn532_respond_data(chip, PN532_OK, part, size < left);
}

static void command_here(struct pn532 *chip) {
    chip->fetched = false;
    chip->fetch_at = 0;
    if (chip->running && chip->code == 0x86)
        give_command(chip);
}

static void raw_here(struct pn532 *chip, const struct picc *picc) {
    uint8_t out[1 + RF_FRAME_MAX] = {MODE_RAW};
    memcpy(out + 1, picc->frame_raw, picc->frame_raw_size);
    chip->raw_size = picc->frame_raw_size;
    memcpy(chip->raw, picc->frame_raw, chip->raw_size);
    if (chip->running && chip->code == 0x8C) {
        chip->engaged = true;
        chip->listening = false;
        chip->raw_size = 0;
        pn532_respond(chip, bytes_of(out, picc->frame_raw_size + 1));
    } else if (chip->running && chip->code == 0x88) {
        chip->raw_size = 0;
        pn532_respond(chip, bytes_of(out, picc->frame_raw_size + 1)); // 00 is also the status
    }
}

static void let_go(struct pn532 *chip) {
    if (!chip->engaged)
        return;
    chip->released = true;
    pn532_target_stop(chip);
    if (chip->code == 0x86 || chip->code == 0x8E || chip->code == 0x88 || chip->code == 0x90)
        pn532_respond_status(chip, PN532_RELEASED);
}

static void picc_event(void *context, struct picc *picc, enum picc_event event) {
    struct pn532 *chip = context;
    if (event == PICC_ACTIVATED)
        activated(chip, picc);
    else if (event == PICC_COMMAND)
        command_here(chip);
    else if (event == PICC_RAW)
        raw_here(chip, picc);
    else if (event == PICC_RELEASED)
        let_go(chip);
}

// ---- TgInitAsTarget -------------------------------------------------------------------------

// General bytes are only for peer to peer; historical octets go behind the ATS.
static void set_ats(struct picc *picc, struct bytes in) {
    size_t at = AT_GENERAL + 1U;
    size_t general = in.size > AT_GENERAL ? in.data[AT_GENERAL] : 0;
    size_t historical = at + general < in.size ? in.data[at + general] : 0;
    memcpy(picc->ats + 1, ats_start, sizeof ats_start);
    picc->ats[0] = 1 + sizeof ats_start;
    if (historical > 0 && at + general + 1 + historical <= in.size && historical <= 48) {
        memcpy(picc->ats + picc->ats[0], in.data + at + general + 1, historical);
        picc->ats[0] = (uint8_t)(picc->ats[0] + historical);
    }
}

void pn532_target_init(struct pn532 *chip, struct bytes in) {
    struct picc *picc = &chip->picc;
    pn532_target_stop(chip);
    pn532_set_field(chip, false);
    picc->context = chip;
    picc->notify = picc_event;
    memcpy(picc->atqa, in.data + AT_SENS_RES, 2);
    picc->sak = in.data[AT_SEL_RES];
    picc->uid[0] = UID_RANDOM;
    memcpy(picc->uid + 1, in.data + AT_NFCID1, 3);
    picc->uid_size = 4;
    picc->raw = (chip->parameters & PARAMETER_PICC) == 0;
    set_ats(picc, in);
    chip->released = chip->fetched = false;
    chip->raw_size = 0;
    chip->listening = true;
    chip->ports.listen(chip->ports.context, true); // the answer comes with the activation
}

// ---- data -----------------------------------------------------------------------------------

// 29 once the reader has let go; the host must start again with TgInitAsTarget.
static bool usable(struct pn532 *chip) {
    if (!chip->engaged)
        pn532_respond_status(chip, chip->released ? PN532_RELEASED : PN532_WRONG_CONTEXT);
    return chip->engaged;
}

void pn532_target_get(struct pn532 *chip, struct bytes in) {
    (void)in; // libnfc repeats the command with a stray octet while more is announced
    if (usable(chip) && chip->picc.isodep.busy && !chip->fetched)
        give_command(chip);
}

void pn532_target_set(struct pn532 *chip, struct bytes in) {
    struct rf_frame frame;
    if (!usable(chip))
        return;
    if (chip->picc.isodep.busy && chip->fetched && picc_answer(&chip->picc, in, &frame))
        chip->ports.answer(chip->ports.context, &frame);
    chip->fetched = false;
    pn532_respond_status(chip, PN532_OK);
}

void pn532_target_get_raw(struct pn532 *chip, struct bytes in) {
    uint8_t out[1 + RF_FRAME_MAX] = {PN532_OK};
    (void)in;
    if (!usable(chip) || chip->raw_size == 0)
        return;
    memcpy(out + 1, chip->raw, chip->raw_size);
    size_t size = chip->raw_size + 1;
    chip->raw_size = 0;
    pn532_respond(chip, bytes_of(out, size));
}

void pn532_target_set_raw(struct pn532 *chip, struct bytes in) {
    struct rf_frame frame;
    if (!usable(chip))
        return;
    if (picc_answer_raw(&chip->picc, in, &frame))
        chip->ports.answer(chip->ports.context, &frame);
    pn532_respond_status(chip, PN532_OK);
}

void pn532_target_status(struct pn532 *chip, struct bytes in) {
    uint8_t out[] = {chip->engaged ? 0x01 : 0x00, 0x00};
    (void)in;
    pn532_respond(chip, BYTES_OF(out));
}
