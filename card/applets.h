// SPDX-License-Identifier: Apache-2.0
// The ROM of Tessera's cards: every applet of apdu/command/applets.h. A card with fewer of them is
// handed a table of its own.
#ifndef CARD_APPLETS_H
#define CARD_APPLETS_H

#include "card/card.h"

extern const struct card_rom standard_rom;

/// Octets of the image that a card of these roles (enum role) needs for all its applets.
uint32_t standard_image_size(uint16_t roles);

#endif
