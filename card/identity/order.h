// SPDX-License-Identifier: Apache-2.0
// Orders: objects of the clearing center. What they have in common on their way into a card: exact
// form, this very card, the center that the card obeys, its certificate that stands today, its
// signature, a believable date, and that an identical one was not taken before; then the two that
// are for the card itself, hotlist and time. docs/purse.md, "The center's objects".
#ifndef CARD_IDENTITY_ORDER_H
#define CARD_IDENTITY_ORDER_H

#include "apdu/object/object.h"
#include "card/identity/block.h"

struct order {
    struct object object;
    uint8_t digest[SHA256_SIZE];
    bool repeated; // the very one that was taken last: answer 9000 and change nothing
};

/// Decodes and verifies an object of this kind out of in. last: digest of the one taken last; NULL:
/// nothing is remembered and nothing is a repetition.
uint16_t order_open(const struct card_call *call, enum object_type type, const uint8_t *last,
                    struct bytes in, struct order *out);

/// Stages the head of a hotlist, whose parts follow (hotlist_part), or the day of a time reset:
/// each version works once and never goes back. A hotlist is for cards of some roles: for another
/// one it is SW_WRONG_PARTY. A time reset may stand after the center's certificate (7F21), which a
/// card with a wrong day cannot learn by EXCHANGE CERTIFICATES.
uint16_t order_hotlist(struct card_call *call, struct bytes in);
uint16_t order_time(struct card_call *call, struct bytes in);

#endif
