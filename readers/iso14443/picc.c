// SPDX-License-Identifier: Apache-2.0
// ISO/IEC 14443-3 clause 6 (type A initialisation and anticollision) and 14443-4 clause 5
// (RATS, PPS) as a card lives through them.
#include "readers/iso14443/picc.h"

#include <string.h>

enum {
    REQA = 0x26,
    WUPA = 0x52,
    HLTA = 0x50,
    RATS = 0xE0,
    PPS = 0xD0,
    SEL_LEVEL1 = 0x93,
    CASCADE_TAG = 0x88,
    SAK_CASCADE = 0x04,
    NVB_ALL = 0x70,
    LEVEL_OCTETS = 5, // four of the UID and their check octet
};

static void notify(struct picc *picc, enum picc_event event) {
    if (picc->notify != NULL)
        picc->notify(picc->context, picc, event);
}

static bool engaged(const struct picc *picc) {
    return picc->state == PICC_PROTOCOL || (picc->raw && picc->state == PICC_ACTIVE);
}

static void enter(struct picc *picc, enum picc_state state) {
    bool released = engaged(picc) && state != PICC_PROTOCOL;
    picc->state = state;
    picc->level = 0;
    picc->isodep.busy = false;
    picc->rate = 106;
    if (released)
        notify(picc, PICC_RELEASED);
}

void picc_power(struct picc *picc, bool on) {
    if (on == (picc->state != PICC_OFF))
        return;
    picc->was_halted = false;
    enter(picc, on ? PICC_IDLE : PICC_OFF);
}

bool picc_set_uid(struct picc *picc, struct bytes uid) {
    enum { ATQA_SIZE_SHIFT = 6, ATQA_OTHER_BITS = 0x3F };
    if ((uid.size != 4 && uid.size != 7 && uid.size != 10) ||
        (uid.size == 4 && uid.data[0] == CASCADE_TAG))
        return false;
    memcpy(picc->uid, uid.data, uid.size);
    picc->uid_size = uid.size;
    picc->atqa[0] =
        (uint8_t)((picc->atqa[0] & ATQA_OTHER_BITS) | (uid.size / 3 - 1) << ATQA_SIZE_SHIFT);
    return true;
}

static unsigned levels(const struct picc *picc) {
    return picc->uid_size <= 4 ? 1 : picc->uid_size <= 7 ? 2 : 3;
}

// The five octets that answer anticollision on a cascade level.
static void level_octets(const struct picc *picc, unsigned level, uint8_t out[LEVEL_OCTETS]) {
    const uint8_t *part = picc->uid + (size_t)3 * level;
    if (level + 1 < levels(picc)) {
        out[0] = CASCADE_TAG;
        memcpy(out + 1, part, 3);
    } else {
        memcpy(out, part, 4);
    }
    out[4] = (uint8_t)(out[0] ^ out[1] ^ out[2] ^ out[3]);
}

// A frame that does not belong here: back to where the card slept.
static bool fall_back(struct picc *picc) {
    enter(picc, picc->was_halted ? PICC_HALT : PICC_IDLE);
    return false;
}

static bool wake(struct picc *picc, uint8_t code, struct rf_frame *answer) {
    bool sleeping = picc->state == PICC_IDLE || picc->state == PICC_HALT;
    if (!sleeping)
        return fall_back(picc);
    if (code != WUPA && (code != REQA || picc->state == PICC_HALT))
        return false;
    picc->was_halted = picc->state == PICC_HALT;
    picc->state = PICC_READY;
    picc->level = 0;
    rf_frame_set(answer, bytes_of(picc->atqa, 2), false);
    return true;
}

// Are the first bits of both equal?
static bool bits_equal(const uint8_t *a, const uint8_t *b, size_t bits) {
    size_t whole = bits / 8;
    uint8_t mask = (uint8_t)((1U << (bits % 8)) - 1);
    return memcmp(a, b, whole) == 0 && (mask == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

// SEL NVB and the first bits of a UID: who has them answers the rest.
static bool anticollision(struct picc *picc, const struct rf_frame *frame,
                          struct rf_frame *answer) {
    uint8_t own[LEVEL_OCTETS];
    size_t bits = rf_frame_bits(frame) - 16, whole = bits / 8;
    level_octets(picc, picc->level, own);
    if (bits >= (size_t)LEVEL_OCTETS * 8 || !bits_equal(own, frame->data + 2, bits))
        return false;
    // The answer begins in the octet that the question left unfinished; its low bits stay 0.
    rf_frame_set(answer, bytes_of(own + whole, LEVEL_OCTETS - whole), false);
    answer->data[0] &= (uint8_t)(0xFFU << (bits % 8));
    return true;
}

static bool select_level(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer) {
    uint8_t own[LEVEL_OCTETS];
    level_octets(picc, picc->level, own);
    if (!rf_frame_crc_ok(frame) || memcmp(frame->data + 2, own, LEVEL_OCTETS) != 0)
        return fall_back(picc);
    bool more = picc->level + 1 < levels(picc);
    uint8_t sak = (uint8_t)(more ? SAK_CASCADE : picc->sak);
    picc->level++;
    if (!more)
        picc->state = PICC_ACTIVE;
    rf_frame_set(answer, bytes_of(&sak, 1), true);
    return true;
}

static bool in_ready(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer) {
    uint8_t level_code = (uint8_t)(SEL_LEVEL1 + 2 * picc->level);
    if (frame->size < 2 || frame->data[0] != level_code)
        return fall_back(picc);
    if (frame->data[1] == NVB_ALL && frame->size == 2 + LEVEL_OCTETS + RF_CRC_SIZE)
        return select_level(picc, frame, answer);
    if (frame->size > 2 + LEVEL_OCTETS)
        return fall_back(picc);
    return anticollision(picc, frame, answer);
}

static bool rats(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer) {
    memcpy(picc->rats, frame->data, 2);
    isodep_picc_start(&picc->isodep, isodep_frame_size(frame->data[1] >> 4));
    picc->state = PICC_PROTOCOL;
    rf_frame_set(answer, bytes_of(picc->ats, picc->ats[0]), true);
    notify(picc, PICC_ACTIVATED);
    return true;
}

static bool hand_raw(struct picc *picc, const struct rf_frame *frame) {
    picc->frame_raw_size = frame->size - RF_CRC_SIZE;
    memcpy(picc->frame_raw, frame->data, picc->frame_raw_size);
    notify(picc, PICC_RAW);
    return false;
}

static bool in_active(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer) {
    if (!rf_frame_crc_ok(frame))
        return fall_back(picc);
    if (frame->data[0] == HLTA && frame->size == 2 + RF_CRC_SIZE) {
        enter(picc, PICC_HALT);
        return false;
    }
    if (picc->raw)
        return hand_raw(picc, frame);
    if (frame->data[0] == RATS && frame->size == 2 + RF_CRC_SIZE && picc->ats[0] != 0)
        return rats(picc, frame, answer);
    return fall_back(picc);
}

// PPS PPS0 PPS1: both directions take the same divisor here.
static bool pps(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer) {
    uint8_t start = frame->data[0];
    bool with_rate = frame->size == 3 + RF_CRC_SIZE && frame->data[1] == 0x11;
    if (with_rate)
        picc->rate = 106U << (frame->data[2] & 0x03);
    rf_frame_set(answer, bytes_of(&start, 1), true);
    return true;
}

static bool in_protocol(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer) {
    bool deselected = false;
    if (rf_frame_crc_ok(frame) && (frame->data[0] & 0xF0) == PPS && picc->isodep.last.size == 0)
        return pps(picc, frame, answer);
    enum isodep_step step = isodep_picc_receive(&picc->isodep, frame, answer, &deselected);
    if (deselected)
        enter(picc, PICC_HALT);
    if (step == ISODEP_DONE)
        notify(picc, PICC_COMMAND);
    return step == ISODEP_SEND;
}

bool picc_receive(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer) {
    if (picc->state == PICC_OFF || frame->size == 0)
        return false;
    bool is_short = frame->size == 1 && frame->last_bits == 7;
    if (picc->state == PICC_PROTOCOL)
        return !is_short && in_protocol(picc, frame, answer);
    if (is_short)
        return wake(picc, frame->data[0], answer);
    if (picc->state == PICC_READY)
        return in_ready(picc, frame, answer);
    if (picc->state == PICC_ACTIVE)
        return in_active(picc, frame, answer);
    return false;
}

bool picc_answer(struct picc *picc, struct bytes apdu, struct rf_frame *frame) {
    return picc->state == PICC_PROTOCOL && isodep_picc_answer(&picc->isodep, apdu, frame);
}

bool picc_answer_raw(struct picc *picc, struct bytes octets, struct rf_frame *frame) {
    if (picc->state != PICC_ACTIVE || octets.size + RF_CRC_SIZE > RF_FRAME_MAX)
        return false;
    rf_frame_set(frame, octets, true);
    return true;
}

bool picc_owes(const struct picc *picc) {
    return (picc->state == PICC_PROTOCOL && picc->isodep.busy) ||
           (picc->state == PICC_ACTIVE && picc->raw);
}

uint64_t picc_waiting_ns(const struct picc *picc) {
    struct isodep_pcd decoded; // reads the ATS as a reader would
    isodep_pcd_start(&decoded, bytes_of(picc->ats, picc->ats[0]));
    return decoded.waiting_ns;
}
