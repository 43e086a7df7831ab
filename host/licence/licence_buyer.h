// SPDX-License-Identifier: Apache-2.0
// What buyers ask of a licence service: what a number costs and who sells it, the ticket of a sale,
// the word that a sale is settled. As a seller of services/wire/seller.h it delivers to a store.
#ifndef HOST_LICENCE_LICENCE_BUYER_H
#define HOST_LICENCE_LICENCE_BUYER_H

#include "host/licence/licence_client.h"
#include "services/wire/seller.h"

/// An offer, as the service tells it, with the certificates above whoever sells it.
struct licence_offered {
    char enterprise[HOLDER_MAX + 1], content[HOLDER_MAX + 1], seller[HOLDER_MAX + 1];
    uint64_t amount;
    uint16_t unit;
    uint8_t certificate[CERTIFICATE_MAX], authority[CERTIFICATE_MAX]; // the seller's, and above it
    size_t certificate_size, authority_size;
};

/// Asks for a number, and judges the seller's certificates by the root. False: there is no such
/// number (what looks wrong in it), nobody answers, or the seller is not certified.
bool licence_ask_offer(const struct licence_client *client, const char *number,
                       struct bytes root_certificate, uint32_t today, struct licence_offered *out,
                       struct failure *failure);

/// One sale under way. Spans and texts are the caller's.
struct licence_sale_order {
    const struct licence_client *client;
    const struct licence_offered *offered;
    const char *number, *mail, *instance;
    uint8_t reference[SELLER_REFERENCE_SIZE]; // what payment and reception request name
    struct bytes root, authority;             // certificates above the buyer's card and the till
    struct bytes receipt, usage, till;        // receive log, usage log, certificate; empty: unpaid

    uint8_t own[CERTIFICATE_MAX]; // the buyer's certificate
    size_t own_size;
    uint8_t delivery[SELLER_DELIVERY_MAX]; // header and state that came
    size_t delivery_size;
    struct object header; // points into it
    bool other;           // what came is of another sale, which had the same number of the card
};

/// The service as a seller for this sale. Of what was delivered already it delivers nothing.
struct seller licence_seller_of(struct licence_sale_order *order);

/// The settlement answer of a sale, once it is paid for by the order's receipt; into out.
bool licence_ask_activation(const struct licence_sale_order *order, uint8_t *out, size_t capacity,
                            size_t *size, struct failure *failure);

#endif
