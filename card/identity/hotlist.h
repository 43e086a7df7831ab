// SPDX-License-Identifier: Apache-2.0
// The hotlist as the card holds it: marks (apdu/object/marks.h) in rising order, replaced as a
// whole by a later version that the center signed. A new list grows beside the one in force, part
// by part, and takes its place with the last part, if all of them chain up to the digest that was
// signed. docs/purse.md, "Trust".
#ifndef CARD_IDENTITY_HOTLIST_H
#define CARD_IDENTITY_HOTLIST_H

#include "apdu/object/marks.h"
#include "card/identity/block.h"

/// Any of these on the list? certificate, issuer: digests of certificates; holder: a mark.
struct hotlist_query {
    const uint8_t *certificate, *issuer, *holder;
};

/// Is any of them on the stored list?
bool hotlist_has(const struct card_call *call, const struct hotlist_query *query);

/// What a verified hotlist object announces.
struct hotlist_head {
    const uint8_t *order; // digest of the object itself
    const uint8_t *list;  // digest of the whole list
    uint32_t version, date, marks;
};

/// Stages that this list is expected from its first part on; one without marks is in force at once.
/// SW_NO_SPACE above the card's capacity, SW_BAD_OBJECT when it is empty but for its digest.
uint16_t hotlist_begin(struct card_call *call, const struct hotlist_head *head);
/// Stages the next part of the expected list; with the last one the list, its version and its day
/// are in force. A part that was taken already is SW_OK and changes nothing. SW_CONDITIONS: no list
/// is expected; SW_WRONG_COUNTER: an earlier part is missing; SW_WRONG_DATA: no marks in rising
/// order, or not as many; SW_MISMATCH: the parts are not the list that was signed (its object
/// begins anew).
uint16_t hotlist_part(struct card_call *call, uint16_t number, struct bytes marks);
/// Forgets a list that is under way; the one in force stays.
void hotlist_abandon(struct card_call *call);

#endif
