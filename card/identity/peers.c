// SPDX-License-Identifier: Apache-2.0
#include "card/identity/peers.h"

#include "card/identity/hotlist.h"
#include "card/identity/trust.h"

#include <string.h>

// Row: used 1, holder size 1, holder 16, roles 2, issuer 1, from 4, until 4, stamp 8, signing point
// 33, encapsulation point 33, digest 16, enterprise size 1, enterprise 16, mark 8.
enum {
    PEER_USED = 0,
    PEER_HOLDER_SIZE = 1,
    PEER_HOLDER = 2,
    PEER_ROLES = 18,
    PEER_ISSUER = 20,
    PEER_FROM = 21,
    PEER_UNTIL = 25,
    PEER_STAMP = 29,
    PEER_POINT = 37,
    PEER_KEM_POINT = 70,
    PEER_DIGEST = 103,
    PEER_ENTERPRISE_SIZE = 119,
    PEER_ENTERPRISE = 120,
    PEER_MARK = 136,
    PEER_END = 144,
};
_Static_assert((int)PEER_END <= (int)PEER_SIZE, "a peer outgrew its row");

static uint16_t rows_of(const struct card_call *call) {
    return identity_peers(identity_roles(call));
}

static uint32_t peer_offset(uint16_t row) {
    return PEERS_AT + (uint32_t)row * PEER_SIZE;
}

static bool peer_at(const struct card_call *call, uint16_t row, struct peer *peer,
                    uint64_t *stamp) {
    uint8_t octets[PEER_END];
    card_shared_read(call, peer_offset(row), octets, sizeof octets);
    *peer = (struct peer){.row = row,
                          .holder_size = octets[PEER_HOLDER_SIZE],
                          .enterprise_size = octets[PEER_ENTERPRISE_SIZE],
                          .roles = (uint16_t)bytes_get_be(octets + PEER_ROLES, 2),
                          .issuer = octets[PEER_ISSUER],
                          .from = (uint32_t)bytes_get_be(octets + PEER_FROM, 4),
                          .until = (uint32_t)bytes_get_be(octets + PEER_UNTIL, 4)};
    memcpy(peer->holder, octets + PEER_HOLDER, sizeof peer->holder);
    memcpy(peer->enterprise, octets + PEER_ENTERPRISE, sizeof peer->enterprise);
    memcpy(peer->point, octets + PEER_POINT, sizeof peer->point);
    memcpy(peer->kem_point, octets + PEER_KEM_POINT, sizeof peer->kem_point);
    memcpy(peer->digest, octets + PEER_DIGEST, sizeof peer->digest);
    memcpy(peer->mark, octets + PEER_MARK, sizeof peer->mark);
    *stamp = bytes_get_be(octets + PEER_STAMP, 8);
    return octets[PEER_USED] != 0;
}

static uint64_t next_stamp(struct card_call *call) {
    uint64_t stamp = identity_get(call, IDENTITY_STAMP) + 1;
    identity_set(call, IDENTITY_STAMP, stamp);
    return stamp;
}

static void peer_store(struct card_call *call, const struct peer *peer) {
    uint8_t octets[PEER_END] = {1, peer->holder_size};
    memcpy(octets + PEER_HOLDER, peer->holder, sizeof peer->holder);
    bytes_put_be(octets + PEER_ROLES, 2, peer->roles);
    octets[PEER_ISSUER] = peer->issuer;
    bytes_put_be(octets + PEER_FROM, 4, peer->from);
    bytes_put_be(octets + PEER_UNTIL, 4, peer->until);
    bytes_put_be(octets + PEER_STAMP, 8, next_stamp(call));
    memcpy(octets + PEER_POINT, peer->point, sizeof peer->point);
    memcpy(octets + PEER_KEM_POINT, peer->kem_point, sizeof peer->kem_point);
    memcpy(octets + PEER_DIGEST, peer->digest, sizeof peer->digest);
    memcpy(octets + PEER_MARK, peer->mark, sizeof peer->mark);
    octets[PEER_ENTERPRISE_SIZE] = peer->enterprise_size;
    memcpy(octets + PEER_ENTERPRISE, peer->enterprise, sizeof peer->enterprise);
    card_shared_stage(call, peer_offset(peer->row), octets, sizeof octets);
}

void peer_touch(struct card_call *call, const struct peer *peer) {
    card_shared_stage_uint(call, peer_offset(peer->row) + PEER_STAMP, 8, next_stamp(call));
}

static bool peer_is(const struct peer *peer, struct bytes holder) {
    return bytes_equal(bytes_of(peer->holder, peer->holder_size), holder);
}

void peers_forget(struct card_call *call, uint8_t issuer) {
    uint16_t rows = rows_of(call);
    struct peer peer;
    uint64_t stamp;
    for (uint16_t row = 0; row < rows; row++)
        if (peer_at(call, row, &peer, &stamp) && peer.issuer == issuer)
            card_shared_stage_uint(call, peer_offset(row) + PEER_USED, 1, 0);
}

/// Does a certificate stand in its validity, and off the hotlist?
static uint16_t standing(const struct card_call *call, const struct peer *who, uint32_t day) {
    uint8_t issuer[CERTIFICATE_DIGEST_SIZE];
    uint16_t sw = trust_standing(call, who->issuer, day, issuer);
    if (sw != SW_OK)
        return sw;
    if (day > who->until)
        return SW_EXPIRED;
    const struct hotlist_query query = {who->digest, issuer, who->mark};
    return hotlist_has(call, &query) ? SW_HOTLISTED : SW_OK;
}

void peers_put(struct card_call *call) {
    uint16_t rows = rows_of(call);
    struct peer peer;
    uint64_t stamp;
    size_t mark = tlv_begin(&call->answer, PURSE_TAG_PEERS);
    for (uint16_t row = 0; row < rows; row++)
        if (peer_at(call, row, &peer, &stamp))
            tlv_put_raw(&call->answer, BYTES_OF(peer.digest));
    tlv_end(&call->answer, mark);
}

uint16_t peer_find_on(const struct card_call *call, struct bytes holder, uint16_t roles,
                      uint32_t day, struct peer *peer) {
    uint16_t rows = rows_of(call);
    uint64_t stamp;
    for (uint16_t row = 0; row < rows; row++)
        if (peer_at(call, row, peer, &stamp) && peer_is(peer, holder) && (peer->roles & roles) != 0)
            return standing(call, peer, day);
    return SW_UNKNOWN_CERTIFICATE;
}

uint16_t peer_find(const struct card_call *call, struct bytes holder, uint16_t roles,
                   struct peer *peer) {
    return peer_find_on(call, holder, roles, clock_today(call), peer);
}

/// Where a certificate belongs: the row that its holder has in one of these roles, a free one, or
/// the one used longest ago.
static uint16_t peer_row(const struct card_call *call, const struct certificate *certificate,
                         struct peer *old) {
    uint16_t rows = rows_of(call), best = 0;
    uint64_t stamp, oldest = UINT64_MAX;
    for (uint16_t row = 0; row < rows; row++) {
        bool used = peer_at(call, row, old, &stamp);
        if (used && peer_is(old, certificate->holder) && (old->roles & certificate->roles) != 0)
            return row;
        if (!used)
            stamp = 0;
        if (stamp < oldest) {
            oldest = stamp;
            best = row;
        }
    }
    *old = (struct peer){0};
    return best;
}

static void fill(struct peer *peer, const struct certificate *certificate) {
    peer->holder_size = (uint8_t)certificate->holder.size;
    memcpy(peer->holder, certificate->holder.data, certificate->holder.size);
    peer->enterprise_size = (uint8_t)certificate->enterprise.size;
    if (certificate->enterprise.size > 0)
        memcpy(peer->enterprise, certificate->enterprise.data, certificate->enterprise.size);
    peer->roles = certificate->roles;
    peer->from = certificate->from;
    peer->until = certificate->until;
    memcpy(peer->point, certificate->signing_point, sizeof peer->point);
    if (certificate->kem_point != NULL)
        memcpy(peer->kem_point, certificate->kem_point, sizeof peer->kem_point);
}

uint16_t peer_take(struct card_call *call, const struct certificate *certificate, uint32_t day) {
    struct peer old, peer = {0};
    if (!certificate_digest(call->crypto, certificate->whole, peer.digest) ||
        !mark_of_holder(call->crypto, certificate->issuer, certificate->holder, peer.mark))
        return SW_UNKNOWN;
    peer.row = peer_row(call, certificate, &old);
    if (old.holder_size > 0 && memcmp(old.digest, peer.digest, sizeof peer.digest) == 0) {
        peer_touch(call, &old);
        return SW_OK;
    }
    uint16_t sw = trust_check(call, certificate, day, &peer.issuer);
    if (sw != SW_OK)
        return sw;
    if (old.holder_size > 0 && certificate->from < old.from)
        return SW_STALE;
    fill(&peer, certificate);
    peer_store(call, &peer);
    return SW_OK;
}

static void read_own(const struct card_call *call, struct peer *own) {
    *own = (struct peer){.until = (uint32_t)identity_get(call, IDENTITY_OWN_UNTIL),
                         .issuer = (uint8_t)identity_get(call, IDENTITY_OWN_ISSUER)};
    bytes_put_be(own->mark, sizeof own->mark, identity_get(call, IDENTITY_OWN_MARK));
    card_shared_read(call, CERTIFICATE_DIGEST_AT, own->digest, sizeof own->digest);
}

uint16_t own_check(const struct card_call *call) {
    struct peer own;
    read_own(call, &own);
    return standing(call, &own, clock_today(call));
}

bool own_is_hotlisted(const struct card_call *call) {
    struct peer own;
    uint8_t issuer[CERTIFICATE_DIGEST_SIZE] = {0};
    read_own(call, &own);
    trust_standing(call, own.issuer, 0, issuer);
    const struct hotlist_query query = {own.digest, issuer, own.mark};
    return hotlist_has(call, &query);
}
