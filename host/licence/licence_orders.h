// SPDX-License-Identifier: Apache-2.0
// A kiosk's side of orders (docs/licence.md, Kiosks): it forwards what a customer wants, takes the
// money under the reference that comes back, and brings the receipt. Over any courier; each call
// has a key that the kiosk stored before it sent anything, so any of them may be made again.
#ifndef HOST_LICENCE_LICENCE_ORDERS_H
#define HOST_LICENCE_LICENCE_ORDERS_H

#include "apdu/object/ticket.h"
#include "host/licence/licence_client.h"

/// What a customer wants, as typed, and by which purse he will pay.
struct licence_order {
    const char *enterprise, *number, *payer;
    uint64_t amount;
    uint16_t unit;
};

/// What came back.
struct licence_placed {
    char instance[LICENCE_INSTANCE_SIZE + 1];
    uint8_t reference[1 + TICKET_NAME_SIZE]; // of the payment at the till
};

/// Refused: no such offer, or another charge; nothing was taken then.
bool licence_place_order(const struct licence_client *client, const char *key,
                         const struct licence_order *order, struct licence_placed *placed,
                         struct failure *failure);

/// A signed object on its way: with root's, authority's and signer's certificates, and perhaps the
/// object that it answers.
struct licence_envelope {
    struct bytes object, certificates[3], attached;
};

/// Brings a payment: the till's receive log with the usage log attached. reception: the request of
/// a card that is at the kiosk, or NULL when its owner will fetch the ticket over the network.
/// delivery: header and state for that card, one behind the other, in out (TICKET_OBJECT_MAX
/// twice); empty without reception.
bool licence_pay_order(const struct licence_client *client, const char *key, const char *instance,
                       const struct licence_envelope *receipt,
                       const struct licence_envelope *reception, uint8_t *out,
                       struct bytes *delivery, struct failure *failure);

/// Before the money of a receipt goes back: it buys no ticket any more. enterprise: the till's own.
/// Refused: it has bought one. The same again is the same.
bool licence_cancel_receipt(const struct licence_client *client, const char *enterprise,
                            const struct licence_envelope *receipt, struct failure *failure);

#endif
