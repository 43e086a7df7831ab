// SPDX-License-Identifier: Apache-2.0
// A seller of tickets as a store's client sees it: whoever makes them and delivers each one once.
// Behind it stands a service, or the local seller of an authority's directory. What a delivery is:
// docs/tickets.md, "A move".
#ifndef SERVICES_WIRE_SELLER_H
#define SERVICES_WIRE_SELLER_H

#include "apdu/object/object.h"
#include "base/failure.h"

enum { SELLER_REFERENCE_SIZE = 1 + TICKET_NAME_SIZE, SELLER_DELIVERY_MAX = 2 * TICKET_OBJECT_MAX };

struct seller {
    void *context;
    const char *id;           // as its certificate names it
    struct bytes certificate; // the seller's
    /// The buyer, by its certificate, comes for its sale: the one that is under way to it already,
    /// or a new one, durably recorded. reference names it. False: refused, with the reason.
    bool (*begin)(void *context, struct bytes buyer, uint8_t reference[SELLER_REFERENCE_SIZE],
                  struct failure *failure);
    /// The delivery for this reception request, header and state, in out; for one number always the
    /// same octets, durably recorded before they are answered. Empty: the request tells that the
    /// buyer has it already.
    bool (*wrap)(void *context, struct bytes request, uint8_t *out, size_t capacity,
                 struct bytes *delivery, struct failure *failure);
    /// The buyer's receipt, or its cancel: what was under way is over.
    bool (*end)(void *context, struct bytes receipt, struct failure *failure);
};

#endif
