// SPDX-License-Identifier: Apache-2.0
// Whom the card believes: the root and the issuing authorities below it. docs/purse.md, "Trust".
#ifndef CARD_IDENTITY_TRUST_H
#define CARD_IDENTITY_TRUST_H

#include "card/identity/block.h"

/// Stages the root: self-signed, once. SW of the fault.
uint16_t trust_set_root(struct card_call *call, struct bytes whole);
/// Stages an issuing authority signed by the root, from whom the card believes that it may add one
/// (its secure channel). A later certificate of a name replaces the earlier; an authority that has
/// run out gives its row to a new one. SW_STALE: made earlier than the one here; SW_WRONG_NAME:
/// another one gives the same names. *row is its own, *changed: another certificate stood there.
uint16_t trust_add(struct card_call *call, struct bytes whole, uint8_t *row, bool *changed);
/// The same from anybody: only the next certificate of an authority that the card has, with the
/// same roles, enterprise, names and assurance. Anything else is SW_NO_RENEWAL.
uint16_t trust_renew(struct card_call *call, struct bytes whole, uint8_t *row, bool *changed);
/// Checks an end entity's certificate on a day against the authority that it names. *row is that
/// authority's.
uint16_t trust_check(const struct card_call *call, const struct certificate *certificate,
                     uint32_t day, uint8_t *row);
/// Does the authority of this row stand on a day? Its certificate's digest for the hotlist. SW_OK,
/// SW_UNKNOWN_ISSUER, SW_EXPIRED.
uint16_t trust_standing(const struct card_call *call, uint8_t row, uint32_t day,
                        uint8_t digest[CERTIFICATE_DIGEST_SIZE]);

#endif
