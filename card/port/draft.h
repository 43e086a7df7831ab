// SPDX-License-Identifier: Apache-2.0
// A card in the making: formatted and powered in memory, a file only when it is finished. What came
// of it before is erased when it is discarded.
#ifndef CARD_PORT_DRAFT_H
#define CARD_PORT_DRAFT_H

#include "base/failure.h"
#include "card/card.h"
#include "card/port/memory.h"

/// Stays where it is: the card points into it.
struct draft {
    struct memory_port memory;
    struct card_ports ports;
    struct card *card;
    uint8_t *image;
    uint32_t size;
};

/// A blank card of this size, with a random serial number and the applets of rom, powered.
/// draft_discard is due whatever came of this.
bool draft_make(struct draft *draft, uint32_t size, const struct card_rom *rom,
                const struct crypto *crypto, struct failure *failure);

/// Writes it to a new file.
bool draft_write(const struct draft *draft, const char *path, struct failure *failure);

/// Erases and frees.
void draft_discard(struct draft *draft);

#endif
