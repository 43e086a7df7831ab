// SPDX-License-Identifier: Apache-2.0
// Exchanges with the selected card: whole APDUs over T=CL, raw frames, release, bit rate
// (UM0701-02 7.3).
#include "readers/pn532/command.h"

#include "readers/pn532/handler.h"
#include "readers/pn532/registers.h"

#include <string.h>

enum { TG_MORE = 0x40, TG_NUMBER = 0x3F, TG_OURS = 1 };

// One card at a time is selected, and it is target 1 (UM0701-02 7.3.8).
static bool is_ours(const struct pn532 *chip, struct bytes in) {
    return chip->card.present && (in.data[0] & TG_NUMBER) == TG_OURS;
}

// ---- InDataExchange -------------------------------------------------------------------------

// The part of the card's answer that the host has not fetched.
static void give_answer(struct pn532 *chip) {
    size_t left = chip->pcd.answer_size - chip->answer_at;
    size_t size = left < PN532_DATA_MAX ? left : PN532_DATA_MAX;
    struct bytes part = bytes_of(chip->pcd.answer + chip->answer_at, size);
    chip->answer_at += size;
    pn532_respond_data(chip, PN532_OK, part, size < left);
}

static void apdu_step(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    struct rf_frame out;
    switch (isodep_pcd_outcome(&chip->pcd, outcome, frame, &out)) {
    case ISODEP_SEND:
        pn532_send(chip, &out, chip->pcd.extended_ns, apdu_step);
        break;
    case ISODEP_DONE:
        chip->answer_at = 0;
        give_answer(chip);
        break;
    case ISODEP_LOST:
        pn532_respond_status(chip, outcome == RF_RECEIVED ? PN532_CRC_ERROR : PN532_TIMEOUT);
        break;
    default:
        pn532_respond_status(chip, PN532_PROTOCOL_ERROR);
    }
}

static void begin_apdu(struct pn532 *chip) {
    struct rf_frame out;
    struct bytes apdu = bytes_of(chip->gathered, chip->gathered_size);
    chip->gathered_size = 0;
    chip->answer_at = chip->pcd.answer_size = 0;
    if (isodep_pcd_command(&chip->pcd, apdu, &out))
        pn532_send(chip, &out, chip->pcd.waiting_ns, apdu_step);
}

// The answer to a command that the host gave up is fetched and dropped before the next one goes.
static void drain_step(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    struct rf_frame out;
    switch (isodep_pcd_outcome(&chip->pcd, outcome, frame, &out)) {
    case ISODEP_SEND:
        pn532_send(chip, &out, chip->pcd.extended_ns, drain_step);
        break;
    case ISODEP_DONE:
        chip->card.aborted = false;
        begin_apdu(chip);
        break;
    default:
        pn532_respond_status(chip, PN532_TIMEOUT);
    }
}

// Cards without T=CL: the octets are a frame.
static void frame_step(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    if (outcome == RF_RECEIVED && rf_frame_crc_ok(frame))
        pn532_respond_data(chip, PN532_OK, bytes_of(frame->data, frame->size - RF_CRC_SIZE), false);
    else
        pn532_respond_status(chip, outcome == RF_RECEIVED ? PN532_AUTHENTICATION : PN532_TIMEOUT);
}

static void exchange_frame(struct pn532 *chip) {
    struct rf_frame out;
    rf_frame_set(&out, bytes_of(chip->gathered, chip->gathered_size), true);
    chip->gathered_size = 0;
    pn532_send(chip, &out, pn532_timeout_ns(chip->timeout_code), frame_step);
}

static void run_exchange(struct pn532 *chip) {
    struct rf_frame out;
    uint8_t status = chip->ports.exchange(chip->ports.context);
    if (status != 0) {
        chip->gathered_size = 0;
        pn532_respond_status(chip, status);
    } else if (!chip->card.protocol) {
        exchange_frame(chip);
    } else if (chip->card.aborted) {
        isodep_pcd_drain(&chip->pcd, &out);
        pn532_send(chip, &out, chip->pcd.waiting_ns, drain_step);
    } else {
        begin_apdu(chip);
    }
}

void pn532_exchange(struct pn532 *chip, struct bytes in) {
    struct bytes data = bytes_of(in.data + 1, in.size - 1);
    if (!is_ours(chip, in)) {
        pn532_respond_status(chip, PN532_WRONG_CONTEXT);
        return;
    }
    if (data.size == 0 && chip->answer_at < chip->pcd.answer_size) {
        give_answer(chip);
        return;
    }
    if (chip->gathered_size + data.size > sizeof chip->gathered) {
        chip->gathered_size = 0;
        pn532_respond_status(chip, PN532_BUFFER_TOO_SMALL);
        return;
    }
    if (data.size > 0)
        memcpy(chip->gathered + chip->gathered_size, data.data, data.size);
    chip->gathered_size += data.size;
    if ((in.data[0] & TG_MORE) != 0)
        pn532_respond_status(chip, PN532_OK);
    else
        run_exchange(chip);
}

// ---- InCommunicateThru ----------------------------------------------------------------------

static void thru_step(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    bool crc = (*pn532_register(chip, REG_RX_MODE) & MODE_CRC) != 0;
    if (outcome != RF_RECEIVED) {
        pn532_respond_status(chip, outcome == RF_SILENCE ? PN532_TIMEOUT : PN532_BIT_COLLISION);
        return;
    }
    if (crc && !rf_frame_crc_ok(frame)) {
        pn532_respond_status(chip, PN532_CRC_ERROR);
        return;
    }
    uint8_t control = *pn532_register(chip, REG_CONTROL) & (uint8_t)~LAST_BITS;
    *pn532_register(chip, REG_CONTROL) = (uint8_t)(control | frame->last_bits);
    size_t size = frame->size - (crc ? (size_t)RF_CRC_SIZE : 0);
    pn532_respond_data(chip, PN532_OK, bytes_of(frame->data, size), false);
}

void pn532_thru(struct pn532 *chip, struct bytes in) {
    struct rf_frame out;
    if (!chip->field_on || in.size == 0 ||
        (*pn532_register(chip, REG_TX_MODE) & MODE_FRAMING) != 0) {
        pn532_respond_status(chip, PN532_TIMEOUT); // nobody here speaks anything but type A
        return;
    }
    rf_frame_set(&out, in, (*pn532_register(chip, REG_TX_MODE) & MODE_CRC) != 0);
    out.last_bits = *pn532_register(chip, REG_BIT_FRAMING) & LAST_BITS;
    pn532_send(chip, &out, pn532_timeout_ns(chip->timeout_code), thru_step);
}

// ---- release, select, bit rate --------------------------------------------------------------

static void released_step(struct pn532 *chip, enum rf_outcome outcome,
                          const struct rf_frame *frame) {
    (void)outcome;
    (void)frame;
    pn532_respond_status(chip, PN532_OK);
}

// InDeselect and InRelease: S(DESELECT), or HLTA for a card without T=CL.
void pn532_deselect(struct pn532 *chip, struct bytes in) {
    static const uint8_t halt[] = {0x50, 0x00};
    struct rf_frame out;
    (void)in;
    pn532_target_stop(chip);
    if (!chip->card.present) {
        pn532_respond_status(chip, PN532_OK);
        return;
    }
    if (chip->card.protocol)
        isodep_deselect(&out);
    else
        rf_frame_set(&out, BYTES_OF(halt), true);
    chip->card.present = chip->card.protocol = false;
    pn532_send(chip, &out, pn532_timeout_ns(chip->timeout_code), released_step);
}

void pn532_select(struct pn532 *chip, struct bytes in) {
    pn532_respond_status(chip, is_ours(chip, in) ? PN532_OK : PN532_WRONG_CONTEXT);
}

static void psl_step(struct pn532 *chip, enum rf_outcome outcome, const struct rf_frame *frame) {
    bool taken = outcome == RF_RECEIVED && rf_frame_crc_ok(frame) && frame->data[0] == 0xD0;
    if (taken)
        chip->rate_now = 106U << chip->psl_divisor;
    pn532_respond_status(chip, taken ? PN532_OK : PN532_TIMEOUT);
}

// InPSL: Tg BrIt BrTi, both given as divisors.
void pn532_psl(struct pn532 *chip, struct bytes in) {
    struct rf_frame out;
    uint8_t divisor = in.data[1] & 0x03;
    const uint8_t pps[] = {0xD0, 0x11, (uint8_t)(divisor << 2 | divisor)};
    if (!chip->card.protocol || !is_ours(chip, in)) {
        pn532_respond_status(chip, PN532_WRONG_CONTEXT);
        return;
    }
    chip->psl_divisor = divisor;
    rf_frame_set(&out, BYTES_OF(pps), true);
    pn532_send(chip, &out, pn532_timeout_ns(chip->timeout_code), psl_step);
}
