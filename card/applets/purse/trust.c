// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/trust.h"

#include "card/applets/purse/hotlist.h"
#include "card/applets/purse/identity.h"

#include <string.h>

// Trust row: used 1, name size 1, name 16, roles 2, from 4, until 4, point 33, digest 16,
// enterprise size 1, enterprise 16.
enum {
    TRUST_USED = 0,
    TRUST_NAME_SIZE = 1,
    TRUST_NAME = 2,
    TRUST_ROLES = 18,
    TRUST_FROM = 20,
    TRUST_UNTIL = 24,
    TRUST_POINT = 28,
    TRUST_DIGEST = 61,
    TRUST_ENTERPRISE_SIZE = 77,
    TRUST_ENTERPRISE = 78,
};
enum { ROOT_ROW = 0, TRUST_ROWS = 1 + PERSO_ISSUING_MAX };

/// One row of the trust table, as read.
struct trust {
    uint8_t row;
    uint8_t octets[TRUST_SIZE];
};

static uint32_t trust_offset(uint8_t row) {
    return TRUST_AT + (uint32_t)row * TRUST_SIZE;
}

static bool trust_at(const struct card_call *call, uint8_t row, struct trust *trust) {
    trust->row = row;
    card_read(call, trust_offset(row), trust->octets, sizeof trust->octets);
    return trust->octets[TRUST_USED] != 0;
}

static struct bytes trust_name(const struct trust *trust) {
    return bytes_of(trust->octets + TRUST_NAME, trust->octets[TRUST_NAME_SIZE]);
}

static struct authority trust_authority(const struct trust *trust) {
    return (struct authority){.name = trust_name(trust),
                              .roles = (uint16_t)bytes_get_be(trust->octets + TRUST_ROLES, 2),
                              .point = trust->octets + TRUST_POINT,
                              .enterprise = bytes_of(trust->octets + TRUST_ENTERPRISE,
                                                     trust->octets[TRUST_ENTERPRISE_SIZE])};
}

static uint32_t trust_until(const struct trust *trust) {
    return (uint32_t)bytes_get_be(trust->octets + TRUST_UNTIL, 4);
}

/// Row of this name among first.., or the first free one; false when neither exists.
static bool trust_find(const struct card_call *call, struct bytes name, struct trust *trust) {
    for (uint8_t row = ROOT_ROW; row < TRUST_ROWS; row++)
        if (trust_at(call, row, trust) && bytes_equal(trust_name(trust), name))
            return true;
    return false;
}

static bool trust_free_row(const struct card_call *call, uint8_t *row) {
    struct trust trust;
    for (*row = ROOT_ROW + 1; *row < TRUST_ROWS; (*row)++)
        if (!trust_at(call, *row, &trust))
            return true;
    return false;
}

static uint16_t trust_store(struct card_call *call, uint8_t row,
                            const struct certificate *certificate, uint16_t roles) {
    uint8_t octets[TRUST_SIZE] = {1, (uint8_t)certificate->holder.size};
    memcpy(octets + TRUST_NAME, certificate->holder.data, certificate->holder.size);
    bytes_put_be(octets + TRUST_ROLES, 2, roles);
    bytes_put_be(octets + TRUST_FROM, 4, certificate->from);
    bytes_put_be(octets + TRUST_UNTIL, 4, certificate->until);
    memcpy(octets + TRUST_POINT, certificate->signing_point, P256_COMPRESSED_SIZE);
    octets[TRUST_ENTERPRISE_SIZE] = (uint8_t)certificate->enterprise.size;
    if (certificate->enterprise.size > 0)
        memcpy(octets + TRUST_ENTERPRISE, certificate->enterprise.data,
               certificate->enterprise.size);
    if (!certificate_digest(call->crypto, certificate->whole, octets + TRUST_DIGEST))
        return SW_UNKNOWN;
    card_stage(call, trust_offset(row), octets, sizeof octets);
    clock_raise(call, certificate->from);
    return SW_OK;
}

uint16_t trust_set_root(struct card_call *call, struct bytes whole) {
    struct certificate root;
    struct trust old;
    uint16_t sw = certificate_fault_sw(certificate_parse(whole, &root));
    if (sw != SW_OK)
        return sw;
    if (trust_at(call, ROOT_ROW, &old))
        return SW_EXISTS;
    if ((root.roles & ROLE_ROOT) == 0)
        return SW_WRONG_ROLE;
    sw = certificate_fault_sw(
        certificate_verify_chain(&whole, 1, root.signing_point, 0, call->crypto, &root));
    return sw == SW_OK ? trust_store(call, ROOT_ROW, &root, root.roles) : sw;
}

/// What stands in the way of an authority's certificate before its signature is looked at.
static uint16_t issuing_form(const struct card_call *call, const struct certificate *issuing,
                             const struct trust *root) {
    struct trust other;
    if ((issuing->roles & ROLE_ISSUING) == 0)
        return SW_WRONG_ROLE;
    if (bytes_equal(issuing->issuer, trust_name(root)))
        return SW_OK;
    enum certificate_fault fault = trust_find(call, issuing->issuer, &other)
                                       ? CERTIFICATE_CHAIN_TOO_LONG
                                       : CERTIFICATE_UNKNOWN_ISSUER;
    return certificate_fault_sw(fault);
}

/// The row that the authority may take: its own one, or a free one.
static uint16_t issuing_row(const struct card_call *call, const struct certificate *issuing,
                            uint8_t *row, bool *changed) {
    struct trust old;
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    *changed = false;
    if (!trust_find(call, issuing->holder, &old))
        return trust_free_row(call, row) ? SW_OK : SW_NO_SPACE;
    if (old.row == ROOT_ROW)
        return SW_WRONG_ROLE;
    if (issuing->from < bytes_get_be(old.octets + TRUST_FROM, 4))
        return SW_STALE;
    if (!certificate_digest(call->crypto, issuing->whole, digest))
        return SW_UNKNOWN;
    *row = old.row;
    *changed = memcmp(old.octets + TRUST_DIGEST, digest, sizeof digest) != 0;
    return SW_OK;
}

/// Peers that an authority's former certificate vouched for are verified again at the next meeting:
/// the new one may have another key, fewer roles to give, or an enterprise.
static void forget_peers_of(struct card_call *call, uint8_t issuer);

uint16_t trust_add_issuing(struct card_call *call, struct bytes whole) {
    struct certificate issuing;
    struct trust root;
    uint8_t row = 0;
    bool changed = false;
    uint16_t sw = certificate_fault_sw(certificate_parse(whole, &issuing));
    if (sw != SW_OK)
        return sw;
    if (!trust_at(call, ROOT_ROW, &root))
        return SW_CONDITIONS;
    sw = issuing_form(call, &issuing, &root);
    if (sw != SW_OK)
        return sw;
    struct authority authority = trust_authority(&root);
    sw = certificate_fault_sw(
        certificate_verify(&issuing, &authority, clock_today(call), call->crypto));
    if (sw != SW_OK)
        return sw;
    sw = issuing_row(call, &issuing, &row, &changed);
    if (sw != SW_OK)
        return sw;
    if (changed)
        forget_peers_of(call, row);
    return trust_store(call, row, &issuing, issuing.roles);
}

uint16_t trust_check(const struct card_call *call, const struct certificate *certificate,
                     uint32_t today, uint8_t *slot) {
    struct trust trust;
    if (!trust_find(call, certificate->issuer, &trust))
        return SW_UNKNOWN_ISSUER;
    if (trust.row == ROOT_ROW)
        return SW_WRONG_DOMAIN;
    if (today > trust_until(&trust))
        return SW_EXPIRED;
    struct authority authority = trust_authority(&trust);
    *slot = trust.row;
    return certificate_fault_sw(certificate_verify(certificate, &authority, today, call->crypto));
}

// ---- cache of verified certificates
// --------------------------------------------------------------

// Row: used 1, holder size 1, holder 16, roles 2, issuer 1, from 4, until 4, stamp 4, point 33,
// digest 16.
enum {
    PEER_USED = 0,
    PEER_HOLDER_SIZE = 1,
    PEER_HOLDER = 2,
    PEER_ROLES = 18,
    PEER_ISSUER = 20,
    PEER_FROM = 21,
    PEER_UNTIL = 25,
    PEER_STAMP = 29,
    PEER_POINT = 33,
    PEER_DIGEST = 66,
    PEER_END = 82,
};

static uint32_t peer_offset(const struct card_call *call, uint16_t row) {
    return geometry(call).peers_at + (uint32_t)row * PEER_SIZE;
}

static bool peer_at(const struct card_call *call, uint16_t row, struct peer *peer,
                    uint32_t *stamp) {
    uint8_t octets[PEER_END];
    card_read(call, peer_offset(call, row), octets, sizeof octets);
    *peer = (struct peer){.row = row,
                          .holder_size = octets[PEER_HOLDER_SIZE],
                          .roles = (uint16_t)bytes_get_be(octets + PEER_ROLES, 2),
                          .issuer = octets[PEER_ISSUER],
                          .from = (uint32_t)bytes_get_be(octets + PEER_FROM, 4),
                          .until = (uint32_t)bytes_get_be(octets + PEER_UNTIL, 4)};
    memcpy(peer->holder, octets + PEER_HOLDER, sizeof peer->holder);
    memcpy(peer->point, octets + PEER_POINT, sizeof peer->point);
    memcpy(peer->digest, octets + PEER_DIGEST, sizeof peer->digest);
    *stamp = (uint32_t)bytes_get_be(octets + PEER_STAMP, 4);
    return octets[PEER_USED] != 0;
}

static void peer_store(struct card_call *call, const struct peer *peer) {
    uint8_t octets[PEER_END] = {1, peer->holder_size};
    uint64_t stamp = number_get(call, NUMBER_PEER_STAMP) + 1;
    memcpy(octets + PEER_HOLDER, peer->holder, sizeof peer->holder);
    bytes_put_be(octets + PEER_ROLES, 2, peer->roles);
    octets[PEER_ISSUER] = peer->issuer;
    bytes_put_be(octets + PEER_FROM, 4, peer->from);
    bytes_put_be(octets + PEER_UNTIL, 4, peer->until);
    bytes_put_be(octets + PEER_STAMP, 4, stamp);
    memcpy(octets + PEER_POINT, peer->point, sizeof peer->point);
    memcpy(octets + PEER_DIGEST, peer->digest, sizeof peer->digest);
    card_stage(call, peer_offset(call, peer->row), octets, sizeof octets);
    number_set(call, NUMBER_PEER_STAMP, stamp);
}

void peer_touch(struct card_call *call, const struct peer *peer) {
    uint64_t stamp = number_get(call, NUMBER_PEER_STAMP) + 1;
    card_stage_uint(call, peer_offset(call, peer->row) + PEER_STAMP, 4, stamp);
    number_set(call, NUMBER_PEER_STAMP, stamp);
}

static bool peer_is(const struct peer *peer, struct bytes holder) {
    return bytes_equal(bytes_of(peer->holder, peer->holder_size), holder);
}

static void forget_peers_of(struct card_call *call, uint8_t issuer) {
    uint16_t rows = geometry(call).peers;
    struct peer peer;
    uint32_t stamp;
    for (uint16_t row = 0; row < rows; row++)
        if (peer_at(call, row, &peer, &stamp) && peer.issuer == issuer)
            card_stage_uint(call, peer_offset(call, row) + PEER_USED, 1, 0);
}

/// Does a certificate stand in its validity, and off the hotlist?
static uint16_t standing(const struct card_call *call, const struct peer *who, uint32_t today) {
    struct trust issuer;
    if (!trust_at(call, who->issuer, &issuer))
        return SW_UNKNOWN_ISSUER;
    if (today > who->until || today > trust_until(&issuer))
        return SW_EXPIRED;
    const struct hotlist_query query = {.digests = {who->digest, issuer.octets + TRUST_DIGEST},
                                        .device = bytes_of(who->holder, who->holder_size)};
    return hotlist_has(call, &query) ? SW_HOTLISTED : SW_OK;
}

void peers_put(struct card_call *call) {
    uint16_t rows = geometry(call).peers;
    struct peer peer;
    uint32_t stamp;
    size_t mark = tlv_begin(&call->answer, PURSE_TAG_PEERS);
    for (uint16_t row = 0; row < rows; row++)
        if (peer_at(call, row, &peer, &stamp))
            tlv_put_raw(&call->answer, BYTES_OF(peer.digest));
    tlv_end(&call->answer, mark);
}

uint16_t peer_find_on(const struct card_call *call, struct bytes holder, uint32_t day,
                      struct peer *peer) {
    uint16_t rows = geometry(call).peers;
    uint32_t stamp;
    for (uint16_t row = 0; row < rows; row++)
        if (peer_at(call, row, peer, &stamp) && peer_is(peer, holder))
            return standing(call, peer, day);
    return SW_UNKNOWN_CERTIFICATE;
}

uint16_t peer_find(const struct card_call *call, struct bytes holder, struct peer *peer) {
    return peer_find_on(call, holder, clock_today(call), peer);
}

/// Where a holder's certificate belongs: the row it has, a free one, or the one used longest ago.
static uint16_t peer_row(const struct card_call *call, struct bytes holder, struct peer *old) {
    uint16_t rows = geometry(call).peers, best = 0;
    uint32_t stamp, oldest = UINT32_MAX;
    for (uint16_t row = 0; row < rows; row++) {
        bool used = peer_at(call, row, old, &stamp);
        if (used && peer_is(old, holder))
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

static uint16_t peer_take(struct card_call *call, const struct certificate *certificate,
                          uint32_t day) {
    struct peer old, peer = {.holder_size = (uint8_t)certificate->holder.size,
                             .roles = certificate->roles,
                             .from = certificate->from,
                             .until = certificate->until};
    if (!certificate_digest(call->crypto, certificate->whole, peer.digest))
        return SW_UNKNOWN;
    peer.row = peer_row(call, certificate->holder, &old);
    if (old.holder_size > 0 && memcmp(old.digest, peer.digest, sizeof peer.digest) == 0) {
        peer_touch(call, &old);
        return SW_OK;
    }
    uint16_t sw = trust_check(call, certificate, day, &peer.issuer);
    if (sw != SW_OK)
        return sw;
    if (old.holder_size > 0 && peer.from < old.from)
        return SW_STALE;
    memcpy(peer.holder, certificate->holder.data, certificate->holder.size);
    memcpy(peer.point, certificate->signing_point, sizeof peer.point);
    peer_store(call, &peer);
    return SW_OK;
}

uint16_t peer_learn_on(struct card_call *call, struct bytes whole, uint32_t day) {
    struct certificate certificate;
    uint16_t sw = certificate_fault_sw(certificate_parse(whole, &certificate));
    if (sw != SW_OK)
        return sw;
    if ((certificate.roles & (ROLE_ROOT | ROLE_ISSUING)) != 0)
        return trust_add_issuing(call, whole);
    if (text_equals(call, TEXT_HOLDER, certificate.holder))
        return identity_take_certificate(call, &certificate);
    return peer_take(call, &certificate, day);
}

uint16_t peer_learn(struct card_call *call, struct bytes whole) {
    return peer_learn_on(call, whole, clock_today(call));
}

uint16_t own_check(const struct card_call *call) {
    struct peer own = {.until = (uint32_t)number_get(call, NUMBER_OWN_UNTIL),
                       .issuer = (uint8_t)number_get(call, NUMBER_OWN_ISSUER)};
    own.holder_size = (uint8_t)text_get(call, TEXT_HOLDER, own.holder).size;
    card_read(call, CERTIFICATE_DIGEST_AT, own.digest, sizeof own.digest);
    return standing(call, &own, clock_today(call));
}

uint32_t clock_today(const struct card_call *call) {
    return (uint32_t)number_get(call, NUMBER_DATE);
}

void clock_raise(struct card_call *call, uint32_t date) {
    if (date > clock_today(call))
        number_set(call, NUMBER_DATE, date);
}
