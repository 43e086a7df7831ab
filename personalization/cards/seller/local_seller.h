// SPDX-License-Identifier: Apache-2.0
// The local seller: makes tickets and delivers them with a seller's key of an authority's
// directory, so that whoever develops a card can try everything at once. It keeps, below
// DIR/sellers/ID:
//
//   certificate.cvc, key.pem   its own, certified at its first sale
//   sales.tsv                  day, buyer, ticket, number, instance: what was delivered
//   under-way/BUYER            header and state of what may not have arrived yet
//
// One delivery a buyer is under way at a time. It is for nothing but tests: the keys of the
// authority lie beside it.
#ifndef PERSONALIZATION_CARDS_SELLER_LOCAL_SELLER_H
#define PERSONALIZATION_CARDS_SELLER_LOCAL_SELLER_H

#include "personalization/cards/seller/local_sale.h"

/// Opens the seller of this id in an open authority, and has it certified at its first sale. The
/// context must not be moved; local_seller_close is due in any case.
bool local_seller_open(struct local_seller *seller, struct ca *ca, const char *id,
                       const struct ticket_order *order, struct failure *failure);
/// Erases its key.
void local_seller_close(struct local_seller *seller);

/// As its buyers' clients see it.
struct seller local_seller_of(struct local_seller *seller);

/// Is the sale in hand what was ordered, or an older one that had not arrived yet?
bool local_seller_is_ordered(const struct local_seller *seller);

#endif
