// SPDX-License-Identifier: Apache-2.0
// Who the card is: its keys, born on the card, its certificate, and the objects that it signs.
#ifndef CARD_IDENTITY_IDENTITY_H
#define CARD_IDENTITY_IDENTITY_H

#include "apdu/object/object.h"
#include "card/identity/block.h"

/// Generates signing and encapsulation keys. SW_EXISTS when there are some.
uint16_t identity_generate(struct card_call *call);
/// Stages the own certificate: same holder, roles and keys, trusted issuer, no earlier than the
/// present one.
uint16_t identity_take_certificate(struct card_call *call, const struct certificate *certificate);
/// The same from anybody: only by the present issuer and of the present enterprise, else
/// SW_NO_RENEWAL.
uint16_t identity_renew_certificate(struct card_call *call, const struct certificate *certificate);
/// Appends the name of the center that the card obeys to the answer: 94 center.
void identity_put_center(struct card_call *call);
/// Appends the own certificate to the answer.
uint16_t identity_put_certificate(struct card_call *call);
/// Appends a self-signed certificate request to the answer.
uint16_t identity_put_request(struct card_call *call);

/// Closes and signs an object with the own key. The scalar is erased on every exit.
bool identity_sign(const struct card_call *call, struct object_writer *writer,
                   struct bytes *object);
/// Signs and appends to the answer. SW_UNKNOWN when the object does not come out.
uint16_t identity_answer(struct card_call *call, struct object_writer *writer);

#endif
