// SPDX-License-Identifier: Apache-2.0
// What a card image is and how two of them differ, printed on standard output for people and
// programs. Never what they hold.
#ifndef CARD_PORT_IMAGE_PRINT_H
#define CARD_PORT_IMAGE_PRINT_H

#include "card/card.h"

/// One object in one line, with the holder's id ("": none) and role (NULL: none): {id, role,
/// life_cycle, serial, nvm_used, nvm_size, wear, applets}.
void image_print_json(const struct card_report *report, const char *id, const char *role);
/// The same as lines of name and value.
void image_print_text(const struct card_report *report, const char *id, const char *role);

/// Prints where two memories of report->nvm_size octets differ: applet, offset in its memory and
/// size, one a line. Returns how many differences there are.
unsigned image_print_differences(const struct card_report *report, const uint8_t *a,
                                 const uint8_t *b, bool json);

#endif
