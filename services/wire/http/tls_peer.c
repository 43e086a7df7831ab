// SPDX-License-Identifier: Apache-2.0
#include "services/wire/http/tls_peer.h"

#include "base/buffer.h"

#include <string.h>

enum { URI_MAX = 128, CHAIN_MAX = 4 };

// ---- the URI -----------------------------------------------------------------------------------

/// Resolves percent-encoding; false: badly encoded, empty, unprintable, or no room.
static bool take_id(const char *text, char id[HOLDER_MAX + 1]) {
    size_t used = 0;
    for (const char *at = text; *at != '\0'; at++) {
        int octet = (unsigned char)*at;
        if (octet == '%') {
            int high = hex_digit(at[1]), low = high < 0 ? -1 : hex_digit(at[2]);
            octet = low < 0 ? -1 : high * 16 + low;
            at += 2;
        }
        if (octet <= ' ' || octet > '~' || used == HOLDER_MAX)
            return false;
        id[used++] = (char)octet;
    }
    id[used] = '\0';
    return used > 0;
}

/// tessera:ROLE:ID
static bool take_uri(const char *uri, struct peer *peer) {
    static const char SCHEME[] = "tessera:";
    char word[16];
    if (strncmp(uri, SCHEME, sizeof SCHEME - 1) != 0)
        return false;
    const char *role = uri + sizeof SCHEME - 1, *colon = strchr(role, ':');
    if (colon == NULL || (size_t)(colon - role) >= sizeof word)
        return false;
    memcpy(word, role, (size_t)(colon - role));
    word[colon - role] = '\0';
    peer->roles = role_from_name(word) & (uint32_t)(ROLE_ENTITIES | ROLE_NETWORK);
    return peer->roles != 0 && take_id(colon + 1, peer->id);
}

/// Exactly one alternative name says who.
static bool take_names(gnutls_x509_crt_t certificate, struct peer *peer) {
    unsigned found = 0;
    for (unsigned i = 0;; i++) {
        char name[URI_MAX + 1];
        size_t size = URI_MAX;
        unsigned critical = 0;
        int kind = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &size, &critical);
        if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return found == 1;
        if (kind != GNUTLS_SAN_URI)
            continue; // hosts, and what is too long to be ours
        name[size] = '\0';
        if (memchr(name, '\0', size) != NULL || !take_uri(name, peer) || ++found > 1)
            return false;
    }
}

static bool take_enterprise(gnutls_x509_crt_t certificate, struct peer *peer) {
    size_t size = sizeof peer->enterprise;
    int code = gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, 0,
                                             peer->enterprise, &size);
    if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        peer->enterprise[0] = '\0';
    return code >= 0 || code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

// ---- the certificate ---------------------------------------------------------------------------

static const struct problem_word *verify(gnutls_x509_crt_t *chain, unsigned count,
                                         const struct tls *tls) {
    char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st wanted = {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)purpose, 0};
    unsigned status = 0;
    int code = gnutls_x509_trust_list_verify_crt2(tls->trust, chain, count, &wanted, 1,
                                                  GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status, NULL);
    if (code < 0)
        return &problem_certificate_foreign;
    if (status == (GNUTLS_CERT_INVALID | GNUTLS_CERT_PURPOSE_MISMATCH))
        return &problem_certificate_purpose;
    return status == 0 ? NULL : &problem_certificate_foreign;
}

static const struct problem_word *look(struct tls_peer *peer, gnutls_x509_crt_t *chain,
                                       unsigned count, const struct tls *tls) {
    const struct problem_word *fault = verify(chain, count, tls);
    if (fault != NULL)
        return fault;
    peer->serial.size = sizeof peer->serial.octets;
    if (gnutls_x509_crt_get_serial(chain[0], peer->serial.octets, &peer->serial.size) < 0 ||
        !take_names(chain[0], &peer->named) || !take_enterprise(chain[0], &peer->named))
        return &problem_certificate_foreign;
    peer->from = gnutls_x509_crt_get_activation_time(chain[0]);
    peer->until = gnutls_x509_crt_get_expiration_time(chain[0]);
    return NULL;
}

static unsigned import(gnutls_session_t session, gnutls_x509_crt_t *chain) {
    unsigned count = 0, made = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
    if (shown == NULL)
        return 0;
    for (; made < count && made < CHAIN_MAX; made++)
        if (gnutls_x509_crt_init(&chain[made]) < 0 ||
            gnutls_x509_crt_import(chain[made], &shown[made], GNUTLS_X509_FMT_DER) < 0)
            break;
    return made;
}

void tls_peer_look(struct tls_peer *peer, gnutls_session_t session, const struct tls *tls) {
    gnutls_x509_crt_t chain[CHAIN_MAX] = {0};
    unsigned shown = 0, count = import(session, chain);
    gnutls_certificate_get_peers(session, &shown);
    *peer = (struct tls_peer){.shown = shown > 0};
    const struct problem_word *fault =
        count > 0 ? look(peer, chain, count, tls) : &problem_certificate_foreign;
    if (peer->shown && fault != NULL)
        peer->named = (struct peer){.fault = fault};
    for (unsigned i = 0; i < CHAIN_MAX; i++)
        if (chain[i] != NULL)
            gnutls_x509_crt_deinit(chain[i]);
}

struct peer tls_peer_judge(const struct tls_peer *peer, const struct tls *tls, uint64_t now_ms) {
    int64_t now = (int64_t)(now_ms / 1000);
    if (!peer->shown || peer->named.fault != NULL)
        return peer->named;
    if (tls_is_revoked(tls, &peer->serial))
        return (struct peer){.fault = &problem_certificate_hotlisted};
    if (now < peer->from || now > peer->until || now < tls->root_from || now > tls->root_until)
        return (struct peer){.fault = &problem_certificate_expired};
    return peer->named;
}
