// SPDX-License-Identifier: Apache-2.0
// The owner's PINs of a card that is in use: changed with the old PIN, unblocked with the PUK, in
// the purse, in the ticket store or in the PIV application of any card (ISO/IEC
// 7816-4 7.5.7, 7.5.10; SP 800-73-4 part 2 3.2).
#ifndef PERSONALIZATION_CARDS_CARD_PIN_H
#define PERSONALIZATION_CARDS_CARD_PIN_H

#include "apdu/command/link.h"
#include "base/failure.h"

enum card_pin_step {
    CARD_PIN_CHANGE,  // present is the PIN
    CARD_PIN_UNBLOCK, // present is the PUK
};

enum card_pin_owner {
    CARD_PIN_FOUND, // the purse's, where there is one, else the ticket store's
    CARD_PIN_PURSE,
    CARD_PIN_TICKETS,
    CARD_PIN_PIV,
    CARD_PIN_OWNER_COUNT,
};

struct card_pin_order {
    enum card_pin_step step;
    enum card_pin_owner owner; // CARD_PIN_FOUND becomes the one that was found
    const char *present, *new; // digits
};

/// Does it. A value that could not be one is refused before anything is sent, so that it costs no
/// try. Failures tell the tries that are left: EXIT_REFUSED for a wrong value, EXIT_LOCKED when it
/// is blocked.
bool card_pin_set(struct link *link, struct card_pin_order *order, struct failure *failure);

/// "purse", "ticket store", "PIV application"
const char *card_pin_owner_name(enum card_pin_owner owner);

#endif
