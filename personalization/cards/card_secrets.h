// SPDX-License-Identifier: Apache-2.0
// The secrets of one card that its maker may give or have generated: PIN and PUK, those of the PIV
// application, its management key. What was generated is told once, in a letter.
#ifndef PERSONALIZATION_CARDS_CARD_SECRETS_H
#define PERSONALIZATION_CARDS_CARD_SECRETS_H

#include "base/failure.h"
#include "personalization/cards/piv/piv_factory.h"

enum { SECRET_MAX = 13, SECRETS_LETTER_MAX = 768 };

/// Empty ones are generated. Erased by their owner.
struct card_secrets {
    char pin[SECRET_MAX], puk[SECRET_MAX], piv_pin[SECRET_MAX], piv_puk[SECRET_MAX];
    int management;                  // index of management_words
    char letter[SECRETS_LETTER_MAX]; // what was generated: to be told once there is a card for it
};

/// What the management key is for, as options name it; NULL ends.
extern const char *const management_words[];

/// Are the given ones what such a secret may be? Failures name the option: --pin-fd, ...
bool card_secrets_check(const struct card_secrets *secrets, struct failure *failure);

/// Generates what is missing for the card of this id; PIV takes the purse's where they fit. The
/// management key goes into the identity, whose PIN and PUK point into secrets from here on.
bool card_secrets_settle(struct card_secrets *secrets, const char *id, struct piv_order *identity,
                         const struct crypto *crypto, struct failure *failure);

#endif
