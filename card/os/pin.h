// SPDX-License-Identifier: Apache-2.0
// A reference PIN with its PUK and both try counters in an applet's persistent memory. Every try
// is taken off and committed before the comparison and given back after it, so that no power cut
// gains one. Comparison takes the same time whatever the digits. ISO/IEC 7816-4 7.5.6-7.5.10.
#ifndef CARD_OS_PIN_H
#define CARD_OS_PIN_H

#include "card/os/applet.h"

enum { PIN_MIN = 4, PIN_MAX = 12, PIN_RECORD_SIZE = 32 };

/// Where the record stands in the instance's memory.
struct pin {
    uint32_t offset; // PIN_RECORD_SIZE octets
};

/// Stages PIN or PUK and its tries: personalization. SW_WRONG_DATA for a bad length.
uint16_t pin_set(struct card_call *call, struct pin pin, struct bytes value, uint8_t tries);
uint16_t pin_set_puk(struct card_call *call, struct pin pin, struct bytes value, uint8_t tries);

/// VERIFY. SW_OK, 63Cx with the tries left, SW_PIN_BLOCKED, SW_CONDITIONS when no PIN is set.
uint16_t pin_verify(struct card_call *call, struct pin pin, struct bytes value);
/// VERIFY without data: 63Cx or SW_PIN_BLOCKED; touches nothing.
uint16_t pin_status(const struct card_call *call, struct pin pin);
/// CHANGE REFERENCE DATA: old and new value, told apart by old_size.
uint16_t pin_change(struct card_call *call, struct pin pin, struct bytes old_value,
                    struct bytes new_value);
/// The same for the PUK, with its own tries.
uint16_t pin_change_puk(struct card_call *call, struct pin pin, struct bytes old_value,
                        struct bytes new_value);
/// RESET RETRY COUNTER: PUK and new PIN.
uint16_t pin_unblock(struct card_call *call, struct pin pin, struct bytes puk,
                     struct bytes new_value);

/// The data of commands that bring two values, 80 and 81: the old one (or PUK) and the new one.
/// False: they are not that.
bool pin_two_values(struct bytes data, struct bytes *first, struct bytes *second);

/// Tries left, as staged or committed; 0: blocked.
uint8_t pin_tries(const struct card_call *call, struct pin pin);
/// Was there a pin_set? Before it there is nothing to verify.
bool pin_is_set(const struct card_call *call, struct pin pin);

#endif
