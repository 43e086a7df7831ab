// SPDX-License-Identifier: Apache-2.0
// The hotlist: revoked certificates by digest and revoked devices by holder reference, replaced as
// a whole by a later version that the center signed.
#ifndef CARD_APPLETS_PURSE_HOTLIST_H
#define CARD_APPLETS_PURSE_HOTLIST_H

#include "card/applets/purse/layout.h"

/// One question to the list: any of these on it?
struct hotlist_query {
    const uint8_t *digests[2]; // CERTIFICATE_DIGEST_SIZE each: certificate and its issuer's
    struct bytes device;       // holder reference
};

bool hotlist_has(const struct card_call *call, const struct hotlist_query *query);

/// Stages the lists of a verified hotlist object. SW_NO_SPACE above the capacity, SW_BAD_OBJECT
/// when a list is not of whole entries.
uint16_t hotlist_store(struct card_call *call, struct bytes certificates, struct bytes devices);

#endif
