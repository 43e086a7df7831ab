// SPDX-License-Identifier: Apache-2.0
// A licence service as a store's client sees it: the seller who delivers one order of one offer.
// The order has an instance that the buyer chose and keeps, so that whatever is lost, it is one
// sale.
#ifndef HOST_LICENCE_LICENCE_SELLER_H
#define HOST_LICENCE_LICENCE_SELLER_H

#include "host/licence/licence_client.h"
#include "services/wire/seller.h"

enum { LICENCE_CHAIN = 3 };

/// What is ordered, by whom. Texts and spans are the caller's.
struct licence_purchase {
    const char *number, *mail;
    uint64_t amount; // what the buyer thinks that it costs
    uint16_t unit;
    char instance[LICENCE_INSTANCE_SIZE + 1];
    struct bytes root, authority; // of the buyer's card
};

struct licence_seller {
    struct seller seller; // hand this on
    const struct licence_client *client;
    const struct licence_purchase *order;
    struct arena arena;
    char id[HOLDER_MAX + 1], enterprise[HOLDER_MAX + 1];
    struct bytes chain[LICENCE_CHAIN]; // root, authority, the seller's own
    struct bytes buyer;                // certificate of the store
};

/// Draws an order's instance.
bool licence_purchase_draw(struct licence_purchase *order, const struct crypto *crypto);

/// Asks who sells the order's number. False with a failure: no such offer, or its charge is
/// another (1). Closed in any case.
bool licence_seller_open(struct licence_seller *seller, const struct licence_client *client,
                         const struct licence_purchase *order, struct failure *failure);
void licence_seller_close(struct licence_seller *seller);

/// The one name of the order's sale.
bool licence_purchase_sale(const struct licence_seller *seller, uint8_t sale[TICKET_NAME_SIZE]);

/// The answer that unseals a ticket whose sale is paid for: by the receive log of a till of the
/// seller's with its certificates and the usage log, or (receipt NULL) by a notice that has come.
/// answer lies in the seller's arena.
struct licence_receipt {
    struct bytes log, usage, chain[LICENCE_CHAIN];
};
bool licence_activate(struct licence_seller *seller, const struct licence_receipt *receipt,
                      struct bytes *answer, struct failure *failure);

#endif
