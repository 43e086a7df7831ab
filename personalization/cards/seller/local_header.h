// SPDX-License-Identifier: Apache-2.0
// What a seller signs of a ticket: the header of a new instance, and the state that carries it to
// its buyer.
#ifndef PERSONALIZATION_CARDS_SELLER_LOCAL_HEADER_H
#define PERSONALIZATION_CARDS_SELLER_LOCAL_HEADER_H

#include "personalization/cards/seller/local_sale.h"

/// Signs the header of a new instance for the seller's buyer into out (TICKET_OBJECT_MAX).
bool local_header_make(const struct local_seller *seller, uint8_t *out, struct bytes *header,
                       struct failure *failure);

/// Signs the state that answers a reception request, with the key sealed for the buyer, into out
/// (TICKET_OBJECT_MAX).
bool local_state_make(const struct local_seller *seller, const struct object *request, uint8_t *out,
                      struct bytes *state, struct failure *failure);

#endif
