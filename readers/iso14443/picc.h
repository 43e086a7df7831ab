// SPDX-License-Identifier: Apache-2.0
// A type A card's radio side: the states of ISO/IEC 14443-3 (idle, ready, active, halt), bitwise
// anticollision, RATS and PPS, and after them T=CL. The same code stands in front of a card image,
// a foreign card and a chip in target mode. Pure; applications answer at once or later.
#ifndef READERS_ISO14443_PICC_H
#define READERS_ISO14443_PICC_H

#include "readers/iso14443/isodep.h"

enum { PICC_UID_MAX = 10, PICC_ATS_MAX = 64 };

enum picc_state { PICC_OFF, PICC_IDLE, PICC_READY, PICC_ACTIVE, PICC_PROTOCOL, PICC_HALT };

/// What happened, for whoever owns the card.
enum picc_event {
    PICC_ACTIVATED, // RATS answered: T=CL begins (picc->rats is what the reader sent)
    PICC_COMMAND,   // picc->isodep.command is complete; answer with picc_answer
    PICC_RAW,       // raw mode: picc->frame_raw holds a frame (CRC stripped) for the owner
    PICC_RELEASED,  // deselected, halted, or the field is gone
};

struct picc {
    // the owner's settings
    uint8_t atqa[2]; // as on the air: least significant octet first
    uint8_t sak;
    uint8_t uid[PICC_UID_MAX];
    size_t uid_size;           // 4, 7 or 10
    uint8_t ats[PICC_ATS_MAX]; // TL first; TL 0 means no ISO/IEC 14443-4
    bool raw;                  // frames after SELECT go to the owner as they are
    void *context;
    void (*notify)(void *context, struct picc *picc, enum picc_event event);

    // state
    enum picc_state state;
    bool was_halted; // a wrong frame returns to HALT, not to IDLE
    unsigned level;  // cascade levels already selected
    uint8_t rats[2];
    unsigned rate; // kbit/s after PPS, 106 before
    struct isodep_picc isodep;
    uint8_t frame_raw[RF_FRAME_MAX];
    size_t frame_raw_size;
};

/// Takes a UID of 4, 7 or 10 octets; ATQA says how long it is (ISO/IEC 14443-3 6.5.2). False: of
/// another size, or of 4 octets and beginning with the cascade tag 88.
bool picc_set_uid(struct picc *picc, struct bytes uid);

/// The field at the card appears or goes.
void picc_power(struct picc *picc, bool on);

/// A frame reaches the card. True: answer goes back at once. A later answer comes from picc_answer.
bool picc_receive(struct picc *picc, const struct rf_frame *frame, struct rf_frame *answer);

/// Answer to the command last notified; true when frame must be sent now.
bool picc_answer(struct picc *picc, struct bytes apdu, struct rf_frame *frame);

/// Raw mode: frame around the owner's octets, with CRC.
bool picc_answer_raw(struct picc *picc, struct bytes octets, struct rf_frame *frame);

/// Does the card owe its reader an answer?
bool picc_owes(const struct picc *picc);

/// Frame waiting time from its ATS.
uint64_t picc_waiting_ns(const struct picc *picc);

#endif
