// SPDX-License-Identifier: Apache-2.0
// Holders that the card has met: a cache of verified certificates, so that a second meeting costs
// no chain check. Expiry, role and hotlist are asked at every use. docs/purse.md, "Trust".
#ifndef CARD_IDENTITY_PEERS_H
#define CARD_IDENTITY_PEERS_H

#include "apdu/object/marks.h"
#include "card/identity/block.h"

/// A verified certificate out of the cache.
struct peer {
    uint16_t row;
    uint8_t holder[HOLDER_MAX], enterprise[HOLDER_MAX];
    uint8_t holder_size, enterprise_size;
    uint16_t roles;
    uint8_t issuer; // trust row
    uint32_t from, until;
    uint8_t point[P256_COMPRESSED_SIZE];     // signing
    uint8_t kem_point[P256_COMPRESSED_SIZE]; // encapsulation; first octet 0: it has none
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    uint8_t mark[MARK_SIZE]; // of the holder, for the hotlist
};

/// Verifies an end entity's certificate on a day and stages it into the cache. One already known
/// costs no signature check; an older one of the same holder is SW_STALE.
uint16_t peer_take(struct card_call *call, const struct certificate *certificate, uint32_t day);
/// Looks a holder up who has one of these roles: a name is one holder's in each role, and only in
/// that. Known, within its validity, not on the hotlist: SW_UNKNOWN_CERTIFICATE, SW_EXPIRED,
/// SW_HOTLISTED or SW_OK.
uint16_t peer_find(const struct card_call *call, struct bytes holder, uint16_t roles,
                   struct peer *peer);
/// The same on another day than today: only a time reset asks so.
uint16_t peer_find_on(const struct card_call *call, struct bytes holder, uint16_t roles,
                      uint32_t day, struct peer *peer);
/// Stages the row as the one used last.
void peer_touch(struct card_call *call, const struct peer *peer);
/// Stages that nobody is known any more whom the authority of this trust row vouched for: they are
/// verified again at the next meeting.
void peers_forget(struct card_call *call, uint8_t issuer);

/// Appends the digests of all cached certificates to the answer, as one data object.
void peers_put(struct card_call *call);

/// Is the own certificate still good: validity, hotlist? For everything that begins a transfer.
uint16_t own_check(const struct card_call *call);
/// Only the second: what was bought before goes on being used after the certificate ran out.
bool own_is_hotlisted(const struct card_call *call);

#endif
