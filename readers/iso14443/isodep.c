// SPDX-License-Identifier: Apache-2.0
// T=CL blocks, both sides. The rule letters and numbers in comments are those of ISO/IEC 14443-4
// 7.5.4 and 7.5.5.
#include "readers/iso14443/isodep.h"

#include <string.h>

enum {
    PCB_I = 0x02,
    PCB_R_ACK = 0xA2,
    PCB_R_NAK = 0xB2,
    PCB_S_DESELECT = 0xC2,
    PCB_S_WTX = 0xF2,
    PCB_CHAINING = 0x10,
    PCB_NAK_BIT = 0x10,
    PCB_NUMBER = 0x01,
    WTX_MULTIPLIER = 1,
    DEFAULT_FSCI = 2,
    DEFAULT_FWI = 4,
};

static bool is_i(uint8_t pcb) {
    return (pcb & 0xE2) == 0x02;
}

static bool is_r(uint8_t pcb) {
    return (pcb & 0xE6) == 0xA2;
}

static bool is_nak(uint8_t pcb) {
    return (pcb & PCB_NAK_BIT) != 0;
}

size_t isodep_frame_size(unsigned code) {
    static const uint16_t sizes[] = {16, 24, 32, 40, 48, 64, 96, 128, 256};
    return sizes[code > 8 ? 8 : code];
}

uint64_t isodep_waiting_ns(unsigned fwi) {
    return (UINT64_C(4096) << (fwi > 14 ? 4 : fwi)) * UINT64_C(1000000000) / 13560000U;
}

// One block: PCB, information, CRC_A.
static void block_set(struct rf_frame *frame, uint8_t pcb, struct bytes information) {
    frame->data[0] = pcb;
    if (information.size > 0)
        memcpy(frame->data + 1, information.data, information.size);
    rf_frame_set(frame, bytes_of(frame->data, information.size + 1), true);
}

static void control_set(struct rf_frame *frame, uint8_t pcb) {
    block_set(frame, pcb, bytes_of(NULL, 0));
}

static struct bytes information_of(const struct rf_frame *frame) {
    return bytes_of(frame->data + 1, frame->size - ISODEP_CRC_AND_PCB);
}

// The I-block that carries what is left of apdu from sent on. Returns its information size.
static size_t piece_set(struct rf_frame *frame, uint8_t number, struct bytes apdu, size_t sent,
                        size_t frame_max) {
    size_t left = apdu.size - sent, room = frame_max - ISODEP_CRC_AND_PCB;
    size_t piece = left < room ? left : room;
    uint8_t pcb = (uint8_t)(PCB_I | number | (piece < left ? PCB_CHAINING : 0));
    block_set(frame, pcb, bytes_of(apdu.data + sent, piece));
    return piece;
}

// ---- reader's side --------------------------------------------------------------------------

// ATS: TL T0 [TA] [TB] [TC] historical (ISO/IEC 14443-4 5.2).
void isodep_pcd_start(struct isodep_pcd *pcd, struct bytes ats) {
    unsigned fsci = DEFAULT_FSCI, fwi = DEFAULT_FWI;
    if (ats.size >= 2) {
        size_t at = 2 + ((ats.data[1] & 0x10) != 0 ? 1U : 0U);
        fsci = ats.data[1] & 0x0F;
        if ((ats.data[1] & 0x20) != 0 && at < ats.size)
            fwi = ats.data[at] >> 4;
    }
    pcd->block = 0;
    pcd->fsc = isodep_frame_size(fsci);
    pcd->waiting_ns = pcd->extended_ns = isodep_waiting_ns(fwi);
    pcd->size = pcd->sent = pcd->piece = pcd->answer_size = 0;
}

static void pcd_send_piece(struct isodep_pcd *pcd, struct rf_frame *frame) {
    pcd->piece =
        piece_set(frame, pcd->block, bytes_of(pcd->command, pcd->size), pcd->sent, pcd->fsc);
}

bool isodep_pcd_command(struct isodep_pcd *pcd, struct bytes command, struct rf_frame *frame) {
    if (command.size > ISODEP_APDU_MAX)
        return false;
    if (command.size > 0)
        memcpy(pcd->command, command.data, command.size);
    pcd->size = command.size;
    pcd->sent = pcd->answer_size = 0;
    pcd->retries = 0;
    pcd->gathering = pcd->draining = false;
    pcd->extended_ns = pcd->waiting_ns;
    pcd_send_piece(pcd, frame);
    return true;
}

void isodep_pcd_drain(struct isodep_pcd *pcd, struct rf_frame *frame) {
    pcd->size = pcd->sent = pcd->piece = pcd->answer_size = 0;
    pcd->retries = 0;
    pcd->gathering = false;
    pcd->draining = true;
    pcd->extended_ns = pcd->waiting_ns;
    control_set(frame, (uint8_t)(PCB_R_NAK | pcd->block));
}

// Rules 4 and 5: ask again, by R(NAK), or by R(ACK) inside the card's chain.
static enum isodep_step pcd_retry(struct isodep_pcd *pcd, struct rf_frame *frame) {
    if (pcd->retries++ >= ISODEP_RETRIES)
        return ISODEP_LOST;
    pcd->extended_ns = pcd->waiting_ns;
    control_set(frame, (uint8_t)((pcd->gathering ? PCB_R_ACK : PCB_R_NAK) | pcd->block));
    return ISODEP_SEND;
}

// Rules B, 3 and 7's counterpart: an answer block with the right number.
static enum isodep_step pcd_take_i(struct isodep_pcd *pcd, const struct rf_frame *received,
                                   struct rf_frame *frame) {
    struct bytes information = information_of(received);
    if ((received->data[0] & PCB_NUMBER) != pcd->block)
        return pcd_retry(pcd, frame);
    if (pcd->sent + pcd->piece < pcd->size || pcd->answer_size + information.size > ISODEP_APDU_MAX)
        return ISODEP_FAIL;
    memcpy(pcd->answer + pcd->answer_size, information.data, information.size);
    pcd->answer_size += information.size;
    pcd->block ^= 1;
    pcd->retries = 0;
    pcd->extended_ns = pcd->waiting_ns;
    if ((received->data[0] & PCB_CHAINING) == 0)
        return ISODEP_DONE;
    pcd->gathering = true;
    control_set(frame, (uint8_t)(PCB_R_ACK | pcd->block));
    return ISODEP_SEND;
}

static enum isodep_step pcd_take_r(struct isodep_pcd *pcd, uint8_t pcb, struct rf_frame *frame) {
    if (is_nak(pcb) || pcd->gathering)
        return ISODEP_FAIL;
    if (pcd->draining) // other number: the card never got the block, there is nothing to drop
        return (pcb & PCB_NUMBER) != pcd->block ? ISODEP_DONE : ISODEP_FAIL;
    if ((pcb & PCB_NUMBER) == pcd->block && pcd->sent + pcd->piece < pcd->size) {
        pcd->sent += pcd->piece; // rule 7
        pcd->block ^= 1;
        pcd->retries = 0;
    } else if ((pcb & PCB_NUMBER) == pcd->block || pcd->retries++ > ISODEP_RETRIES) {
        return ISODEP_FAIL;
    }
    pcd->extended_ns = pcd->waiting_ns;
    pcd_send_piece(pcd, frame); // the next piece, or rule 6: the same again
    return ISODEP_SEND;
}

static enum isodep_step pcd_take_s(struct isodep_pcd *pcd, const struct rf_frame *received,
                                   struct rf_frame *frame) {
    if (received->data[0] != PCB_S_WTX || received->size != ISODEP_CRC_AND_PCB + 1)
        return ISODEP_FAIL;
    uint8_t multiplier = received->data[1] & 0x3F;
    pcd->extended_ns = pcd->waiting_ns * (multiplier == 0 ? 1 : multiplier);
    block_set(frame, PCB_S_WTX, bytes_of(&multiplier, 1));
    return ISODEP_SEND;
}

enum isodep_step isodep_pcd_outcome(struct isodep_pcd *pcd, enum rf_outcome outcome,
                                    const struct rf_frame *received, struct rf_frame *frame) {
    if (outcome != RF_RECEIVED || !rf_frame_crc_ok(received))
        return pcd_retry(pcd, frame);
    uint8_t pcb = received->data[0];
    if (is_i(pcb))
        return pcd_take_i(pcd, received, frame);
    if (is_r(pcb))
        return pcd_take_r(pcd, pcb, frame);
    return pcd_take_s(pcd, received, frame);
}

void isodep_deselect(struct rf_frame *frame) {
    control_set(frame, PCB_S_DESELECT);
}

// ---- card's side ----------------------------------------------------------------------------

void isodep_picc_start(struct isodep_picc *picc, size_t fsd) {
    picc->block = 1; // rule C
    picc->fsd = fsd;
    picc->busy = picc->extending = picc->held = false;
    picc->command_size = picc->answer_size = picc->sent = picc->piece = 0;
    picc->last.size = 0;
}

static enum isodep_step picc_send(struct isodep_picc *picc, struct rf_frame *frame) {
    picc->last = *frame;
    return ISODEP_SEND;
}

static enum isodep_step picc_repeat(struct isodep_picc *picc, struct rf_frame *frame) {
    if (picc->last.size == 0)
        return ISODEP_WAIT;
    *frame = picc->last;
    return ISODEP_SEND;
}

static enum isodep_step picc_send_piece(struct isodep_picc *picc, struct rf_frame *frame) {
    picc->piece = piece_set(frame, picc->block, bytes_of(picc->answer, picc->answer_size),
                            picc->sent, picc->fsd);
    return picc_send(picc, frame);
}

static enum isodep_step picc_take_i(struct isodep_picc *picc, const struct rf_frame *received,
                                    struct rf_frame *frame) {
    struct bytes information = information_of(received);
    if (picc->busy || picc->command_size + information.size > ISODEP_APDU_MAX)
        return ISODEP_WAIT;
    picc->block ^= 1; // rule D
    memcpy(picc->command + picc->command_size, information.data, information.size);
    picc->command_size += information.size;
    picc->answer_size = picc->sent = picc->piece = 0;
    if ((received->data[0] & PCB_CHAINING) != 0) {
        control_set(frame, (uint8_t)(PCB_R_ACK | picc->block)); // rule 2
        return picc_send(picc, frame);
    }
    picc->busy = true;
    return ISODEP_DONE;
}

static enum isodep_step picc_take_r(struct isodep_picc *picc, uint8_t pcb, struct rf_frame *frame) {
    if (picc->busy && !picc->extending)
        return ISODEP_WAIT;
    if ((pcb & PCB_NUMBER) == picc->block)
        return picc_repeat(picc, frame); // rule 12
    if (is_nak(pcb)) {
        control_set(frame, (uint8_t)(PCB_R_ACK | picc->block)); // rule 13
        return ISODEP_SEND;
    }
    if (picc->sent + picc->piece >= picc->answer_size)
        return ISODEP_WAIT;
    picc->block ^= 1; // rules E and 14
    picc->sent += picc->piece;
    return picc_send_piece(picc, frame);
}

static enum isodep_step picc_take_s(struct isodep_picc *picc, const struct rf_frame *received,
                                    struct rf_frame *frame, bool *deselected) {
    if ((received->data[0] & 0xF7) == PCB_S_DESELECT) {
        *deselected = true;
        control_set(frame, PCB_S_DESELECT);
        return ISODEP_SEND;
    }
    if ((received->data[0] & 0xF7) != PCB_S_WTX || !picc->extending)
        return ISODEP_WAIT;
    picc->extending = false;
    if (!picc->held)
        return ISODEP_WAIT;
    picc->held = picc->busy = false;
    picc->command_size = 0;
    return picc_send_piece(picc, frame);
}

enum isodep_step isodep_picc_receive(struct isodep_picc *picc, const struct rf_frame *received,
                                     struct rf_frame *frame, bool *deselected) {
    *deselected = false;
    if (!rf_frame_crc_ok(received))
        return ISODEP_WAIT;
    uint8_t pcb = received->data[0];
    if (is_i(pcb) && (pcb & 0x0C) == 0)
        return picc_take_i(picc, received, frame);
    if (is_r(pcb))
        return picc_take_r(picc, pcb, frame);
    return picc_take_s(picc, received, frame, deselected);
}

bool isodep_picc_answer(struct isodep_picc *picc, struct bytes answer, struct rf_frame *frame) {
    if (!picc->busy || answer.size > ISODEP_APDU_MAX)
        return false;
    if (answer.size > 0)
        memcpy(picc->answer, answer.data, answer.size);
    picc->answer_size = answer.size;
    picc->sent = 0;
    if (picc->extending) {
        picc->held = true;
        return false;
    }
    picc->busy = false;
    picc->command_size = 0;
    return picc_send_piece(picc, frame) == ISODEP_SEND;
}

bool isodep_picc_extend(struct isodep_picc *picc, struct rf_frame *frame) {
    static const uint8_t multiplier = WTX_MULTIPLIER;
    if (!picc->busy || picc->extending)
        return false;
    picc->extending = true;
    block_set(frame, PCB_S_WTX, bytes_of(&multiplier, 1));
    return picc_send(picc, frame) == ISODEP_SEND;
}

bool isodep_picc_sent(const struct isodep_picc *picc) {
    return !picc->held && picc->sent + picc->piece >= picc->answer_size;
}
