// SPDX-License-Identifier: Apache-2.0
// Errors on purpose: on the wire between chip and host, and on the air.
#ifndef READERS_FIELD_FAULT_H
#define READERS_FIELD_FAULT_H

#include "readers/field/field_state.h"

enum field_fault_place {
    FAULT_ACK,      // the acknowledge to the host
    FAULT_ANSWER,   // the answer to the host
    FAULT_EXCHANGE, // InDataExchange
    FAULT_DOWN,     // a frame to the cards
    FAULT_UP,       // a frame from a card
};

enum field_fault_effect {
    EFFECT_DROP,
    EFFECT_DELAY, // value: milliseconds
    EFFECT_BAD_LCS,
    EFFECT_BAD_DCS,
    EFFECT_ERROR_FRAME,
    EFFECT_TRUNCATE, // value: octets that still come
    EFFECT_SPLIT,    // value: octets before a pause of 5 ms
    EFFECT_WRONG_CODE,
    EFFECT_STATUS,  // value: status octet, below 80
    EFFECT_CORRUPT, // one bit of the frame flips
    EFFECT_COLLIDE,
};

struct field_fault_kind {
    const char *name;
    enum field_fault_place place;
    enum field_fault_effect effect;
    bool needs_value;
    const char *text;
};

extern const struct field_fault_kind field_fault_kinds[];
extern const size_t field_fault_kind_count;

/// The fault of that name (no-ack, late, crc, ...); NULL: there is none.
const struct field_fault_kind *field_fault_find(const char *name);

/// Arms a fault: lets `after` opportunities pass, spoils `count`. False when the list is full or
/// the value is out of range.
bool field_fault_arm(struct field_chip *chip, const struct field_fault_kind *kind, unsigned after,
                     unsigned count, unsigned value);

/// The fault that strikes at this opportunity, or NULL; *value is its value.
const struct field_fault_kind *field_fault_strike(struct field_chip *chip,
                                                  enum field_fault_place place, unsigned *value);

#endif
