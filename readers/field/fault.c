// SPDX-License-Identifier: Apache-2.0
// The table of faults and when each strikes.
#include "readers/field/fault.h"

#include <string.h>

const struct field_fault_kind field_fault_kinds[] = {
    {"no-ack", FAULT_ACK, EFFECT_DROP, false, "the chip does not acknowledge"},
    {"late-ack", FAULT_ACK, EFFECT_DELAY, true, "the acknowledge comes VALUE ms late"},
    {"silence", FAULT_ANSWER, EFFECT_DROP, false, "the chip does not answer"},
    {"late", FAULT_ANSWER, EFFECT_DELAY, true, "the answer comes VALUE ms late"},
    {"bad-lcs", FAULT_ANSWER, EFFECT_BAD_LCS, false, "wrong length checksum"},
    {"bad-dcs", FAULT_ANSWER, EFFECT_BAD_DCS, false, "wrong data checksum"},
    {"error-frame", FAULT_ANSWER, EFFECT_ERROR_FRAME, false, "error frame instead of the answer"},
    {"truncate", FAULT_ANSWER, EFFECT_TRUNCATE, true, "only VALUE octets of the answer come"},
    {"split", FAULT_ANSWER, EFFECT_SPLIT, true, "a pause of 5 ms after VALUE octets"},
    {"wrong-code", FAULT_ANSWER, EFFECT_WRONG_CODE, false, "answer to another command"},
    {"status", FAULT_EXCHANGE, EFFECT_STATUS, true, "an exchange answers status VALUE"},
    {"lose-down", FAULT_DOWN, EFFECT_DROP, false, "a frame to the card is lost"},
    {"crc-down", FAULT_DOWN, EFFECT_CORRUPT, false, "a frame to the card has a wrong bit"},
    {"lose-up", FAULT_UP, EFFECT_DROP, false, "a frame from the card is lost"},
    {"crc", FAULT_UP, EFFECT_CORRUPT, false, "a frame from the card has a wrong bit"},
    {"collision", FAULT_UP, EFFECT_COLLIDE, false, "a second card speaks at the same time"},
};

const size_t field_fault_kind_count = sizeof field_fault_kinds / sizeof field_fault_kinds[0];

const struct field_fault_kind *field_fault_find(const char *name) {
    for (size_t i = 0; i < field_fault_kind_count; i++)
        if (strcmp(field_fault_kinds[i].name, name) == 0)
            return &field_fault_kinds[i];
    return NULL;
}

bool field_fault_arm(struct field_chip *chip, const struct field_fault_kind *kind, unsigned after,
                     unsigned count, unsigned value) {
    // A status with bit 7 makes libnfc end its program: no chip sends one.
    if (kind->effect == EFFECT_STATUS && (value == 0 || value >= 0x80))
        return false;
    for (unsigned i = 0; i < FIELD_FAULTS_MAX; i++)
        if (chip->faults[i].kind == NULL) {
            chip->faults[i] = (struct field_fault){kind, after, count, value};
            return true;
        }
    return false;
}

const struct field_fault_kind *field_fault_strike(struct field_chip *chip,
                                                  enum field_fault_place place, unsigned *value) {
    const struct field_fault_kind *struck = NULL;
    for (unsigned i = 0; i < FIELD_FAULTS_MAX; i++) {
        struct field_fault *fault = &chip->faults[i];
        if (fault->kind == NULL || fault->kind->place != place)
            continue;
        if (fault->after > 0) {
            fault->after--;
            continue;
        }
        if (struck != NULL)
            continue;
        struck = fault->kind;
        *value = fault->value;
        if (--fault->count == 0)
            fault->kind = NULL;
    }
    return struck;
}
