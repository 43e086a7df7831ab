// SPDX-License-Identifier: Apache-2.0
// The order of one card: who it is for (a row of the batch), what its profile says it gets, and the
// secrets generated for it.
#ifndef PERSONALIZATION_CARDS_CARD_ORDER_H
#define PERSONALIZATION_CARDS_CARD_ORDER_H

#include "personalization/cards/columns.h"
#include "personalization/cards/profile.h"

enum { CARD_SERIAL_SIZE = 8, CARD_KCV_SIZE = 3, CARD_NOTE_MAX = 160 };

/// The columns of a batch.
enum card_column { COLUMN_ID, COLUMN_ENTERPRISE, COLUMN_DEVICE, COLUMN_USER, COLUMN_COUNT };

/// One row of a batch.
struct card_row {
    unsigned long line;
    char fields[COLUMN_COUNT][HOLDER_MAX + 1];    // empty: not given
    char further[COLUMNS_MAX][COLUMN_VALUE_SIZE]; // of the batch's further columns, in their order
    char person[COLUMN_VALUE_SIZE]; // whom the identity's certificates name; empty: the id
};

/// Erased by whoever owns the order.
struct card_secrets {
    char pin[9], puk[9];
};

struct card_order {
    struct card_row row;
    struct factory_order factory;
    struct piv_order identity;
    uint8_t ndef[256];
};

/// Fills in the order for its row and the profile, with PIN and PUK generated afresh into secrets
/// where the profile wants them; the order points into row, profile and secrets, which must stay
/// where they are. The identity's management key is for the kind of card to fill in. False: no
/// randomness.
bool card_order_make(struct card_order *order, const struct profile *profile,
                     struct card_secrets *secrets, const struct crypto *crypto,
                     struct failure *failure);

#endif
