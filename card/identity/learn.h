// SPDX-License-Identifier: Apache-2.0
// Taking certificates: whoever's they are, they are verified and put where they belong. By EXCHANGE
// CERTIFICATES anybody may show one. docs/purse.md, "Trust".
#ifndef CARD_IDENTITY_LEARN_H
#define CARD_IDENTITY_LEARN_H

#include "card/identity/block.h"

/// Stages an issuing authority that came through the secure channel; peers that its former
/// certificate vouched for are forgotten, since the new one may have another key, fewer roles to
/// give, or an enterprise.
uint16_t learn_authority(struct card_call *call, struct bytes whole);
/// Verifies any certificate that anybody may show and stages it: the next one of a known authority,
/// the next one for the own keys by their issuer and enterprise, or else a peer's.
uint16_t learn_certificate(struct card_call *call, struct bytes whole);
/// EXCHANGE CERTIFICATES: takes the one in the command and answers the own one.
uint16_t learn_exchange(struct card_call *call);

#endif
