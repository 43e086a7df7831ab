// SPDX-License-Identifier: Apache-2.0
// What the local seller has in hand: the order, its own key and certificate, the buyer, and what
// goes to it.
#ifndef PERSONALIZATION_CARDS_SELLER_LOCAL_SALE_H
#define PERSONALIZATION_CARDS_SELLER_LOCAL_SALE_H

#include "apdu/object/ticket.h"
#include "personalization/authority/authority.h"
#include "services/wire/seller.h"

/// What is sold; what is zero or NULL is left out of the header.
struct ticket_order {
    const char *number, *content, *key_id, *activator;
    uint64_t charge;
    uint16_t unit;
    bool counted; // plays are
    uint16_t plays;
    uint8_t copies;
    uint32_t first_day, last_day; // YYYYMMDD
    uint8_t actions;
    const char *const *named; // apparatus
    size_t named_count;
    bool sealed; // until it is settled
    enum hpke_algorithm algorithm;
    struct bytes key;           // the content's
    const uint8_t *policy_hash; // SHA256_SIZE; NULL: none known
};

struct local_seller {
    struct ca *ca;
    const struct ticket_order *order;
    char id[HOLDER_MAX + 1];
    char directory[PATH_MAX];
    struct signer signer;
    struct signer_scalar key;
    uint8_t certificate_octets[CERTIFICATE_MAX];
    struct bytes certificate;
    char enterprise[HOLDER_MAX + 1];
    // the sale in hand
    uint8_t buyer_octets[CERTIFICATE_MAX];
    struct certificate buyer; // points into buyer_octets
    bool found;               // under way since an earlier run
    uint8_t octets[SELLER_DELIVERY_MAX];
    struct object header, state; // point into octets; no state yet: its type is 0
};

#endif
