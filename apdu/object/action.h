// SPDX-License-Identifier: Apache-2.0
// The words by which people name what a ticket allows.
#ifndef APDU_OBJECT_ACTION_H
#define APDU_OBJECT_ACTION_H

#include <stdint.h>

/// The bit (enum ticket_action) of "play", "copy", "convert", "bound" or "game"; 0: of no other
/// word, nor of NULL.
uint8_t action_of(const char *word);
/// The word of one bit; "" where it has none.
const char *action_word(uint8_t bit);

#endif
