// SPDX-License-Identifier: Apache-2.0
// How a card's identity begins: its block, and its data groupings, which are what STORE DATA hands
// to any applet that shares it, and that the applet itself does not know. apdu/command/perso.h
// lists them.
#ifndef CARD_IDENTITY_PERSONALIZE_H
#define CARD_IDENTITY_PERSONALIZE_H

#include "card/identity/block.h"

/// What an applet names as its shared memory (struct applet, shares). Its install parameters begin
/// with the roles of the card (2 octets).
extern const struct applet identity_block;

/// SW_REFERENCE_NOT_FOUND: no grouping of the identity.
uint16_t identity_store_data(struct card_call *call, uint16_t dgi, struct bytes data);

/// Ends personalization of the identity, when the first applet that shares it is finished; once
/// personalized it stays so. Keeps that this application was finished. SW_CONDITIONS: name, keys or
/// certificate are missing, or it was finished before.
uint16_t identity_finish(struct card_call *call, enum identity_stage application);
/// May an application be installed or finished: was none of its kind under this identity? SW_OK, or
/// SW_CONDITIONS: the identity has to go first.
uint16_t identity_first(const struct card_call *call, enum identity_stage application);

#endif
