// SPDX-License-Identifier: Apache-2.0
// Whom the purse believes: the root, the issuing authorities below it, and a cache of verified
// certificates of other holders, so that a second meeting costs no chain check. Expiry, role and
// hotlist are checked at every use. Time is here as well: a TRM has no clock; its latest day rises
// by what authorities and the center sign, never by an end entity. docs/purse.md, "Trust".
#ifndef CARD_APPLETS_PURSE_TRUST_H
#define CARD_APPLETS_PURSE_TRUST_H

#include "card/applets/purse/layout.h"

/// A verified certificate out of the cache.
struct peer {
    uint16_t row;
    uint8_t holder[HOLDER_MAX];
    uint8_t holder_size;
    uint16_t roles;
    uint8_t issuer; // trust slot
    uint32_t from, until;
    uint8_t point[P256_COMPRESSED_SIZE];
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
};

/// Stages the root: self-signed, once. SW of the fault.
uint16_t trust_set_root(struct card_call *call, struct bytes whole);
/// Stages an issuing authority signed by the root; a later one of a name replaces the earlier, an
/// earlier one is SW_STALE. Raises the time to its first day.
uint16_t trust_add_issuing(struct card_call *call, struct bytes whole);
/// Checks an end entity's certificate on a day against the authority that it names. *slot is that
/// authority's.
uint16_t trust_check(const struct card_call *call, const struct certificate *certificate,
                     uint32_t today, uint8_t *slot);

/// Takes any certificate that came by EXCHANGE or personalization: verifies it and stages it into
/// the cache (authorities: into the trust table). One already known costs no signature check.
uint16_t peer_learn(struct card_call *call, struct bytes whole);
/// The same on another day than today, for the center's certificate before a time reset.
uint16_t peer_learn_on(struct card_call *call, struct bytes whole, uint32_t day);
/// Looks a holder up: known, within its validity, not on the hotlist. SW_UNKNOWN_CERTIFICATE,
/// SW_EXPIRED, SW_HOTLISTED or SW_OK.
uint16_t peer_find(const struct card_call *call, struct bytes holder, struct peer *peer);
/// The same on another day than today: only a time reset asks so.
uint16_t peer_find_on(const struct card_call *call, struct bytes holder, uint32_t day,
                      struct peer *peer);
/// Stages the row as the one used last.
void peer_touch(struct card_call *call, const struct peer *peer);

/// Appends the digests of all cached certificates to the answer, as one data object.
void peers_put(struct card_call *call);

/// Is the own certificate still good: validity, hotlist? For everything that begins a payment.
uint16_t own_check(const struct card_call *call);

/// Latest day known, 0 none.
uint32_t clock_today(const struct card_call *call);
/// Stages a later day; an earlier one changes nothing.
void clock_raise(struct card_call *call, uint32_t date);

#endif
