// SPDX-License-Identifier: Apache-2.0
// What a card of whatever maker tells about itself before any key is used: ATR, production data
// (CPLC, GlobalPlatform 2.3 H.1), the secure channel protocols of its security domain (card
// recognition data, H.2), the UID of a contactless chip. Enough to call it by name and to bind a
// row to it.
#ifndef PERSONALIZATION_CARDS_CHIP_H
#define PERSONALIZATION_CARDS_CHIP_H

#include "personalization/cards/kind.h"

enum { CHIP_NAME_MAX = 160, CHIP_PROTOCOLS_MAX = 4 };

struct chip {
    char name[CHIP_NAME_MAX]; // for messages: "ATR 3B6F.. 'JCOP31', CPLC 4790 (NXP) 5168"
    bool has_serial;
    uint8_t serial[CARD_SERIAL_SIZE];
    bool has_domain; // a security domain answered to SELECT
    uint8_t domain_aid[16], domain_aid_size;
    struct {
        uint8_t protocol, i; // 02 15, 03 70
    } protocols[CHIP_PROTOCOLS_MAX];
    size_t protocol_count; // 0: it does not tell
};

/// Asks the card. False only when the link failed. Selects the security domain.
bool chip_read(struct link *link, struct bytes atr, struct chip *chip, struct failure *failure);

/// Selects the security domain: the default application, else one of the usual names.
bool chip_select_domain(struct link *link, struct chip *chip, struct failure *failure);

/// The chip's serial, or a refusal: a row could not be bound to it.
bool chip_serial(const struct chip *chip, const struct link *link, uint8_t serial[CARD_SERIAL_SIZE],
                 struct failure *failure);

#endif
